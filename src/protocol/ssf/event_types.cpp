#include "protocol/ssf/event_types.hpp"

#include <algorithm>
#include <array>

namespace curfew {

namespace {

using namespace signal_event;

constexpr std::array kTypes{
    SignalEventType{kSessionRevoked,
                    "https://schemas.openid.net/secevent/caep/event-type/session-revoked", true},
    SignalEventType{kCredentialChange,
                    "https://schemas.openid.net/secevent/caep/event-type/credential-change", true},
    SignalEventType{kTokenClaimsChange,
                    "https://schemas.openid.net/secevent/caep/event-type/token-claims-change",
                    true},
    SignalEventType{kDeviceComplianceChange,
                    "https://schemas.openid.net/secevent/caep/event-type/device-compliance-change",
                    true},
    SignalEventType{kAccountDisabled,
                    "https://schemas.openid.net/secevent/risc/event-type/account-disabled"},
    SignalEventType{kAccountEnabled,
                    "https://schemas.openid.net/secevent/risc/event-type/account-enabled"},
    SignalEventType{kAccountPurged,
                    "https://schemas.openid.net/secevent/risc/event-type/account-purged"},
    SignalEventType{
        kCredentialChangeRequired,
        "https://schemas.openid.net/secevent/risc/event-type/account-credential-change-required"},
    SignalEventType{kIdentifierChanged,
                    "https://schemas.openid.net/secevent/risc/event-type/identifier-changed"},
    SignalEventType{
        kRecoveryInformationChanged,
        "https://schemas.openid.net/secevent/risc/event-type/recovery-information-changed"},
    SignalEventType{kVerification,
                    "https://schemas.openid.net/secevent/ssf/event-type/verification", false, true},
    SignalEventType{kStreamUpdated,
                    "https://schemas.openid.net/secevent/ssf/event-type/stream-updated", false,
                    true},
};

}  // namespace

std::span<const SignalEventType> signal_event_types() { return kTypes; }

std::vector<std::string> askable_event_uris() {
  std::vector<std::string> uris;
  for (const SignalEventType& type : kTypes) {
    if (!type.is_of_stream) uris.emplace_back(type.uri);
  }
  return uris;
}

const SignalEventType* find_event_type(std::string_view name) {
  const auto* const found = std::ranges::find(kTypes, name, &SignalEventType::name);
  return found == kTypes.end() ? nullptr : found;
}

const SignalEventType* find_event_uri(std::string_view uri) {
  const auto* const found = std::ranges::find(kTypes, uri, &SignalEventType::uri);
  return found == kTypes.end() ? nullptr : found;
}

}  // namespace curfew
