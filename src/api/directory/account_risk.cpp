#include "api/directory/account_risk.hpp"

#include "api/directory/stored_properties.hpp"

namespace curfew {

bool is_said_to_be_compromised(const User& user) {
  const boost::json::object stored = parse_stored(user.properties);
  const auto* risk = stored.if_contains(kRiskProperty);
  if (risk == nullptr || !risk->is_object()) return false;
  const auto* state = risk->as_object().if_contains("riskState");
  return state != nullptr && state->is_string() && state->as_string() == kCompromisedState;
}

}  // namespace curfew
