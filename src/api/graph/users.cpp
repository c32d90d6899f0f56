#include <boost/json.hpp>
#include <utility>

#include "api/directory/stored_properties.hpp"
#include "api/directory/user_changes.hpp"
#include "api/graph/graph_members.hpp"
#include "api/graph/graph_operations.hpp"
#include "api/graph/member_of.hpp"
#include "api/graph/user_entity.hpp"
#include "api/sign_in/new_password.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "io/runtime.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"

// /users and /me: people, and what takes their access away.

namespace curfew {

namespace {

using M = HttpMethod;
using R = AdminRight;

constexpr std::string_view kReadOneself = "User.Read User.ReadWrite";
constexpr NeededPermissions kReads{kReadUsers, kReadUsersAlone, kReadOneself};
// What everybody may agree to shows of others what an address book does.
constexpr NeededPermissions kReadsBasic{
    "User.ReadBasic.All User.Read.All User.ReadWrite.All Directory.Read.All "
    "Directory.ReadWrite.All Directory.AccessAsUser.All",
    "User.ReadBasic.All User.Read.All User.ReadWrite.All Directory.Read.All "
    "Directory.ReadWrite.All",
    kReadOneself};

constexpr std::string_view kWriteUsers =
    "User.ReadWrite.All Directory.ReadWrite.All Directory.AccessAsUser.All";
constexpr std::string_view kWriteUsersAlone = "User.ReadWrite.All Directory.ReadWrite.All";
// A PATCH may be about one property only that has a permission of its own; each is asked below.
constexpr NeededPermissions kChanges{
    "User.ReadWrite.All Directory.ReadWrite.All Directory.AccessAsUser.All "
    "User.EnableDisableAccount.All User-PasswordProfile.ReadWrite.All",
    "User.ReadWrite.All Directory.ReadWrite.All User.EnableDisableAccount.All "
    "User-PasswordProfile.ReadWrite.All",
    ""};
constexpr NeededPermissions kChangesProfile{kWriteUsers, kWriteUsersAlone, ""};
constexpr NeededPermissions kEnables{
    "User.EnableDisableAccount.All User.ReadWrite.All Directory.ReadWrite.All "
    "Directory.AccessAsUser.All",
    "User.EnableDisableAccount.All User.ReadWrite.All Directory.ReadWrite.All", ""};
constexpr NeededPermissions kSetsPassword{
    "User-PasswordProfile.ReadWrite.All User.ReadWrite.All Directory.AccessAsUser.All",
    "User-PasswordProfile.ReadWrite.All User.ReadWrite.All", ""};
constexpr NeededPermissions kRevokes{
    "User.RevokeSessions.All User.ReadWrite.All Directory.ReadWrite.All "
    "Directory.AccessAsUser.All",
    "User.RevokeSessions.All User.ReadWrite.All Directory.ReadWrite.All", "User.ReadWrite"};
constexpr NeededPermissions kDeletes{
    "User.DeleteRestore.All User.ReadWrite.All Directory.ReadWrite.All "
    "Directory.AccessAsUser.All",
    "User.DeleteRestore.All User.ReadWrite.All Directory.ReadWrite.All", ""};

Task<GraphOutcome> list_users(const GraphCall& call) {
  CURFEW_CO_TRY(auto listing, list_of_users(call));
  co_return co_await answer_list(call, std::move(listing));
}

Task<GraphOutcome> count_users(const GraphCall& call) {
  CURFEW_CO_TRY(auto listing, list_of_users(call));
  co_return co_await answer_count(call, std::move(listing));
}

Task<GraphOutcome> show_user(const GraphCall& call) {
  CURFEW_CO_TRY(User user, user_of(call));
  Listing<User, UserView> listing{shown_user_kind(call), nullptr, &user_view};
  if (!is_limited_to_basics(call)) listing.expand = &expand_member_of;
  co_return answer_entity(call, listing, user_view(call, std::move(user)));
}

// --- create and change

// What a body asks of a person, taken apart before anything is changed.
struct UserWish {
  std::optional<std::string> user_principal_name;
  std::optional<std::string> display_name;
  std::optional<std::optional<std::string>> mail;  // null takes it away
  std::optional<UserType> user_type;
  std::optional<bool> account_enabled;
  std::optional<std::string> password;
  std::optional<bool> force_change;
  // Members for stored_user_properties(), as given.
  std::vector<std::pair<const StoredProperty*, boost::json::value>> stored;

