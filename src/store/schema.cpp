#include "store/schema.hpp"

#include <array>

#include "store/schema_changes.hpp"
#include "store/schema_clients.hpp"
#include "store/schema_commands.hpp"
#include "store/schema_device_codes.hpp"
#include "store/schema_fences.hpp"
#include "store/schema_gates.hpp"
#include "store/schema_lifetimes.hpp"
#include "store/schema_logout.hpp"
#include "store/schema_password_reset.hpp"
#include "store/schema_registration.hpp"
#include "store/schema_rollback.hpp"
#include "store/schema_runs.hpp"
#include "store/schema_signals.hpp"
#include "store/schema_signins.hpp"
#include "store/schema_sources.hpp"
#include "store/schema_targets.hpp"
#include "store/schema_token_status.hpp"

namespace curfew {

std::span<const TableSpec* const> all_tables() {
  static const std::array tables{
      &table_of<Tenant>(),
      &table_of<User>(),
      &table_of<Group>(),
      &table_of<GroupMember>(),
      &table_of<RoleAssignment>(),
      &table_of<Device>(),
      &table_of<App>(),
      &table_of<AppSecret>(),
      &table_of<ApiKey>(),
      &table_of<AppAssignment>(),
      &table_of<Consent>(),
      &table_of<Session>(),
      &table_of<AuthorizationCode>(),
      &table_of<Grant>(),
      &table_of<StoredSigningKey>(),
      &table_of<JournalEntry>(),
      &table_of<Hold>(),
      &table_of<StoredWatermark>(),
      &table_of<Run>(),
      &table_of<Step>(),
      &table_of<AccessPath>(),
      &table_of<AuditEntry>(),
      &table_of<AuditPersonal>(),
      &table_of<AuditPersonKey>(),
      &table_of<SignIn>(),
      &table_of<RollbackProof>(),
      &table_of<TenantWitness>(),
      &table_of<LifetimeInForce>(),
      &table_of<DeletedUser>(),
      &table_of<DirectoryIndexEntry>(),
      &table_of<ClientKey>(),
      &table_of<UsedAssertion>(),
      &table_of<PushedRequest>(),
      &table_of<DeviceCode>(),
      &table_of<RegistrationToken>(),
      &table_of<Registration>(),
      &table_of<EmailMethod>(),
      &table_of<PasswordResetCode>(),
      &table_of<Letter>(),
      &table_of<DirectoryChange>(),
      &table_of<DirectoryChangeMark>(),
      &table_of<Subscription>(),
      &table_of<RiskEvent>(),
      &table_of<Gate>(),
      &table_of<SessionClient>(),
      &table_of<LogoutNotice>(),
      &table_of<SignalStream>(),
      &table_of<Signal>(),
      &table_of<RemovedSubject>(),
      &table_of<Fence>(),
      &table_of<FenceGate>(),
      &table_of<LostBlock>(),
      &table_of<RevocationTarget>(),
      &table_of<SignalSource>(),
      &table_of<ReceivedSignal>(),
      &table_of<CommandParty>(),
      &table_of<TokenStatus>(),
  };
  return tables;
}

}  // namespace curfew
