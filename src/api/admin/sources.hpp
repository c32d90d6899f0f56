// api/admin/sources.hpp: /curfew/v1/sources: whom shared signals are heard from, and what follows.
//
// A source acts as its application, so that who may make a credential of that application may make
// and change a source of it, and who may take one away may switch it off.
#pragma once

#include <boost/json/value.hpp>

#include "api/admin/admin_call.hpp"
#include "base/result.hpp"
#include "base/task.hpp"

namespace curfew {

inline constexpr BodyMembers<11> kNewSourceMembers{
    "appId",   "displayName",   "issuer",        "audiences", "jwksUri",         "delivery",
    "pollUrl", "authorization", "requiresToken", "policy",    "peoplePerHourMax"};
inline constexpr BodyMembers<10> kChangedSourceMembers{
    "displayName",   "issuer", "audiences", "jwksUri", "pollUrl",
    "authorization", "policy", "isEnabled", "isHeld",  "peoplePerHourMax"};

[[nodiscard]] Task<Result<boost::json::value>> list_sources(const AdminCall& call);
// With the newest events that came from it, and what became of each.
[[nodiscard]] Task<Result<boost::json::value>> show_source(const AdminCall& call);
// Shows the bearer token of a pushed one, now only.
[[nodiscard]] Task<Result<boost::json::value>> add_source(const AdminCall& call);
// What waits ends where the source is switched off, or is to be believed by other rules (issuer,
// keys, audiences) than those under which it came. Switching off is let through, alone, while the
// journal is known to be rolled back.
[[nodiscard]] Task<Result<boost::json::value>> change_source(const AdminCall& call);
// Another bearer token; the one before is good for nothing from then on.
[[nodiscard]] Task<Result<boost::json::value>> renew_source_token(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> remove_source(const AdminCall& call);

}  // namespace curfew
