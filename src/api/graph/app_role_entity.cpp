#include "api/graph/app_role_entity.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "access/granted_scopes.hpp"
#include "api/graph/app_permissions.hpp"
#include "base/text.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

struct SortWords {
  PrincipalSort sort;
  char letter;  // in ids
  std::string_view name;
};
constexpr std::array kSorts{SortWords{PrincipalSort::user, 'u', "User"},
                            SortWords{PrincipalSort::group, 'g', "Group"},
                            SortWords{PrincipalSort::service_principal, 's', "ServicePrincipal"}};
const SortWords& words_of(PrincipalSort sort) { return kSorts.at(static_cast<std::size_t>(sort)); }

// Opaque to clients, as Graph's own are.
void give_id(Assigned& one) {
  one.id = base64url_encode(std::string{words_of(one.sort).letter} + "/" + one.principal_id + "/" +
                            one.resource_id + "/" + one.role_id);
}

// Who is assigned to one resource: people and groups by the table, in slices; after them the
// applications with permissions on it, which are few.
class AssignedToCandidates final : public Candidates<Assigned> {
 public:
  explicit AssignedToCandidates(App resource) : resource_(std::move(resource)) {}

  Result<CandidateBatch<Assigned>> next(ReadTx& tx, const std::optional<PagePlace>& after,
                                        std::size_t limit) const override {
    CandidateBatch<Assigned> batch;
    if (!after || after->value != kAppsValue) {
      CURFEW_TRY_STATUS(append_rows(tx, after, limit, batch));
      if (!batch.is_end) return batch;
    }
    return append_apps(tx, after, limit, std::move(batch));
  }

 private:
  static constexpr std::string_view kAppsValue = "~";  // after "group" and "user"

  Status append_rows(ReadTx& tx, const std::optional<PagePlace>& after, std::size_t limit,
                     CandidateBatch<Assigned>& batch) const {
    constexpr std::size_t kKindColumn = 2;
    const IndexPlace index{"", &table_of<AppAssignment>(),
                           keys_of(resource_.tenant_id, resource_.id), kKindColumn,
                           kKindColumn + 1};
    CURFEW_TRY(const auto places, read_index(tx, index, ValueRange::all(), after, limit));
    batch.is_end = places.size() < limit;
    for (const PagePlace& place : places) {
      batch.last = place;
      AppAssignment row;
      row.app_id = resource_.id;
      if (!parse_enum(place.value, row.principal_kind)) continue;
      CURFEW_TRY(const auto stored, load<AppAssignment>(tx, resource_.tenant_id, resource_.id,
                                                        row.principal_kind, place.id));
      CURFEW_TRY(const auto principal, find_principal(tx, resource_.tenant_id, place.id));
      if (!stored || !principal) continue;
      batch.rows.push_back({place, assigned_of(*stored, principal->name, resource_.display_name)});
    }
    return Done{};
  }

  Result<CandidateBatch<Assigned>> append_apps(ReadTx& tx, const std::optional<PagePlace>& after,
                                               std::size_t limit,
                                               CandidateBatch<Assigned> batch) const {
    Query query;
    query.prefix = keys_of(resource_.tenant_id);  // no limit: applications are few
    CURFEW_TRY(const auto apps, scan_as<App>(tx, query));
    std::vector<Candidate<Assigned>> all;
    for (const App& client : apps) {
      for (const std::string& name : application_names(client, resource_)) {
        Assigned one = assigned_of(client, resource_, name);
        PagePlace place{std::string{kAppsValue}, one.id};
        all.push_back({std::move(place), std::move(one)});
      }
    }
    std::ranges::sort(all, {}, &Candidate<Assigned>::place);
    batch.is_end = true;
    for (Candidate<Assigned>& one : all) {
      if (after && one.place <= *after) continue;
      if (batch.rows.size() >= limit) {
        batch.is_end = false;
        break;
      }
      batch.last = one.place;
      batch.rows.push_back(std::move(one));
    }
    return batch;
  }

  App resource_;
};

using P = EntityProperty<Assigned>;
using V = const Assigned&;
using N = std::string_view;

PropertyValue text_value(std::string_view text) { return PropertyValue{text}; }

}  // namespace

std::optional<Assigned> parse_assigned_id(std::string_view id) {
  const auto decoded = base64url_decode(id);
  if (!decoded) return std::nullopt;
  const std::vector<std::string_view> parts = split(*decoded, '/');
  if (parts.size() != 4 || parts[0].size() != 1) return std::nullopt;
  const auto sort = std::ranges::find(kSorts, parts[0].front(), &SortWords::letter);
  if (sort == kSorts.end()) return std::nullopt;
  Assigned one;
  one.sort = sort->sort;
  one.principal_id = parts[1];
  one.resource_id = parts[2];
  one.role_id = parts[3];
  return one;
}

