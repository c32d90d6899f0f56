#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <utility>

#include "api/directory/account_risk.hpp"
#include "api/directory/directory_index.hpp"
#include "api/directory/stored_properties.hpp"
#include "api/graph/graph_members.hpp"
#include "api/graph/graph_operations.hpp"
#include "api/graph/stored_reader.hpp"
#include "api/graph/user_entity.hpp"
#include "base/text.hpp"
#include "io/runtime.hpp"
#include "protocol/json/json.hpp"
#include "revocation/guard.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"
#include "store/schema_changes.hpp"

// /identityProtection/riskyUsers: whose account an administrator says is compromised. Here that is
// no label for a policy to look at: confirming begins a run that takes everything away.

namespace curfew {

namespace {

using M = HttpMethod;
using R = AdminRight;

constexpr NeededPermissions kReads{"IdentityRiskyUser.Read.All IdentityRiskyUser.ReadWrite.All",
                                   "IdentityRiskyUser.Read.All IdentityRiskyUser.ReadWrite.All",
                                   ""};
constexpr NeededPermissions kWrites{"IdentityRiskyUser.ReadWrite.All",
                                    "IdentityRiskyUser.ReadWrite.All", ""};
constexpr std::size_t kUsersAtOnceMax = 60;

constexpr RiskWords kCompromised{"high", kCompromisedState, "adminConfirmedUserCompromised"};
constexpr RiskWords kDismissed{"none", "dismissed", "adminDismissedAllRiskForUser"};
constexpr RiskWords kSafe{"none", "confirmedSafe", "adminConfirmedAccountSafe"};

struct RiskView {
  User user;
  boost::json::object stored;  // the risk alone
  mutable std::vector<std::string> texts{};
};

using P = EntityProperty<RiskView>;
using V = const RiskView&;
using N = std::string_view;

RiskView risk_view(const GraphCall& /*call*/, User user) {
  RiskView view;
  boost::json::object all = parse_stored(user.properties);
  auto* risk = all.if_contains(kRiskProperty);
  if (risk != nullptr && risk->is_object()) view.stored = std::move(risk->as_object());
  view.user = std::move(user);
  return view;
}

const EntityKind<RiskView>& risk_kind() {
  using namespace operators;
  static const EntityKind<RiskView> kind{
      "riskyUser", "identityProtection/riskyUsers",
      std::vector<P>{
          {{"id", PropertyType::guid, kEquality},
           true,
           [](V v, N) { return PropertyValue{std::string_view{v.user.id.str()}}; }},
          {{"isDeleted", PropertyType::boolean, kEq},
           true,
           [](V, N) { return PropertyValue{false}; }},
          {{"isProcessing", PropertyType::boolean, kEq},
           true,
           [](V, N) { return PropertyValue{false}; }},
          {{"riskDetail", PropertyType::string, kEquality}, true, &stored_value<RiskView>},
          {{"riskLastUpdatedDateTime", PropertyType::date_time, kOrder},
           true,
           &stored_time<RiskView>},
          {{"riskLevel", PropertyType::string, kEquality}, true, &stored_value<RiskView>},
          {{"riskState", PropertyType::string, kEquality}, true, &stored_value<RiskView>},
          {{"userDisplayName", PropertyType::string, kEquality | kStartsWith},
           true,
           [](V v, N) { return PropertyValue{std::string_view{v.user.display_name}}; }},
          {{"userPrincipalName", PropertyType::string, kEquality | kStartsWith},
           true,
           [](V v, N) { return PropertyValue{std::string_view{v.user.user_principal_name}}; }},
      }};
  return kind;
}

Task<GraphOutcome> list_risky_users(const GraphCall& call) {
  constexpr std::size_t kValueColumn = 3;
  Listing<User, RiskView> listing{risk_kind(), nullptr, &risk_view};
  listing.candidates = std::make_shared<IndexCandidates<User>>(
      IndexPlace{"", &table_of<DirectoryIndexEntry>(),
                 keys_of(call.tenant_id(), std::string{kUserIndexKind}, std::string{kRiskProperty}),
                 kValueColumn, kValueColumn + 1},
      ValueRange::all(), [tenant = call.tenant_id()](ReadTx& tx, const PagePlace& place) {
        return load<User>(tx, tenant, UserId{place.id});
      });
  co_return co_await answer_list(call, std::move(listing));
}

// Nobody is known here until somebody has said something of them.
Task<GraphOutcome> show_risky_user(const GraphCall& call) {
  CURFEW_CO_TRY(User user, user_of(call));
  RiskView view = risk_view(call, std::move(user));
  if (view.stored.empty()) co_return GraphError::not_found(call.key("user"));
  co_return answer_entity(call, Listing<User, RiskView>{risk_kind(), nullptr, &risk_view}, view);
}

// --- what an administrator says

GraphResult<std::vector<User>> users_in_body(const GraphCall& call) {
  GraphMembers members{call.body};
  const auto* ids = members.take("userIds");
  CURFEW_TRY_STATUS(members.nothing_else("riskyUser"));
  const auto* array = ids == nullptr ? nullptr : ids->if_array();
  if (array == nullptr || array->empty() || array->size() > kUsersAtOnceMax) {
    return GraphError::bad_request("userIds is an array of 1 to " +
                                   std::to_string(kUsersAtOnceMax) + " ids.");
  }
  std::vector<User> users;
  for (const boost::json::value& id : *array) {
    const auto* text = id.if_string();
    if (text == nullptr) return GraphError::bad_request("userIds is an array of texts.");
    auto found = read_value<std::optional<User>>(call.context.store, [&](ReadTx& tx) {
      return load<User>(tx, call.tenant_id(), UserId{ascii_lower(std::string_view{*text})});
    });
    if (!found.ok()) return found.error();
    if (!*found) return GraphError::not_found(std::string_view{*text});
    const bool is_new = std::ranges::find(users, (*found)->id, &User::id) == users.end();
    if (is_new) users.push_back(std::move(**found));
  }
  return users;
}

Status check_may(ReadTx& tx, const GraphCall& call, GuardedAction action, const UserId& id) {
  return check_guard(tx, call.tenant_id(), action, call.actor(), {id, std::nullopt, std::nullopt});
}

// Access first, guarded in the transaction that ends it: whatever fails after that, it has ended.
Task<Status> confirm_one(const GraphCall& call, const User& user) {
  RevocationRequest request;
  request.subject = user.id.str();
  request.reason = "confirmCompromised";
  const auto revoked = co_await call.context.revocation.revoke(
      std::move(request), requester_of(call), current_executor());
  if (!revoked.ok()) co_return revoked.error();
  const Result<Done> noted = co_await note_account_risk(call, user.id, kCompromised);
  if (!noted.ok()) co_return noted.error();
  co_return Done{};
}

// Says that the risk is over, and gives nothing back: that is the undo of the run. For those who
// could enable the account.
Task<Status> end_one(const GraphCall& call, const User& user, RiskWords words) {
  const auto may = [&call, id = user.id](ReadTx& tx) {
    return check_may(tx, call, GuardedAction::enable_user, id);
  };
  const Result<Done> noted = co_await note_account_risk(call, user.id, words, may);
  if (!noted.ok()) co_return noted.error();
  co_return Done{};
}

// Whose turn it was, and what has been done already: the rest of the list was not begun. By the ids
// that the caller gave: a refusal tells nobody's name.
GraphError refused_at(const User& user, const std::vector<std::string>& done, const Error& why) {
  GraphError refused{why};
  refused.message += " This is about " + user.id.str() +
                     "; done before: " + (done.empty() ? "nobody" : join(done, ", ")) + ".";
  return refused;
}

// Everybody is asked about before anything is done to the first. What changes meanwhile is asked
// again inside of each one's own transaction; then the answer says who was done.
Task<GraphOutcome> say_of_each(const GraphCall& call, GuardedAction action,
                               std::function<Task<Status>(const User&)> say) {
  CURFEW_CO_TRY(const std::vector<User> users, users_in_body(call));
  std::vector<std::string> done;
  for (const User& user : users) {
    const Status may = co_await check_as_caller(
        call, [&](ReadTx& tx) { return check_may(tx, call, action, user.id); });
    if (!may.ok()) co_return refused_at(user, done, may.error());
  }
  for (const User& user : users) {
    const Status said = co_await say(user);
    if (!said.ok()) co_return refused_at(user, done, said.error());
    done.push_back(user.id.str());
  }
  co_return GraphAnswer::no_content();
}

Task<GraphOutcome> confirm_compromised(const GraphCall& call) {
  co_return co_await say_of_each(call, GuardedAction::disable_user,
                                 [&call](const User& user) { return confirm_one(call, user); });
}

Task<GraphOutcome> end_risk(const GraphCall& call, RiskWords words) {
  co_return co_await say_of_each(
      call, GuardedAction::enable_user,
      [&call, words](const User& user) { return end_one(call, user, words); });
}

Task<GraphOutcome> dismiss(const GraphCall& call) { co_return co_await end_risk(call, kDismissed); }
Task<GraphOutcome> confirm_safe(const GraphCall& call) { co_return co_await end_risk(call, kSafe); }

GraphOperation saying(std::string_view name, std::string_view path, GraphBody run) {
  return {.name = name,
          .method = M::post,
          .path = path,
          .permissions = kWrites,
          .run = run,
          .input = GraphInput::object,
          .right = R::revoke,
          .areas = {PermittedArea::users}};
}

}  // namespace

std::vector<GraphOperation> risky_user_operations() {
  constexpr unsigned kOptions =
      kSelectOption | kFilterOption | kTopOption | kCountOption | kSkipTokenOption;
  return {
      {.name = "list_risky_users",
       .path = "/identityProtection/riskyUsers",
       .permissions = kReads,
       .run = &list_risky_users,
       .options = kOptions,
       .right = R::read_revocations},
      {.name = "show_risky_user",
       .path = "/identityProtection/riskyUsers/{user}",
       .permissions = kReads,
       .run = &show_risky_user,
       .options = kSelectOption,
       .right = R::read_revocations},
      saying("confirm_compromised", "/identityProtection/riskyUsers/confirmCompromised",
             &confirm_compromised),
      saying("dismiss_risk", "/identityProtection/riskyUsers/dismiss", &dismiss),
      saying("confirm_safe", "/identityProtection/riskyUsers/confirmSafe", &confirm_safe),
  };
}

}  // namespace curfew
