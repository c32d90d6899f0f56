#include "access/session_controls.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string_view>

#include "model/session_control.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

// Of a device, as an administrator or its management has said; what nobody said is not so.
bool is_known_to_be(const std::optional<Device>& device, std::string_view property) {
  if (!device || !device->account_enabled) return false;
  const auto properties = parse_json_object(device->properties);
  if (!properties.ok()) return false;
  const auto value = get_optional_bool(*properties, property);
  return value.ok() && value->value_or(false);
}

bool holds(SessionCondition condition, const std::optional<Device>& device) {
  switch (condition) {
    case SessionCondition::always: return true;
    case SessionCondition::unmanaged_device: return !is_known_to_be(device, "isManaged");
    case SessionCondition::non_compliant_device: return !is_known_to_be(device, "isCompliant");
  }
  return true;
}

void add_controls(const App& app, const std::optional<Device>& device, SessionControls& controls) {
  for (const std::string& text : app.session_controls) {
    const auto rule = parse_session_control_rule(text);
    if (!rule.ok()) {
      controls = {.monitors = true, .blocks_downloads = true};
      continue;
    }
    if (!holds(rule->condition, device)) continue;
    controls.monitors |= rule->control == SessionControl::monitor_only;
    controls.blocks_downloads |= rule->control == SessionControl::block_downloads;
  }
}

}  // namespace

std::vector<std::string> session_controls_of(const AccessFacts& facts, TokenHolder holder,
                                             DevicePlace place) {
  if (!facts.user_was_named) return {};
  const std::optional<Device> nobody_knows;
  const auto& device = place == DevicePlace::here ? facts.device : nobody_knows;
  SessionControls controls;
  if (holder == TokenHolder::client) add_controls(facts.client, device, controls);
  if (facts.resource) add_controls(*facts.resource, device, controls);
  std::vector<std::string> words;
  if (controls.monitors) words.emplace_back(to_string(SessionControl::monitor_only));
  if (controls.blocks_downloads) words.emplace_back(to_string(SessionControl::block_downloads));
  return words;
}

}  // namespace curfew
