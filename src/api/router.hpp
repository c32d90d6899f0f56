// api/router.hpp: the table of all endpoints, and the way from a request to its handler.
//
// The table is also what the generated matrix reads: every endpoint says which kinds of credential
// it accepts, and each of them is held against every way of taking access away.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.hpp"
#include "io/http_types.hpp"
#include "model/credential.hpp"

namespace curfew {

// What the router found in the path: the values of its {placeholders}, percent-decoded.
using PathValues = std::map<std::string, std::string, std::less<>>;

struct EndpointSpec;

struct RoutedRequest {
  HttpRequest http;
  PathValues values;
  std::string request_id;  // a GUID: trace_id in errors, x-ms-request-id in answers, in the log
  const EndpointSpec* endpoint = nullptr;  // the row that it was routed by; null within a batch
  // There if the request has a DPoP header: what the answer's one DPoP-Nonce header says, if
  // anything.
  std::shared_ptr<std::string> dpop_nonce = nullptr;
};

using EndpointHandler = Task<HttpResponse> (*)(const ServerContext&, RoutedRequest);

// Which error format a request that never reaches its handler is answered in.
enum class ErrorStyle { oauth, graph, html };

// What an endpoint does while the journal is known to have been rolled back
// (api/rollback_watch.hpp).
enum class WhenRolledBack {
  refuses,  // it gives: 503 in its error style, until an operator has fenced
  serves,   // it takes away, shows, or decides for itself
};

struct EndpointSpec {
  std::string_view name;  // "token": for metrics, logs and tests
  std::vector<HttpMethod> methods;
  // Segments; {name} takes one segment, {name...} at the end all that are left, not decoded.
  // {tenant} must be the tenant's id, one of its domains, or "common" or "organizations", else the
  // answer is 404 (400 AADSTS90002 in OAuth style).
  std::string_view path;
  EndpointHandler handler;
  std::vector<CredentialKind> accepts;
  ErrorStyle error_style = ErrorStyle::oauth;
  WhenRolledBack when_rolled_back = WhenRolledBack::refuses;
};

// Every endpoint of the server, in the order of the documentation.
[[nodiscard]] std::span<const EndpointSpec> all_endpoints();

// Finds the endpoint and runs it: 404 for an unknown path, 405 with Allow for a wrong method. Adds
// the headers that every answer has (x-ms-request-id, X-Content-Type-Options, Referrer-Policy, HSTS
// over TLS), counts the request. `context` outlives the task.
[[nodiscard]] Task<HttpResponse> route(const ServerContext& context, HttpRequest request);

}  // namespace curfew
