#include "api/graph/sign_ins.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "api/graph/candidates.hpp"
#include "api/graph/entity.hpp"
#include "api/graph/graph_list.hpp"
#include "api/graph/log_list.hpp"
#include "api/graph/stored_reader.hpp"
#include "model/sign_in.hpp"
#include "store/newest_first.hpp"
#include "store/schema_signins.hpp"

namespace curfew {

namespace {

using R = AdminRight;

constexpr std::string_view kTime = "createdDateTime";

using P = EntityProperty<SignIn>;
using V = const SignIn&;
using N = std::string_view;

PropertyValue text_value(std::string_view text) {
  return text.empty() ? PropertyValue{} : PropertyValue{text};
}

template <typename Id>
PropertyValue id_value(const std::optional<Id>& id) {
  return id ? PropertyValue{std::string_view{id->str()}} : PropertyValue{};
}

boost::json::value show_status(V line) {
  return {{"errorCode", line.error_code},
          {"failureReason", line.failure_reason.empty() ? boost::json::value("Other.")
                                                        : boost::json::value(line.failure_reason)},
          {"additionalDetails", nullptr}};
}

boost::json::value show_device(V line) {
  return {{"deviceId",
           line.device_id ? boost::json::value(line.device_id->str()) : boost::json::value("")},
          {"displayName", nullptr},
          {"operatingSystem", nullptr},
          {"browser", nullptr},
          {"isCompliant", nullptr},
          {"isManaged", nullptr},
          {"trustType", nullptr}};
}

// Where an address is, this server does not know.
boost::json::value show_location(V /*line*/) {
  return {{"city", nullptr},
          {"state", nullptr},
          {"countryOrRegion", nullptr},
          {"geoCoordinates", nullptr}};
}

boost::json::value no_risk(V /*line*/) { return "none"; }
boost::json::value policies_not_applied(V /*line*/) { return "notApplied"; }

std::vector<P> shown_only() {
  return {
      {{"conditionalAccessStatus"}, true, nullptr, &policies_not_applied},
      {{"appliedConditionalAccessPolicies"}, true, nullptr, &empty_list<SignIn>},
      {{"riskDetail"}, true, nullptr, &no_risk},
      {{"riskLevelAggregated"}, true, nullptr, &no_risk},
      {{"riskLevelDuringSignIn"}, true, nullptr, &no_risk},
      {{"riskState"}, true, nullptr, &no_risk},
      {{"riskEventTypes_v2"}, true, nullptr, &empty_list<SignIn>},
      {{"status"}, true, nullptr, &show_status},
      {{"deviceDetail"}, true, nullptr, &show_device},
      {{"location"}, true, nullptr, &show_location},
      {{"userDisplayName"}, true, nullptr, &null_value<SignIn>},
      {{"resourceId"}, true, nullptr, &null_value<SignIn>},
  };
}

std::vector<P> line_properties() {
  using namespace operators;
  constexpr Operators kText = kEquality | kStartsWith;
  std::vector<P> all{
      {{"id", PropertyType::string, kEquality}, true, [](V v, N) { return text_value(v.id); }},
      {{kTime, PropertyType::date_time, kEq | kOrder},
       true,
       [](V v, N) { return PropertyValue{v.created_at}; }},
      {{"userPrincipalName", PropertyType::string, kText},
       true,
       [](V v, N) { return text_value(v.user_principal_name); }},
      // Of somebody whom nobody knows it is empty, and never null.
      {{"userId", PropertyType::string, kEquality},
       true,
       [](V v, N) {
         return PropertyValue{v.user_id ? std::string_view{v.user_id->str()} : std::string_view{}};
       }},
      {{"appId", PropertyType::string, kEquality}, true, [](V v, N) { return id_value(v.app_id); }},
      {{"appDisplayName", PropertyType::string, kText},
       true,
       [](V v, N) { return text_value(v.app_display_name); }},
      {{"ipAddress", PropertyType::string, kText},
       true,
       [](V v, N) { return text_value(v.ip_address); }},
      {{"clientAppUsed", PropertyType::string, kEquality},
       true,
       [](V v, N) { return text_value(v.client_app_used); }},
      {{"userAgent"}, true, [](V v, N) { return text_value(v.user_agent); }},
      {{"correlationId", PropertyType::string, kEquality},
       true,
       [](V v, N) { return text_value(v.correlation_id); }},
      {{"isInteractive", PropertyType::boolean, kEq},
       true,
       [](V v, N) { return PropertyValue{v.is_interactive}; }},
      {{"resourceDisplayName", PropertyType::string, kText},
       true,
       [](V v, N) { return text_value(v.resource); }},
      {{"status/errorCode", PropertyType::number, kEq | kNe | kOrder},
       false,
       [](V v, N) { return PropertyValue{v.error_code}; }},
      {{"deviceDetail/deviceId", PropertyType::string, kEquality},
       false,
       [](V v, N) { return id_value(v.device_id); }},
  };
  for (P& property : shown_only()) all.push_back(property);
  return all;
}

const EntityKind<SignIn>& sign_in_kind() {
  static const EntityKind<SignIn> kind{"signIn", "auditLogs/signIns", line_properties()};
  return kind;
}

SignIn same(const GraphCall& /*call*/, SignIn line) { return line; }

// In the order of time, of everybody or of one person.
class SignInCandidates final : public Candidates<SignIn> {
 public:
  SignInCandidates(TenantId tenant_id, std::optional<UserId> user, bool newest_first,
                   TimeBounds bounds)
      : tenant_id_(std::move(tenant_id)),
        user_(std::move(user)),
        newest_first_(newest_first),
        bounds_(bounds) {}

