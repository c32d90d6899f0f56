#include "model/session_control.hpp"

#include <algorithm>

namespace curfew {

Result<SessionControlRule> parse_session_control_rule(std::string_view text) {
  const std::size_t colon = text.find(':');
  SessionControlRule rule;
  const bool is_rule =
      parse_enum(text.substr(0, colon), rule.control) &&
      (colon == std::string_view::npos || parse_enum(text.substr(colon + 1), rule.condition));
  if (is_rule) return rule;
  return Error::permanent(ErrorCode::invalid_argument,
                          "a session control is monitorOnly or blockDownloads, alone or followed "
                          "by :always, :unmanagedDevice or :nonCompliantDevice");
}

SessionControls read_session_controls(const std::vector<std::string>& words) {
  SessionControls controls;
  for (const std::string& word : words) {
    SessionControl control{};
    const bool is_known = parse_enum(word, control);
    if (!is_known || control == SessionControl::monitor_only) controls.monitors = true;
    if (!is_known || control == SessionControl::block_downloads) controls.blocks_downloads = true;
  }
  return controls;
}

}  // namespace curfew
