#include "api/graph/graph_endpoint.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <utility>

#include "api/graph/graph_batch.hpp"
#include "api/graph/graph_operations.hpp"
#include "api/graph/graph_page.hpp"
#include "api/metrics.hpp"
#include "api/step_up/step_up.hpp"
#include "base/text.hpp"
#include "model/built_in_app_ids.hpp"
#include "protocol/json/json.hpp"
#include "protocol/oidc/discovery.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

constexpr std::string_view kVersion = "/v1.0";
constexpr std::string_view kJsonType =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;"
    "charset=utf-8";

std::string_view header_of(const HttpRequest& http, std::string_view name) {
  const auto values = http.headers_all(name);
  return values.empty() ? std::string_view{} : values.front();
}

// Only what can be echoed without harm: a GUID, or something as plain.
bool is_plain_id(std::string_view text) {
  constexpr std::size_t kIdBytesMax = 64;
  return !text.empty() && text.size() <= kIdBytesMax && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

GraphTrace trace_of(const ServerContext& context, const RoutedRequest& request) {
  const std::string_view given = header_of(request.http, "client-request-id");
  return {request.request_id, is_plain_id(given) ? std::string{given} : request.request_id,
          context.clock.now()};
}

// The challenge as Graph's clients read it: realm first, each value in quotes, no comma in any.
std::string challenge_of(const ServerContext& context, const Denial& denial) {
  if (denial.by_dpop) return challenge_header(context, denial);
  std::string header = "Bearer realm=\"\", authorization_uri=\"" + context.base_url + "/" +
                       context.tenant_id.str() + std::string{endpoint_path::kAuthorize} +
                       "\", client_id=\"" + std::string{kGraphAppId} + "\"";
  if (!denial.error.empty()) header += ", error=\"" + denial.error + "\"";
  if (denial.max_age) header += ", max_age=\"" + std::to_string(*denial.max_age) + "\"";
  if (!denial.claims_challenge.empty()) {
    header += ", claims=\"" + base64_encode(denial.claims_challenge) + "\"";
  }
  return header;
}

GraphError error_of(const Denial& denial) {
  if (denial.status == 400) return GraphError::bad_request(denial.message);
  if (denial.status == 403) return {403, graph_code::kDenied, denial.message};
  if (denial.status == 503) return {503, graph_code::kUnavailable, denial.message};
  if (denial.error.empty()) return {401, graph_code::kUnauthenticated, "Access token is empty."};
  if (denial.error == "insufficient_claims") {
    return {401, graph_code::kUnauthenticated,
            "Continuous access evaluation resulted in claims challenge with result: "
            "InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp"};
  }
  return {401, graph_code::kUnauthenticated, denial.message};
}

HttpResponse deny(const ServerContext& context, const Denial& denial, const GraphTrace& trace) {
  if (!denial.error.empty()) context.metrics.add(Counter::bearer_refused);
  HttpResponse response = to_response(error_of(denial), trace);
  if (denial.status == 401) {
    response.headers.set("WWW-Authenticate", challenge_of(context, denial));
  }
  return response;
}

// "odata.metadata=none": only what a client pages and counts by is left of the annotations.
bool is_kept_without_metadata(std::string_view name) {
  return !name.starts_with("@odata.") || name == "@odata.nextLink" || name == "@odata.deltaLink" ||
         name == "@odata.count";
}

void drop_metadata(boost::json::value& value) {
  if (auto* object = value.if_object()) {
    std::vector<std::string> dropped;
    for (auto& member : *object) {
      if (!is_kept_without_metadata(member.key())) {
        dropped.emplace_back(member.key());
      } else {
        drop_metadata(member.value());
      }
    }
    for (const std::string& name : dropped) object->erase(name);
  } else if (auto* array = value.if_array()) {
    for (boost::json::value& element : *array) drop_metadata(element);
  }
}

HttpResponse response_of(GraphAnswer answer, const HttpRequest& http) {
  HttpResponse response = HttpResponse::empty(answer.status);
  if (answer.body) {
    if (ascii_lower(header_of(http, "Accept")).find("odata.metadata=none") != std::string::npos) {
      drop_metadata(*answer.body);
    }
    response.body = serialize_json(*answer.body);
    response.headers.set("Content-Type", kJsonType);
    response.headers.set("OData-Version", "4.0");
  } else if (answer.text) {
    response.body = std::move(*answer.text);
    response.headers.set("Content-Type", "text/plain");
    response.headers.set("OData-Version", "4.0");
  }
  for (const auto& [name, value] : answer.headers) response.headers.set(name, value);
  return response;
}

void set_graph_headers(HttpResponse& response, const GraphTrace& trace, bool has_origin) {
  response.headers.set("request-id", trace.request_id);
  response.headers.set("client-request-id", trace.client_request_id);
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("x-ms-ags-diagnostic", R"({"ServerInfo":{"DataCenter":"curfew"}})");
  if (!has_origin) return;
  // Whoever holds a token may read with it from anywhere: it is the token that is judged, and no
  // cookie of ours is ever looked at here.
  response.headers.set("Access-Control-Allow-Origin", "*");
  response.headers.set("Access-Control-Expose-Headers",
                       "ETag, Location, Preference-Applied, Content-Range, request-id, "
                       "client-request-id, ReadWriteConsistencyToken, SdkVersion, "
                       "WWW-Authenticate, DPoP-Nonce, x-ms-client-gcc-tenant, Retry-After");
}

HttpResponse preflight() {
  HttpResponse response = HttpResponse::empty(200);
  response.headers.set("Access-Control-Allow-Methods", "GET, POST, PATCH, PUT, DELETE");
  response.headers.set(
      "Access-Control-Allow-Headers",
      "Authorization, DPoP, Content-Type, Accept, ConsistencyLevel, Prefer, If-Match, "
      "client-request-id, SdkVersion, x-ms-throttle-priority");
  response.headers.set("Access-Control-Max-Age", "3600");
  return response;
}

// --- the checks of one call, in order; each fills in what the next needs

using Check = GraphResult<Done> (*)(GraphCall& call);

bool names_caller(const GraphCall& call, std::string_view user) {
  return call.actor().kind == ActorKind::user &&
         (ascii_iequals(user, call.actor().id) || ascii_iequals(user, call.actor().display_name));
}

GraphError unknown_path(const GraphCall& call) {
  const std::string_view path = call.request.http.path();
  return {404, graph_code::kUnknownSegment,
          "Resource not found for the segment '" +
              escape_for_display(path.substr(path.rfind('/') + 1), 128) + "'."};
}

// /me is /users/{the person of the token}.
GraphResult<Done> resolve_me(GraphCall& call, std::vector<PathSegment>& path) {
  if (path.empty() || !path.front().is("me")) return Done{};
  if (call.actor().kind != ActorKind::user) {
    return GraphError::bad_request("/me request is only valid with delegated authentication flow.");
  }
  path.front().name = "users";
  path.front().text = "users";
  PathSegment key;
  key.text = key.name = call.actor().id;
  path.insert(path.begin() + 1, std::move(key));
  return Done{};
}

GraphResult<Done> find_its_operation(GraphCall& call) {
  const auto parsed = parse_resource_path(call.request.http.path().substr(kVersion.size()));
  if (!parsed.ok()) return GraphError{400, graph_code::kMalformedQuery, parsed.error().message()};
  std::vector<PathSegment> path = *parsed;
  CURFEW_TRY_STATUS(resolve_me(call, path));
  auto found = find_operation(call.request.http.method, path);
  if (const auto* none = std::get_if<NoRoute>(&found)) {
    if (*none == NoRoute::unknown_path) return unknown_path(call);
    return GraphError{405, graph_code::kMethodNotAllowed,
                      "Specified HTTP method is not allowed for the request target."};
  }
  GraphRoute& route = std::get<GraphRoute>(found);
  call.operation = route.operation;
  call.audit_action = "graph." + std::string{route.operation->name};
  call.keys = std::move(route.keys);
  call.is_about_caller = names_caller(call, call.key("user"));
  return Done{};
}

GraphError not_allowed(std::string_view why) {
  return {403, graph_code::kDenied,
          "Insufficient privileges to complete the operation. " + std::string{why}};
}

GraphResult<Done> check_permission(GraphCall& call) {
  const GraphOperation& operation = *call.operation;
  CURFEW_TRY_STATUS(need_permission(call, operation.permissions, "This call"));
  if (call.acts_by_permission()) {
    call.caller.actor.permitted_areas = operation.areas;
    return Done{};
  }
  const bool is_free = call.is_about_caller && operation.free_on_oneself;
  if (!operation.right || is_free || holds_right(call.actor(), *operation.right)) return Done{};
  return not_allowed(missing_right_sentence(call.actor(), *operation.right));
}

// A guest sees themselves: the directory is for members.
GraphResult<Done> check_guest(GraphCall& call) {
  if (call.actor().kind != ActorKind::user || call.is_about_caller) return Done{};
  if (!call.actor().roles.empty()) return Done{};
  const auto user = read_value<std::optional<User>>(call.context.store, [&](ReadTx& tx) {
    return load<User>(tx, call.tenant_id(), UserId{call.actor().id});
  });
  if (!user.ok()) return user.error();
  if (*user && (*user)->user_type == UserType::member) return Done{};
  return not_allowed("Guests see only themselves.");
}

GraphResult<Done> check_rollback(GraphCall& call) {
  const bool refuses = call.operation->when_rolled_back == WhenRolledBack::refuses;
  if (!refuses || !call.context.live().rollback().is_raised()) return Done{};
  return GraphError{503, graph_code::kUnavailable,
                    "The journal was rolled back: nothing is given until an operator has fenced "
                    "the server (curfewd fence). Access can be taken away."};
}

bool is_eventual(const HttpRequest& http) {
  return ascii_iequals(header_of(http, "ConsistencyLevel"), "eventual");
}

GraphResult<Done> read_options(GraphCall& call) {
  auto options = parse_query_options(call.request.http.query(), QueryLimits{});
  if (!options.ok()) return GraphError::bad_request(options.error().message());
  call.options = std::move(options).value();
  call.advanced = is_eventual(call.request.http);
  const bool is_delta = (call.operation->options & kDeltaTokenOption) != 0;
  if (is_delta) return Done{};  // its tokens are of another kind: api/changes/delta_token.hpp
  CURFEW_TRY(const bool was_advanced, token_is_advanced(call));
  call.advanced = call.advanced || was_advanced;
  return Done{};
}

GraphResult<Done> check_options(GraphCall& call) {
  const QueryOptions& given = call.options;
  const std::array<std::pair<bool, std::pair<unsigned, std::string_view>>, 11> seen{{
      {!given.select.empty(), {kSelectOption, "$select"}},
      {given.filter.has_value(), {kFilterOption, "$filter"}},
      {given.search.has_value(), {kSearchOption, "$search"}},
      {!given.order_by.empty(), {kOrderByOption, "$orderby"}},
      {given.top.has_value(), {kTopOption, "$top"}},
      {given.count.has_value(), {kCountOption, "$count"}},
      {!given.expand.empty(), {kExpandOption, "$expand"}},
      {given.skip_token.has_value(), {kSkipTokenOption, "$skiptoken"}},
      {given.id.has_value(), {kIdOption, "$id"}},
      {given.skip.has_value(), {0, "$skip"}},
      {given.delta_token.has_value(), {kDeltaTokenOption, "$deltatoken"}},
  }};
  for (const auto& [is_given, option] : seen) {
    if (!is_given || (call.operation->options & option.first) != 0) continue;
    return GraphError::bad_request("The query option '" + std::string{option.second} +
                                   "' is not supported here.");
  }
  if (given.search && !call.advanced) {
    return GraphError{400, graph_code::kUnsupportedQuery,
                      "Request with $search query parameter only works through MSGraph with a "
                      "special request header: 'ConsistencyLevel: eventual'"};
  }
  return Done{};
}

// Names compare without case, so two that differ in case alone would be one member twice.
GraphResult<Done> read_body(GraphCall& call) {
  if (call.operation->input == GraphInput::none || call.request.http.body.empty()) return Done{};
  auto body = parse_json_object(call.request.http.body);
  if (!body.ok()) {
    return GraphError::bad_request("The body is not a JSON object: " + body.error().message());
  }
  std::vector<std::string> names;
  for (const auto& member : *body) {
    names.push_back(ascii_lower(std::string_view{member.key()}));
  }
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice != names.end()) {
    return GraphError::bad_request("The property '" + escape_for_display(*twice) +
                                   "' is given twice.");
  }
  call.body = std::move(body).value();
  return Done{};
}

