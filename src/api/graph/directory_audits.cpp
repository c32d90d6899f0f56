#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "api/graph/candidates.hpp"
#include "api/graph/entity.hpp"
#include "api/graph/graph_list.hpp"
#include "api/graph/graph_operations.hpp"
#include "api/graph/log_list.hpp"
#include "api/graph/sign_ins.hpp"
#include "model/changed_property.hpp"
#include "store/audit.hpp"

// /auditLogs/directoryAudits: every privileged call, as the audit has it. Of a person who was
// erased nothing is shown.

namespace curfew {

namespace {

using R = AdminRight;

constexpr std::string_view kTime = "activityDateTime";
// Entries are in the order in which they were written; a clock that was set back in between has
// them out of the order of their times by as much.
constexpr auto kClockStepMax = std::chrono::hours{1};

struct AuditView {
  AuditRecord record;
  std::string id{};
  mutable std::vector<std::string> texts{};
};

using P = EntityProperty<AuditView>;

struct Activity {
  std::string_view action;
  std::string_view display_name;  // Graph's
};
constexpr std::array kActivities{
    Activity{"app.add", "Add application"},
    Activity{"app.add_assignment", "Add app role assignment to service principal"},
    Activity{"app.add_key", "Update application - Certificates and secrets management"},
    Activity{"app.add_secret", "Update application - Certificates and secrets management"},
    Activity{"app.change", "Update application"},
    Activity{"app.command_endpoint", "Update application"},
    Activity{"app.disable", "Disable service principal"},
    Activity{"app.enable", "Enable service principal"},
    Activity{"app.register", "Add application"},
    Activity{"app.registration_change", "Update application"},
    Activity{"app.remove", "Delete application"},
    Activity{"app.remove_key", "Update application - Certificates and secrets management"},
    Activity{"app.remove_secret", "Update application - Certificates and secrets management"},
    Activity{"app.unassign", "Remove app role assignment from service principal"},
    Activity{"device.add", "Add device"},
    Activity{"device.change", "Update device"},
    Activity{"device.disable", "Disable device"},
    Activity{"device.enable", "Enable device"},
    Activity{"device.register", "Register device"},
    Activity{"device.remove", "Delete device"},
    Activity{"gate.add", "Add gate"},
    Activity{"gate.add_code", "Add enrollment code of a gate"},
    Activity{"gate.enrol", "Enroll gate"},
    Activity{"gate.remove", "Delete gate"},
    Activity{"group.add", "Add group"},
    Activity{"group.add_member", "Add member to group"},
    Activity{"group.change", "Update group"},
    Activity{"group.remove", "Delete group"},
    Activity{"group.remove_member", "Remove member from group"},
    Activity{"key.add", "Add API key"},
    Activity{"key.remove", "Remove API key"},
    Activity{"registration_token.add", "Add initial access token"},
    Activity{"registration_token.remove", "Remove initial access token"},
    Activity{"role.add", "Add member to role"},
    Activity{"subscription.add", "Add subscription"},
    Activity{"subscription.remove", "Delete subscription"},
    Activity{"subscription.renew", "Update subscription"},
    Activity{"user.add", "Add user"},
    Activity{"user.add_consent", "Add delegated permission grant"},
    Activity{"user.add_email_method", "User registered security info"},
    Activity{"user.change", "Update user"},
    Activity{"user.change_email_method", "User updated security info"},
    Activity{"user.change_password", "Change user password"},
    Activity{"user.delete", "Delete user"},
    Activity{"user.disable", "Disable account"},
    Activity{"user.enable", "Enable account"},
    Activity{"user.remove", "Hard delete user"},
    Activity{"user.remove_consent", "Remove delegated permission grant"},
    Activity{"user.remove_email_method", "User deleted security info"},
    Activity{"user.remove_role", "Remove member from role"},
    Activity{"user.reset_own_password", "Reset password (self-service)"},
    Activity{"user.reset_password", "Reset user password"},
    Activity{"user.restore", "Restore user"},
    Activity{"user.revoke_sessions", "Update StsRefreshTokenValidFrom Timestamp"},
};

std::string_view display_name_of(std::string_view action) {
  const auto found = std::ranges::find(kActivities, action, &Activity::action);
  return found == kActivities.end() ? action : found->display_name;
}

// What the first part of an action is about, in Graph's words.
struct Kind {
  std::string_view prefix;
  std::string_view category;
  std::string_view target_type;
};
constexpr std::array kKinds{
    Kind{"user.", "UserManagement", "User"},
    Kind{"run.", "UserManagement", "User"},
    Kind{"group.", "GroupManagement", "Group"},
    Kind{"role.", "RoleManagement", "User"},
    Kind{"device.register", "Device", "User"},
    Kind{"device.", "Device", "Device"},
    Kind{"app.", "ApplicationManagement", "ServicePrincipal"},
    Kind{"key.", "ApplicationManagement", "Other"},
    Kind{"registration_token.", "ApplicationManagement", "Other"},
    Kind{"gate.add_code", "ApplicationManagement", "Other"},
    Kind{"gate.", "ApplicationManagement", "ServicePrincipal"},
    Kind{"subscription.", "DirectoryManagement", "Other"},
};
constexpr Kind kOther{"", "DirectoryManagement", "Directory"};

const Kind& kind_of(const AuditView& view) {
  const auto found = std::ranges::find_if(
      kKinds, [&](const Kind& kind) { return view.record.entry.action.starts_with(kind.prefix); });
  return found == kKinds.end() ? kOther : *found;
}

std::string_view result_of(const AuditView& view) {
  return view.record.entry.outcome == AuditOutcome::success ? "success" : "failure";
}

bool is_person(const AuditView& view) { return view.record.entry.actor_kind == ActorKind::user; }

boost::json::value text_or_null(const std::string& text) {
  return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

boost::json::value show_initiator(const AuditView& view) {
  const AuditRecord& record = view.record;
  if (is_person(view)) {
    return {{"app", nullptr},
            {"user",
             {{"id", text_or_null(record.actor_id)},
              {"displayName", nullptr},
              {"ipAddress", text_or_null(record.actor_address)},
              {"userPrincipalName", text_or_null(record.actor_name)}}}};
  }
  const bool is_app = record.entry.actor_kind == ActorKind::service_principal;
  const boost::json::value id = is_app ? text_or_null(record.actor_id) : nullptr;
  return {{"user", nullptr},
          {"app",
           {{"appId", id},
            {"displayName", text_or_null(record.actor_name)},
            {"servicePrincipalId", id},
            {"servicePrincipalName", nullptr}}}};
}

// Without the values, which are personal; those of a switch are in the audit.
boost::json::array modified_properties(const AuditRecord& record) {
  const std::string& action = record.entry.action;
  const bool names_them =
      action == "user.change" || action == "device.change" || action == "group.change";
  boost::json::array shown;
  if (!names_them || record.entry.outcome != AuditOutcome::success) return shown;
  for (const ChangedProperty& changed : parse_changed_properties(record.detail)) {
    shown.push_back(boost::json::object{
        {"displayName", changed.name},
        {"oldValue", nullptr},
        {"newValue",
         changed.value.empty() ? boost::json::value(nullptr) : boost::json::value(changed.value)}});
  }
  return shown;
}

boost::json::value show_targets(const AuditView& view) {
  const AuditRecord& record = view.record;
  if (record.subject_id.empty()) return boost::json::array{};
  const bool is_user = kind_of(view).target_type == "User";
  boost::json::array targets;
  targets.push_back(boost::json::object{
      {"id", record.subject_id},
      {"displayName", is_user ? boost::json::value(nullptr) : text_or_null(record.subject_name)},
      {"type", kind_of(view).target_type},
      {"userPrincipalName",
       is_user ? text_or_null(record.subject_name) : boost::json::value(nullptr)},
      {"groupType", nullptr},
      {"modifiedProperties", modified_properties(record)}});
  return targets;
}

boost::json::value show_details(const AuditView& view) {
  const AuditEntry& entry = view.record.entry;
  boost::json::array details;
  const auto add = [&details](std::string_view key, std::string value) {
    if (!value.empty()) details.push_back(boost::json::object{{"key", key}, {"value", value}});
  };
  add("action", entry.action);
  add("rule", entry.rule);
  add("run", entry.run_id ? entry.run_id->str() : "");
  if (entry.position != Position{}) add("position", to_string(entry.position));
  add("outcome", std::string{to_string(entry.outcome)});
  return details;
}

boost::json::value show_reason(const AuditView& view) { return text_or_null(view.record.detail); }

PropertyValue text_value(std::string_view text) {
  return text.empty() ? PropertyValue{} : PropertyValue{text};
}

PropertyValue subject_texts(const AuditView& view, std::string_view name) {
  const AuditRecord& record = view.record;
  view.texts.clear();
  const std::string& text = name.ends_with("/id") ? record.subject_id : record.subject_name;
  if (!text.empty()) view.texts.push_back(text);
  return std::span<const std::string>{view.texts};
}

PropertyValue actor_text(const AuditView& view, std::string_view name) {
  if (is_person(view) != name.starts_with("initiatedBy/user/")) return {};
  const bool is_id = name.ends_with("/id") || name.ends_with("Id");
  return text_value(is_id ? view.record.actor_id : view.record.actor_name);
}

std::vector<P> audit_parts() {
  using namespace operators;
  std::vector<P> all;
  for (const char* const name :
       {"initiatedBy/user/id", "initiatedBy/user/userPrincipalName", "initiatedBy/app/appId",
        "initiatedBy/app/servicePrincipalId", "initiatedBy/app/displayName"}) {
    all.push_back({{name, PropertyType::string, kEquality | kStartsWith}, false, &actor_text});
  }
  for (const char* const name :
       {"targetResources/id", "targetResources/displayName", "targetResources/userPrincipalName"}) {
    all.push_back(
        {{name, PropertyType::string_collection, kEq | kStartsWith}, false, &subject_texts});
  }
  return all;
}

std::vector<P> audit_properties() {
  using namespace operators;
  using V = const AuditView&;
  using N = std::string_view;
  std::vector<P> all{
      {{"id", PropertyType::string, kEquality}, true, [](V v, N) { return text_value(v.id); }},
      {{kTime, PropertyType::date_time, kEq | kOrder},
       true,
       [](V v, N) { return PropertyValue{v.record.entry.at}; }},
      {{"activityDisplayName", PropertyType::string, kEquality | kStartsWith},
       true,
       [](V v, N) { return text_value(display_name_of(v.record.entry.action)); }},
      {{"category", PropertyType::string, kEquality | kStartsWith},
       true,
       [](V v, N) { return text_value(kind_of(v).category); }},
      {{"correlationId", PropertyType::string, kEquality},
       true,
       [](V v, N) {
         const auto& run = v.record.entry.run_id;
         return run ? text_value(run->str()) : PropertyValue{};
       }},
      {{"loggedByService", PropertyType::string, kEquality | kStartsWith},
       true,
       [](V, N) { return text_value("Core Directory"); }},
      {{"operationType", PropertyType::string, kEquality},
       true,
       [](V v, N) { return text_value(v.record.entry.action); }},
      {{"result", PropertyType::string, kEquality},
       true,
       [](V v, N) { return text_value(result_of(v)); }},
      {{"resultReason"}, true, nullptr, &show_reason},
      {{"initiatedBy"}, true, nullptr, &show_initiator},
      {{"targetResources"}, true, nullptr, &show_targets},
      {{"additionalDetails"}, true, nullptr, &show_details},
  };
  for (P& part : audit_parts()) all.push_back(part);
  return all;
}

const EntityKind<AuditView>& audit_kind() {
  static const EntityKind<AuditView> kind{"directoryAudit", "auditLogs/directoryAudits",
                                          audit_properties()};
  return kind;
}

AuditView audit_view(const GraphCall& /*call*/, AuditRecord record) {
  AuditView view;
  view.id = std::to_string(record.entry.sequence);
  view.record = std::move(record);
  return view;
}

// Nothing for what no entry has as its number.
std::optional<std::uint64_t> sequence_of(std::string_view id) {
  std::uint64_t sequence = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), sequence);
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / 2);
  const bool is_number = error == std::errc{} && end == id.data() + id.size();
  return is_number && sequence > 0 && sequence < kMost ? std::optional{sequence} : std::nullopt;
}

