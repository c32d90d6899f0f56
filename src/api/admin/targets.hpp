// api/admin/targets.hpp: /curfew/v1/targets: other servers that every run asks to end what its
// subject has there (Global Token Revocation).
//
// Whoever may manage applications may manage them. A new address learns whom we revoke from then
// on, and gets our signature: each change is audited.
#pragma once

#include <boost/json/value.hpp>

#include "api/admin/admin_call.hpp"
#include "base/result.hpp"
#include "base/task.hpp"

namespace curfew {

inline constexpr BodyMembers<7> kTargetMembers{
    "displayName", "url", "subjectMember", "subjectFormat", "authentication", "clientId", "token"};
inline constexpr BodyMembers<8> kChangedTargetMembers{
    "displayName",    "url",      "subjectMember", "subjectFormat",
    "authentication", "clientId", "token",         "isEnabled"};

[[nodiscard]] Task<Result<boost::json::value>> list_targets(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> show_target(const AdminCall& call);
// A token is never shown again.
[[nodiscard]] Task<Result<boost::json::value>> add_target(const AdminCall& call);
// What is named changes. Another address needs its token anew: the one that we have was for the
// server before.
[[nodiscard]] Task<Result<boost::json::value>> change_target(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> remove_target(const AdminCall& call);

}  // namespace curfew
