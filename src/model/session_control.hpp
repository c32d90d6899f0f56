// model/session_control.hpp: what a gate does with a session that may go on: it watches it, or lets
// nothing be downloaded in it (docs/session-control.md).
//
// An application has rules; what they come to for one token stands in the token, and is decided
// anew at every renewal. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace curfew {

// Names as of Graph's cloudAppSecuritySessionControlType.
enum class SessionControl : std::uint8_t {
  monitor_only,     // every request goes into the session log
  block_downloads,  // what would be a file is not given out
};
[[nodiscard]] std::string_view to_string(SessionControl control);  // "monitorOnly"
[[nodiscard]] bool parse_enum(std::string_view text, SessionControl& out);

// In which sessions.
enum class SessionCondition : std::uint8_t {
  always,
  unmanaged_device,      // no device, or one that is not known to be managed
  non_compliant_device,  // the same for compliant
};
[[nodiscard]] std::string_view to_string(SessionCondition condition);  // "unmanagedDevice"
[[nodiscard]] bool parse_enum(std::string_view text, SessionCondition& out);

struct SessionControlRule {
  SessionControl control = SessionControl::monitor_only;
  SessionCondition condition = SessionCondition::always;

  friend bool operator==(const SessionControlRule&, const SessionControlRule&) = default;
};

// One rule for each pair that there can be.
inline constexpr std::size_t kSessionControlRulesMax = 6;

// "blockDownloads", or "blockDownloads:unmanagedDevice". invalid_argument, saying what there is.
[[nodiscard]] Result<SessionControlRule> parse_session_control_rule(std::string_view text);

// What a gate does, by the claim. A word that this program does not know is of a newer server: the
// strictest of what is known is done.
struct SessionControls {
  bool monitors = false;
  bool blocks_downloads = false;

  [[nodiscard]] bool any() const { return monitors || blocks_downloads; }
};
[[nodiscard]] SessionControls read_session_controls(const std::vector<std::string>& words);

}  // namespace curfew
