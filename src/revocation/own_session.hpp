// revocation/own_session.hpp: the session that an application keeps by itself after a sign-in.
// Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "model/application.hpp"

namespace curfew {

// Public clients hold tokens; whoever can keep a secret can keep a session, unless its developer
// says that it keeps none.
[[nodiscard]] bool may_keep_own_session(const App& app);

// By which way the application could be told that the person's access ended, as a report says it.
[[nodiscard]] std::string_view logout_channel_sentence(const App& app);  // static

// The latest that a session begun at `sign_in` can go on; nothing: nobody has said.
// Precondition: may_keep_own_session().
[[nodiscard]] std::optional<TimePoint> own_session_ends_by(const App& app, TimePoint sign_in);

}  // namespace curfew