class AuditCandidates final : public Candidates<AuditRecord> {
 public:
  AuditCandidates(const AuditLog& audit, bool newest_first, TimeBounds bounds)
      : audit_(audit), newest_first_(newest_first), bounds_(bounds) {}

  Result<CandidateBatch<AuditRecord>> next(ReadTx& tx, const std::optional<PagePlace>& after,
                                           std::size_t limit) const override {
    const auto last = after ? sequence_of(after->id) : std::nullopt;
    if (after && !last) {
      return Error::permanent(ErrorCode::invalid_argument,
                              "the page token is not one of this list");
    }
    CandidateBatch<AuditRecord> batch;
    CURFEW_TRY(auto records, newest_first_ ? audit_.read(tx, {last.value_or(0), limit})
                                           : oldest(tx, last.value_or(0), limit));
    batch.is_end = records.size() < limit;
    for (AuditRecord& record : records) {
      if (is_past(record)) {
        batch.is_end = true;
        break;
      }
      batch.last = {"", std::to_string(record.entry.sequence)};
      batch.rows.push_back({batch.last, std::move(record)});
    }
    return batch;
  }

 private:
  // Those after `last`: sequences are dense.
  [[nodiscard]] Result<std::vector<AuditRecord>> oldest(ReadTx& tx, std::uint64_t last,
                                                        std::size_t limit) const {
    CURFEW_TRY(auto records, audit_.read(tx, {last + limit + 1, limit}));
    std::erase_if(records, [&](const AuditRecord& r) { return r.entry.sequence <= last; });
    std::ranges::reverse(records);
    return records;
  }
  [[nodiscard]] bool is_past(const AuditRecord& record) const {
    if (newest_first_) return bounds_.from && record.entry.at < *bounds_.from - kClockStepMax;
    return bounds_.to && record.entry.at > *bounds_.to + kClockStepMax;
  }

