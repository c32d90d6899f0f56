#include "api/directory/account_risk.hpp"

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <utility>

#include "api/directory/stored_properties.hpp"
#include "api/directory/user_changes.hpp"
#include "crypto/random.hpp"
#include "model/risk_event.hpp"
#include "store/schema_changes.hpp"

namespace curfew {

namespace {

RiskEvent event_of(const ApiCall& call, RiskEventId id, const User& user, RiskWords words,
                   TimePoint now) {
  RiskEvent event;
  event.tenant_id = user.tenant_id;
  event.id = std::move(id);
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

std::string risk_word(const User& user, std::string_view name) {
  const boost::json::object stored = parse_stored(user.properties);
  const auto* const risk = stored.if_contains(kRiskProperty);
  if (risk == nullptr || !risk->is_object()) return "";
  const auto* const word = risk->as_object().if_contains(name);
  return word != nullptr && word->is_string() ? std::string{word->as_string()} : "";
}

// Into the row, as it is in the transaction.
void set_words(User& user, RiskWords words, TimePoint now) {
  boost::json::object stored = parse_stored(user.properties);
  stored[kRiskProperty] = boost::json::object{{"riskLevel", words.level},
                                              {"riskState", words.state},
                                              {"riskDetail", words.detail},
                                              {"riskLastUpdatedDateTime", graph_time(now)}};
  user.properties = boost::json::serialize(stored);
}

bool is_at_risk(const User& user) {
  return risk_word(user, "riskState") == kAtRisk.state &&
         risk_word(user, "riskLevel") == kAtRisk.level;
}

// The transaction ends there, and nothing of it is written.
Error said_already() {
  return Error::permanent(ErrorCode::conflict, "as much was said of this account before");
}

}  // namespace

bool is_said_to_be_compromised(const User& user) {
  return risk_word(user, "riskState") == kCompromisedState;
}

Task<Result<Done>> note_account_risk(const ApiCall& call, UserId id, RiskWords words,
                                     StandingCheck may) {
  const TimePoint now = call.context.clock.now();
  const auto keep = [&call, words, now, may = std::move(may)](WriteTx& tx,
                                                              const User& user) -> Status {
    if (may) {
      CURFEW_TRY_STATUS(may(tx));
    }
    return add(tx, event_of(call, RiskEventId{new_guid()}, user, words, now));
  };
  const auto change = [words, now](User& user) -> Status {
    set_words(user, words, now);
    return Done{};
  };
  co_return co_await write_user_change(call, std::move(id), false, change, keep);
}

Task<Result<bool>> note_suspected_risk(const ApiCall& call, UserId id, RiskEventId event_id,
                                       StandingCheck may) {
  const TimePoint now = call.context.clock.now();
  const auto was_said = std::make_shared<bool>(false);
  const auto keep = [&call, event_id = std::move(event_id), now, may = std::move(may)](
                        WriteTx& tx, const User& user) -> Status {
    CURFEW_TRY_STATUS(may(tx));
    return add(tx, event_of(call, event_id, user, kAtRisk, now));
  };
  const auto change = [was_said, now](User& user) -> Status {
    *was_said = is_said_to_be_compromised(user) || is_at_risk(user);
    if (*was_said) return said_already();
    set_words(user, kAtRisk, now);
    return Done{};
  };
  const Result<Done> written = co_await write_user_change(call, std::move(id), false, change, keep);
  if (written.ok()) co_return true;
  if (*was_said) co_return false;
  co_return written.error();
}

}  // namespace curfew
