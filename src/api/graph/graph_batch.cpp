#include "api/graph/graph_batch.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <map>
#include <utility>
#include <vector>

#include "api/api_call.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"
#include "protocol/json/writer.hpp"

namespace curfew {

namespace {

constexpr std::string_view kVersion = "/v1.0";

struct BatchItem {
  std::string id;
  HttpMethod method = HttpMethod::get;
  std::string url;
  boost::json::object headers;
  std::string body;
  std::vector<std::string> depends_on;
};

GraphError bad_envelope(std::string message) {
  return {400, graph_code::kMalformedQuery, std::move(message)};
}

std::optional<HttpMethod> method_of(std::string_view name) {
  constexpr std::array kMethods{HttpMethod::get, HttpMethod::post, HttpMethod::patch,
                                HttpMethod::put, HttpMethod::delete_};
  const auto found = std::ranges::find_if(
      kMethods, [&](HttpMethod method) { return ascii_iequals(to_string(method), name); });
  return found == kMethods.end() ? std::nullopt : std::optional{*found};
}

// Relative to the version; a leading '/' is optional. Printable ASCII, as in a request line.
bool is_relative(std::string_view url) {
  constexpr std::size_t kUrlBytesMax = 4096;
  return !url.empty() && url.size() <= kUrlBytesMax && !url.starts_with("//") &&
         url.find("://") == std::string_view::npos &&
         std::ranges::all_of(url, [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
}

// The URL as the JavaScript client's callers write it may hold spaces and quotes.
std::string escaped(std::string_view url) {
  std::string out;
  for (const char c : url) {
    if (c == ' ') {
      out += "%20";
    } else if (c == '"') {
      out += "%22";
    } else {
      out += c;
    }
  }
  return out;
}

std::string body_text(const boost::json::value& body) {
  return body.is_null() ? std::string{} : serialize_json(body);
}

GraphResult<BatchItem> parse_item(const boost::json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return bad_envelope("Each request of a batch is an object.");
  BatchItem item;
  const auto id = get_string(*object, "id");
  const auto method = get_string(*object, "method");
  const auto url = get_string(*object, "url");
  if (!id.ok() || id->empty()) return bad_envelope("Each request of a batch needs an id.");
  if (!method.ok() || !url.ok()) {
    return bad_envelope("The request '" + escape_for_display(*id, 64) +
                        "' needs a method and a url.");
  }
  item.id = *id;
  const auto known = method_of(*method);
  item.url = escaped(*url);
  if (!known || !is_relative(item.url)) {
    return bad_envelope("The request '" + escape_for_display(*id, 64) +
                        "' has a method that is not known, or a url that is not relative to the "
                        "version, such as /users.");
  }
  item.method = *known;
  const auto headers = get_optional_object(*object, "headers");
  const auto depends = get_optional_strings(*object, "dependsOn");
  if (!headers.ok() || !depends.ok()) {
    return bad_envelope("headers is an object, and dependsOn an array of ids.");
  }
  if (*headers != nullptr) item.headers = **headers;
  item.depends_on = depends->value_or(std::vector<std::string>{});
  if (const auto* body = object->if_contains("body")) item.body = body_text(*body);
  return item;
}

// Ids once each, and whatever somebody depends on comes before.
GraphResult<Done> check_order(const std::vector<BatchItem>& items) {
  std::vector<std::string> seen;
  for (const BatchItem& item : items) {
    if (std::ranges::find(seen, item.id) != seen.end()) {
      return bad_envelope("The id '" + escape_for_display(item.id, 64) + "' is given twice.");
    }
    for (const std::string& before : item.depends_on) {
      if (std::ranges::find(seen, before) == seen.end()) {
        return bad_envelope("The request '" + escape_for_display(item.id, 64) +
                            "' depends on one that does not come before it.");
      }
    }
    seen.push_back(item.id);
  }
  return Done{};
}

GraphResult<std::vector<BatchItem>> parse_batch(const std::string& text) {
  const auto body = parse_json_object(text);
  if (!body.ok()) return bad_envelope("The body is not a JSON object.");
  const auto requests = get_array(*body, "requests");
  if (!requests.ok()) return bad_envelope("The body needs an array 'requests'.");
  if ((*requests)->empty() || (*requests)->size() > kBatchCallsMax) {
    return bad_envelope("A batch has 1 to " + std::to_string(kBatchCallsMax) + " requests.");
  }
  std::vector<BatchItem> items;
  for (const boost::json::value& value : **requests) {
    CURFEW_TRY(BatchItem item, parse_item(value));
    items.push_back(std::move(item));
  }
  CURFEW_TRY_STATUS(check_order(items));
  return items;
}

bool is_taken_over(std::string_view header) {
  // Who calls, from where, and how it is framed, is the envelope's.
  return !ascii_iequals(header, "Authorization") && !ascii_iequals(header, "DPoP") &&
         !ascii_iequals(header, "Host") && !ascii_iequals(header, "Content-Length");
}

// Relative to the version, or with it in front: the JavaScript client leaves that of a whole
// address.
std::string target_of(const std::string& url) {
  const std::string rooted = url.starts_with('/') ? url : "/" + url;
  const bool has_version = rooted.starts_with(std::string{kVersion} + "/");
  return has_version ? rooted : std::string{kVersion} + rooted;
}

RoutedRequest request_of(const RoutedRequest& envelope, const BatchItem& item) {
  RoutedRequest request;
  request.request_id = new_guid();
  request.http.method = item.method;
  request.http.target = target_of(item.url);
  request.http.body = item.body;
  request.http.peer = envelope.http.peer;
  for (const auto& member : item.headers) {
    const auto* text = member.value().if_string();
    if (text != nullptr && is_taken_over(member.key()))
      request.http.headers.add(member.key(), *text);
  }
  return request;
}

// One element of the answer. A JSON body is taken over as its text.
std::string answer_of(const BatchItem& item, const HttpResponse& response,
                      const std::string& request_id) {
  std::string header_text;
  JsonObjectWriter headers{header_text};
  headers.string("request-id", request_id);
  for (const std::string_view name : {"Content-Type", "Location", "Retry-After", "OData-Version",
                                      "WWW-Authenticate", "Cache-Control"}) {
    const auto values = response.headers.all(name);
    if (!values.empty()) headers.string(name, values.front());
  }
  headers.end();
  std::string text;
  JsonObjectWriter answer{text};
  answer.string("id", item.id).integer("status", response.status).raw("headers", header_text);
  const bool is_json = response.body.starts_with('{');
  if (is_json) {
    answer.raw("body", response.body);
  } else if (!response.body.empty()) {
    answer.string("body", response.body);
  }
  answer.end();
  return text;
}

HttpResponse failed_dependency(const GraphTrace& trace) {
  return to_response(
      GraphError{424, "FailedDependency", "A request that this one depends on did not succeed."},
      trace);
}

HttpResponse too_much(const GraphTrace& trace) {
  return to_response(GraphError{429, "TooManyRequests",
                                "The answers of this batch are too large together; ask for this "
                                "one by itself, or select fewer properties."},
                     trace);
}

// What came before in the batch may have ended the caller's own access.
Status check_stands(const ServerContext& context, const Caller& caller) {
  const ApiCall call{context, {}, caller, "graph"};
  return context.store.read([&](ReadTx& tx) { return check_caller(tx, call); });
}

HttpResponse nested(const GraphTrace& trace) {
  return to_response(GraphError::bad_request("A batch cannot hold another batch."), trace);
}

}  // namespace

bool is_batch(const RoutedRequest& request) {
  const std::string_view path = request.http.path();
  return path == "/v1.0/$batch" || path == "/v1.0/%24batch";
}

Task<HttpResponse> run_batch(const ServerContext& context, const RoutedRequest& request,
                             const Caller& caller, GraphTrace trace, RunGraphCall run_call) {
  if (request.http.method != HttpMethod::post) {
    co_return to_response(GraphError{405, graph_code::kMethodNotAllowed, "A batch is a POST."},
                          trace);
  }
  const auto items = parse_batch(request.http.body);
  if (!items.ok()) co_return to_response(items.error(), trace);

  std::map<std::string, int> statuses;
  std::string responses;
  for (const BatchItem& item : *items) {
    RoutedRequest one = request_of(request, item);
    const std::string id = one.request_id;
    const GraphTrace item_trace{id, trace.client_request_id, trace.now};
    const bool is_blocked = std::ranges::any_of(
        item.depends_on, [&](const std::string& before) { return statuses[before] >= 300; });
    HttpResponse response;
    if (is_blocked) {
      response = failed_dependency(item_trace);
    } else if (is_batch(one)) {
      response = nested(item_trace);
    } else if (responses.size() > kBatchAnswerBytesMax) {
      response = too_much(item_trace);
    } else if (const Status stands = check_stands(context, caller); !stands.ok()) {
      response = to_response(GraphError{stands.error()}, item_trace);
    } else {
      response = co_await run_call(context, std::move(one), caller, item_trace);
    }
    statuses[item.id] = response.status;
    responses += (responses.empty() ? "" : ",") + answer_of(item, response, id);
  }
  HttpResponse response = HttpResponse::json(200, R"({"responses":[)" + responses + "]}");
  response.headers.set("OData-Version", "4.0");
  co_return response;
}

}  // namespace curfew
