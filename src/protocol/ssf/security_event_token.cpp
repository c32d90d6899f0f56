#include "protocol/ssf/security_event_token.hpp"

#include "protocol/json/json.hpp"

namespace curfew {

std::string security_event_payload(const SecurityEvent& event, TimePoint now) {
  boost::json::object claims{
      {"iss", event.iss}, {"jti", event.jti}, {"iat", to_unix_seconds(now)}, {"aud", event.aud}};
  if (!event.txn.empty()) claims["txn"] = event.txn;
  claims["sub_id"] = event.sub_id;
  claims["events"] = boost::json::object{{event.event_uri, event.members}};
  return serialize_json(claims);
}

}  // namespace curfew
