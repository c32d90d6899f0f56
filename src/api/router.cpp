#include "api/router.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "api/error_codes.hpp"
#include "api/metrics.hpp"
#include "base/check.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "protocol/html/page.hpp"
#include "protocol/http/percent.hpp"
#include "protocol/json/writer.hpp"
#include "protocol/oauth/error.hpp"

namespace curfew {

namespace {

bool is_placeholder(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// A path of the table, taken apart once.
struct Pattern {
  const EndpointSpec* spec;
  std::vector<std::string_view> segments;
};

const std::vector<Pattern>& patterns() {
  static const std::vector<Pattern> all = [] {
    std::vector<Pattern> made;
    for (const EndpointSpec& spec : all_endpoints()) {
      made.push_back({&spec, split(spec.path.substr(1), '/')});
    }
    return made;
  }();
  return all;
}

// Literal segments are compared as they came: a path that needs decoding to match one is another
// path to whatever stands in front of us.
std::optional<PathValues> match(const Pattern& pattern,
                                const std::vector<std::string_view>& segments) {
  const std::size_t count = pattern.segments.size();
  const bool takes_rest = pattern.segments.back().ends_with("...}");
  if (takes_rest ? segments.size() < count : segments.size() != count) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_placeholder(pattern.segments[i]) && pattern.segments[i] != segments[i]) {
      return std::nullopt;
    }
  }
  PathValues values;
  for (std::size_t i = 0; i < (takes_rest ? count - 1 : count); ++i) {
    if (!is_placeholder(pattern.segments[i])) continue;
    std::optional<std::string> value = percent_decode(segments[i]);
    if (!value || value->empty()) return std::nullopt;
    const std::string_view name = pattern.segments[i].substr(1, pattern.segments[i].size() - 2);
    values.emplace(name, std::move(*value));
  }
  return values;
}

bool is_tenant(const ServerContext& context, std::string_view name) {
  return ascii_iequals(name, context.tenant_id.str()) || name == "common" ||
         name == "organizations" ||
         std::ranges::any_of(context.domains, [&](const std::string& domain) {
           return ascii_iequals(name, domain);
         });
}

bool allows(const EndpointSpec& spec, HttpMethod method) {
  return std::ranges::find(spec.methods, method) != spec.methods.end();
}

// What the router says itself, before any handler has seen the request.
struct Refusal {
  int status = 404;
  std::string_view code;  // api/error_codes.hpp
  OAuthErrorCode oauth_code = OAuthErrorCode::invalid_request;
  Aadsts aadsts = Aadsts::none;
  std::string_view message;
};

HttpResponse refuse_as_html(const Refusal& refusal) {
  const std::string body = "<section class=\"card\"><h1>" + std::to_string(refusal.status) +
                           "</h1><p>" + escape_html(refusal.message) + "</p></section>";
  HttpResponse response = HttpResponse::html(refusal.status, render({"Not available", body}));
  response.headers.set("Content-Security-Policy", page_content_security_policy());
  return response;
}

HttpResponse refuse_as_json(const Refusal& refusal, const std::string& request_id) {
  std::string error;
  JsonObjectWriter inner{error};
  inner.string("code", refusal.code).string("message", refusal.message);
  inner.string("requestId", request_id).end();
  std::string body;
  JsonObjectWriter outer{body};
  outer.raw("error", error).end();
  return HttpResponse::json(refusal.status, std::move(body));
}

HttpResponse refuse_as_oauth(const Refusal& refusal, const ServerContext& context,
                             const std::string& request_id) {
  OAuthError error;
  error.code = refusal.oauth_code;
  error.aadsts = refusal.aadsts;
  error.description = std::string{refusal.message};
  const RequestTrace trace{context.clock.now(), request_id, request_id};
  return HttpResponse::json(refusal.status, to_json(error, trace));
}

HttpResponse refuse(const Refusal& refusal, ErrorStyle style, const ServerContext& context,
                    const std::string& request_id) {
  HttpResponse response;
  switch (style) {
    case ErrorStyle::oauth: response = refuse_as_oauth(refusal, context, request_id); break;
    case ErrorStyle::graph: response = refuse_as_json(refusal, request_id); break;
    case ErrorStyle::html: response = refuse_as_html(refusal); break;
  }
  response.headers.set("Cache-Control", "no-store");
  return response;
}

HttpResponse refuse_tenant(const EndpointSpec& spec, const ServerContext& context,
                           const std::string& request_id) {
  // MSAL reads the number in a 400; everything else understands a 404 better.
  const int status = spec.error_style == ErrorStyle::oauth ? 400 : 404;
  const Refusal refusal{status, error_code::kTenantNotFound, OAuthErrorCode::invalid_request,
                        Aadsts::tenant_not_found, "The tenant in the address is not known here."};
  return refuse(refusal, spec.error_style, context, request_id);
}

std::string allow_header(const std::vector<HttpMethod>& methods) {
  std::vector<std::string> names;
  for (const HttpMethod method : methods) names.emplace_back(to_string(method));
  return join(names, ", ");
}

struct Found {
  std::size_t index = 0;  // in all_endpoints()
  const EndpointSpec* spec = nullptr;
  PathValues values;
};

struct Search {
  std::optional<Found> found;
  // Where the path is known and the method is not: what it could be, and in which style to say so.
  std::vector<HttpMethod> other_methods;
  ErrorStyle style = ErrorStyle::graph;
};

Search find_endpoint(const HttpRequest& request) {
  Search search;
  if (!request.path().starts_with('/')) return search;
  const std::vector<std::string_view> segments = split(request.path().substr(1), '/');
  const auto& all = patterns();
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::optional<PathValues> values = match(all[i], segments);
    if (!values) continue;
    if (allows(*all[i].spec, request.method)) {
      search.found = Found{i, all[i].spec, std::move(*values)};
      return search;
    }
    search.style = all[i].spec->error_style;
    for (const HttpMethod method : all[i].spec->methods) search.other_methods.push_back(method);
  }
  return search;
}

