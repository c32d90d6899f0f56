// api/api_call.hpp: a call of one of our own resource APIs, and writing on its caller's behalf.
//
// A call may wait, for a password's hash or in the store's queue, while its caller's own access is
// taken away. So everything that an API writes for a caller goes through write_as_caller() or the
// revocation service with requester_of(): check_caller() comes first in the transaction, so that
// nothing is changed after the cut by somebody who was cut off. A call outlives what is made of it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "api/authn.hpp"
#include "api/context.hpp"
#include "api/router.hpp"
#include "base/result.hpp"
#include "model/audit.hpp"
#include "revocation/requester.hpp"
#include "store/store.hpp"

namespace curfew {

struct ApiCall {
  const ServerContext& context;
  RoutedRequest request;
  Caller caller;
  // What a refusal of this call is called in the audit: "api.manage_users", "graph.update_user".
  std::string audit_action;

  [[nodiscard]] const Actor& actor() const { return caller.actor; }
  [[nodiscard]] const TenantId& tenant_id() const { return context.tenant_id; }
};

// While the journal is known to lack entries nothing is given that may have been taken away:
// `unavailable`, until an operator has fenced.
[[nodiscard]] Status check_may_give(const ServerContext& context);

// Whether the caller still is who was let in: the credential is live, and every role that it came
// with is still held.
[[nodiscard]] Status check_caller(ReadTx& tx, const ApiCall& call);

// For the revocation service. `also`: what else must be so of the caller in that transaction.
[[nodiscard]] Requester requester_of(const ApiCall& call, StandingCheck also = nullptr);

// A refusal by a rule of the guard is in the audit before it is answered. `urgency`: emergency
// where access is taken away by it.
[[nodiscard]] Task<Result<Done>> write_as_caller(const ApiCall& call,
                                                 std::function<Result<Done>(WriteTx&)> body,
                                                 Urgency urgency = Urgency::normal);

// What can refuse a call, asked before it begins to change anything; in the audit too.
[[nodiscard]] Task<Status> check_as_caller(const ApiCall& call,
                                           std::function<Status(ReadTx&)> check);

// Appends to the audit in the transaction of a change that takes no access away. `detail`: the id
// of what was given to the subject, such as a role's or a secret's, by which a sweep finds it
// again (revocation/parts); or what was changed.
Status audit_change(WriteTx& tx, const ApiCall& call, const std::string& action,
                    const std::string& subject_id, const std::string& subject_name,
                    const std::string& detail = "");

// A call that `rule` refused, as the audit shows it.
[[nodiscard]] AuditEvent refusal_event(const Actor& actor, const std::string& audit_action,
                                       const RoutedRequest& request, std::string_view rule);

// In the audit, as far as api/limits/refusal_meter.hpp lets one caller fill it. A call is refused
// all the same where it cannot be recorded; the store logs why.
[[nodiscard]] Task<Done> record_refusal(const ServerContext& context, AuditEvent event);

}  // namespace curfew
