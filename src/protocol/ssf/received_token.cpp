#include "protocol/ssf/received_token.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <utility>

#include "base/limits.hpp"
#include "base/signal_limits.hpp"
#include "base/text.hpp"
#include "protocol/jose/jws.hpp"
#include "protocol/jose/jwt.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"
#include "protocol/ssf/received_events.hpp"
#include "protocol/ssf/security_event_token.hpp"

namespace curfew {

namespace {

constexpr std::size_t kEventsOfTokenMax = 10;
// In seconds this is the year 5138: whoever says more counts milliseconds.
constexpr double kSecondsMax = 1e11;
constexpr double kMillisMax = 2.5e14;  // the year 9892

Error invalid(std::string sentence) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(sentence));
}

std::optional<TimePoint> time_in(const boost::json::object& object, std::string_view name) {
  const boost::json::value* const value = object.if_contains(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double number = value->to_number<double>();
  const double millis = number > kSecondsMax ? number : number * 1000;
  if (!(millis >= 0 && millis <= kMillisMax)) return std::nullopt;
  return from_unix_millis(std::llround(millis));
}

std::string word_in(const boost::json::object& event, std::string_view name) {
  const boost::json::value* const value = event.if_contains(name);
  return value != nullptr && value->is_string() ? ascii_lower(std::string_view{value->as_string()})
                                                : "";
}

// Of the events that can be about something good as well.
bool is_for_the_worse(std::string_view name, const boost::json::object& event) {
  if (name == "risk-level-change") return word_in(event, "current_level") == "high";
  if (name == "device-compliance-change") return word_in(event, "current_status") != "compliant";
  if (name == "assurance-level-change") return word_in(event, "change_direction") != "increase";
  return true;
}

Status check_name(std::string_view uri) {
  if (uri.size() <= limits::kReceivedUriBytesMax && !has_unseen_characters(uri)) return Done{};
  return invalid("the name of an event is longer than " +
                 std::to_string(limits::kReceivedUriBytesMax) +
                 " bytes, or holds characters that cannot be seen");
}

// What follows from it; and, of two that lead to as much, which one says that something is wrong.
std::pair<SignalEffect, bool> weight_of(std::string_view uri, const boost::json::value& value,
                                        const std::vector<std::string>& policy) {
  const ReceivedEventType* const type = find_received_uri(uri);
  if (type == nullptr || !value.is_object()) return {SignalEffect::notify, false};
  const bool calls = is_for_the_worse(type->name, value.as_object());
  return {effect_of(type->name, calls, policy), calls};
}

// Several are other names of one event, or parts of one: the gravest counts, and of several the
// first.
Result<std::string> gravest_uri(const boost::json::object& events,
                                const std::vector<std::string>& policy) {
  if (events.empty() || events.size() > kEventsOfTokenMax) {
    return invalid("events has between 1 and " + std::to_string(kEventsOfTokenMax) + " members");
  }
  std::string gravest;
  std::pair<SignalEffect, bool> weight;
  for (const auto& [uri, value] : events) {
    CURFEW_TRY_STATUS(check_name(uri));
    const auto of_this = weight_of(uri, value, policy);
    if (!gravest.empty() && of_this <= weight) continue;
    gravest = uri;
    weight = of_this;
  }
  return gravest;
}

// RFC 8417 has `sub_id` at the top; before SSF 1.0 it was in the event, and some still send it
// there.
boost::json::object subject_in(const boost::json::object& claims,
                               const boost::json::object& event) {
  for (const auto& [object, name] :
       {std::pair{&claims, "sub_id"}, std::pair{&event, "subject"}, std::pair{&event, "sub_id"}}) {
    const boost::json::value* const value = object->if_contains(name);
    if (value != nullptr && value->is_object()) return value->as_object();
  }
  return {};
}

Result<std::string> bounded(const boost::json::object& claims, std::string_view name) {
  CURFEW_TRY(const auto given, get_optional_string(claims, name));
  if (!given) return std::string{};
  if (given->size() > limits::kJtiBytesMax || has_unseen_characters(*given)) {
    return invalid(std::string{name} + " is longer than " + std::to_string(limits::kJtiBytesMax) +
                   " bytes, or holds characters that cannot be seen");
  }
  return *given;
}

// Nothing else of the same issuer's passes for an event.
Status check_kind(const VerifiedJwt& verified, TimePoint now) {
  const bool says_so = verified.header.typ == kSecurityEventTyp;
  if (!says_so && (verified.claims.contains("exp") || verified.claims.contains("nonce"))) {
    return invalid("its typ is not secevent+jwt, and it has exp or nonce as other tokens have");
  }
  CURFEW_TRY(const TimePoint issued, get_numeric_date(verified.claims, "iat"));
  if (issued + limits::kReceivedAgeMax < now) return invalid("it is older than 14 days");
  return Done{};
}

bool names_audience(const boost::json::object& claims, const std::vector<std::string>& ours) {
  const auto given = get_string_or_strings(claims, "aud");
  return given.ok() && std::ranges::find_first_of(*given, ours) != given->end();
}

// Why it was not verified, as the standard's codes tell it apart.
TokenProblem problem_of(std::string_view compact, const KeySet& keys, const HeardRules& rules,
                        const Error& error) {
  const auto claims = unverified_claims(compact);
  if (!claims.ok()) return {"invalid_request", "it is no JWT: " + claims.error().message()};
  const auto issuer = get_string(*claims, "iss");
  if (!issuer.ok() || *issuer != rules.issuer) {
    return {"invalid_issuer", "its issuer is not the one that is configured here"};
  }
  if (!names_audience(*claims, rules.audiences)) {
    return {"invalid_audience", "its audience is none that is configured here"};
  }
  if (keys.find(key_name_in(compact)) == nullptr) {
    return {"invalid_key", "the key that it names is not among the issuer's"};
  }
  return {"authentication_failed", error.message()};
}

}  // namespace