  [[nodiscard]] bool is_of_profile() const {
    return user_principal_name || display_name || mail || user_type || !stored.empty();
  }
};

GraphResult<Done> read_password_profile(const boost::json::value& value, UserWish& wish) {
  const auto* object = value.if_object();
  if (object == nullptr) return GraphError::bad_request("passwordProfile is not an object.");
  GraphMembers members{*object};
  CURFEW_TRY(const auto password, members.text("password"));
  CURFEW_TRY(const auto force, members.boolean("forceChangePasswordNextSignIn"));
  CURFEW_TRY(const auto force_mfa, members.boolean("forceChangePasswordNextSignInWithMfa"));
  CURFEW_TRY_STATUS(members.nothing_else("passwordProfile"));
  wish.password = password;
  wish.force_change = force.value_or(true) || force_mfa.value_or(false);
  return Done{};
}

GraphResult<UserWish> read_user_wish(const GraphCall& call) {
  UserWish wish;
  GraphMembers members{call.body};
  CURFEW_TRY(wish.user_principal_name, members.text("userPrincipalName"));
  CURFEW_TRY(wish.display_name, members.text("displayName"));
  CURFEW_TRY(wish.mail, members.nullable_text("mail"));
  CURFEW_TRY(wish.account_enabled, members.boolean("accountEnabled"));
  CURFEW_TRY(const auto type, members.text("userType"));
  if (type) {
    wish.user_type = ascii_iequals(*type, "Guest") ? UserType::guest : UserType::member;
    if (!ascii_iequals(*type, "Guest") && !ascii_iequals(*type, "Member")) {
      return GraphError::bad_request("userType is \"Member\" or \"Guest\".");
    }
  }
  if (const auto* profile = members.take("passwordProfile")) {
    CURFEW_TRY_STATUS(read_password_profile(*profile, wish));
  }
  for (const StoredProperty& property : stored_user_properties()) {
    if (const auto* value = members.take(property.name))
      wish.stored.emplace_back(&property, *value);
  }
  CURFEW_TRY_STATUS(members.nothing_else("user"));
  if (wish.display_name &&
      (wish.display_name->empty() || wish.display_name->size() > kUserNameBytesMax)) {
    return GraphError::bad_request("Invalid value specified for property 'displayName'.");
  }
  if (wish.user_principal_name) {
    *wish.user_principal_name = ascii_lower(*wish.user_principal_name);
    CURFEW_TRY_STATUS(check_user_principal_name(call.context, *wish.user_principal_name));
  }
  return wish;
}

// Everything of the wish but accountEnabled and the password, which go through the guarded paths.
Status apply_profile(const UserWish& wish, User& user) {
  if (wish.user_principal_name) user.user_principal_name = *wish.user_principal_name;
  if (wish.display_name) user.display_name = *wish.display_name;
  if (wish.mail) user.mail = *wish.mail;
  if (wish.user_type) user.user_type = *wish.user_type;
  if (wish.stored.empty()) return Done{};
  boost::json::object stored = parse_stored(user.properties);
  for (const auto& [property, value] : wish.stored) {
    CURFEW_TRY_STATUS(set_stored(stored, *property, value));
  }
  user.properties = boost::json::serialize(stored);
  return Done{};
}

GraphResult<User> new_user_of(const GraphCall& call, const UserWish& wish) {
  for (const auto& [name, is_there] :
       {std::pair{"accountEnabled", wish.account_enabled.has_value()},
        std::pair{"displayName", wish.display_name.has_value()},
        std::pair{"userPrincipalName", wish.user_principal_name.has_value()},
        std::pair{"passwordProfile", wish.password.has_value()}}) {
    if (!is_there) {
      return GraphError::bad_request("A required property '" + std::string{name} + "' is missing.");
    }
  }
  User user;
  user.tenant_id = call.tenant_id();
  user.id = UserId{new_guid()};
  user.created_at = call.context.clock.now();
  user.password_id = new_guid();
  user.last_password_change_at = user.created_at;
  user.force_change_password = wish.force_change.value_or(true);
  CURFEW_TRY_STATUS(apply_profile(wish, user));
  CURFEW_TRY_STATUS(check_given_password(*wish.password, user));
  return user;
}

GraphOutcome created(const GraphCall& call, const User& user) {
  Listing<User, UserView> listing{user_kind(), nullptr, &user_view};
  CURFEW_TRY(GraphAnswer answer, answer_entity(call, listing, user_view(call, user)));
  answer.status = 201;
  answer.headers.emplace_back("Location", call.root() + "/users/" + user.id.str());
  return answer;
}

Task<GraphOutcome> create_user(const GraphCall& call) {
  CURFEW_CO_TRY(const UserWish wish, read_user_wish(call));
  CURFEW_CO_TRY(User user, new_user_of(call, wish));
  const Result<std::string> hash =
      co_await hash_in_pool(call.context, Secret{std::string_view{*wish.password}});
  if (!hash.ok()) co_return hash.error();
  user.password_hash = *hash;
  const Result<Done> written = co_await write_new_user(call, user, *wish.account_enabled);
  if (!written.ok()) co_return written.error();
  user.account_enabled = *wish.account_enabled;
  co_return created(call, user);
}

GraphResult<Done> check_wish(const GraphCall& call, const UserWish& wish) {
  if (wish.account_enabled) {
    CURFEW_TRY_STATUS(need_permission(call, kEnables, "accountEnabled"));
  }
  if (wish.password || wish.force_change) {
    CURFEW_TRY_STATUS(need_permission(call, kSetsPassword, "passwordProfile"));
  }
  if (wish.is_of_profile()) {
    CURFEW_TRY_STATUS(need_permission(call, kChangesProfile, "Changing a profile"));
  }
  return Done{};
}

// What would refuse the profile's part, asked before anything is changed.
Task<Status> check_profile(const GraphCall& call, const User& user, const UserWish& wish) {
  if (!wish.is_of_profile()) co_return Done{};
  co_return co_await check_as_caller(call, [&](ReadTx& tx) -> Status {
    CURFEW_TRY_STATUS(check_profile_guard(tx, call, user.id));
    User changed = user;
    CURFEW_TRY_STATUS(apply_profile(wish, changed));
    return check_names_are_free(tx, changed);
  });
}

// A new password, or only that the next sign-in must set one.
Task<Status> set_password(const GraphCall& call, const User& user, const UserWish& wish) {
  if (!wish.password && !wish.force_change) co_return Done{};
  if (wish.password) {
    const auto reset = co_await reset_password_of(
        call, user.id, Secret{std::string_view{*wish.password}}, *wish.force_change);
    if (!reset.ok()) co_return reset.error();
    co_return Done{};
  }
  auto force = [wanted = *wish.force_change](User& changed) -> Status {
    changed.force_change_password = wanted;
    return Done{};
  };
  const Result<Done> written = co_await write_user_change(call, user.id, true, std::move(force));
  if (!written.ok()) co_return written.error();
  co_return Done{};
}

Task<GraphOutcome> update_user(const GraphCall& call) {
  CURFEW_CO_TRY(const UserWish wish, read_user_wish(call));
  CURFEW_CO_TRY_STATUS(check_wish(call, wish));
  CURFEW_CO_TRY(const User user, user_of(call));
  if (wish.password) {
    CURFEW_CO_TRY_STATUS(check_given_password(*wish.password, user));
  }
  const Status may = co_await check_profile(call, user, wish);
  if (!may.ok()) co_return may.error();
  // Taking access away first: whatever fails after it, it has ended.
  if (wish.account_enabled) {
    const Status done = co_await set_user_enabled(call, user, *wish.account_enabled);
    if (!done.ok()) co_return done.error();
  }
  const Status password = co_await set_password(call, user, wish);
  if (!password.ok()) co_return password.error();
  if (wish.is_of_profile()) {
    const Result<Done> written = co_await write_user_change(
        call, user.id, true, [wish](User& changed) { return apply_profile(wish, changed); });
    if (!written.ok()) co_return written.error();
  }
  co_return GraphAnswer::no_content();
}

// --- taking away

Task<GraphOutcome> revoke_sign_in_sessions(const GraphCall& call) {
  CURFEW_CO_TRY(const User user, user_of(call));
  Removal removal;
  removal.kind = RemovalKind::revoke_sessions;
  removal.user_id = user.id;
  const auto done = co_await call.context.revocation.remove_one(
      std::move(removal), requester_of(call), current_executor());
  if (!done.ok()) co_return done.error();
  co_return GraphAnswer::json(
      boost::json::object{{"@odata.context", call.context_url("Edm.Boolean")}, {"value", true}});
}

Task<GraphOutcome> delete_user(const GraphCall& call) {
  CURFEW_CO_TRY(const User user, user_of(call));
  const Status deleted = co_await delete_user_softly(call, user);
  if (!deleted.ok()) co_return deleted.error();
  co_return GraphAnswer::no_content();
}

GraphOperation about_user(std::string_view name, std::string_view below, GraphBody run,
                          unsigned options) {
  GraphOperation operation;
  operation.name = name;
  operation.path = below;
  operation.permissions = kReadsBasic;
  operation.run = run;
  operation.options = options;
  return operation;
}

void add_writes(std::vector<GraphOperation>& all) {
  all.push_back({.name = "create_user",
                 .method = M::post,
                 .path = "/users",
                 .permissions = kChangesProfile,
                 .run = &create_user,
                 .input = GraphInput::object,
                 .right = R::manage_users,
                 .areas = {PermittedArea::users},
                 .when_rolled_back = WhenRolledBack::refuses});
  all.push_back({.name = "update_user",
                 .method = M::patch,
                 .path = "/users/{user}",
                 .permissions = kChanges,
                 .run = &update_user,
                 .input = GraphInput::object,
                 .right = R::revoke,
                 .areas = {PermittedArea::users}});
  all.push_back({.name = "delete_user",
                 .method = M::delete_,
                 .path = "/users/{user}",
                 .permissions = kDeletes,
                 .run = &delete_user,
                 .right = R::manage_users,
                 .areas = {PermittedArea::users}});
  for (const std::string_view path :
       {"/users/{user}/revokeSignInSessions", "/users/{user}/invalidateAllRefreshTokens"}) {
    all.push_back({.name = "revoke_sign_in_sessions",
                   .method = M::post,
                   .path = path,
                   .permissions = kRevokes,
                   .run = &revoke_sign_in_sessions,
                   .right = R::revoke,
                   .areas = {PermittedArea::users},
                   .free_on_oneself = true});
  }
}

}  // namespace

std::vector<GraphOperation> user_operations() {
  std::vector<GraphOperation> all{
      about_user("list_users", "/users", &list_users, kListOptions & ~kExpandOption),
      about_user("count_users", "/users/$count", &count_users, kFilterOption | kSearchOption),
      about_user("show_user", "/users/{user}", &show_user, kSelectOption | kExpandOption),
  };
  add_writes(all);
  for (const GraphOperation& operation : member_of_operations(kReads)) all.push_back(operation);
  return all;
}

}  // namespace curfew
