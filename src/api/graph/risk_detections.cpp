#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "api/directory/account_risk.hpp"
#include "api/graph/graph_operations.hpp"
#include "api/graph/stored_reader.hpp"
#include "api/graph/user_entity.hpp"
#include "store/newest_first.hpp"
#include "store/schema.hpp"
#include "store/schema_changes.hpp"

// /identityProtection/riskDetections and .../riskyUsers/{user}/history: what administrators have
// said of people's accounts, one after the other. There is no other detection here.

namespace curfew {

namespace {

constexpr NeededPermissions kReadsEvents{"IdentityRiskEvent.Read.All", "IdentityRiskEvent.Read.All",
                                         ""};
constexpr NeededPermissions kReadsUsers{
    "IdentityRiskyUser.Read.All IdentityRiskyUser.ReadWrite.All",
    "IdentityRiskyUser.Read.All IdentityRiskyUser.ReadWrite.All", ""};
constexpr std::size_t kHistoryMax = 999;

// One event; as a detection, with what was said of the person last.
struct EventView {
  RiskEvent event;
  RiskEvent latest;
};

using P = EntityProperty<EventView>;
using V = const EventView&;
using N = std::string_view;

PropertyValue text(const std::string& value) { return PropertyValue{std::string_view{value}}; }

P null_text(std::string_view name) {
  return {{name, PropertyType::string}, true, [](V, N) { return PropertyValue{}; }};
}
P null_of(std::string_view name) {
  return {{name}, true, nullptr, [](V) { return boost::json::value(nullptr); }};
}

std::vector<P> names_of_user() {
  using namespace operators;
  return {{{"userId", PropertyType::guid, kEquality},
           true,
           [](V v, N) { return text(v.event.user_id.str()); }},
          {{"userDisplayName", PropertyType::string, kEquality | kStartsWith},
           true,
           [](V v, N) { return text(v.event.user_display_name); }},
          {{"userPrincipalName", PropertyType::string, kEquality | kStartsWith}, true, [](V v, N) {
             return text(v.event.user_principal_name);
           }}};
}

std::vector<P> detection_properties() {
  using namespace operators;
  std::vector<P> all{
      {{"id", PropertyType::guid, kEquality}, true, [](V v, N) { return text(v.event.id.str()); }},
      {{"activity", PropertyType::string, kEquality},
       true,
       [](V, N) { return PropertyValue{std::string_view{"user"}}; }},
      {{"activityDateTime", PropertyType::date_time, kOrder},
       true,
       [](V v, N) { return PropertyValue{v.event.at}; }},
      {{"detectedDateTime", PropertyType::date_time, kOrder},
       true,
       [](V v, N) { return PropertyValue{v.event.at}; }},
      {{"detectionTimingType", PropertyType::string, kEquality},
       true,
       [](V, N) { return PropertyValue{std::string_view{"notDefined"}}; }},
      {{"lastUpdatedDateTime", PropertyType::date_time, kOrder},
       true,
       [](V v, N) { return PropertyValue{v.latest.at}; }},
      {{"riskDetail", PropertyType::string, kEquality},
       true,
       [](V v, N) { return text(v.latest.risk_detail); }},
      {{"riskEventType", PropertyType::string, kEquality},
       true,
       [](V v, N) { return text(v.event.risk_detail); }},
      {{"riskLevel", PropertyType::string, kEquality},
       true,
       [](V v, N) { return text(v.latest.risk_level); }},
      {{"riskState", PropertyType::string, kEquality},
       true,
       [](V v, N) { return text(v.latest.risk_state); }},
      null_text("additionalInfo"),
      null_text("correlationId"),
      null_text("ipAddress"),
      null_of("location"),
      null_text("requestId"),
      null_text("source"),
      {{"tokenIssuerType", PropertyType::string, kEquality},
       true,
       [](V, N) { return PropertyValue{std::string_view{"AzureAD"}}; }},
  };
  for (const P& property : names_of_user()) all.push_back(property);
  return all;
}

boost::json::value show_activity(V view) {
  boost::json::array types;
  if (view.event.risk_state == kCompromisedState) types.emplace_back(view.event.risk_detail);
  return boost::json::object{{"detail", view.event.risk_detail},
                             {"riskEventTypes", std::move(types)}};
}

std::vector<P> history_properties() {
  using namespace operators;
  std::vector<P> all{
      {{"id", PropertyType::guid, kEquality}, true, [](V v, N) { return text(v.event.id.str()); }},
      {{"isDeleted", PropertyType::boolean, kEq}, true, [](V, N) { return PropertyValue{false}; }},
      {{"isProcessing", PropertyType::boolean, kEq},
       true,
       [](V, N) { return PropertyValue{false}; }},
      {{"riskDetail", PropertyType::string, kEquality},
       true,
       [](V v, N) { return text(v.event.risk_detail); }},
      {{"riskLastUpdatedDateTime", PropertyType::date_time, kOrder},
       true,
       [](V v, N) { return PropertyValue{v.event.at}; }},
      {{"riskLevel", PropertyType::string, kEquality},
       true,
       [](V v, N) { return text(v.event.risk_level); }},
      {{"riskState", PropertyType::string, kEquality},
       true,
       [](V v, N) { return text(v.event.risk_state); }},
      {{"initiatedBy", PropertyType::string, kEquality},
       true,
       [](V v, N) { return text(v.event.actor_id); }},
      {{"activity"}, true, nullptr, &show_activity},
  };
  for (const P& property : names_of_user()) all.push_back(property);
  return all;
}

const EntityKind<EventView>& detection_kind() {
  static const EntityKind<EventView> kind{"riskDetection", "identityProtection/riskDetections",
                                          detection_properties()};
  return kind;
}
const EntityKind<EventView>& history_kind() {
  static const EntityKind<EventView> kind{
      "riskyUserHistoryItem", "identityProtection/riskyUsers/history", history_properties()};
  return kind;
}

Result<std::vector<RiskEvent>> newest_events(ReadTx& tx, const TenantId& tenant, const UserId& user,
                                             std::size_t limit) {
  Query query;
  query.index = "risk_events_by_user";
  query.prefix = keys_of(tenant, user);
  query.limit = limit;
  return scan_newest_first<RiskEvent>(tx, std::move(query), std::nullopt);
}

class Detections final : public Candidates<EventView> {
 public:
  explicit Detections(TenantId tenant_id) : tenant_id_(tenant_id), table_(std::move(tenant_id)) {}
  Result<CandidateBatch<EventView>> next(ReadTx& tx, const std::optional<PagePlace>& after,
                                         std::size_t limit) const override {
    CURFEW_TRY(auto rows, table_.next(tx, after, limit));
    CandidateBatch<EventView> batch{{}, rows.last, rows.is_end};
    for (auto& row : rows.rows) {
      if (row.object.risk_state != kCompromisedState) continue;
      CURFEW_TRY(EventView view, with_latest(tx, tenant_id_, std::move(row.object)));
      batch.rows.push_back({row.place, std::move(view)});
    }
    return batch;
  }
  static Result<EventView> with_latest(ReadTx& tx, const TenantId& tenant, RiskEvent event) {
    CURFEW_TRY(const auto newest, newest_events(tx, tenant, event.user_id, 1));
    RiskEvent latest = newest.empty() ? event : newest.front();
    return EventView{std::move(event), std::move(latest)};
  }

