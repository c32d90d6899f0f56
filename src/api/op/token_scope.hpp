// api/op/token_scope.hpp: what one token may be for, out of what was granted. Pure.
//
// A request may narrow what was granted, never widen it (RFC 6749 6, RFC 8707 2.2). What was
// granted is held against what is still consented to at each use, so that a permission that was
// taken back is gone with the next token. OIDC scopes that were not granted are never an error:
// MSAL adds them to every request, and would stop renewing silently.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/evaluate.hpp"
#include "protocol/oauth/error.hpp"
#include "protocol/oauth/scope.hpp"

namespace curfew {

struct GrantedScope {
  std::string resource;             // as it was asked for; empty: userinfo
  std::vector<std::string> scopes;  // as the client spelled them
};

struct TokenScope {
  bool for_userinfo = false;   // no resource: the token is for our own userinfo
  std::string scp;             // of the access token
  std::string response_scope;  // of the token response
  bool openid = false;         // an ID token is due
  bool profile = false;        // it names the person
  bool email = false;
  bool offline_access = false;
};

// `asked`: the token request's own scope and resources; both empty: all that was granted.
// `facts.resource`: the application that granted.resource names. Errors: invalid_target for another
// resource, invalid_scope for more permissions, both with suberror consent_required, upon which
// MSAL asks the person; invalid_grant where nothing of what was granted is consented to any more.
[[nodiscard]] OAuthResult<TokenScope> token_scope(const GrantedScope& granted,
                                                  const ScopeRequest& asked,
                                                  const std::vector<std::string>& resources,
                                                  const AccessFacts& facts,
                                                  const std::optional<Consent>& consent);

// The permission names that a client alone gets at `resource`: what an administrator gave
// it. invalid_scope for others.
[[nodiscard]] OAuthResult<std::vector<std::string>> app_permissions(const App& client,
                                                                    const App& resource,
                                                                    const ResourceChoice& choice);

}  // namespace curfew
