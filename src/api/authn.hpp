// api/authn.hpp: who is calling one of our own resource APIs; the only place that says so.
//
// Accepts, in this order: the local socket (root of this machine), an access token of ours (with a
// proof if it is bound to a key), an API key. Each goes through the validity rule. A refused one
// gives the exact 401: for continuous-evaluation clients a claims challenge (`insufficient_claims`,
// clients.md form), else `invalid_token` (RFC 6750 3.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/context.hpp"
#include "api/router.hpp"
#include "io/http_types.hpp"
#include "model/actor.hpp"
#include "protocol/oidc/access_token.hpp"
#include "protocol/resource/denial.hpp"

namespace curfew {

struct Caller {
  Actor actor;
  std::vector<std::string> scopes;  // delegated scopes or application roles
  CredentialKind credential = CredentialKind::access_token;
  std::optional<AccessTokenClaims> token;  // none for the local socket and API keys
  // What the credential is judged by; none for the local socket. A call that waits before it
  // changes something asks the rule again in its transaction.
  std::optional<CredentialFacts> facts;
};

// `audience`: the identifier URI of the API that is asked; userinfo takes tokens for "" (no
// resource).
[[nodiscard]] std::variant<Caller, Denial> identify(const ServerContext& context,
                                                    const RoutedRequest& request,
                                                    std::string_view audience);

// The caller came with the token of a person who signed in at most `age_max` ago.
[[nodiscard]] bool signed_in_within(const Caller& caller, TimePoint now, Duration age_max);

// Who a principal is now, with the roles that they hold at this moment. Nothing: they are gone or
// disabled, or it is the server itself.
[[nodiscard]] Result<std::optional<Actor>> actor_now(ReadTx& tx, const TenantId& tenant_id,
                                                     ActorKind kind, const std::string& id);

// The WWW-Authenticate of a denial.
[[nodiscard]] std::string challenge_header(const ServerContext& context, const Denial& denial);

// The whole refusal to send, in the form of the administrator's API; counted.
[[nodiscard]] HttpResponse denial_answer(const ServerContext& context, const RoutedRequest& request,
                                         const Denial& denial);

// identify(), with the whole refusal to send in the form of the administrator's API.
[[nodiscard]] std::variant<Caller, HttpResponse> authenticate(const ServerContext& context,
                                                              const RoutedRequest& request,
                                                              std::string_view audience);

}  // namespace curfew
