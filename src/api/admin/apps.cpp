#include "api/admin/apps.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>

#include "api/admin/app_body.hpp"
#include "api/admin/directory_lookup.hpp"
#include "api/admin/object_json.hpp"
#include "api/admin/page_place.hpp"
#include "api/directory/app_changes.hpp"
#include "api/targets/command_endpoint.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "protocol/json/members.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

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
  if (app.client_type == ClientType::confidential) secret = make_app_secret(call.context, app.id);
  const Result<Done> written = co_await write_new_app(call, app, secret);
  if (!written.ok()) co_return written.error();
  boost::json::object answer = to_json(app);
  answer["client"] = client_configuration(call, app, secret ? secret->text : "");
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> show_app(const AdminCall& call) {
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  CURFEW_CO_TRY(const auto command_endpoint, command_endpoint_of(call.context, app.id));
  boost::json::object shown = to_json(app);
  if (command_endpoint) shown["commandEndpoint"] = *command_endpoint;
  shown["client"] = client_configuration(call, app, "");
  co_return boost::json::value(std::move(shown));
}

Task<Result<boost::json::value>> change_app(const AdminCall& call) {
  const boost::json::object& body = call.body;
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  CURFEW_CO_TRY(const auto enabled, get_optional_bool(body, "accountEnabled"));
  CURFEW_CO_TRY(const auto endpoint, get_optional_string(body, "commandEndpoint"));
  const AppChange change = [&body](App& changed) { return apply_app_body(body, changed); };
  const Result<App> wanted = co_await checked_app_change(call, app, change);
  if (!wanted.ok()) co_return wanted.error();
  // Each in a transaction of its own, so whatever could be refused was looked at before.
  if (endpoint) {
    const Result<Done> done = co_await write_command_endpoint(call, app, *endpoint);
    if (!done.ok()) co_return done.error();
  }
  if (enabled) {
    const Status done = co_await set_app_enabled(call, app, *enabled);
    if (!done.ok()) co_return done.error();
  }
  const std::size_t apart = (endpoint ? 1U : 0U) + (enabled ? 1U : 0U);
  if (apart != 0 && body.size() == apart) co_return co_await show_app(call);  // that was all
  const Urgency urgency = outdates_tokens(app, *wanted) ? Urgency::emergency : Urgency::normal;
  const Result<Done> written = co_await write_app_change(call, app.id, change, urgency);
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
  const NewSecret secret = make_app_secret(call.context, app.id);
  const Result<Done> written = co_await write_app_secret(call, app, secret);
  if (!written.ok()) co_return written.error();
  boost::json::object answer = to_json(secret.row);
  answer["secretText"] = secret.text;
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> remove_app_secret(const AdminCall& call) {
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  const auto done = co_await take_app_secret(call, app.id, call.value("key"));
  if (!done.ok() && done.error().code() == ErrorCode::not_found) {
    co_return Error::permanent(ErrorCode::not_found, done.error().message() +
                                                         ": `curfew app show " +
                                                         escape_for_display(call.value("id")) +
                                                         "` lists them by their ids");
  }
  if (!done.ok()) co_return done.error();
  co_return boost::json::value{{"position", to_string(*done)}};
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
  const Result<Done> written = co_await write_app_assignment(call, app, assignment);
  if (!written.ok()) co_return written.error();
  co_return boost::json::value(to_json(assignment));
}

Task<Result<boost::json::value>> remove_assignment(const AdminCall& call) {
  const boost::json::object& body = call.body;
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  CURFEW_CO_TRY(const AppAssignment assignment, named_principal(call, app, body));
  const auto done = co_await take_app_assignment(call, assignment);
  if (!done.ok()) co_return done.error();
  co_return boost::json::value{{"position", to_string(*done)}};
}

}  // namespace curfew
