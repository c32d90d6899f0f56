#include "api/graph/permission_grant_entity.hpp"

#include <algorithm>
#include <utility>

#include "api/graph/app_permissions.hpp"
#include "base/text.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

// What an application may do for everybody, or for whom a consent is; one grant for each resource.
Result<std::vector<PermissionGrant>> grants_in(ReadTx& tx, ResourceFinder& finder,
                                               const AppId& client,
                                               const std::optional<UserId>& principal,
                                               const std::vector<std::string>& entries) {
  CURFEW_TRY(auto groups, finder.group(tx, entries));
  std::vector<PermissionGrant> grants;
  for (ResourcePermissions& one : groups) {
    grants.push_back(make_grant(client, one.resource, principal, std::move(one.names)));
  }
  return grants;
}

// First what administrators agreed to for everybody, by application; then consents, by an index. A
// row gives several grants, so a place names the row and the resource: "<row's id>/<resource>".
class GrantCandidates final : public Candidates<PermissionGrant> {
 public:
  GrantCandidates(TenantId tenant_id, GrantSource source)
      : tenant_id_(std::move(tenant_id)), source_(std::move(source)) {}

  Result<CandidateBatch<PermissionGrant>> next(ReadTx& tx, const std::optional<PagePlace>& after,
                                               std::size_t limit) const override {
    ResourceFinder finder{tenant_id_};
    Reading reading{tx, finder, after, limit, {}};
    const bool is_past_apps = after && after->value != kEverybody;
    if (!is_past_apps && !source_.principal_id) {
      CURFEW_TRY(const bool ended, append_everybody(reading));
      if (!ended) return std::move(reading.batch);
      if (!is_past_apps) reading.after.reset();
    }
    CURFEW_TRY(reading.batch.is_end, append_consents(reading));
    return std::move(reading.batch);
  }

 private:
  static constexpr std::string_view kEverybody = "a";
  static constexpr std::string_view kConsents = "c";
  static constexpr std::string_view kLast = "~";  // after every resource of a row

  struct Reading {
    ReadTx& tx;
    ResourceFinder& finder;
    std::optional<PagePlace> after;
    std::size_t limit = 0;
    CandidateBatch<PermissionGrant> batch;

    // {"<row's id>", "<resource>"} of the place to go on from.
    [[nodiscard]] std::pair<std::string, std::string> row_after() const {
      const std::size_t slash = after ? after->id.find('/') : std::string::npos;
      if (slash == std::string::npos) return {};
      return {after->id.substr(0, slash), after->id.substr(slash + 1)};
    }
    void append(const std::string& value, const std::string& row_id,
                std::vector<PermissionGrant> grants, const std::string& above = "") {
      for (PermissionGrant& grant : grants) {
        if (grant.resource_id <= above) continue;
        const PagePlace place{value, row_id + "/" + grant.resource_id};
        batch.rows.push_back({place, std::move(grant)});
      }
      batch.last = {value, row_id + "/" + std::string{kLast}};
    }
  };

  Status append_app(Reading& reading, const App& app, const std::string& above) const {
    CURFEW_TRY(auto grants, grants_in(reading.tx, reading.finder, app.id, std::nullopt,
                                      app.admin_consented_scopes));
    reading.append(std::string{kEverybody}, app.id.str(), std::move(grants), above);
    return Done{};
  }

  // Whether no more applications follow.
  Result<bool> append_everybody(Reading& reading) const {
    const auto [row, resource] = reading.row_after();
    const std::string& one = source_.client_id ? *source_.client_id : row;
    if (!one.empty()) {
      CURFEW_TRY(const auto app, load<App>(reading.tx, tenant_id_, AppId{one}));
      if (app) {
        CURFEW_TRY_STATUS(append_app(reading, *app, resource));
      }
      if (source_.client_id) return true;
    }
    Query query;
    query.prefix = keys_of(tenant_id_);
    if (!row.empty()) query.above = row;
    query.limit = reading.limit;
    CURFEW_TRY(const auto apps, scan_as<App>(reading.tx, query));
    for (const App& app : apps) {
      CURFEW_TRY_STATUS(append_app(reading, app, ""));
    }
    return apps.size() < query.limit;
  }

  Status append_consent(Reading& reading, const PagePlace& place, const std::string& above) const {
    const bool by_app = is_by_app();
    const UserId user{by_app ? place.id : place.value};
    const AppId app{by_app ? place.value : place.id};
    CURFEW_TRY(const auto consent, load<Consent>(reading.tx, tenant_id_, user, app));
    std::vector<PermissionGrant> grants;
    if (consent) {
      CURFEW_TRY(grants,
                 grants_in(reading.tx, reading.finder, app, consent->user_id, consent->scopes));
    }
    reading.append(std::string{kConsents} + place.value, place.id, std::move(grants), above);
    return Done{};
  }

  [[nodiscard]] bool is_by_app() const { return source_.client_id && !source_.principal_id; }

