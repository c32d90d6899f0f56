// model/gate.hpp: an enforcement point, beside the application that it proves itself as.
//
// A gate is an application of its own (model/application.hpp) whose one credential is a key that
// its machine made and keeps. Its enrolment code is a RegistrationToken with `enrols_app_id`.
// Values only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/actor.hpp"

namespace curfew {

// What a gate does without a lease: refuse everything, or go on until tokens expire.
enum class GateMode { strict, best_effort };
[[nodiscard]] std::string_view to_string(GateMode mode);
[[nodiscard]] bool parse_enum(std::string_view text, GateMode& out);

// Requests that a gate let in and that go on whatever it acknowledges, and whatever becomes of its
// leases: a web server asked it before each, and nobody sees them end.
enum class UncutRequests {
  none,    // it never said that there are any
  some,    // it said so once, by whichever of its processes
  unknown  // one of its processes did not say whether there are: it is of a version that does not
};
[[nodiscard]] std::string_view to_string(UncutRequests uncut);
[[nodiscard]] bool parse_enum(std::string_view text, UncutRequests& out);

struct Gate {
  TenantId tenant_id;
  AppId app_id;      // of its application
  std::string name;  // what operators call it; one gate of a tenant has it
  GateMode mode = GateMode::strict;
  ActorKind maker_kind = ActorKind::system;
  std::string maker_id;
  std::string maker_name;
  TimePoint created_at{};
  std::optional<TimePoint> enrolled_at;  // when it got the key that it has; nothing: never
  // Stays as it is for as long as the gate is there: what its processes of before let in, no later
  // one knows.
  UncutRequests uncut_requests = UncutRequests::none;
};

}  // namespace curfew