  const AuditLog& audit_;
  bool newest_first_;
  TimeBounds bounds_;
};

Task<GraphOutcome> list_directory_audits(const GraphCall& call) {
  CURFEW_CO_TRY(const bool newest_first, goes_newest_first(call, kTime));
  Listing<AuditRecord, AuditView> listing{audit_kind(), nullptr, &audit_view};
  listing.candidates =
      std::make_shared<AuditCandidates>(call.context.audit, newest_first, time_bounds(call, kTime));
  const GraphCall plain = in_source_order(call);
  co_return co_await answer_list(plain, std::move(listing));
}

Task<GraphOutcome> show_directory_audit(const GraphCall& call) {
  const auto sequence = sequence_of(call.key("audit"));
  if (!sequence) co_return GraphError::not_found(call.key("audit"));
  auto found = read_value<std::vector<AuditRecord>>(call.context.store, [&](ReadTx& tx) {
    return call.context.audit.read(tx, {*sequence + 1, 1});
  });
  if (!found.ok()) co_return found.error();
  if (found->empty() || found->front().entry.sequence != *sequence) {
    co_return GraphError::not_found(call.key("audit"));
  }
  const Listing<AuditRecord, AuditView> listing{audit_kind(), nullptr, &audit_view};
  co_return answer_entity(call, listing, audit_view(call, std::move(found->front())));
}

}  // namespace

std::vector<GraphOperation> audit_log_operations() {
  constexpr NeededPermissions kReads{"AuditLog.Read.All", "AuditLog.Read.All", ""};
  constexpr unsigned kOptions =
      kSelectOption | kFilterOption | kOrderByOption | kTopOption | kSkipTokenOption | kCountOption;
  std::vector<GraphOperation> all{
      {.name = "list_directory_audits",
       .path = "/auditLogs/directoryAudits",
       .permissions = kReads,
       .run = &list_directory_audits,
       .options = kOptions,
       .right = R::read_logs},
      {.name = "show_directory_audit",
       .path = "/auditLogs/directoryAudits/{audit}",
       .permissions = kReads,
       .run = &show_directory_audit,
       .options = kSelectOption,
       .right = R::read_logs},
  };
  for (const GraphOperation& operation : sign_in_operations(kReads)) all.push_back(operation);
  return all;
}

}  // namespace curfew