  // Whether no more consents follow.
  Result<bool> append_consents(Reading& reading) const {
    std::optional<PagePlace> after;
    if (reading.after) {
      const auto [row, resource] = reading.row_after();
      after = PagePlace{reading.after->value.substr(kConsents.size()), row};
      CURFEW_TRY_STATUS(append_consent(reading, *after, resource));
    }
    constexpr std::size_t kUserColumn = 1;
    constexpr std::size_t kAppColumn = 2;
    const bool by_app = is_by_app();
    const IndexPlace index{by_app ? "consents_by_app" : "", &table_of<Consent>(),
                           keys_of(tenant_id_), by_app ? kAppColumn : kUserColumn,
                           by_app ? kUserColumn : kAppColumn};
    const std::string wanted = source_.principal_id.value_or(source_.client_id.value_or(""));
    CURFEW_TRY(const auto places, read_index(reading.tx, index, ValueRange::starting_with(wanted),
                                             after, reading.limit));
    for (const PagePlace& place : places) {
      CURFEW_TRY_STATUS(append_consent(reading, place, ""));
    }
    return places.size() < reading.limit;
  }

  TenantId tenant_id_;
  GrantSource source_;
};

using P = EntityProperty<PermissionGrant>;
using V = const PermissionGrant&;
using N = std::string_view;

}  // namespace

PermissionGrant make_grant(const AppId& client, const App& resource,
                           const std::optional<UserId>& principal, std::vector<std::string> names) {
  PermissionGrant grant;
  grant.client_id = client.str();
  grant.resource_id = resource.id.str();
  if (principal) grant.principal_id = principal->str();
  grant.scope = join(names, " ");
  grant.names = std::move(names);
  grant.id = base64url_encode(grant.client_id + "/" + grant.resource_id + "/" +
                              grant.principal_id.value_or(""));
  return grant;
}

std::optional<PermissionGrant> parse_grant_id(std::string_view id) {
  const auto decoded = base64url_decode(id);
  if (!decoded) return std::nullopt;
  const std::vector<std::string_view> parts = split(*decoded, '/');
  if (parts.size() != 3) return std::nullopt;
  PermissionGrant named;
  named.client_id = parts[0];
  named.resource_id = parts[1];
  if (!parts[2].empty()) named.principal_id = std::string{parts[2]};
  return named;
}

const EntityKind<PermissionGrant>& permission_grant_kind() {
  using namespace operators;
  static const EntityKind<PermissionGrant> kind{
      "oAuth2PermissionGrant", "oauth2PermissionGrants",
      std::vector<P>{
          {{"id", PropertyType::string, kEquality, kNone, SearchKind::none, true},
           true,
           [](V v, N) { return PropertyValue{std::string_view{v.id}}; }},
          {{"clientId", PropertyType::guid, kEquality},
           true,
           [](V v, N) { return PropertyValue{std::string_view{v.client_id}}; }},
          {{"consentType", PropertyType::string, kEquality},
           true,
           [](V v, N) {
             return PropertyValue{std::string_view{v.principal_id ? "Principal" : "AllPrincipals"}};
           }},
          {{"principalId", PropertyType::guid, kEquality | kNull},
           true,
           [](V v, N) {
             return v.principal_id ? PropertyValue{std::string_view{*v.principal_id}}
                                   : PropertyValue{};
           }},
          {{"resourceId", PropertyType::guid, kEquality},
           true,
           [](V v, N) { return PropertyValue{std::string_view{v.resource_id}}; }},
          {{"scope", PropertyType::string, kEquality},
           true,
           [](V v, N) { return PropertyValue{std::string_view{v.scope}}; }},
      }};
  return kind;
}

Result<std::optional<PermissionGrant>> find_grant(ReadTx& tx, const TenantId& tenant,
                                                  const PermissionGrant& named) {
  const AppId client{named.client_id};
  std::optional<UserId> principal;
  std::vector<std::string> entries;
  if (named.principal_id) {
    principal = UserId{*named.principal_id};
    CURFEW_TRY(const auto consent, load<Consent>(tx, tenant, *principal, client));
    if (consent) entries = consent->scopes;
  } else {
    CURFEW_TRY(const auto app, load<App>(tx, tenant, client));
    if (app) entries = app->admin_consented_scopes;
  }
  ResourceFinder finder{tenant};
  CURFEW_TRY(auto grants, grants_in(tx, finder, client, principal, entries));
  for (PermissionGrant& grant : grants) {
    if (grant.resource_id == named.resource_id) return std::optional{std::move(grant)};
  }
  return std::optional<PermissionGrant>{};
}

std::shared_ptr<const Candidates<PermissionGrant>> grants_of(TenantId tenant_id,
                                                             GrantSource source) {
  return std::make_shared<GrantCandidates>(std::move(tenant_id), std::move(source));
}

}  // namespace curfew