constexpr std::array<Check, 7> kChecks{find_its_operation, check_permission, check_guest,
                                       check_rollback,     read_options,     check_options,
                                       read_body};

Task<HttpResponse> refuse(const GraphCall& call, const GraphError& error) {
  if (error.status == 403 && call.operation != nullptr) {
    co_await record_refusal(call.context, refusal_event(call.actor(), call.audit_action,
                                                        call.request, "graph.permission"));
  }
  co_return to_response(error, call.trace);
}

// A caller who was cut off while the call was under way is told what they would be told now.
Denial cut_off(const GraphCall& call) {
  const auto& token = call.caller.token;
  if (!token) return invalid_token();
  return denial_of(Verdict::revoked, *token, call.context.clock.now(),
                   call.context.live().head().position);
}

Task<HttpResponse> refuse_outcome(const GraphCall& call, const GraphError& error) {
  if (error.status == 401) co_return deny(call.context, cut_off(call), call.trace);
  if (error.status == 403 && !error.is_guarded) co_return co_await refuse(call, error);
  co_return to_response(error, call.trace);
}

Task<HttpResponse> run_call(const ServerContext& context, RoutedRequest request, Caller caller,
                            GraphTrace trace) {
  GraphCall call{{context, std::move(request), std::move(caller), "graph"}};
  call.trace = std::move(trace);
  for (const Check check : kChecks) {
    const GraphResult<Done> checked = check(call);
    if (!checked.ok()) co_return co_await refuse(call, checked.error());
  }
  const GraphOperation& operation = *call.operation;
  if (const auto denial = check_recent_sign_in(
          context, call.caller, {operation.name, operation.when_rolled_back, call.body})) {
    co_return deny(context, *denial, call.trace);
  }
  GraphOutcome outcome = co_await operation.run(call);
  if (!outcome.ok()) co_return co_await refuse_outcome(call, outcome.error());
  co_return response_of(std::move(outcome).value(), call.request.http);
}

