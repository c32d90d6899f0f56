// access/session_controls.hpp: which controls a session is under, by the rules of the applications
// and the device that it is on (docs/session-control.md).
//
// Asked wherever an access token is made for a person, from the facts that said yes. Pure.
#pragma once

#include <string>
#include <vector>

#include "access/evaluate.hpp"

namespace curfew {

// In whose hands the token is.
enum class TokenHolder {
  client,        // whoever signed the person in, and what the person sees of it
  intermediary,  // an application that calls another one on the person's behalf
};

// Whether the machine that gets the token is the device of the facts.
enum class DevicePlace {
  here,
  elsewhere,  // that device only let it in: nobody knows what this one is
};

// Whatever any rule of the client or of the resource asks for, each word once. A rule that cannot
// be read asks for everything, and a device whose properties cannot is not known to be anything. An
// intermediary's own rules are about what it answers itself, not about what it fetches. Nothing for
// an application by itself: it has no session.
[[nodiscard]] std::vector<std::string> session_controls_of(const AccessFacts& facts,
                                                           TokenHolder holder = TokenHolder::client,
                                                           DevicePlace place = DevicePlace::here);

}  // namespace curfew
