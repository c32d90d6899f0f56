// api/sign_in/browser_endpoints.hpp: the endpoints that a person's browser comes to, for the
// router's table.
//
//   authorize        GET POST /{tenant}/oauth2/v2.0/authorize      accepts the session cookie
//   end_session      GET POST /{tenant}/oauth2/v2.0/logout         the session cookie
//   sign_in          POST     /{tenant}/login                      a password
//   change_password  POST     /{tenant}/login/password             a one-time password, proved
//                                                                  before
//   proceed          POST     /{tenant}/login/continue             the session cookie
//   device           GET POST /{tenant}/oauth2/v2.0/deviceauth     the session cookie
//                             (GET also at /{tenant}/device)
//   account          GET      /{tenant}/account                    the session cookie
//   account_sessions POST     /{tenant}/account/sessions           the session cookie
//   account_devices  POST     /{tenant}/account/devices            the session cookie
//   stylesheet       GET      /assets/curfew.css                   nothing
//
// All answer in HTML (ErrorStyle::html). None of them has CORS headers (RFC 9700 2.6), all pages
// forbid framing, none is ever cached. `context` outlives the tasks; each runs on the I/O thread
// that it was started on.
#pragma once

#include "api/router.hpp"

namespace curfew {

[[nodiscard]] Task<HttpResponse> authorize_endpoint(const ServerContext& context,
                                                    RoutedRequest request);
[[nodiscard]] Task<HttpResponse> end_session_endpoint(const ServerContext& context,
                                                      RoutedRequest request);
[[nodiscard]] Task<HttpResponse> sign_in_endpoint(const ServerContext& context,
                                                  RoutedRequest request);
[[nodiscard]] Task<HttpResponse> change_password_endpoint(const ServerContext& context,
                                                          RoutedRequest request);
[[nodiscard]] Task<HttpResponse> proceed_endpoint(const ServerContext& context,
                                                  RoutedRequest request);
[[nodiscard]] Task<HttpResponse> device_page_endpoint(const ServerContext& context,
                                                      RoutedRequest request);
[[nodiscard]] Task<HttpResponse> account_endpoint(const ServerContext& context,
                                                  RoutedRequest request);
[[nodiscard]] Task<HttpResponse> account_sessions_endpoint(const ServerContext& context,
                                                           RoutedRequest request);
[[nodiscard]] Task<HttpResponse> account_devices_endpoint(const ServerContext& context,
                                                          RoutedRequest request);
[[nodiscard]] Task<HttpResponse> stylesheet_endpoint(const ServerContext& context,
                                                     RoutedRequest request);

}  // namespace curfew
