#include "api/admin/apps.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>

#include "api/admin/app_body.hpp"
#include "api/admin/app_roles.hpp"
#include "api/admin/directory_lookup.hpp"
#include "api/admin/object_json.hpp"
#include "api/admin/page_place.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "io/runtime.hpp"
#include "protocol/json/members.hpp"
#include "revocation/removal.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

constexpr std::size_t kHintBytes = 3;  // what Graph shows of a secret

struct NewSecret {
  AppSecret row;
  std::string text;  // shown once
};

NewSecret make_secret(const AdminCall& call, const AppId& app_id) {
  NewSecret made;
  made.text = random_token();
  made.row = AppSecret{call.tenant_id(),
                       app_id,
                       new_guid(),
                       sha256_base64url(made.text),
                       made.text.substr(0, kHintBytes),
                       std::nullopt,
                       call.context.clock.now()};
  return made;
}

// What a developer pastes: the same names that client libraries use.
boost::json::object client_configuration(const AdminCall& call, const App& app,
                                         const std::string& secret) {
  boost::json::object made{{"issuer", call.context.issuer()},
                           {"authority", call.context.base_url + "/" + call.tenant_id().str()},
                           {"client_id", app.id.str()}};
  if (!secret.empty()) made["client_secret"] = secret;
  if (!app.redirect_uris.empty()) made["redirect_uri"] = app.redirect_uris.front();
  return made;
}

Task<Status> set_app_enabled(const AdminCall& call, const App& app, bool enabled) {
  RevocationService& service = call.context.revocation;
  if (enabled) {
    Restoral restoral;
    restoral.kind = RestoralKind::enable_app;
    restoral.object_id = app.id.str();
    const auto done = co_await service.restore_one(
        std::move(restoral), guarded_for_app(call, app.id), current_executor());
    if (!done.ok()) co_return done.error();
    co_return Done{};
  }
  Removal removal;
  removal.kind = RemovalKind::disable_app;
  removal.app_id = app.id;
  const auto done = co_await service.remove_one(std::move(removal), guarded_for_app(call, app.id),
                                                current_executor());
  if (!done.ok()) co_return done.error();
  co_return Done{};
}

// What the body makes of the application. Refused here, it has changed nothing.
Task<Result<App>> checked_change(const AdminCall& call, const App& app) {
  App changed = app;
  CURFEW_CO_TRY_STATUS(apply_app_body(call.body, changed));
  const Status checked = co_await check_as_caller(call, [&](ReadTx& tx) -> Status {
    CURFEW_TRY_STATUS(check_app_guard(tx, call, app, changed));
    return check_identifier_uris(tx, call, changed);
  });
  if (!checked.ok()) co_return checked.error();
  co_return changed;
}

// The principal that a body names: a user or a group.
Result<AppAssignment> named_principal(const AdminCall& call, const App& app,
                                      const boost::json::object& body) {
  AppAssignment assignment;
  assignment.tenant_id = call.tenant_id();
  assignment.app_id = app.id;
  assignment.created_at = call.context.clock.now();
  CURFEW_TRY(const auto user_name, get_optional_string(body, "userId"));
  CURFEW_TRY(const auto group_name, get_optional_string(body, "groupId"));
  if (user_name.has_value() == group_name.has_value()) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "an assignment names either userId or groupId");
  }
  if (user_name) {
    CURFEW_TRY(const User user, look_up(call, &find_user, *user_name));
    assignment.principal_id = user.id.str();
    return assignment;
  }
  CURFEW_TRY(const Group group, look_up(call, &find_group, *group_name));
  assignment.principal_kind = PrincipalKind::group;
  assignment.principal_id = group.id.str();
  return assignment;
}

// Whether somebody loses by the change what this application's tokens may say that they have. What
// a resource exposes no longer ends with the tokens that say it, or at their next renewal.
bool lacks_some(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  return std::ranges::any_of(before, [&](const std::string& entry) {
    return std::ranges::find(after, entry) == after.end();
  });
}

bool is_tighter(const App& before, const App& after) {
  return lacks_some(before.admin_consented_scopes, after.admin_consented_scopes) ||
         lacks_some(before.application_permissions, after.application_permissions) ||
         (after.assignment_required && !before.assignment_required);
}

// What people call whoever is assigned; the id of somebody who is gone.
Result<std::string> principal_name(ReadTx& tx, const TenantId& tenant_id,
                                   const AppAssignment& assignment) {
  if (assignment.principal_kind == PrincipalKind::user) {
    CURFEW_TRY(const auto user, load<User>(tx, tenant_id, UserId{assignment.principal_id}));
    return user ? user->user_principal_name : assignment.principal_id;
  }
  CURFEW_TRY(const auto group, load<Group>(tx, tenant_id, GroupId{assignment.principal_id}));
  return group ? group->display_name : assignment.principal_id;
}

