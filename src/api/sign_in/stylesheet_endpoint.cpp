#include "api/sign_in/browser_endpoints.hpp"
#include "protocol/html/page.hpp"

namespace curfew {

Task<HttpResponse> stylesheet_endpoint(const ServerContext& /*context*/,
                                       RoutedRequest /*request*/) {
  HttpResponse response = HttpResponse::text(200, std::string{stylesheet()});
  response.headers.set("Content-Type", "text/css; charset=utf-8");
  response.headers.set("Cache-Control", "public, max-age=300");
  response.headers.set("X-Content-Type-Options", "nosniff");
  co_return response;
}

}  // namespace curfew
