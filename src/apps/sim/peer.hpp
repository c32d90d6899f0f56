// apps/sim/peer.hpp: the character of one simulated target.
#pragma once

#include <string>
#include <string_view>

#include "apps/sim/dice.hpp"
#include "base/clock.hpp"
#include "revocation/scripted_connector.hpp"

namespace curfew {

enum class Temper {
  honest,
  flaky,         // any of the passing faults now and then
  lying,         // says done without doing, now and then
  always_lying,  // never does anything
  dead,          // never answers, for ever
  dead_a_while,  // never answers until it comes back
  refusing,      // our credential is wrong
  blind,         // does it and cannot show it
  reviving,      // does it, and one day the access is back
};
inline constexpr int kTemperCount = 9;

[[nodiscard]] inline Temper any_temper(Dice& dice) {
  return static_cast<Temper>(dice.below(kTemperCount));
}

// A target from which a step can only come to rest as ended.
[[nodiscard]] inline bool can_end(Temper temper) {
  switch (temper) {
    case Temper::honest:
    case Temper::reviving: return true;
    case Temper::flaky:
    case Temper::lying:
    case Temper::always_lying:
    case Temper::dead:
    case Temper::dead_a_while:
    case Temper::refusing:
    case Temper::blind: return false;
  }
  return false;
}

[[nodiscard]] inline Behaviour passing_fault(Dice& dice) {
  switch (dice.below(8)) {
    case 0: return Behaviour::busy;
    case 1: return Behaviour::stalls;
    case 2: return Behaviour::loses_answer;
    case 3: return Behaviour::slow;
    case 4: return Behaviour::too_late;
    case 5: return Behaviour::crashes;
    case 6: return Behaviour::dies_after;
    default: return Behaviour::lies;
  }
}

[[nodiscard]] inline Behaviour behave(Temper temper, OrderKind kind, bool is_back, Dice& dice) {
  switch (temper) {
    case Temper::honest:
    case Temper::reviving: return dice.percent(20) ? Behaviour::slow : Behaviour::honest;
    case Temper::flaky: return dice.percent(40) ? passing_fault(dice) : Behaviour::honest;
    case Temper::lying: return dice.percent(50) ? Behaviour::lies : Behaviour::honest;
    case Temper::always_lying: return Behaviour::lies;
    case Temper::dead: return Behaviour::stalls;
    case Temper::dead_a_while: return is_back ? Behaviour::honest : Behaviour::stalls;
    case Temper::refusing: return Behaviour::needs_person;
    case Temper::blind:
      return kind == OrderKind::observe ? Behaviour::unobservable : Behaviour::honest;
  }
  return Behaviour::honest;
}

}  // namespace curfew
