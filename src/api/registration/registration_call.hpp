// api/registration/registration_call.hpp: what both endpoints of dynamic registration begin and end
// with: a bearer token, a JSON body, an answer in the form of RFC 7591 3.2.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/context.hpp"
#include "api/router.hpp"
#include "base/task.hpp"
#include "io/http_types.hpp"
#include "protocol/oauth/error.hpp"
#include "store/store.hpp"

namespace curfew {

using Refusal = std::optional<OAuthError>;  // nothing: all is well

// Nothing: applications may register here. Else the refusal.
[[nodiscard]] std::optional<OAuthError> check_registers(const ServerContext& context);

// The one bearer token of the request, from its header alone. invalid_token without one.
[[nodiscard]] OAuthResult<std::string> bearer_token_of(const HttpRequest& http);

// The same words whatever is wrong with a token: whether there ever was such a one is nobody's
// business.
[[nodiscard]] OAuthError invalid_registration_token();

// The body, if it is JSON.
[[nodiscard]] OAuthResult<std::string> json_body_of(const HttpRequest& http);

// In one transaction. What the writer's thread may still hold when this task has ended is shared
// with it by `body`.
[[nodiscard]] Task<Refusal> write_or_refuse(const ServerContext& context, Urgency urgency,
                                            std::function<Result<Refusal>(WriteTx&)> body);

// 401 with a Bearer challenge for invalid_token, 403 for registration_not_supported, 429 for
// temporarily_unavailable, else 400.
[[nodiscard]] HttpResponse registration_refusal(const ServerContext& context,
                                                const RoutedRequest& request,
                                                const OAuthError& error);
[[nodiscard]] HttpResponse registration_answer(const ServerContext& context,
                                               const RoutedRequest& request, int status,
                                               std::string json);

}  // namespace curfew
