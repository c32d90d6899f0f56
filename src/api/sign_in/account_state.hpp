// api/sign_in/account_state.hpp: what a person may see and change about their own sessions and
// devices, in one transaction each.
//
// Each function finds the session by the browser's cookie in its own transaction; without a live
// one it is `unauthenticated`. Ending a session is a removal, audited like everybody else's.
#pragma once

#include <optional>
#include <vector>

#include "api/context.hpp"
#include "api/sign_in/browser_session.hpp"
#include "base/result.hpp"
#include "model/directory.hpp"
#include "model/session.hpp"
#include "store/store.hpp"

namespace curfew {

struct AccountState {
  Session session;  // the browser's own
  User user;
  std::vector<Session> sessions;  // every live one, the newest first, at most kSessionsShownMax
  std::optional<Device> device;   // this browser, where it is registered and enabled
  bool touched = false;           // keep_alive() is due
};

inline constexpr std::size_t kSessionsShownMax = 200;
inline constexpr std::size_t kDevicesPerUserMax = 50;  // Entra's default
inline constexpr std::size_t kBoundGrantsMax = 1'000;  // of one session, when it gets its device

// Nothing: nobody is signed in.
[[nodiscard]] Result<std::optional<AccountState>> load_account(ReadTx& tx,
                                                               const ServerContext& context,
                                                               const Browser& browser);

[[nodiscard]] Result<Done> keep_alive(WriteTx& tx, const ServerContext& context,
                                      const Browser& browser);

// Which of a person's sessions to end: one, or nothing for all but the browser's own.
struct SessionChoice {
  std::optional<SessionId> one;
};
// Whether there is anything to end. What has ended already must not get into the writer's emergency
// lane again: whoever is signed in could keep everybody's revocations waiting. `not_found` for a
// session that is not this person's, whoever else's it may be.
[[nodiscard]] Result<bool> has_sessions_to_end(ReadTx& tx, const ServerContext& context,
                                               const Browser& browser, const SessionChoice& choice);
// Ends what there is to end, and writes nothing where there is nothing; the same errors.
[[nodiscard]] Result<Done> end_sessions(WriteTx& tx, const ServerContext& context,
                                        const Browser& browser, const SessionChoice& choice);
// The browser's own; nothing is done where there is none. Whether there was one.
[[nodiscard]] Result<bool> end_own_session(WriteTx& tx, const ServerContext& context,
                                           const Browser& browser);

// Makes this browser a device of this person; the session and its grants are bound to it from now
// on, so that disabling the device ends them. Access tokens from before are reevaluated: a silent
// renewal gives one that names the device. `exhausted` / never beyond kDevicesPerUserMax or
// kBoundGrantsMax, and where the session has a device already.
[[nodiscard]] Result<DeviceCookie> register_device(WriteTx& tx, const ServerContext& context,
                                                   const Browser& browser);

}  // namespace curfew
