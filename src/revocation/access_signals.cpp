#include "revocation/access_signals.hpp"

#include <utility>

#include "crypto/random.hpp"
#include "protocol/ssf/event_types.hpp"
#include "revocation/membership.hpp"
#include "revocation/signals/own_txn.hpp"
#include "revocation/signals/signal_queue.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

using namespace signal_event;

std::string mail_of(const User& user) { return user.mail.value_or(user.user_principal_name); }

// What one act says, to whoever listens.
class Telling {
 public:
  Telling(WriteTx& tx, const TenantId& tenant_id, SignalCause cause, TimePoint now)
      : tx_(tx), tenant_id_(tenant_id), cause_(std::move(cause)), now_(now) {}

  Status about(const UserId& id) {
    CURFEW_TRY(const KnownUser known, known_user(tx_, tenant_id_, id));
    about(known.user);
    return Done{};
  }
  void about(const User& user) {
    next_.user_id = user.id.str();
    next_.user_mail = mail_of(user);
  }
  void on_device(const DeviceId& id) { next_.device_id = id.str(); }
  void to_app(const AppId& id) { next_.only_to_app = id; }
  void by(std::string_view entity) { next_.initiating_entity = entity; }

  Status say(std::string_view event, std::string_view reason, boost::json::object members = {}) {
    NewSignal signal = next_;
    signal.event = event;
    signal.reason = reason;
    signal.members = std::move(members);
    return queue_signal(tx_, tenant_id_, cause_, signal, now_);
  }

  [[nodiscard]] WriteTx& tx() const { return tx_; }
  [[nodiscard]] const TenantId& tenant_id() const { return tenant_id_; }

 private:
  WriteTx& tx_;
  const TenantId& tenant_id_;
  SignalCause cause_;
  TimePoint now_;
  NewSignal next_;
};

// A position is as good a name of an act as a run's id, where there is none. `txn`: what the
// incident is called already; empty: nothing.
SignalCause cause_of(const std::vector<JournalEntry>& entries, const std::optional<RunId>& run_id,
                     const std::string& txn = "") {
  const JournalEntry& first = entries.front();
  const std::string run = run_id ? run_id->str() : "";
  if (!txn.empty()) return {txn, run};
  if (run_id) return {run, run};
  return {txn_of_act(first.tenant_id, first.position), ""};
}

Status say_disabled(Telling& telling) {
  CURFEW_TRY_STATUS(telling.say(kSessionRevoked, "The account was disabled."));
  return telling.say(kAccountDisabled, "The account was disabled.");
}

Status say_password(Telling& telling, const Removal& removal) {
  // A password for one use is replaced by the person too, and so is one through Graph.
  const bool is_own = removal.kept_session || removal.reason == "self_service_reset" ||
                      removal.reason == "password_changed";
  if (is_own) telling.by("user");
  CURFEW_TRY_STATUS(telling.say(kSessionRevoked, "The password was reset."));
  CURFEW_TRY_STATUS(telling.say(kCredentialChange, "The password was reset.",
                                {{"credential_type", "password"}, {"change_type", "update"}}));
  if (!removal.force_change_password) return Done{};
  return telling.say(kCredentialChangeRequired, "The person has to choose a new password.");
}

boost::json::object compliance(bool is_compliant) {
  constexpr std::string_view kGood = "compliant";
  constexpr std::string_view kBad = "not-compliant";
  return {{"previous_status", is_compliant ? kBad : kGood},
          {"current_status", is_compliant ? kGood : kBad}};
}

// Devices of nobody are of no interest to those who know people.
Result<bool> begin_device(Telling& telling, const std::string& id) {
  CURFEW_TRY(const auto device, load<Device>(telling.tx(), telling.tenant_id(), DeviceId{id}));
  if (!device || !device->registered_owner) return false;
  CURFEW_TRY(const auto user,
             load<User>(telling.tx(), telling.tenant_id(), *device->registered_owner));
  if (!user) return false;
  telling.about(*user);
  telling.on_device(device->id);
  return true;
}

Status say_device_disabled(Telling& telling, const Removal& removal) {
  CURFEW_TRY(const bool is_known,
             begin_device(telling, removal.device_id.value_or(DeviceId{}).str()));
  if (!is_known) return Done{};
  CURFEW_TRY_STATUS(
      telling.say(kDeviceComplianceChange, "The device was disabled.", compliance(false)));
  return telling.say(kSessionRevoked, "The device was disabled.");
}

Status say_of_person(Telling& telling, const Removal& removal) {
  CURFEW_TRY_STATUS(telling.about(removal.user_id.value_or(UserId{})));
  if (removal.kind == RemovalKind::revoke_sessions) {
    return telling.say(kSessionRevoked, "The person has to sign in again.");
  }
  if (removal.kind == RemovalKind::remove_method) {
    return telling.say(kRecoveryInformationChanged, "The address for a reset was removed.");
  }
  if (removal.kind == RemovalKind::reset_password) return say_password(telling, removal);
  return say_disabled(telling);
}