  Result<CandidateBatch<SignIn>> next(ReadTx& tx, const std::optional<PagePlace>& after,
                                      std::size_t limit) const override {
    CURFEW_TRY(const std::optional<TimePlace> last, place_of(after));
    CURFEW_TRY(auto lines, newest_first_ ? newest(tx, last, limit) : oldest(tx, last, limit));
    CandidateBatch<SignIn> batch;
    batch.is_end = lines.size() < limit;
    for (SignIn& line : lines) {
      if (is_past(line)) {
        batch.is_end = true;
        break;
      }
      batch.last = {std::to_string(to_unix_millis(line.created_at)), line.id};
      batch.rows.push_back({batch.last, std::move(line)});
    }
    return batch;
  }

 private:
  static Result<std::optional<TimePlace>> place_of(const std::optional<PagePlace>& after) {
    if (!after) return std::optional<TimePlace>{};
    std::int64_t millis = 0;
    const char* const end = after->value.data() + after->value.size();
    const auto [stop, error] = std::from_chars(after->value.data(), end, millis);
    if (error != std::errc{} || stop != end) {
      return Error::permanent(ErrorCode::invalid_argument,
                              "the page token is not one of this list");
    }
    return std::optional{TimePlace{from_unix_millis(millis), after->id}};
  }
  [[nodiscard]] Query lines(std::size_t limit) const {
    Query query;
    query.index = user_ ? "sign_ins_by_user" : "sign_ins_by_time";
    query.prefix = user_ ? keys_of(tenant_id_, *user_) : keys_of(tenant_id_);
    query.limit = limit;
    return query;
  }
  [[nodiscard]] Result<std::vector<SignIn>> newest(ReadTx& tx, const std::optional<TimePlace>& last,
                                                   std::size_t limit) const {
    Query query = lines(limit);
    if (!last && bounds_.to) query.below = to_unix_millis(*bounds_.to) + 1;
    return scan_newest_first<SignIn>(tx, std::move(query), last);
  }
  [[nodiscard]] Result<std::vector<SignIn>> oldest(ReadTx& tx, const std::optional<TimePlace>& last,
                                                   std::size_t limit) const {
    Query query = lines(limit);
    if (!last) {
      if (bounds_.from) query.above = to_unix_millis(*bounds_.from) - 1;
      return scan_as<SignIn>(tx, query);
    }
    const Value at = to_unix_millis(last->at);
    Query same_time = query;
    same_time.prefix.push_back(at);
    same_time.above = last->id;
    CURFEW_TRY(std::vector<SignIn> found, scan_as<SignIn>(tx, same_time));
    if (found.size() == limit) return found;
    query.above = at;
    query.limit = limit - found.size();
    CURFEW_TRY(std::vector<SignIn> later, scan_as<SignIn>(tx, query));
    for (SignIn& line : later) found.push_back(std::move(line));
    return found;
  }
  [[nodiscard]] bool is_past(const SignIn& line) const {
    if (newest_first_) return bounds_.from && line.created_at < *bounds_.from;
    return bounds_.to && line.created_at > *bounds_.to;
  }

  TenantId tenant_id_;
  std::optional<UserId> user_;
  bool newest_first_;
  TimeBounds bounds_;
};

// The person that the filter asks for, where it asks for one.
GraphResult<std::optional<UserId>> needed_user(const GraphCall& call) {
  CURFEW_TRY(const ListQuery query, bind_query(call, sign_in_kind().rules()));
  const auto property = find_property(sign_in_kind().rules(), "userId");
  if (!query.filter || !property) return std::optional<UserId>{};
  const auto equal = query.filter->required_equal(*property);
  const bool is_one = equal && equal->size() == 1 && !equal->front().empty();
  return is_one ? std::optional{UserId{equal->front()}} : std::optional<UserId>{};
}

Task<GraphOutcome> list_sign_ins(const GraphCall& call) {
  CURFEW_CO_TRY(const bool newest_first, goes_newest_first(call, kTime));
  CURFEW_CO_TRY(const std::optional<UserId> user, needed_user(call));
  Listing<SignIn, SignIn> listing{sign_in_kind(), nullptr, &same};
  listing.candidates = std::make_shared<SignInCandidates>(call.tenant_id(), user, newest_first,
                                                          time_bounds(call, kTime));
  const GraphCall plain = in_source_order(call);
  co_return co_await answer_list(plain, std::move(listing));
}

Task<GraphOutcome> show_sign_in(const GraphCall& call) {
  auto found = read_value<std::optional<SignIn>>(call.context.store, [&](ReadTx& tx) {
    return load<SignIn>(tx, call.tenant_id(), std::string{call.key("signIn")});
  });
  if (!found.ok()) co_return found.error();
  if (!*found) co_return GraphError::not_found(call.key("signIn"));
  const Listing<SignIn, SignIn> listing{sign_in_kind(), nullptr, &same};
  co_return answer_entity(call, listing, **found);
}

}  // namespace

std::vector<GraphOperation> sign_in_operations(const NeededPermissions& reads) {
  constexpr unsigned kOptions =
      kSelectOption | kFilterOption | kOrderByOption | kTopOption | kSkipTokenOption | kCountOption;
  return {
      {.name = "list_sign_ins",
       .path = "/auditLogs/signIns",
       .permissions = reads,
       .run = &list_sign_ins,
       .options = kOptions,
       .right = R::read_logs},
      {.name = "show_sign_in",
       .path = "/auditLogs/signIns/{signIn}",
       .permissions = reads,
       .run = &show_sign_in,
       .options = kSelectOption,
       .right = R::read_logs},
  };
}

}  // namespace curfew