// Assignments are in the order of kind and id, and so is `next`: "Group/ID".
std::string next_of(const AppAssignment& assignment) {
  return std::string{to_string(assignment.principal_kind)} + "/" + assignment.principal_id;
}

// The last principal of the page before, of which the assignment has only the kind and the id.
Result<std::optional<AppAssignment>> last_principal_of(const PageRequest& page) {
  if (page.after.empty()) return std::optional<AppAssignment>{};
  const std::size_t slash = page.after.find('/');
  AppAssignment last;
  if (slash == std::string::npos ||
      !parse_enum(std::string_view{page.after}.substr(0, slash), last.principal_kind)) {
    return bad_after();
  }
  last.principal_id = page.after.substr(slash + 1);
  if (last.principal_id.empty()) return bad_after();
  return std::optional{std::move(last)};
}

Result<std::vector<AppAssignment>> assignments_after(ReadTx& tx, std::vector<Value> app_keys,
                                                     const std::optional<AppAssignment>& last,
                                                     std::size_t limit) {
  Query query;
  query.prefix = std::move(app_keys);
  query.limit = limit;
  if (!last) return scan_as<AppAssignment>(tx, query);
  const Value kind{std::string{to_string(last->principal_kind)}};
  Query same_kind = query;
  same_kind.prefix.push_back(kind);
  same_kind.above = last->principal_id;
  CURFEW_TRY(auto found, scan_as<AppAssignment>(tx, same_kind));
  if (found.size() == limit) return found;
  query.above = kind;
  query.limit = limit - found.size();
  CURFEW_TRY(auto others, scan_as<AppAssignment>(tx, query));
  std::ranges::move(others, std::back_inserter(found));
  return found;
}

}  // namespace

