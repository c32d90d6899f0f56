#include "api/admin/revocations.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <string_view>

#include "api/admin/directory_lookup.hpp"
#include "api/admin/page_place.hpp"
#include "api/token_keys.hpp"
#include "base/text.hpp"
#include "io/runtime.hpp"
#include "protocol/json/members.hpp"
#include "revocation/part.hpp"
#include "revocation/service.hpp"
#include "store/audit.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

constexpr std::size_t kAuditShownMax = 200;

Result<RevocationRequest> parse_request(const AdminCall& call, const boost::json::object& body) {
  RevocationRequest request;
  CURFEW_TRY(request.subject, get_string(body, "subject"));
  CURFEW_TRY(const auto mode, get_optional_string(body, "mode"));
  if (mode && !parse_enum(*mode, request.options.mode)) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "mode must be \"" + std::string{to_string(RunMode::revoke)} +
                                "\" or \"" + std::string{to_string(RunMode::sessions_only)} + "\"");
  }
  CURFEW_TRY(const auto remove, get_optional_bool(body, "removeAssignments"));
  if (remove.value_or(false)) request.options.parts.insert(std::string{kAssignmentsOption});
  CURFEW_TRY(const auto also, get_optional_strings(body, "also"));
  if (also) request.options.parts.insert(also->begin(), also->end());
  CURFEW_TRY(const auto since, get_optional_string(body, "since"));
  request.since = since.value_or("");
  if (since && since->empty()) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "since is empty: give a time or leave it out");
  }
  CURFEW_TRY(const auto reason, get_optional_string(body, "reason"));
  request.reason = reason.value_or("");
  CURFEW_TRY(const auto key, call.request.http.header("Idempotency-Key"));
  if (key) request.idempotency_key = std::string{*key};
  return request;
}

boost::json::value run_json(const RunData& data) { return boost::json::parse(to_json(data)); }

boost::json::object audit_json(const AuditRecord& record) {
  boost::json::object shown{{"sequence", record.entry.sequence},
                            {"at", to_rfc3339(record.entry.at)},
                            {"action", record.entry.action},
                            {"outcome", to_string(record.entry.outcome)},
                            {"actorKind", to_string(record.entry.actor_kind)},
                            {"actor", record.actor_erased ? "(erased)" : record.actor_name},
                            {"actorAddress", record.actor_address},
                            {"subject", record.subject_erased ? "(erased)" : record.subject_name},
                            {"detail", record.detail},
                            {"chainHash", record.entry.chain_hash}};
  if (!record.entry.rule.empty()) shown["rule"] = record.entry.rule;
  if (record.entry.run_id) shown["runId"] = record.entry.run_id->str();
  if (record.entry.position.is_set()) shown["position"] = to_string(record.entry.position);
  return shown;
}

}  // namespace

Task<Result<boost::json::value>> list_revocations(const AdminCall& call) {
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  RunQuery query;
  query.limit = page.limit;
  CURFEW_CO_TRY(query.before, time_place_of(page));
  CURFEW_CO_TRY(const auto subject, call.parameter("subject"));
  if (subject) {
    CURFEW_CO_TRY(const User user, look_up(call, &find_user, *subject));
    query.subject_id = user.id;
  }
  CURFEW_CO_TRY(const auto runs, call.context.revocation.runs(query, call.actor()));
  boost::json::array shown;
  for (const Run& run : runs) shown.push_back(boost::json::parse(to_json(run)));
  boost::json::object answer{{"value", std::move(shown)}};
  if (runs.size() == page.limit) {
    answer["next"] = to_next({runs.back().requested_at, runs.back().id.str()});
  }
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> add_revocation(const AdminCall& call) {
  const boost::json::object& body = call.body;
  CURFEW_CO_TRY(RevocationRequest request, parse_request(call, body));
  CURFEW_CO_TRY(const auto dry_run, get_optional_bool(body, "dryRun"));
  RevocationService& service = call.context.revocation;
  if (dry_run.value_or(false)) {
    const auto plan =
        co_await service.plan(std::move(request), requester_of(call), current_executor());
    if (!plan.ok()) co_return plan.error();
    co_return boost::json::parse(to_json(*plan));
  }
  const auto revoked =
      co_await service.revoke(std::move(request), requester_of(call), current_executor());
  if (!revoked.ok()) co_return revoked.error();
  co_return run_json(revoked->data);
}

Task<Result<boost::json::value>> show_revocation(const AdminCall& call) {
  CURFEW_CO_TRY(const RunData data,
                call.context.revocation.run(RunId{call.value("id")}, call.actor()));
  co_return run_json(data);
}

Task<Result<boost::json::value>> restore_revocation(const AdminCall& call) {
  const auto restored = co_await call.context.revocation.restore(
      RunId{call.value("id")}, requester_of(call), current_executor());
  if (!restored.ok()) co_return restored.error();
  co_return run_json(*restored);
}

Task<Result<boost::json::value>> change_step(const AdminCall& call) {
  RevocationService& service = call.context.revocation;
  const RunId run{call.value("id")};
  const StepId step{call.value("step")};
  const std::string verb = call.value("verb");
  if (verb == "retry") {
    const auto done =
        co_await service.retry_step(run, step, requester_of(call), current_executor());
    if (!done.ok()) co_return done.error();
  } else if (verb == "close") {
    const auto done =
        co_await service.close_step(run, step, requester_of(call), current_executor());
    if (!done.ok()) co_return done.error();
  } else {
    co_return Error::permanent(ErrorCode::not_found, "a step can be asked to retry or close");
  }
  co_return co_await show_revocation(call);
}

Task<Result<boost::json::value>> list_audit(const AdminCall& call) {
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  AuditQuery query;
  query.limit = std::min(page.limit, kAuditShownMax);
  if (!page.after.empty()) {
    const char* const end = page.after.data() + page.after.size();
    const auto [stop, error] = std::from_chars(page.after.data(), end, query.before);
    if (error != std::errc{} || stop != end) {
      co_return Error::permanent(ErrorCode::invalid_argument, "after is no sequence number");
    }
  }
  const auto records = read_value<std::vector<AuditRecord>>(
      call.context.store, [&](ReadTx& tx) { return call.context.audit.read(tx, query); });
  if (!records.ok()) co_return records.error();
  boost::json::array shown;
  for (const AuditRecord& record : *records) shown.push_back(audit_json(record));
  boost::json::object answer{{"value", std::move(shown)}};
  if (records->size() == query.limit) {
    answer["next"] = std::to_string(records->back().entry.sequence);
  }
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> show_report_keys(const AdminCall& call) {
  co_return boost::json::parse(call.context.token_keys.report_jwks_json());
}

Task<HttpResponse> report_endpoint(const ServerContext& context, RoutedRequest request) {
  auto begun = co_await admit_admin_call(context, std::move(request), AdminRight::read_revocations);
  if (auto* refusal = std::get_if<HttpResponse>(&begun)) co_return std::move(*refusal);
  const AdminCall& call = std::get<AdminCall>(begun);
  auto report = context.revocation.report(RunId{call.value("id")}, call.actor());
  if (!report.ok()) co_return admin_error(report.error(), call.request.request_id);
  HttpResponse response;
  response.headers.add("Content-Type", "application/jsonl; charset=utf-8");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Content-Disposition",
                       "attachment; filename=\"revocation-" + call.value("id") + ".jsonl\"");
  response.body = std::move(*report);
  co_return response;
}

}  // namespace curfew
