// protocol/ssf/security_event_token.hpp: the payload of a Security Event Token as SSF wants it.
//
// One event; `sub_id` at the top; never `sub` nor `exp`, so that it can be taken for no other token
// of ours. Signed with RS256 and typ "secevent+jwt" (CAEP Interoperability Profile 1.0 2.6). Pure.
// Spec: RFC 8417 2.2, SSF 1.0 4.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace curfew {

inline constexpr std::string_view kSecurityEventTyp = "secevent+jwt";

struct SecurityEvent {
  std::string iss;
  std::string aud;
  std::string jti;
  std::string txn;  // empty: none
  boost::json::object sub_id;
  std::string event_uri;
  boost::json::object members;
};

// `now`: never later than it is; whole seconds, rounded down.
[[nodiscard]] std::string security_event_payload(const SecurityEvent& event, TimePoint now);

}  // namespace curfew