Task<Result<boost::json::value>> list_apps(const AdminCall& call) {
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  CURFEW_CO_TRY(const auto apps, read_page<App>(call, page));
  boost::json::array shown;
  for (const App& app : apps) shown.push_back(to_json(app));
  boost::json::object answer{{"value", std::move(shown)}};
  if (apps.size() == page.limit) answer["next"] = apps.back().id.str();
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> add_app(const AdminCall& call) {
  const boost::json::object& body = call.body;
  App app;
  app.tenant_id = call.tenant_id();
  app.id = AppId{new_guid()};
  app.created_at = call.context.clock.now();
  CURFEW_CO_TRY(app.display_name, get_string(body, "displayName"));
  CURFEW_CO_TRY_STATUS(apply_app_body(body, app));

  std::optional<NewSecret> secret;
  if (app.client_type == ClientType::confidential) secret = make_secret(call, app.id);
  auto write = [&call, app, secret](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(check_app_guard(tx, call, std::nullopt, app));
    CURFEW_TRY_STATUS(check_identifier_uris(tx, call, app));
    CURFEW_TRY_STATUS(add(tx, app));
    if (secret) {
      CURFEW_TRY_STATUS(add(tx, secret->row));
    }
    return audit_change(tx, call, "app.add", app.id.str(), app.display_name);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  boost::json::object answer = to_json(app);
  answer["client"] = client_configuration(call, app, secret ? secret->text : "");
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> show_app(const AdminCall& call) {
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  boost::json::object shown = to_json(app);
  shown["client"] = client_configuration(call, app, "");
  co_return boost::json::value(std::move(shown));
}

Task<Result<boost::json::value>> change_app(const AdminCall& call) {
  const boost::json::object& body = call.body;
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  CURFEW_CO_TRY(const auto enabled, get_optional_bool(body, "accountEnabled"));
  const Result<App> wanted = co_await checked_change(call, app);
  if (!wanted.ok()) co_return wanted.error();
  // In a transaction of its own, so whatever could be refused was looked at before.
  if (enabled) {
    const Status done = co_await set_app_enabled(call, app, *enabled);
    if (!done.ok()) co_return done.error();
  }
  auto write = [&call, id = app.id, body](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(const App before, require<App>(tx, "application", call.tenant_id(), id));
    App changed = before;
    CURFEW_TRY_STATUS(apply_app_body(body, changed));
    CURFEW_TRY_STATUS(check_app_guard(tx, call, before, changed));
    CURFEW_TRY_STATUS(check_identifier_uris(tx, call, changed));
    CURFEW_TRY_STATUS(save(tx, changed));
    if (is_tighter(before, changed)) {
      Removal removal;
      removal.kind = RemovalKind::tighten_app;
      removal.app_id = id;
      CURFEW_TRY_STATUS(remove_access(tx, call.context.journal, removal, call.context.clock.now()));
    }
    return audit_change(tx, call, "app.change", id.str(), changed.display_name);
  };
  const Urgency urgency = is_tighter(app, *wanted) ? Urgency::emergency : Urgency::normal;
  const Result<Done> written = co_await write_as_caller(call, std::move(write), urgency);
  if (!written.ok()) co_return written.error();
  co_return co_await show_app(call);
}

Task<Result<boost::json::value>> list_app_secrets(const AdminCall& call) {
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  const auto secrets = read_value<std::vector<AppSecret>>(call.context.store, [&](ReadTx& tx) {
    Query query;
    query.prefix = keys_of(call.tenant_id(), app.id);
    if (!page.after.empty()) query.above = page.after;
    query.limit = page.limit;
    return scan_as<AppSecret>(tx, query);
  });
  if (!secrets.ok()) co_return secrets.error();
  boost::json::array shown;
  for (const AppSecret& secret : *secrets) shown.push_back(to_json(secret));
  boost::json::object answer{{"value", std::move(shown)}};
  if (secrets->size() == page.limit) answer["next"] = secrets->back().id;
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> add_app_secret(const AdminCall& call) {
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  const NewSecret secret = make_secret(call, app.id);
  auto write = [&call, app, secret](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(check_credential_guard(tx, call, app.id));
    CURFEW_TRY_STATUS(add(tx, secret.row));
    return audit_change(tx, call, "app.add_secret", app.id.str(), app.display_name);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  boost::json::object answer = to_json(secret.row);
  answer["secretText"] = secret.text;
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> remove_app_secret(const AdminCall& call) {
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  Removal removal;
  removal.kind = RemovalKind::remove_app_secret;
  removal.app_id = app.id;
  removal.object_id = call.value("key");
  Requester by = requester_of(call, [&call, id = app.id](ReadTx& tx) {
    return check_withdrawal_guard(tx, call, id, std::nullopt);
  });
  const auto done = co_await call.context.revocation.remove_one(std::move(removal), std::move(by),
                                                                current_executor());
  if (!done.ok()) co_return done.error();
  co_return boost::json::value{{"position", to_string(done->position)}};
}

Task<Result<boost::json::value>> list_assignments(const AdminCall& call) {
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  CURFEW_CO_TRY(const auto last, last_principal_of(page));
  auto answer = read_value<boost::json::object>(
      call.context.store, [&](ReadTx& tx) -> Result<boost::json::object> {
        CURFEW_TRY(const auto found,
                   assignments_after(tx, keys_of(call.tenant_id(), app.id), last, page.limit));
        boost::json::array shown;
        for (const AppAssignment& one : found) {
          boost::json::object object = to_json(one);
          CURFEW_TRY(object["principalName"], principal_name(tx, call.tenant_id(), one));
          shown.push_back(std::move(object));
        }
        boost::json::object made{{"value", std::move(shown)}};
        if (found.size() == page.limit) made["next"] = next_of(found.back());
        return made;
      });
  if (!answer.ok()) co_return answer.error();
  co_return boost::json::value(std::move(*answer));
}

Task<Result<boost::json::value>> add_assignment(const AdminCall& call) {
  const boost::json::object& body = call.body;
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  CURFEW_CO_TRY(const AppAssignment assignment, named_principal(call, app, body));
  auto write = [&call, app, assignment](WriteTx& tx) -> Result<Done> {
    if (assignment.principal_kind == PrincipalKind::user) {
      CURFEW_TRY_STATUS(check_room<AppAssignment>(
          tx, "app_assignments_by_principal",
          keys_of(call.tenant_id(), PrincipalKind::user, assignment.principal_id), "assignments"));
    }
    CURFEW_TRY_STATUS(save(tx, assignment));
    return audit_change(tx, call, "app.add_assignment", assignment.principal_id, app.display_name);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return boost::json::value(to_json(assignment));
}

Task<Result<boost::json::value>> remove_assignment(const AdminCall& call) {
  const boost::json::object& body = call.body;
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  CURFEW_CO_TRY(const AppAssignment assignment, named_principal(call, app, body));
  Removal removal;
  removal.kind = RemovalKind::remove_assignment;
  removal.app_id = app.id;
  if (assignment.principal_kind == PrincipalKind::user) {
    removal.user_id = UserId{assignment.principal_id};
  } else {
    removal.group_id = GroupId{assignment.principal_id};
  }
  const auto done = co_await call.context.revocation.remove_one(
      std::move(removal), requester_of(call), current_executor());
  if (!done.ok()) co_return done.error();
  co_return boost::json::value{{"position", to_string(done->position)}};
}

}  // namespace curfew
