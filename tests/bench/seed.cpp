#include "tests/bench/seed.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "api/directory/directory_index.hpp"
#include "crypto/digest.hpp"
#include "crypto/password_hash.hpp"
#include "crypto/random.hpp"
#include "model/built_in_app_ids.hpp"
#include "model/role.hpp"
#include "store/schema.hpp"
#include "store/schema_device_codes.hpp"
#include "tests/bench/world.hpp"

namespace curfew::bench {

namespace {

constexpr std::size_t kRowsInOneWrite = 2'000;

// Sorted, so that a million rows are appended to their tables and not scattered over them.
std::vector<std::string> sorted_ids(std::size_t count) {
  std::vector<std::string> ids(count);
  for (std::string& id : ids) id = new_guid();
  std::sort(ids.begin(), ids.end());
  return ids;
}

// Writes `count` rows, many in each transaction; `write(tx, i)` stores number i.
template <typename Write>
Status write_many(OfflineTenant& tenant, std::size_t count, Write write) {
  for (std::size_t from = 0; from < count; from += kRowsInOneWrite) {
    const std::size_t to = std::min(count, from + kRowsInOneWrite);
    CURFEW_TRY_STATUS(tenant.store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
      for (std::size_t i = from; i < to; ++i) {
        CURFEW_TRY_STATUS(write(tx, i));
      }
      return Done{};
    }));
  }
  return Done{};
}

App app_named(const OfflineTenant& tenant, std::string name) {
  App app;
  app.tenant_id = tenant.tenant.id;
  app.id = AppId{new_guid()};
  app.display_name = std::move(name);
  app.created_at = SystemClock{}.now();
  return app;
}

Status add_with_secret(WriteTx& tx, const App& app, Client& client) {
  client = {app.id, random_token()};
  CURFEW_TRY_STATUS(add(tx, app));
  return add(tx, AppSecret{app.tenant_id, app.id, new_guid(), sha256_base64url(client.secret),
                           client.secret.substr(0, 3), std::nullopt, app.created_at});
}

App resource_named(const OfflineTenant& tenant, std::string name, TokenAlg alg) {
  App app = app_named(tenant, std::move(name));
  app.identifier_uris = {"api://" + app.id.str()};
  app.exposed_scopes = {"read", "write"};
  app.access_token_alg = alg;
  app.may_introspect = true;
  return app;
}

std::vector<std::string> all_of(const App& resource) {
  return {resource.identifier_uris.front() + "/read", resource.identifier_uris.front() + "/write"};
}

Status add_all_apps(OfflineTenant& tenant, WriteTx& tx, Apps& apps) {
  const App ledger = resource_named(tenant, "Ledger", TokenAlg::es256);
  App resource = resource_named(tenant, "Files", TokenAlg::es256);
  resource.admin_consented_scopes = all_of(ledger);
  const App rs256_resource = resource_named(tenant, "Mail", TokenAlg::rs256);
  App service = app_named(tenant, "Service");
  service.application_permissions = all_of(resource);
  for (const std::string& name : all_of(rs256_resource)) {
    service.application_permissions.push_back(name);
  }
  App web = app_named(tenant, "Web");
  web.redirect_uris = {std::string{kRedirectUri}};
  web.admin_consented_scopes = all_of(resource);
  web.allow_device_code = true;
  App revoker = app_named(tenant, "Operator");
  revoker.application_permissions = {"api://curfew/manage",
                                     std::string{kGraphResource} + "/User.Read.All"};

  apps.rs256_resource = rs256_resource.id;
  apps.ledger = ledger.id;
  CURFEW_TRY_STATUS(add_with_secret(tx, resource, apps.resource));
  CURFEW_TRY_STATUS(add(tx, rs256_resource));
  CURFEW_TRY_STATUS(add(tx, ledger));
  CURFEW_TRY_STATUS(add_with_secret(tx, service, apps.service));
  CURFEW_TRY_STATUS(add_with_secret(tx, web, apps.web));
  CURFEW_TRY_STATUS(add_with_secret(tx, revoker, apps.operator_));
  const RoleDefinition& role = definition_of(Role::global_administrator);
  return add(tx, RoleAssignment{tenant.tenant.id, revoker.id.str(),
                                RoleId{std::string{role.template_id}}, revoker.created_at});
}

Session session_of(const User& user, const std::string& id, Position as_of, TimePoint now) {
  Session session;
  session.tenant_id = user.tenant_id;
  session.id = SessionId{id};
  session.user_id = user.id;
  session.secret_hash = sha256_base64url(id);
  session.authenticator_id = user.password_id;
  session.auth_as_of = as_of;
  session.auth_time = session.created_at = session.last_seen_at = now;
  session.amr = {"pwd"};
  session.user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
  session.address = "192.0.2.7";
  session.expires_at = now + std::chrono::hours{24 * 90};
  return session;
}

std::vector<std::string> scopes_of(const Apps& apps, GrantScope scope) {
  std::vector<std::string> scopes{"offline_access", apps.scope()};
  if (scope == GrantScope::with_id_token) scopes.insert(scopes.end(), {"openid", "profile"});
  return scopes;
}

