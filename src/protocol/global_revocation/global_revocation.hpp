// protocol/global_revocation/global_revocation.hpp: "revoke everything of this person", as one
// server asks another: the request's body.
//
// `{"sub_id": {"format": ..., ...}}`; older senders call the member `subject`. The subject is said
// by one of three formats of RFC 9493: `email`, `iss_sub`, `opaque`. Members that are not known are
// passed over: a wish to take access away is not refused for what is beside it.
//
// Pure; any thread. Limits: the ones below, for what comes from outside. Spec: Global Token
// Revocation (draft-parecki-oauth-global-token-revocation-04) 3.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/revocation_target.hpp"

namespace curfew {

inline constexpr std::size_t kRevocationBodyBytesMax = 16UL * 1024;
inline constexpr std::size_t kSubjectMemberBytesMax = 2048;  // an issuer's address is the longest

// Below /{tenant}.
inline constexpr std::string_view kGlobalRevocationPath = "/oauth2/v2.0/global-token-revocation";

// The `typ` of the token by which an identity provider proves itself (Okta's Universal Logout).
inline constexpr std::string_view kGlobalRevocationTyp = "global-token-revocation+jwt";

struct RevokedSubject {
  SubjectFormat format = SubjectFormat::email;
  std::string issuer;  // iss_sub
  std::string value;   // the address, `sub`, or the id
};

// invalid_argument with the rule that was broken; both spellings at once are one.
[[nodiscard]] Result<RevokedSubject> parse_global_revocation(std::string_view body);

// The body of a request. `member`: `sub_id`, or `subject` for those who know the older spelling.
[[nodiscard]] std::string global_revocation_body(const RevokedSubject& subject,
                                                 std::string_view member = "sub_id");

}  // namespace curfew