HttpResponse refuse_unmatched(const Search& search, const ServerContext& context,
                              const std::string& request_id) {
  if (search.other_methods.empty()) {
    const Refusal refusal{404, error_code::kNotFound, OAuthErrorCode::invalid_request, Aadsts::none,
                          "There is nothing at this address."};
    return refuse(refusal, search.style, context, request_id);
  }
  const Refusal refusal{405, error_code::kMethodNotAllowed, OAuthErrorCode::invalid_request,
                        Aadsts::method_not_allowed, "This address does not serve that method."};
  HttpResponse response = refuse(refusal, search.style, context, request_id);
  response.headers.set("Allow", allow_header(search.other_methods));
  return response;
}

// The whole server's condition, not one person's: 503 is right, and clients that leave it alone for
// a while lose nothing. No Retry-After: only an operator ends this. What happened is for operators
// (readyz, log, audit); administrators are told what to do.
HttpResponse refuse_rolled_back(const EndpointSpec& spec, const ServerContext& context,
                                const std::string& request_id) {
  const std::string_view message =
      spec.error_style == ErrorStyle::graph
          ? "The journal was rolled back: nothing is given until an operator has fenced the server "
            "(curfewd fence). Access can be taken away."
          : "The server issues nothing until its operator has acted.";
  const Refusal refusal{503, error_code::kRolledBack, OAuthErrorCode::temporarily_unavailable,
                        Aadsts::none, message};
  HttpResponse response = refuse(refusal, spec.error_style, context, request_id);
  if (spec.error_style == ErrorStyle::oauth) {
    response.headers.set("Access-Control-Allow-Origin", "*");  // it says nothing about anybody
  }
  return response;
}

bool is_refused_now(const EndpointSpec& spec, const ServerContext& context, HttpMethod method) {
  return spec.when_rolled_back == WhenRolledBack::refuses && method != HttpMethod::options &&
         context.live().rollback().is_raised();
}

void set_common_headers(HttpResponse& response, Transport transport,
                        const std::string& request_id) {
  response.headers.set("x-ms-request-id", request_id);
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Referrer-Policy", "no-referrer");
  if (transport == Transport::tls) {
    response.headers.set("Strict-Transport-Security", "max-age=31536000");
  }
}

Task<HttpResponse> run(const ServerContext& context, Found found, HttpRequest request,
                       std::string request_id, std::shared_ptr<std::string> dpop_nonce) {
  const auto tenant = found.values.find("tenant");
  if (tenant != found.values.end() && !is_tenant(context, tenant->second)) {
    co_return refuse_tenant(*found.spec, context, request_id);
  }
  if (is_refused_now(*found.spec, context, request.method)) {
    co_return refuse_rolled_back(*found.spec, context, request_id);
  }
  RoutedRequest routed{std::move(request), std::move(found.values), std::move(request_id),
                       found.spec, std::move(dpop_nonce)};
  co_return co_await found.spec->handler(context, std::move(routed));
}

}  // namespace

Task<HttpResponse> route(const ServerContext& context, HttpRequest request) {
  const std::string request_id = new_guid();
  const Transport transport = request.peer.transport;
  const bool is_head = request.method == HttpMethod::head;
  if (is_head) request.method = HttpMethod::get;  // RFC 9110 9.3.2: the same but for the body

  Search search = find_endpoint(request);
  const std::size_t index = search.found ? search.found->index : context.metrics.endpoint_count();
  std::shared_ptr<std::string> dpop_nonce;
  if (request.headers.has("DPoP")) dpop_nonce = std::make_shared<std::string>();
  HttpResponse response;
  if (search.found) {
    Task<HttpResponse> handling =
        run(context, std::move(*search.found), std::move(request), request_id, dpop_nonce);
    response = co_await std::move(handling);
  } else {
    response = refuse_unmatched(search, context, request_id);
  }
  if (is_head) response.stream = nullptr;
  set_common_headers(response, transport, request_id);
  if (dpop_nonce && !dpop_nonce->empty()) response.headers.set("DPoP-Nonce", *dpop_nonce);
  context.metrics.count_request(index, response.status);
  co_return response;
}

}  // namespace curfew
