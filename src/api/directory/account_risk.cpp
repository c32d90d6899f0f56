#include "api/directory/account_risk.hpp"

#include <boost/json.hpp>
#include <utility>

#include "api/directory/stored_properties.hpp"
#include "api/directory/user_changes.hpp"
#include "crypto/random.hpp"
#include "model/risk_event.hpp"
#include "store/schema_changes.hpp"

namespace curfew {

namespace {

RiskEvent event_of(const ApiCall& call, const User& user, RiskWords words, TimePoint now) {
  RiskEvent event;
  event.tenant_id = user.tenant_id;
  event.id = RiskEventId{new_guid()};
  event.user_id = user.id;
  event.at = now;
  event.risk_level = words.level;
  event.risk_state = words.state;
  event.risk_detail = words.detail;
  event.actor_id = call.actor().id;
  event.user_principal_name = user.user_principal_name;
  event.user_display_name = user.display_name;
  return event;
}

}  // namespace

bool is_said_to_be_compromised(const User& user) {
  const boost::json::object stored = parse_stored(user.properties);
  const auto* risk = stored.if_contains(kRiskProperty);
  if (risk == nullptr || !risk->is_object()) return false;
  const auto* state = risk->as_object().if_contains("riskState");
  return state != nullptr && state->is_string() && state->as_string() == kCompromisedState;
}

Task<Result<Done>> note_account_risk(const ApiCall& call, UserId id, RiskWords words,
                                     StandingCheck may) {
  const TimePoint now = call.context.clock.now();
  const auto keep = [&call, words, now, may = std::move(may)](WriteTx& tx,
                                                              const User& user) -> Status {
    if (may) {
      CURFEW_TRY_STATUS(may(tx));
    }
    return add(tx, event_of(call, user, words, now));
  };
  const auto change = [words, at = graph_time(now)](User& user) -> Status {
    boost::json::object stored = parse_stored(user.properties);
    stored[kRiskProperty] = boost::json::object{{"riskLevel", words.level},
                                                {"riskState", words.state},
                                                {"riskDetail", words.detail},
                                                {"riskLastUpdatedDateTime", at}};
    user.properties = boost::json::serialize(stored);
    return Done{};
  };
  co_return co_await write_user_change(call, std::move(id), false, change, keep);
}

}  // namespace curfew