Grant grant_of(const Session& session, const Apps& apps, const std::string& id, GrantScope scope) {
  Grant grant;
  grant.tenant_id = session.tenant_id;
  grant.id = GrantId{id};
  grant.app_id = apps.web.id;
  grant.user_id = session.user_id;
  grant.session_id = session.id;
  grant.authenticator_id = session.authenticator_id;
  grant.resource = "api://" + apps.resource.id.str();
  grant.scopes = scopes_of(apps, scope);
  grant.auth_as_of = session.auth_as_of;
  grant.auth_time = session.auth_time;
  grant.amr = session.amr;
  grant.rotated_at = grant.created_at = session.created_at;
  grant.expires_at = session.expires_at;
  return grant;
}

DeviceCode approved_code(const Session& session, const Apps& apps, const std::string& code) {
  DeviceCode row;
  row.tenant_id = session.tenant_id;
  row.hash = sha256_base64url(code);
  row.user_code_mac = random_token();
  row.app_id = apps.web.id;
  row.resource = "api://" + apps.resource.id.str();
  row.scopes = scopes_of(apps, GrantScope::access_only);
  row.address = session.address;
  row.user_agent = "television/1.0";
  row.state = DeviceCodeState::approved;
  row.user_id = session.user_id;
  row.session_id = session.id;
  row.grant_id = GrantId{random_token(16)};
  row.auth_as_of = session.auth_as_of;
  row.created_at = session.created_at;
  row.expires_at = session.created_at + std::chrono::minutes{15};
  return row;
}

}  // namespace

std::string Client::form() const {
  // Neither needs escaping: a GUID and base64url.
  return "client_id=" + id.str() + "&client_secret=" + secret;
}

Result<Apps> add_apps(OfflineTenant& tenant) {
  Apps apps;
  CURFEW_TRY_STATUS(tenant.store->write_and_wait(
      Urgency::normal, [&](WriteTx& tx) { return add_all_apps(tenant, tx, apps); }));
  return apps;
}

Result<std::vector<User>> add_users(OfflineTenant& tenant, std::size_t count) {
  CURFEW_TRY(const std::string hash,
             hash_password(Secret{kPassword}, {.iterations = 1, .memory_kib = 8}));
  const TimePoint now = SystemClock{}.now();
  std::vector<User> users(count);
  const std::vector<std::string> ids = sorted_ids(count);
  for (std::size_t i = 0; i < count; ++i) {
    User& user = users[i];
    user.tenant_id = tenant.tenant.id;
    user.id = UserId{ids[i]};
    user.user_principal_name = "u" + ids[i].substr(0, 13) + "@" + std::string{kDomain};
    user.display_name = "User " + std::to_string(i);
    user.mail = user.user_principal_name;
    user.password_hash = hash;
    user.password_id = new_guid();
    user.last_password_change_at = user.created_at = now;
  }
  CURFEW_TRY_STATUS(write_many(
      tenant, count, [&](WriteTx& tx, std::size_t i) { return add_user_row(tx, users[i]); }));
  return users;
}

Result<std::vector<GrantId>> add_grants(OfflineTenant& tenant, const Apps& apps,
                                        const std::vector<User>& users, std::size_t count,
                                        GrantScope scope) {
  const TimePoint now = SystemClock{}.now();
  const Position as_of = tenant.live->head().position;
  const std::vector<std::string> session_ids = sorted_ids(count);
  const std::vector<std::string> grant_ids = sorted_ids(count);
  const auto session_at = [&](std::size_t i) {
    return session_of(users[i % users.size()], session_ids[i], as_of, now);
  };
  CURFEW_TRY_STATUS(write_many(tenant, count,
                               [&](WriteTx& tx, std::size_t i) { return add(tx, session_at(i)); }));
  CURFEW_TRY_STATUS(write_many(tenant, count, [&](WriteTx& tx, std::size_t i) {
    return add(tx, grant_of(session_at(i), apps, grant_ids[i], scope));
  }));
  std::vector<GrantId> grants;
  grants.reserve(count);
  for (const std::string& id : grant_ids) grants.emplace_back(id);
  return grants;
}

Result<std::vector<std::string>> add_device_codes(OfflineTenant& tenant, const Apps& apps,
                                                  const std::vector<User>& users,
                                                  std::size_t count) {
  const TimePoint now = SystemClock{}.now();
  const Position as_of = tenant.live->head().position;
  const std::vector<std::string> ids = sorted_ids(users.size());
  const auto session_at = [&](std::size_t i) { return session_of(users[i], ids[i], as_of, now); };
  CURFEW_TRY_STATUS(write_many(tenant, users.size(),
                               [&](WriteTx& tx, std::size_t i) { return add(tx, session_at(i)); }));
  std::vector<std::string> codes(count);
  CURFEW_TRY_STATUS(write_many(tenant, count, [&](WriteTx& tx, std::size_t i) {
    codes[i] = random_token();
    return add(tx, approved_code(session_at(i % users.size()), apps, codes[i]));
  }));
  return codes;
}

Status add_journal_entries(OfflineTenant& tenant, std::size_t count) {
  const TimePoint now = SystemClock{}.now();
  return write_many(tenant, count, [&](WriteTx& tx, std::size_t) -> Status {
    const NewEntry entry{{KeyKind::user, new_guid()}, Effect::reauth, "", std::nullopt, "bench"};
    CURFEW_TRY_STATUS(tenant.journal->append(tx, entry, now));
    return Done{};
  });
}

}  // namespace curfew::bench
