// protocol/ssf/event_types.hpp: the security events that we know, by name and by URI.
//
// Names are ours, and those of the standards where they do not clash: they are stored and logged;
// URIs go over the wire. Pure; any thread. Spec: CAEP 1.0 3, RISC 1.0 2, SSF 1.0 8.1.4 and 8.1.5.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace curfew {

namespace signal_event {
inline constexpr std::string_view kSessionRevoked = "session-revoked";
inline constexpr std::string_view kCredentialChange = "credential-change";
inline constexpr std::string_view kTokenClaimsChange = "token-claims-change";
inline constexpr std::string_view kDeviceComplianceChange = "device-compliance-change";
inline constexpr std::string_view kAccountDisabled = "account-disabled";
inline constexpr std::string_view kAccountEnabled = "account-enabled";
inline constexpr std::string_view kAccountPurged = "account-purged";
inline constexpr std::string_view kCredentialChangeRequired = "account-credential-change-required";
inline constexpr std::string_view kIdentifierChanged = "identifier-changed";
inline constexpr std::string_view kRecoveryInformationChanged = "recovery-information-changed";
// Of the framework itself: about a stream, whatever it asked for.
inline constexpr std::string_view kVerification = "verification";
inline constexpr std::string_view kStreamUpdated = "stream-updated";
}  // namespace signal_event

struct SignalEventType {
  std::string_view name;
  std::string_view uri;
  // CAEP's members event_timestamp, initiating_entity and reason_admin belong in it.
  bool is_caep = false;
  bool is_of_stream = false;  // no event that a receiver asks for
};

// Those that we transmit, the framework's last.
[[nodiscard]] std::span<const SignalEventType> signal_event_types();
// URIs of every event that a receiver can ask for.
[[nodiscard]] std::vector<std::string> askable_event_uris();
// Null for one that we do not transmit.
[[nodiscard]] const SignalEventType* find_event_type(std::string_view name);
[[nodiscard]] const SignalEventType* find_event_uri(std::string_view uri);

}  // namespace curfew
