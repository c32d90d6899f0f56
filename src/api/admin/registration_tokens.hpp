// api/admin/registration_tokens.hpp: /curfew/v1/registration-tokens: the initial access tokens with
// which applications may register themselves (RFC 7591 3).
#pragma once

#include <boost/json/value.hpp>

#include "api/admin/admin_call.hpp"
#include "base/result.hpp"
#include "base/task.hpp"

namespace curfew {

inline constexpr BodyMembers<4> kNewRegistrationToken{"displayName", "lifetimeSeconds", "uses",
                                                      "grantTypes"};

[[nodiscard]] Task<Result<boost::json::value>> list_registration_tokens(const AdminCall& call);
// Answers the token's text, which is shown only now. Refused where nobody could use one: the
// operator does not let applications register.
[[nodiscard]] Task<Result<boost::json::value>> add_registration_token(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> remove_registration_token(const AdminCall& call);

}  // namespace curfew
