// api/op/token_endpoints.hpp: the endpoints that applications ask without a browser, for the
// router's table.
//
//   discovery   GET       both well-known forms: RFC 8414 3.1, OpenID Connect Discovery 4
//   jwks        GET       RFC 7517 5
//   token       POST      RFC 6749 3.2: authorization_code, refresh_token, client_credentials;
//                         RFC 8628 3.4: device_code; RFC 7523 2.1: on behalf of
//   par         POST      RFC 9126
//   devicecode  POST      RFC 8628 3.1
//   introspect  POST      RFC 7662
//   revoke      POST      RFC 7009
//   userinfo    GET POST  OIDC Core 5.3
//
// `context` outlives the tasks; each runs on the I/O thread that it was started on. Errors of the
// OAuth endpoints are those of protocol/oauth/error.hpp, never cached.
#pragma once

#include "api/router.hpp"

namespace curfew {

[[nodiscard]] Task<HttpResponse> discovery_endpoint(const ServerContext& context,
                                                    RoutedRequest request);
[[nodiscard]] Task<HttpResponse> jwks_endpoint(const ServerContext& context, RoutedRequest request);
[[nodiscard]] Task<HttpResponse> token_endpoint(const ServerContext& context,
                                                RoutedRequest request);
[[nodiscard]] Task<HttpResponse> par_endpoint(const ServerContext& context, RoutedRequest request);
[[nodiscard]] Task<HttpResponse> device_authorization_endpoint(const ServerContext& context,
                                                               RoutedRequest request);
[[nodiscard]] Task<HttpResponse> introspect_endpoint(const ServerContext& context,
                                                     RoutedRequest request);
[[nodiscard]] Task<HttpResponse> revoke_endpoint(const ServerContext& context,
                                                 RoutedRequest request);
[[nodiscard]] Task<HttpResponse> userinfo_endpoint(const ServerContext& context,
                                                   RoutedRequest request);

}  // namespace curfew
