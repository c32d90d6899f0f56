// revocation/access_signals.hpp: what receivers of shared signals are told of each way of taking
// access away and giving it back; queued in the same transaction.
//
//   removal                              events
//   revoke_user, disable_user            session-revoked, account-disabled
//   revoke_sessions                      session-revoked
//   reset_password                       session-revoked, credential-change (password, update); and
//                                        account-credential-change-required where one is forced
//   disable_device                       device-compliance-change, and session-revoked of the user
//                                        on the device
//   remove_assignment, remove_consent    session-revoked, to the application's own streams alone
//   remove_method                        recovery-information-changed
//   reauth_tenant                        session-revoked, of the whole tenant
//   the others                           none: they are about applications, or one sign-in that
//                                        somebody ended themselves, or what receivers do not see
//
// An account that is enabled again: account-enabled; a device: device-compliance-change. Of
// tighten_device, whoever changes the device says whether it was its compliance.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "model/directory.hpp"
#include "revocation/removal.hpp"
#include "revocation/restore.hpp"
#include "store/store.hpp"

namespace curfew {

Status signal_removal(WriteTx& tx, const TenantId& tenant_id, const Removal& removal,
                      const RemovalEffect& effect, TimePoint now);

Status signal_restoral(WriteTx& tx, const TenantId& tenant_id, const Restoral& restoral,
                       const RestoralEffect& effect, const std::optional<RunId>& run_id,
                       TimePoint now);

// The account is gone for good.
Status signal_purge(WriteTx& tx, const TenantId& tenant_id, const User& user, TimePoint now);

// The mail or the user name that others know the person by is another one: the event is about the
// old one. Nothing where neither changed.
Status signal_identifier_change(WriteTx& tx, const User& before, const User& after, TimePoint now);

// Whether the device is compliant is said otherwise than before. Nothing where it is of nobody.
Status signal_compliance_change(WriteTx& tx, const Device& device, bool is_compliant,
                                TimePoint now);

}  // namespace curfew
