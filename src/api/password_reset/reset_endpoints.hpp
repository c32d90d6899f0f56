// api/password_reset/reset_endpoints.hpp: the pages on which somebody who lost their password gets
// another one by themselves, for the router's table.
//
//   password_reset      GET POST /{tenant}/password-reset      a name: asks for a mail
//   password_reset_new  GET POST /{tenant}/password-reset/new  the code of the mail
//
// Whoever asks is told the same, in the same time, whatever name they typed: all that happens
// before the answer is one row (api/password_reset/outbox.hpp), and what it leads to happens later.
// GET of the second shows a form and uses nothing up, because programs follow links in mails.
//
// Without script; answers in HTML, never cached, no referrer. `context` outlives the tasks.
#pragma once

#include "api/router.hpp"

namespace curfew {

[[nodiscard]] Task<HttpResponse> password_reset_endpoint(const ServerContext& context,
                                                         RoutedRequest request);
[[nodiscard]] Task<HttpResponse> password_reset_new_endpoint(const ServerContext& context,
                                                             RoutedRequest request);

}  // namespace curfew
