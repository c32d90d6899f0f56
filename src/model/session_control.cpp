#include "model/session_control.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"

namespace curfew {

namespace {

constexpr std::array<std::pair<SessionControl, std::string_view>, 2> kControls{
    {{SessionControl::monitor_only, "monitorOnly"},
     {SessionControl::block_downloads, "blockDownloads"}}};
constexpr std::array<std::pair<SessionCondition, std::string_view>, 3> kConditions{
    {{SessionCondition::always, "always"},
     {SessionCondition::unmanaged_device, "unmanagedDevice"},
     {SessionCondition::non_compliant_device, "nonCompliantDevice"}}};

template <typename Words, typename E>
std::string_view word_of(const Words& words, E value) {
  const auto* const found = std::ranges::find(words, value, &Words::value_type::first);
  CURFEW_CHECK(found != words.end());
  return found->second;
}

template <typename Words, typename E>
bool value_of(const Words& words, std::string_view text, E& out) {
  const auto* const found = std::ranges::find(words, text, &Words::value_type::second);
  if (found == words.end()) return false;
  out = found->first;
  return true;
}

}  // namespace

std::string_view to_string(SessionControl control) { return word_of(kControls, control); }
bool parse_enum(std::string_view text, SessionControl& out) {
  return value_of(kControls, text, out);
}

std::string_view to_string(SessionCondition condition) { return word_of(kConditions, condition); }
bool parse_enum(std::string_view text, SessionCondition& out) {
  return value_of(kConditions, text, out);
}

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
