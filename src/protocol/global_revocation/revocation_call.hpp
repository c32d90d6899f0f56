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
#include "model/revocation_target.hpp"

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

// What an answer is worth, as evidence: 204 and 202, the revocation has begun. 404, nobody is known
// by that name, is evidence of an endpoint that has revoked somebody before (`has_answered`): of
// another address it is what every wrong path answers, and waits for a person. So does a catch-all
// page's 200 say nothing. Errors: `later` for 408, 425, 429 and 5xx; `after_human` for 401 and 403
// (our credential), 422 (the target cannot log the person out) and such a 404; `never` for
// everything else, such as 200, 400 and 301.
[[nodiscard]] Result<std::string> judge_revocation_answer(int status, SubjectFormat format,
                                                          bool has_answered);

}  // namespace curfew
