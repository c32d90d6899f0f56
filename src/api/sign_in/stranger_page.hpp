// api/sign_in/stranger_page.hpp: how a client is told that it gets no code.
//
// Whoever has an initial access token can register an application with an address of their own, and
// write links to this server that fail at once: a redirect that follows by itself would lend them
// this server's name (RFC 9700 4.11.2). So for a client that registered itself the person sees a
// page first, which says whose address comes next, and goes there by a click. Other clients are
// answered at once, as always.
#pragma once

#include "api/context.hpp"
#include "io/http_types.hpp"
#include "model/application.hpp"
#include "protocol/oauth/authorize_request.hpp"
#include "protocol/oauth/error.hpp"

namespace curfew {

// Precondition: `target` was matched against the registration of `client`.
[[nodiscard]] HttpResponse answer_failure(const ServerContext& context, const App& client,
                                          const AuthorizeTarget& target, const OAuthError& error);

}  // namespace curfew