 private:
  TenantId tenant_id_;
  TableCandidates<RiskEvent> table_;
};

EventView same(const GraphCall& /*call*/, EventView view) { return view; }

Task<GraphOutcome> list_detections(const GraphCall& call) {
  Listing<EventView, EventView> listing{detection_kind(), nullptr, &same};
  listing.candidates = std::make_shared<Detections>(call.tenant_id());
  listing.is_ordered = call.options.order_by.empty();
  co_return co_await answer_list(call, std::move(listing));
}

Task<GraphOutcome> show_detection(const GraphCall& call) {
  const RiskEventId id{ascii_lower(call.key("riskDetection"))};
  auto found = read_value<std::optional<EventView>>(
      call.context.store, [&](ReadTx& tx) -> Result<std::optional<EventView>> {
        CURFEW_TRY(auto event, load<RiskEvent>(tx, call.tenant_id(), id));
        if (!event || event->risk_state != kCompromisedState) return std::optional<EventView>{};
        CURFEW_TRY(EventView view,
                   Detections::with_latest(tx, call.tenant_id(), std::move(*event)));
        return std::optional{std::move(view)};
      });
  if (!found.ok()) co_return found.error();
  if (!*found) co_return GraphError::not_found(call.key("riskDetection"));
  const Listing<EventView, EventView> listing{detection_kind(), nullptr, &same};
  co_return answer_entity(call, listing, **found);
}

// The newest ones, the oldest of them first. Nobody has one of whom nothing was ever said.
Task<GraphOutcome> list_history(const GraphCall& call) {
  CURFEW_CO_TRY(const User user, user_of(call));
  auto events = read_value<std::vector<RiskEvent>>(call.context.store, [&](ReadTx& tx) {
    return newest_events(tx, call.tenant_id(), user.id, kHistoryMax);
  });
  if (!events.ok()) co_return events.error();
  if (events->empty()) co_return GraphError::not_found(call.key("user"));
  std::vector<PagePlace> places;
  for (const RiskEvent& event : *events) places.push_back({to_rfc3339(event.at), event.id.str()});
  Listing<EventView, EventView> listing{history_kind(), nullptr, &same};
  listing.fragment = "identityProtection/riskyUsers('" + user.id.str() + "')/history";
  listing.candidates = std::make_shared<ListedCandidates<EventView>>(
      std::move(places),
      [tenant = call.tenant_id()](ReadTx& tx,
                                  const PagePlace& place) -> Result<std::optional<EventView>> {
        CURFEW_TRY(auto event, load<RiskEvent>(tx, tenant, RiskEventId{place.id}));
        if (!event) return std::optional<EventView>{};
        return std::optional{EventView{*event, *event}};
      });
  co_return co_await answer_list(call, std::move(listing));
}

}  // namespace

std::vector<GraphOperation> risk_detection_operations() {
  constexpr unsigned kOptions = kSelectOption | kFilterOption | kTopOption | kSkipTokenOption;
  return {
      {.name = "list_risk_detections",
       .path = "/identityProtection/riskDetections",
       .permissions = kReadsEvents,
       .run = &list_detections,
       .options = kOptions | kCountOption | kOrderByOption,
       .right = AdminRight::read_revocations},
      {.name = "show_risk_detection",
       .path = "/identityProtection/riskDetections/{riskDetection}",
       .permissions = kReadsEvents,
       .run = &show_detection,
       .options = kSelectOption,
       .right = AdminRight::read_revocations},
      {.name = "list_risk_history",
       .path = "/identityProtection/riskyUsers/{user}/history",
       .permissions = kReadsUsers,
       .run = &list_history,
       .options = kOptions,
       .right = AdminRight::read_revocations},
  };
}

}  // namespace curfew
