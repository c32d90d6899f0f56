// protocol/global_revocation/revocation_call.hpp: what we say when we ask another server to end
// everything of a person: the token that proves who asks, and what the answer is worth.
//
// Pure; any thread. Spec: Global Token Revocation (draft-parecki-oauth-global-token-revocation-04)
// 3 and 4; the token is Okta's Universal Logout profile of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace curfew {

struct RevocationToken {
  std::string issuer;
  std::string client_id;  // `sub`: who asks, as the target knows it
  std::string url;        // of the call; its query and fragment are left out of `aud`
  std::string id;         // `jti`
  TimePoint now{};
};

// The claims of a JWT of type kGlobalRevocationTyp.
[[nodiscard]] std::string revocation_token_claims(const RevocationToken& token);

// "https://x.test/revoke" of "https://x.test/revoke?a=1#b".
[[nodiscard]] std::string_view without_query(std::string_view url);

// What an answer is worth, as evidence: 204 (and 200, 202: the revocation has begun), and 404, by
// which nothing of the person is there. Errors: `later` for 408, 425, 429 and 5xx; `after_human`
// for 401 and 403 (our credential) and 422 (the target cannot log the person out); `never` for
// everything else, such as 400 and 301.
[[nodiscard]] Result<std::string> judge_revocation_answer(int status);

}  // namespace curfew
