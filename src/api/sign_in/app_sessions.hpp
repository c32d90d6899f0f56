// api/sign_in/app_sessions.hpp: the applications that a person is signed in to through one session
// of ours, and how each can be told that it ended.
//
// Front-channel logout works through the person's browser, which may keep cookies from frames: it
// is a help at a sign-out, and never counts as access that was taken away (revocation/plan.hpp).
//
// Spec: OIDC Front-Channel Logout 1.0 3.
#pragma once

#include <string>
#include <vector>

#include "api/context.hpp"
#include "base/result.hpp"
#include "model/application.hpp"
#include "model/session.hpp"
#include "store/store.hpp"

namespace curfew {

// Those that have a grant in the session, each once, of the first grants that a bounded scan finds.
[[nodiscard]] Result<std::vector<App>> clients_of_session(ReadTx& tx, const ServerContext& context,
                                                          const Session& session);

struct AppSession {
  std::string name;
  std::string frame;     // what the browser opens to end it; empty: nothing can be opened
  std::string origin;    // of the frame
  bool is_told = false;  // by this server itself (back-channel logout), and so not by the browser
};

// Of those, and of the clients of sessions whose place it took in the same browser
// (revocation/logout_notices.hpp), each by the newest session it was in: the ones that may keep a
// session of their own, or have an address to be told at. An application that this server tells by
// itself is not opened; one that is disabled is named and not opened: its address may be in other
// hands. At most kLogoutFramesMax are opened.
[[nodiscard]] Result<std::vector<AppSession>> app_sessions_of(ReadTx& tx,
                                                              const ServerContext& context,
                                                              const Session& session);

}  // namespace curfew
