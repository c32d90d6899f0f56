#include "api/admin/users.hpp"

#include <boost/json.hpp>

#include "api/admin/directory_lookup.hpp"
#include "api/admin/object_json.hpp"
#include "api/admin/page_place.hpp"
#include "api/directory/user_changes.hpp"
#include "api/sign_in/new_password.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "io/runtime.hpp"
#include "model/role.hpp"
#include "protocol/json/members.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

constexpr std::size_t kOneTimePasswordBytes = 15;  // 120 bits

Error refused(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

Result<User> parse_new_user(const AdminCall& call, const boost::json::object& body) {
  User user;
  user.tenant_id = call.tenant_id();
  user.id = UserId{new_guid()};
  CURFEW_TRY(const std::string name, get_string(body, "userPrincipalName"));
  user.user_principal_name = ascii_lower(name);
  CURFEW_TRY_STATUS(check_user_principal_name(call.context, user.user_principal_name));
  CURFEW_TRY(const auto display_name, get_optional_string(body, "displayName"));
  user.display_name = display_name.value_or(user.user_principal_name);
  CURFEW_TRY(user.mail, get_optional_string(body, "mail"));
  CURFEW_TRY(const auto type, get_optional_string(body, "userType"));
  if (type && !parse_enum(*type, user.user_type)) {
    return refused("userType must be \"Member\" or \"Guest\"");
  }
  CURFEW_TRY(const auto break_glass, get_optional_bool(body, "breakGlass"));
  user.break_glass = break_glass.value_or(false);
  CURFEW_TRY(const auto force, get_optional_bool(body, "forceChangePasswordNextSignIn"));
  user.force_change_password = force.value_or(true);
  user.created_at = call.context.clock.now();
  return user;
}

// Makes an account that whoever administers the tenant must not be able to make by themselves.
Status check_break_glass(const AdminCall& call, bool wanted) {
  if (!wanted || call.actor().roles.contains(Role::global_administrator)) return Done{};
  return Error{ErrorCode::denied, Retry::after_human,
               "only a Global Administrator marks an account as an emergency account"};
}

boost::json::object session_json(const Session& session) {
  boost::json::object shown{{"id", session.id.str()},
                            {"userAgent", session.user_agent},
                            {"ipAddress", session.address},
                            {"persistent", session.persistent},
                            {"createdDateTime", to_rfc3339(session.created_at)},
                            {"lastSeenDateTime", to_rfc3339(session.last_seen_at)},
                            {"expirationDateTime", to_rfc3339(session.expires_at)}};
  if (session.device_id) shown["deviceId"] = session.device_id->str();
  if (session.ended_at) shown["endedDateTime"] = to_rfc3339(*session.ended_at);
  return shown;
}

// What a PATCH changes beside accountEnabled.
struct UserChange {
  UserId id;
  std::optional<std::string> display_name;
  std::optional<std::string> mail;
  std::optional<bool> break_glass;

  [[nodiscard]] bool is_of_profile() const { return display_name || mail; }
  [[nodiscard]] bool is_any() const { return is_of_profile() || break_glass; }
};

Result<UserChange> parse_user_change(const AdminCall& call, UserId id) {
  UserChange change;
  change.id = std::move(id);
  CURFEW_TRY(change.display_name, get_optional_string(call.body, "displayName"));
  CURFEW_TRY(change.mail, get_optional_string(call.body, "mail"));
  CURFEW_TRY(change.break_glass, get_optional_bool(call.body, "breakGlass"));
  CURFEW_TRY_STATUS(check_break_glass(call, change.break_glass.has_value()));
  return change;
}

Task<Status> check_user_change(const AdminCall& call, const UserChange& change) {
  if (!change.is_of_profile()) co_return Done{};
  co_return co_await check_as_caller(call, [&](ReadTx& tx) -> Status {
    CURFEW_TRY_STATUS(check_profile_guard(tx, call, change.id));
    CURFEW_TRY(User changed, require<User>(tx, "user", call.tenant_id(), change.id));
    if (change.mail) changed.mail = *change.mail;
    return check_names_are_free(tx, changed);
  });
}

Status apply_change(const UserChange& change, User& user) {
  if (change.display_name) user.display_name = *change.display_name;
  if (change.mail) user.mail = *change.mail;
  if (change.break_glass) user.break_glass = *change.break_glass;
  return Done{};
}

}  // namespace