Result<ReceivedToken> read_received(const boost::json::object& claims,
                                    const std::vector<std::string>& policy) {
  ReceivedToken token;
  CURFEW_TRY(token.jti, bounded(claims, "jti"));
  if (token.jti.empty()) return invalid("jti is missing or empty");
  CURFEW_TRY(token.txn, bounded(claims, "txn"));
  CURFEW_TRY(const boost::json::object* const events, get_object(claims, "events"));
  CURFEW_TRY(const std::string uri, gravest_uri(*events, policy));
  CURFEW_TRY(const boost::json::object* const event, get_object(*events, uri));
  const ReceivedEventType* const type = find_received_uri(uri);
  token.event = type != nullptr ? std::string{type->name} : uri;
  token.calls_for_action = is_for_the_worse(token.event, *event);
  token.subject = subject_in(claims, *event);
  if (serialize_json(token.subject).size() > limits::kReceivedSubjectBytesMax) {
    return invalid("the subject is longer than " +
                   std::to_string(limits::kReceivedSubjectBytesMax) + " bytes");
  }
  token.happened_at = time_in(*event, "event_timestamp");
  if (!token.happened_at) token.happened_at = time_in(claims, "toe");
  if (token.event == "stream-updated") {
    token.status = escape_for_display(word_in(*event, "status"));
  }
  return token;
}

std::variant<ReceivedToken, TokenProblem> check_received(std::string_view compact,
                                                         const KeySet& keys,
                                                         const HeardRules& rules) {
  JwtExpectation expected;
  expected.types = {std::string{kSecurityEventTyp}, "jwt", ""};
  expected.issuers = {rules.issuer};
  expected.audiences = rules.audiences;
  expected.now = rules.now;
  expected.leeway = limits::kReceivedSkewMax;
  expected.exp_required = false;  // RFC 8417 2.2: they never expire
  const auto verified = verify_jwt(compact, keys, expected);
  if (!verified.ok()) return problem_of(compact, keys, rules, verified.error());
  const Status kind = check_kind(*verified, rules.now);
  if (!kind.ok()) return TokenProblem{"invalid_request", kind.error().message()};
  auto token = read_received(verified->claims, rules.policy);
  if (!token.ok()) return TokenProblem{"invalid_request", token.error().message()};
  return *std::move(token);
}

std::string key_name_in(std::string_view compact) {
  const auto parsed = parse_jws(compact);
  return parsed.ok() ? parsed->header.kid : "";
}

}  // namespace curfew
