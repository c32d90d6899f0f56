// api/op/mint.hpp: what tokens say, and signing them.
//
// In two steps. The claims are made inside the transaction that read the state which they vouch
// for, with the journal position that was read before it; the signature is made after the commit,
// on the I/O thread, because it needs no state and would hold the writer up. A token that a
// revocation overtook between the two is dead where the newer entry is known: its stamps are older.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "access/evaluate.hpp"
#include "api/context.hpp"
#include "api/op/token_scope.hpp"
#include "api/token_keys.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/session.hpp"
#include "protocol/oauth/token_response.hpp"
#include "protocol/oidc/access_token.hpp"
#include "protocol/oidc/id_token.hpp"

namespace curfew {

// A token response whose tokens are not signed yet.
struct UnsignedTokens {
  AccessTokenClaims access;
  TokenAlg access_alg = TokenAlg::es256;
  AccessTokenTyp access_typ = AccessTokenTyp::jwt;
  std::optional<IdTokenClaims> id;
  TokenAlg id_alg = TokenAlg::rs256;
  std::string scope;
  std::string refresh_token;  // empty: none
  std::string client_info;    // empty: none
  // The resource that wants its tokens to be in a status list; nothing: none does.
  std::optional<AppId> status_list_of;

  [[nodiscard]] TimePoint access_ends_at() const { return from_unix_seconds(access.exp); }
};

// What stays the same for every token that one transaction makes.
struct MintMoment {
  Position as_of;  // the journal's head, read before anything else
  TimePoint now{};
};

// Whether we answer for a person's mail (OIDC Core 5.1, email_verified): where it is the user
// principal name, which is in one of the tenant's domains and nobody else's. Any other is what an
// administrator typed.
[[nodiscard]] bool is_verified_mail(const User& user);

// Tokens of a person, from a grant as it stands.
struct GrantMint {
  const Grant& grant;
  const AccessFacts& facts;  // granted by evaluate_access(); user there
  const TokenScope& scope;
  std::string azpacr;
  bool handles_challenges = false;
  std::string nonce;  // empty: none
  bool client_info = false;
};
[[nodiscard]] UnsignedTokens tokens_of_grant(const ServerContext& context, const MintMoment& moment,
                                             const GrantMint& mint);

// The token of an application by itself.
struct AppMint {
  const App& client;
  const App& resource;
  std::vector<std::string> roles;
  std::string authenticator_id;  // of the secret or key that it proved itself with
  std::string azpacr;
  bool handles_challenges = false;
};
[[nodiscard]] UnsignedTokens tokens_of_app(const ServerContext& context, const MintMoment& moment,
                                           const AppMint& mint);

// Signs; where the resource wants it, the access token first gets its place in a status list,
// durable before anybody has the token. The one way by which tokens of ours are handed out.
[[nodiscard]] Task<Result<TokenResponse>> sign_in_place(const ServerContext& context,
                                                        UnsignedTokens tokens);

}  // namespace curfew