// The caller first: a batch tells a stranger nothing about itself.
Task<HttpResponse> admit_batch(const ServerContext& context, const RoutedRequest& request,
                               const GraphTrace& trace) {
  const auto found = identify(context, request, kGraphResource);
  if (const auto* denial = std::get_if<Denial>(&found)) co_return deny(context, *denial, trace);
  co_return co_await run_batch(context, request, std::get<Caller>(found), trace, &run_call);
}

Task<HttpResponse> admit_call(const ServerContext& context, RoutedRequest request,
                              GraphTrace trace) {
  auto found = identify(context, request, kGraphResource);
  if (const auto* denial = std::get_if<Denial>(&found)) co_return deny(context, *denial, trace);
  co_return co_await run_call(context, std::move(request), std::move(std::get<Caller>(found)),
                              std::move(trace));
}

}  // namespace

GraphResult<Done> need_permission(const GraphCall& call, const NeededPermissions& needed,
                                  std::string_view what) {
  const std::string_view names = call.acts_by_permission() ? needed.application : needed.delegated;
  if (has_permission(call.caller, names)) return Done{};
  if (call.is_about_caller && has_permission(call.caller, needed.delegated_on_oneself)) {
    return Done{};
  }
  if (names.empty()) {
    const bool is_own = !needed.delegated_on_oneself.empty();
    return not_allowed(std::string{what} + (call.acts_by_permission()
                                                ? " is not for applications by themselves."
                                            : is_own ? " is for oneself alone."
                                                     : " is for applications alone."));
  }
  return not_allowed(std::string{what} + " needs one of the permissions " + std::string{names} +
                     (call.acts_by_permission() ? ". An administrator gives it to the application."
                                                : ". An administrator consents to it."));
}

Task<HttpResponse> graph_endpoint(const ServerContext& context, RoutedRequest request) {
  const GraphTrace trace = trace_of(context, request);
  const bool has_origin = request.http.headers.has("Origin");
  HttpResponse response;
  if (request.http.method == HttpMethod::options) {
    response = preflight();
  } else if (is_batch(request)) {
    response = co_await admit_batch(context, request, trace);
  } else {
    response = co_await admit_call(context, std::move(request), trace);
  }
  set_graph_headers(response, trace, has_origin);
  co_return response;
}

}  // namespace curfew