// A group's assignment is not one person's: whom it ends for is for the application to ask.
Status say_to_app(Telling& telling, const Removal& removal) {
  if (!removal.user_id || !removal.app_id) return Done{};
  CURFEW_TRY_STATUS(telling.about(*removal.user_id));
  telling.to_app(*removal.app_id);
  return telling.say(kSessionRevoked, "The person may not use the application any more.");
}

Status say_removal(Telling& telling, const Removal& removal) {
  switch (removal.kind) {
    case RemovalKind::revoke_user:
    case RemovalKind::disable_user:
    case RemovalKind::revoke_sessions:
    case RemovalKind::reset_password:
    case RemovalKind::remove_method: return say_of_person(telling, removal);
    case RemovalKind::disable_device: return say_device_disabled(telling, removal);
    case RemovalKind::remove_assignment:
    case RemovalKind::remove_consent: return say_to_app(telling, removal);
    case RemovalKind::reauth_tenant:
      return telling.say(kSessionRevoked, "Everybody has to sign in again.");
    case RemovalKind::disable_app:
    case RemovalKind::tighten_app:
    case RemovalKind::tighten_device:
    case RemovalKind::remove_role:
    case RemovalKind::remove_group_member:
    case RemovalKind::end_session:
    case RemovalKind::end_grant:
    case RemovalKind::remove_app_secret:
    case RemovalKind::remove_client_key:
    case RemovalKind::remove_api_key:
    case RemovalKind::remove_registration_token:
    case RemovalKind::hold_key:
    case RemovalKind::withdraw_key: return Done{};
  }
  return Done{};
}

Status say_user_enabled(Telling& telling, const UserId& id) {
  CURFEW_TRY_STATUS(telling.about(id));
  return telling.say(kAccountEnabled, "The account was enabled.");
}

Status say_device_enabled(Telling& telling, const std::string& id) {
  CURFEW_TRY(const bool is_known, begin_device(telling, id));
  if (!is_known) return Done{};
  return telling.say(kDeviceComplianceChange, "The device was enabled.", compliance(true));
}

}  // namespace

Status signal_removal(WriteTx& tx, const TenantId& tenant_id, const Removal& removal,
                      const RemovalEffect& effect, TimePoint now) {
  if (effect.entries.empty()) return Done{};
  Telling telling{tx, tenant_id, cause_of(effect.entries, removal.run_id, removal.txn), now};
  return say_removal(telling, removal);
}

Status signal_restoral(WriteTx& tx, const TenantId& tenant_id, const Restoral& restoral,
                       const RestoralEffect& effect, const std::optional<RunId>& run_id,
                       TimePoint now) {
  if (effect.entries.empty() || !effect.enabled) return Done{};
  Telling telling{tx, tenant_id, cause_of(effect.entries, run_id), now};
  switch (restoral.kind) {
    case RestoralKind::enable_user: return say_user_enabled(telling, UserId{restoral.object_id});
    case RestoralKind::enable_device: return say_device_enabled(telling, restoral.object_id);
    case RestoralKind::enable_app:
    case RestoralKind::release_authenticator:
    case RestoralKind::release_credential: return Done{};
  }
  return Done{};
}

Status signal_purge(WriteTx& tx, const TenantId& tenant_id, const User& user, TimePoint now) {
  Telling telling{tx, tenant_id, {new_guid(), ""}, now};
  telling.about(user);
  return telling.say(kAccountPurged, "The account was removed for good.");
}

Status signal_compliance_change(WriteTx& tx, const Device& device, bool is_compliant,
                                TimePoint now) {
  Telling telling{tx, device.tenant_id, {new_guid(), ""}, now};
  CURFEW_TRY(const bool is_known, begin_device(telling, device.id.str()));
  if (!is_known) return Done{};
  return telling.say(kDeviceComplianceChange, "Whether the device is compliant has changed.",
                     compliance(is_compliant));
}

Status signal_identifier_change(WriteTx& tx, const User& before, const User& after, TimePoint now) {
  const std::string old_name = mail_of(before);
  const std::string new_name = mail_of(after);
  const bool is_renamed = before.user_principal_name != after.user_principal_name;
  if (old_name == new_name && !is_renamed) return Done{};
  Telling telling{tx, before.tenant_id, {new_guid(), ""}, now};
  telling.about(before);
  if (old_name != new_name) {
    CURFEW_TRY_STATUS(telling.say(kIdentifierChanged, "The person is known by another address.",
                                  {{"new-value", new_name}}));
  }
  return telling.say(
      kTokenClaimsChange, "The person's names changed.",
      {{"claims", boost::json::object{{"email", after.mail.value_or("")},
                                      {"preferred_username", after.user_principal_name}}}});
}

}  // namespace curfew