Task<Result<boost::json::value>> list_users(const AdminCall& call) {
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  CURFEW_CO_TRY(const auto users, read_page<User>(call, page));
  boost::json::array shown;
  for (const User& user : users) shown.push_back(to_json(user));
  boost::json::object answer{{"value", std::move(shown)}};
  if (users.size() == page.limit) answer["next"] = users.back().id.str();
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> add_user(const AdminCall& call) {
  const boost::json::object& body = call.body;
  CURFEW_CO_TRY(User user, parse_new_user(call, body));
  CURFEW_CO_TRY_STATUS(check_break_glass(call, user.break_glass));
  CURFEW_CO_TRY(const auto given, get_optional_string(body, "password"));
  user.password_id = new_guid();
  std::string made;
  if (given) {
    CURFEW_CO_TRY_STATUS(check_given_password(*given, user));
  } else if (user.user_type == UserType::guest) {
    user.force_change_password = false;  // there is none: theirs is elsewhere
  } else {
    made = random_token(kOneTimePasswordBytes);
  }
  if (given || !made.empty()) {
    const Result<std::string> hash =
        co_await hash_in_pool(call.context, Secret{std::string_view{given ? *given : made}});
    if (!hash.ok()) co_return hash.error();
    user.password_hash = *hash;
    user.last_password_change_at = user.created_at;
  }

  const Result<Done> written = co_await write_new_user(call, user);
  if (!written.ok()) co_return written.error();

  boost::json::object answer = to_json(user);
  if (!made.empty()) answer["oneTimePassword"] = made;
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> show_user(const AdminCall& call) {
  CURFEW_CO_TRY(const User user, look_up(call, &find_user, call.value("id")));
  boost::json::object shown = to_json(user);
  const auto holds = read_value<std::vector<Hold>>(call.context.store, [&](ReadTx& tx) {
    return holds_on(tx, call.tenant_id(), key_of(user.id));
  });
  if (!holds.ok()) co_return holds.error();
  boost::json::array owners;
  for (const Hold& hold : *holds) {
    owners.push_back({{"owner", hold.owner},
                      {"reason", hold.reason},
                      {"since", to_rfc3339(hold.at)},
                      {"position", to_string(hold.position)}});
  }
  shown["holds"] = std::move(owners);
  co_return boost::json::value(std::move(shown));
}

Task<Result<boost::json::value>> change_user(const AdminCall& call) {
  CURFEW_CO_TRY(const User user, look_up(call, &find_user, call.value("id")));
  CURFEW_CO_TRY(const auto enabled, get_optional_bool(call.body, "accountEnabled"));
  CURFEW_CO_TRY(UserChange change, parse_user_change(call, user.id));

  // A refused request changes nothing: what refuses the rest of it is asked first.
  const Status may = co_await check_user_change(call, change);
  if (!may.ok()) co_return may.error();
  if (enabled) {
    const Status done = co_await set_user_enabled(call, user, *enabled);
    if (!done.ok()) co_return done.error();
  }
  if (change.is_any()) {
    const bool is_of_profile = change.is_of_profile();
    const Result<Done> written = co_await write_user_change(
        call, user.id, is_of_profile,
        [change = std::move(change)](User& changed) { return apply_change(change, changed); });
    if (!written.ok()) co_return written.error();
  }
  co_return co_await show_user(call);
}

Task<Result<boost::json::value>> show_access(const AdminCall& call) {
  CURFEW_CO_TRY(const Plan plan, call.context.revocation.access_of(call.value("id"), call.actor()));
  co_return boost::json::parse(to_json(plan));
}

Task<Result<boost::json::value>> reset_user_password(const AdminCall& call) {
  CURFEW_CO_TRY(const User user, look_up(call, &find_user, call.value("id")));
  const Secret password{random_token(kOneTimePasswordBytes)};
  const auto done = co_await reset_password_of(call, user.id, password, /*force_change=*/true);
  if (!done.ok()) co_return done.error();
  co_return boost::json::value{{"userPrincipalName", user.user_principal_name},
                               {"oneTimePassword", std::string{password.reveal()}},
                               {"position", to_string(*done)}};
}

Task<Result<boost::json::value>> list_user_sessions(const AdminCall& call) {
  CURFEW_CO_TRY(const User user, look_up(call, &find_user, call.value("id")));
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  CURFEW_CO_TRY(const auto before, time_place_of(page));
  const auto sessions = read_value<std::vector<Session>>(call.context.store, [&](ReadTx& tx) {
    Query query;
    query.index = "sessions_by_user";
    query.prefix = keys_of(call.tenant_id(), user.id);
    query.limit = page.limit;
    return scan_newest_first<Session>(tx, query, before);
  });
  if (!sessions.ok()) co_return sessions.error();
  boost::json::array shown;
  for (const Session& session : *sessions) shown.push_back(session_json(session));
  boost::json::object answer{{"value", std::move(shown)}};
  if (sessions->size() == page.limit) {
    answer["next"] = to_next({sessions->back().created_at, sessions->back().id.str()});
  }
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> end_user_sessions(const AdminCall& call) {
  CURFEW_CO_TRY(const User user, look_up(call, &find_user, call.value("id")));
  Removal removal;
  removal.kind = RemovalKind::revoke_sessions;
  removal.user_id = user.id;
  const auto done = co_await call.context.revocation.remove_one(
      std::move(removal), requester_of(call), current_executor());
  if (!done.ok()) co_return done.error();
  co_return boost::json::value{{"position", to_string(done->position)}};
}

Task<Result<boost::json::value>> end_user_session(const AdminCall& call) {
  CURFEW_CO_TRY(const User user, look_up(call, &find_user, call.value("id")));
  const SessionId id{call.value("session")};
  const auto session = read_value<Session>(call.context.store, [&](ReadTx& tx) {
    return require<Session>(tx, "such session", call.tenant_id(), id);
  });
  if (!session.ok()) co_return session.error();
  if (session->user_id != user.id) {
    co_return Error::permanent(ErrorCode::not_found, "the user has no such session");
  }
  Removal removal;
  removal.kind = RemovalKind::end_session;
  removal.session_id = id;
  const auto done = co_await call.context.revocation.remove_one(
      std::move(removal), requester_of(call), current_executor());
  if (!done.ok()) co_return done.error();
  co_return boost::json::value{{"position", to_string(done->position)}};
}

Task<Result<boost::json::value>> list_user_roles(const AdminCall& call) {
  CURFEW_CO_TRY(const User user, look_up(call, &find_user, call.value("id")));
  const auto held = read_value<std::vector<RoleAssignment>>(call.context.store, [&](ReadTx& tx) {
    Query query;
    query.prefix = keys_of(call.tenant_id(), user.id.str());
    return scan_as<RoleAssignment>(tx, query);  // no limit: one for each built-in role at the most
  });
  if (!held.ok()) co_return held.error();
  co_return boost::json::value{{"value", roles_json(*held)}};
}

Task<Result<boost::json::value>> add_user_role(const AdminCall& call) {
  CURFEW_CO_TRY(const User user, look_up(call, &find_user, call.value("id")));
  CURFEW_CO_TRY(const RoleDefinition* const role, find_role(call.value("role")));
  auto give = [&call, user, role](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(check_guard(tx, call.tenant_id(), GuardedAction::change_role, call.actor(),
                                  {user.id, {}, RoleId{std::string{role->template_id}}}));
    CURFEW_TRY_STATUS(
        save(tx, RoleAssignment{call.tenant_id(), user.id.str(),
                                RoleId{std::string{role->template_id}}, call.context.clock.now()}));
    return audit_change(tx, call, "role.add", user.id.str(), user.user_principal_name,
                        std::string{role->template_id});
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(give));
  if (!written.ok()) co_return written.error();
  co_return boost::json::value{{"userPrincipalName", user.user_principal_name},
                               {"displayName", role->display_name}};
}

Task<Result<boost::json::value>> remove_user_role(const AdminCall& call) {
  CURFEW_CO_TRY(const User user, look_up(call, &find_user, call.value("id")));
  CURFEW_CO_TRY(const RoleDefinition* const role, find_role(call.value("role")));
  Removal removal;
  removal.kind = RemovalKind::remove_role;
  removal.user_id = user.id;
  removal.role_id = RoleId{std::string{role->template_id}};
  const auto done = co_await call.context.revocation.remove_one(
      std::move(removal), requester_of(call), current_executor());
  if (!done.ok()) co_return done.error();
  co_return boost::json::value{{"position", to_string(done->position)}};
}

}  // namespace curfew