Result<std::optional<Principal>> find_principal(ReadTx& tx, const TenantId& tenant,
                                                const std::string& id) {
  CURFEW_TRY(const auto user, load<User>(tx, tenant, UserId{id}));
  if (user) return std::optional{Principal{PrincipalSort::user, id, user->display_name}};
  CURFEW_TRY(const auto group, load<Group>(tx, tenant, GroupId{id}));
  if (group) return std::optional{Principal{PrincipalSort::group, id, group->display_name}};
  CURFEW_TRY(const auto app, load<App>(tx, tenant, AppId{id}));
  if (app) return std::optional{Principal{PrincipalSort::service_principal, id, app->display_name}};
  return std::optional<Principal>{};
}

Assigned assigned_of(const AppAssignment& row, std::string principal_name,
                     std::string resource_name) {
  const bool is_user = row.principal_kind == PrincipalKind::user;
  Assigned one;
  one.sort = is_user ? PrincipalSort::user : PrincipalSort::group;
  one.principal_id = row.principal_id;
  one.resource_id = row.app_id.str();
  one.role_id = kDefaultAppRole;
  one.principal_name = std::move(principal_name);
  one.resource_name = std::move(resource_name);
  one.created_at = row.created_at;
  give_id(one);
  return one;
}

Assigned assigned_of(const App& client, const App& resource, const std::string& name) {
  Assigned one;
  one.sort = PrincipalSort::service_principal;
  one.principal_id = client.id.str();
  one.resource_id = resource.id.str();
  one.role_id = permission_id(resource, name, PermissionSort::app_role);
  one.principal_name = client.display_name;
  one.resource_name = resource.display_name;
  give_id(one);
  return one;
}

Result<std::vector<Assigned>> assigned_to_principal(ReadTx& tx, const TenantId& tenant,
                                                    const Principal& principal) {
  std::vector<Assigned> found;
  if (principal.sort == PrincipalSort::service_principal) {
    CURFEW_TRY(const App client, require<App>(tx, "application", tenant, AppId{principal.id}));
    ResourceFinder finder{tenant};
    CURFEW_TRY(const auto groups, finder.group(tx, client.application_permissions));
    for (const ResourcePermissions& one : groups) {
      for (const std::string& name : one.names) {
        found.push_back(assigned_of(client, one.resource, name));
      }
    }
    return found;
  }
  const PrincipalKind kind =
      principal.sort == PrincipalSort::user ? PrincipalKind::user : PrincipalKind::group;
  Query query;
  query.index = "app_assignments_by_principal";
  query.prefix = keys_of(tenant, kind, principal.id);  // no limit: one principal's own
  CURFEW_TRY(const auto rows, scan_as<AppAssignment>(tx, query));
  for (const AppAssignment& row : rows) {
    CURFEW_TRY(const auto app, load<App>(tx, tenant, row.app_id));
    if (app) found.push_back(assigned_of(row, principal.name, app->display_name));
  }
  return found;
}

const EntityKind<Assigned>& assigned_kind() {
  using namespace operators;
  static const EntityKind<Assigned> kind{
      "appRoleAssignment", "appRoleAssignments",
      std::vector<P>{
          {{"id", PropertyType::string, kEquality, kNone, SearchKind::none, true},
           true,
           [](V v, N) { return text_value(v.id); }},
          {{"deletedDateTime"}, true, [](V, N) { return PropertyValue{}; }},
          {{"appRoleId", PropertyType::guid, kEquality},
           true,
           [](V v, N) { return text_value(v.role_id); }},
          {{"createdDateTime", PropertyType::date_time},
           true,
           [](V v, N) { return v.created_at ? PropertyValue{*v.created_at} : PropertyValue{}; }},
          {{"principalDisplayName", PropertyType::string, kEquality | kStartsWith},
           true,
           [](V v, N) { return text_value(v.principal_name); }},
          {{"principalId", PropertyType::guid, kEquality},
           true,
           [](V v, N) { return text_value(v.principal_id); }},
          {{"principalType", PropertyType::string, kEquality},
           true,
           [](V v, N) { return text_value(words_of(v.sort).name); }},
          {{"resourceDisplayName", PropertyType::string, kEquality | kStartsWith},
           true,
           [](V v, N) { return text_value(v.resource_name); }},
          {{"resourceId", PropertyType::guid, kEquality},
           true,
           [](V v, N) { return text_value(v.resource_id); }},
      }};
  return kind;
}

std::shared_ptr<const Candidates<Assigned>> assigned_to_resource(App resource) {
  return std::make_shared<AssignedToCandidates>(std::move(resource));
}

}  // namespace curfew
