// api/admin/revocations.hpp: runs over the administrator's API: plan, revoke, follow, report, undo.
#pragma once

#include "api/admin/admin_call.hpp"

namespace curfew {

[[nodiscard]] Task<Result<boost::json::value>> list_revocations(const AdminCall& call);
// {"subject","mode","also","since","removeAssignments","reason","dryRun"}; header Idempotency-Key.
// A dry run answers the plan; else the run, as soon as its cut is durable.
[[nodiscard]] Task<Result<boost::json::value>> add_revocation(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> show_revocation(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> restore_revocation(const AdminCall& call);
// {step} and {verb}: retry or close.
[[nodiscard]] Task<Result<boost::json::value>> change_step(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> list_audit(const AdminCall& call);
[[nodiscard]] Task<Result<boost::json::value>> show_report_keys(const AdminCall& call);

// The signed report as a file, and the progress as Server-Sent Events: not JSON answers.
[[nodiscard]] Task<HttpResponse> report_endpoint(const ServerContext& context,
                                                 RoutedRequest request);
[[nodiscard]] Task<HttpResponse> events_endpoint(const ServerContext& context,
                                                 RoutedRequest request);

}  // namespace curfew
