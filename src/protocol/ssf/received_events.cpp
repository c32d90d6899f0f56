#include "protocol/ssf/received_events.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace curfew {

namespace {

constexpr SignalEffect kNotify = SignalEffect::notify;
constexpr SignalEffect kRisk = SignalEffect::raise_risk;
constexpr SignalEffect kSessions = SignalEffect::revoke_sessions;
constexpr SignalEffect kDisable = SignalEffect::disable;

constexpr std::array kTypes{
    ReceivedEventType{"session-revoked",
                      "https://schemas.openid.net/secevent/caep/event-type/session-revoked",
                      kSessions},
    ReceivedEventType{"token-claims-change",
                      "https://schemas.openid.net/secevent/caep/event-type/token-claims-change",
                      kNotify},
    ReceivedEventType{"credential-change",
                      "https://schemas.openid.net/secevent/caep/event-type/credential-change",
                      kNotify},
    ReceivedEventType{"assurance-level-change",
                      "https://schemas.openid.net/secevent/caep/event-type/assurance-level-change",
                      kNotify},
    ReceivedEventType{
        "device-compliance-change",
        "https://schemas.openid.net/secevent/caep/event-type/device-compliance-change", kNotify},
    ReceivedEventType{"session-established",
                      "https://schemas.openid.net/secevent/caep/event-type/session-established",
                      kNotify, false},
    ReceivedEventType{"session-presented",
                      "https://schemas.openid.net/secevent/caep/event-type/session-presented",
                      kNotify, false},
    ReceivedEventType{"risk-level-change",
                      "https://schemas.openid.net/secevent/caep/event-type/risk-level-change",
                      kRisk},
    ReceivedEventType{
        "account-credential-change-required",
        "https://schemas.openid.net/secevent/risc/event-type/account-credential-change-required",
        kSessions},
    ReceivedEventType{"account-purged",
                      "https://schemas.openid.net/secevent/risc/event-type/account-purged",
                      kDisable},
    ReceivedEventType{"account-disabled",
                      "https://schemas.openid.net/secevent/risc/event-type/account-disabled",
                      kDisable},
    ReceivedEventType{"account-enabled",
                      "https://schemas.openid.net/secevent/risc/event-type/account-enabled",
                      kNotify, false},
    ReceivedEventType{"identifier-changed",
                      "https://schemas.openid.net/secevent/risc/event-type/identifier-changed",
                      kNotify},
    ReceivedEventType{"identifier-recycled",
                      "https://schemas.openid.net/secevent/risc/event-type/identifier-recycled",
                      kSessions},
    ReceivedEventType{"credential-compromise",
                      "https://schemas.openid.net/secevent/risc/event-type/credential-compromise",
                      kSessions},
    ReceivedEventType{"opt-in", "https://schemas.openid.net/secevent/risc/event-type/opt-in",
                      kNotify, false},
    ReceivedEventType{"opt-out-initiated",
                      "https://schemas.openid.net/secevent/risc/event-type/opt-out-initiated",
                      kNotify, false},
    ReceivedEventType{"opt-out-cancelled",
                      "https://schemas.openid.net/secevent/risc/event-type/opt-out-cancelled",
                      kNotify, false},
    ReceivedEventType{"opt-out-effective",
                      "https://schemas.openid.net/secevent/risc/event-type/opt-out-effective",
                      kNotify, false},
    ReceivedEventType{"recovery-activated",
                      "https://schemas.openid.net/secevent/risc/event-type/recovery-activated",
                      kNotify},
    ReceivedEventType{
        "recovery-information-changed",
        "https://schemas.openid.net/secevent/risc/event-type/recovery-information-changed",
        kNotify},
    ReceivedEventType{"sessions-revoked",
                      "https://schemas.openid.net/secevent/risc/event-type/sessions-revoked",
                      kSessions},
    ReceivedEventType{"tokens-revoked",
                      "https://schemas.openid.net/secevent/oauth/event-type/tokens-revoked",
                      kSessions},
    ReceivedEventType{"token-revoked",
                      "https://schemas.openid.net/secevent/oauth/event-type/token-revoked",
                      kNotify},
    ReceivedEventType{"verification",
                      "https://schemas.openid.net/secevent/ssf/event-type/verification", kNotify,
                      false},
    ReceivedEventType{"stream-updated",
                      "https://schemas.openid.net/secevent/ssf/event-type/stream-updated", kNotify,
                      false},
};

// The effect that an entry of the policy has for this event; nothing: it is about another.
std::optional<SignalEffect> effect_in(std::string_view entry, std::string_view event) {
  const std::size_t equals = entry.rfind('=');
  SignalEffect effect{};
  const bool is_it = equals != std::string_view::npos && entry.substr(0, equals) == event &&
                     parse_enum(entry.substr(equals + 1), effect);
  return is_it ? std::optional{effect} : std::nullopt;
}

Error invalid(std::string sentence) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(sentence));
}

}  // namespace

std::span<const ReceivedEventType> received_event_types() { return kTypes; }

const ReceivedEventType* find_received_event(std::string_view name) {
  const auto* const found = std::ranges::find(kTypes, name, &ReceivedEventType::name);
  return found == kTypes.end() ? nullptr : found;
}

const ReceivedEventType* find_received_uri(std::string_view uri) {
  const auto* const found = std::ranges::find(kTypes, uri, &ReceivedEventType::uri);
  return found == kTypes.end() ? nullptr : found;
}

SignalEffect effect_of(std::string_view event, bool calls_for_action,
                       const std::vector<std::string>& policy) {
  const ReceivedEventType* const type = find_received_event(event);
  if (type == nullptr || !type->may_act || !calls_for_action) return SignalEffect::notify;
  for (const std::string& entry : policy) {
    if (const auto effect = effect_in(entry, event)) return *effect;
  }
  return type->usual;
}

Result<std::string> policy_entry(std::string_view event, std::string_view effect) {
  const ReceivedEventType* const type = find_received_event(event);
  if (type == nullptr) {
    return invalid("policy: there is no event \"" + escape_for_display(event) + "\"");
  }
  SignalEffect parsed{};
  if (!parse_enum(effect, parsed)) {
    return invalid("policy: " + std::string{event} +
                   " is notify, raise_risk, revoke_sessions or disable, not \"" +
                   escape_for_display(effect) + "\"");
  }
  if (!type->may_act && parsed != SignalEffect::notify) {
    return invalid("policy: " + std::string{event} +
                   " takes nothing away, so notify is all that can be done about it");
  }
  return std::string{event} + "=" + std::string{effect};
}

}  // namespace curfew
