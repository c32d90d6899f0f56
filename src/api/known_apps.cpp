#include "api/known_apps.hpp"

#include <mutex>
#include <optional>
#include <utility>

#include "access/granted_scopes.hpp"
#include "base/limits.hpp"
#include "protocol/jose/jwk.hpp"
#include "store/schema.hpp"
#include "store/schema_clients.hpp"

namespace curfew {

namespace {

// A name that no resource has: remembered, it says that all names are.
constexpr std::string_view kAllNames;

using Found = Result<std::optional<KnownApp>>;

Status read_keys(ReadTx& tx, const TenantId& tenant_id, const AppId& id, KnownApp& known) {
  Query query;
  query.prefix = keys_of(tenant_id, id);
  query.limit = limits::kClientKeysMax;
  CURFEW_TRY(std::vector<ClientKey> rows, scan_as<ClientKey>(tx, query));
  for (ClientKey& row : rows) {
    if (row.public_jwk.empty()) {
      known.certificate_names.push_back(std::move(row));
      continue;
    }
    CURFEW_TRY(JwsKey key, parse_public_jwk(row.public_jwk));
    known.keys.push_back({std::move(row), std::move(key)});
  }
  return Done{};
}

Found client_in(ReadTx& tx, const TenantId& tenant_id, const AppId& id) {
  CURFEW_TRY(std::optional<App> app, load<App>(tx, tenant_id, id));
  if (!app) return std::optional<KnownApp>{};
  Query query;
  query.prefix = keys_of(tenant_id, id);  // no limit: every secret of one application
  CURFEW_TRY(std::vector<AppSecret> secrets, scan_as<AppSecret>(tx, query));
  KnownApp known{*std::move(app), std::move(secrets), {}, {}};
  CURFEW_TRY_STATUS(read_keys(tx, tenant_id, id, known));
  return std::optional{std::move(known)};
}

Found resource_in(ReadTx& tx, const TenantId& tenant_id, const std::string& identifier) {
  CURFEW_TRY(std::optional<App> app, find_resource(tx, tenant_id, identifier));
  if (!app) return std::optional<KnownApp>{};
  return std::optional{KnownApp{*std::move(app), {}, {}, {}}};
}

Result<std::vector<App>> apps_of(Store& store, const TenantId& tenant_id) {
  return read_value<std::vector<App>>(store, [&](ReadTx& tx) {
    Query query;
    query.prefix = keys_of(tenant_id);  // no limit: once for each change of an application
    return scan_as<App>(tx, query);
  });
}

bool may_have_changed_apps(const WriteTx& tx) {
  return tx.may_have_changed(table_of<App>()) || tx.may_have_changed(table_of<AppSecret>()) ||
         tx.may_have_changed(table_of<ClientKey>());
}

KnownApps::Known shared(std::optional<KnownApp> found) {
  return found ? std::make_shared<const KnownApp>(*std::move(found)) : nullptr;
}

std::optional<App> app_of(const KnownApps::Known& known) {
  return known ? std::optional{known->app} : std::nullopt;
}

}  // namespace

KnownApps::Versions KnownApps::versions_now() const {
  return {store_.version(table_of<App>()), store_.version(table_of<AppSecret>()),
          store_.version(table_of<ClientKey>())};
}

template <typename Read>
Result<KnownApps::Known> KnownApps::look_up(Entries& entries, const std::string& name,
                                            const Read& read) {
  // Seen before the snapshot begins: what changes meanwhile makes the reading worth nothing later.
  const Versions versions = versions_now();
  {
    const std::shared_lock lock{mutex_};
    const auto entry = entries.find(name);
    if (entry != entries.end() && entry->second.versions == versions) return entry->second.known;
  }
  CURFEW_TRY(std::optional<KnownApp> found, read());
  if (!found) return Known{};
  Known known = shared(std::move(found));
  const std::unique_lock lock{mutex_};
  if (entries.size() >= kKnownAppsMax) entries.clear();
  entries.insert_or_assign(name, Entry{versions, known});
  return known;
}

Result<KnownApps::Known> KnownApps::client(const TenantId& tenant_id, const AppId& id) {
  return look_up(clients_, id.str(), [&] {
    return read_value<std::optional<KnownApp>>(
        store_, [&](ReadTx& tx) { return client_in(tx, tenant_id, id); });
  });
}

// Resources are named by strangers, and one that nobody is would have every application read: so
// all names are learnt in one reading, which then says of any other name that nobody has it.
Result<KnownApps::Known> KnownApps::resource(const TenantId& tenant_id,
                                             const std::string& identifier) {
  const Versions versions = versions_now();
  {
    const std::shared_lock lock{mutex_};
    for (const std::string_view name : {std::string_view{identifier}, kAllNames}) {
      const auto entry = resources_.find(std::string{name});
      if (entry != resources_.end() && entry->second.versions == versions) {
        return entry->second.known;
      }
    }
  }
  CURFEW_TRY(const std::vector<App> all, apps_of(store_, tenant_id));
  Entries names;
  names.emplace(kAllNames, Entry{versions, nullptr});
  std::vector<Known> resources;
  for (const App& app : all) {
    if (app.identifier_uris.empty() || is_gate_feed(app)) continue;
    resources.push_back(std::make_shared<const KnownApp>(KnownApp{app, {}, {}, {}}));
    names.emplace(app.id.str(), Entry{versions, resources.back()});
  }
  for (const Known& known : resources) {  // after all ids, which come before any other name
    for (const std::string& uri : known->app.identifier_uris) {
      names.emplace(uri, Entry{versions, known});
    }
  }
  const auto found = names.find(identifier);
  Known known = found == names.end() ? Known{} : found->second.known;
  const std::unique_lock lock{mutex_};
  resources_ = std::move(names);
  return known;
}

Result<KnownApps::Known> KnownApps::client(WriteTx& tx, const TenantId& tenant_id,
                                           const AppId& id) {
  const auto read = [&] { return client_in(tx, tenant_id, id); };
  if (!may_have_changed_apps(tx)) return look_up(clients_, id.str(), read);
  // What this group has changed is seen by nobody else, and may still be undone.
  CURFEW_TRY(std::optional<KnownApp> found, read());
  return shared(std::move(found));
}

Result<KnownApps::Known> KnownApps::resource(WriteTx& tx, const TenantId& tenant_id,
                                             const std::string& identifier) {
  const auto read = [&] { return resource_in(tx, tenant_id, identifier); };
  if (!may_have_changed_apps(tx)) return look_up(resources_, identifier, read);
  CURFEW_TRY(std::optional<KnownApp> found, read());
  return shared(std::move(found));
}

Result<std::optional<App>> KnownAppSource::client(const TenantId& tenant_id, const AppId& id) {
  CURFEW_TRY(const KnownApps::Known known, apps_.client(tx_, tenant_id, id));
  return app_of(known);
}

Result<std::optional<App>> KnownAppSource::resource(const TenantId& tenant_id,
                                                    const std::string& identifier) {
  CURFEW_TRY(const KnownApps::Known known, apps_.resource(tx_, tenant_id, identifier));
  return app_of(known);
}

}  // namespace curfew
