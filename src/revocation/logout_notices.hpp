// revocation/logout_notices.hpp: who is to be told that a session of ours ended, written in the
// transaction that ends it.
//
// For removals outside of a run: a run has a step for each application instead
// (revocation/plan.hpp). The calls are made later, by src/connectors/backchannel_logout. An
// application that has no address to be told at gets no notice.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "model/logout.hpp"
#include "model/session.hpp"
#include "store/store.hpp"

namespace curfew {

// The sessions whose place this one took, the newest first: who signs in again in a browser goes on
// there in a new session, and so do the applications of the one before. No row names another: each
// ended in the very moment in which the one after it began. Of so many of the person's sessions as
// limits::kLogoutSessionsMax, and as long as their rows are kept.
[[nodiscard]] Result<std::vector<Session>> sessions_before(ReadTx& tx, const Session& session);

// The applications of one session, and of those whose place it took, which nobody has told so far.
// At most limits::kLogoutNoticesAtOnce.
[[nodiscard]] Status note_session_ended(WriteTx& tx, const Session& session, TimePoint now);

// All of the person's sessions but `kept`; of `app` alone, if it is given. Also those that ended
// before: a new sign-in in the same browser ends one and tells nobody yet, and to be told twice is
// the same to an application. At most limits::kLogoutNoticesAtOnce, of the first
// limits::kLogoutSessionsMax that are looked at.
[[nodiscard]] Status note_person_out(WriteTx& tx, const TenantId& tenant_id, const UserId& user_id,
                                     const std::optional<SessionId>& kept,
                                     const std::optional<AppId>& app, TimePoint now);

// The sessions in which the person signed in to the application, `limit` at the most.
[[nodiscard]] Result<std::vector<SessionClient>> sessions_at(ReadTx& tx, const TenantId& tenant_id,
                                                             const UserId& user_id,
                                                             const AppId& app_id,
                                                             std::size_t limit);

}  // namespace curfew
