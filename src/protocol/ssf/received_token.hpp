// protocol/ssf/received_token.hpp: a Security Event Token of a transmitter, verified and read.
//
// Signed by one of the transmitter's keys, with its issuer and one of our audiences, not from the
// future, and not older than limits::kReceivedAgeMax. Beyond that read as tolerantly as is safe:
// `typ` may be missing, if then the token has neither `exp` nor `nonce`, so that no ID token,
// logout token or assertion of the same issuer's is ever taken for an event; the subject may be
// where older drafts had it; a time may be in milliseconds; what is not known is passed over. Pure;
// any thread. Spec: RFC 8417 2, RFC 8935 2.3 and 2.4, SSF 1.0 4.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "protocol/jose/jws_key.hpp"

namespace curfew {

struct ReceivedToken {
  std::string jti;
  std::string txn;               // of the incident; may be empty
  std::string event;             // by its name (protocol/ssf/received_events.hpp), or its URI
  bool calls_for_action = true;  // false: it says that something is better, or no worse
  boost::json::object subject;   // as sent; empty: nobody is named
  std::optional<TimePoint> happened_at;
  std::string status;  // of `stream-updated`: what the stream is now; else empty
};

// What the transmitter is answered (RFC 8935 2.4): the code is one of the standard's, the sentence
// says which rule was broken and never what was sent.
struct TokenProblem {
  std::string_view code;
  std::string description;
};

struct HeardRules {
  std::string issuer;                  // exactly
  std::vector<std::string> audiences;  // one of them
  std::vector<std::string> policy;     // SignalSource::policy
  TimePoint now{};
};

[[nodiscard]] std::variant<ReceivedToken, TokenProblem> check_received(std::string_view compact,
                                                                       const KeySet& keys,
                                                                       const HeardRules& rules);

// Of claims that were verified. Of several events the one that leads to the most by this policy.
// Errors: invalid_argument.
[[nodiscard]] Result<ReceivedToken> read_received(const boost::json::object& claims,
                                                  const std::vector<std::string>& policy = {});

// The name of the key that a token says it was signed with; nothing of it was checked. Empty where
// it says none, or is no token.
[[nodiscard]] std::string key_name_in(std::string_view compact);

}  // namespace curfew
