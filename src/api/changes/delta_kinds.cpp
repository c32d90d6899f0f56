#include "api/changes/delta_kind.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "api/builtin_apps.hpp"
#include "api/graph/app_entity.hpp"
#include "api/graph/app_permissions.hpp"
#include "api/graph/device_entity.hpp"
#include "api/graph/group_entity.hpp"
#include "api/graph/permission_grant_entity.hpp"
#include "api/graph/user_entity.hpp"
#include "base/text.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

template <typename T>
using Loader = std::function<Result<std::optional<T>>(ReadTx&, const std::string& id)>;
using IdsOf = std::function<Result<std::vector<std::string>>(ReadTx&, const DirectoryChange&)>;

// Objects of a kind that a list shows too.
template <typename T, typename View>
class ListedDelta : public DeltaKind {
 public:
  ListedDelta(const GraphCall& call, Listing<T, View> listing, Loader<T> load, IdsOf ids_of)
      : call_(call),
        listing_(std::move(listing)),
        load_(std::move(load)),
        ids_of_(std::move(ids_of)) {}

  [[nodiscard]] std::string_view type() const override { return listing_.kind.type(); }
  [[nodiscard]] bool has_members() const override { return false; }
  [[nodiscard]] bool has_property(std::string_view name) const override {
    return find_property(listing_.kind.rules(), name).has_value();
  }

  GraphResult<Done> select(const std::vector<std::string>& names) override {
    std::vector<std::string> wanted = names;
    std::erase_if(wanted, [this](const std::string& name) {
      return has_members() && ascii_iequals(name, "members");
    });
    // `members` alone is no selection of properties; the id is always shown.
    if (!names.empty()) wanted.emplace_back("id");
    CURFEW_TRY(selection_, listing_.kind.select(wanted));
    return Done{};
  }

  Result<DeltaBatch> next(ReadTx& tx, const std::optional<PagePlace>& after,
                          std::size_t limit) const override {
    CURFEW_TRY(auto batch, listing_.candidates->next(tx, after, limit));
    DeltaBatch found{{}, batch.last, batch.is_end};
    for (Candidate<T>& row : batch.rows) {
      found.rows.emplace_back(row.place, object_of(std::move(row.object)));
    }
    return found;
  }
  Result<std::optional<DeltaObject>> find(ReadTx& tx, const std::string& id) const override {
    CURFEW_TRY(std::optional<T> row, load_(tx, id));
    return row ? std::optional{object_of(std::move(*row))} : std::nullopt;
  }
  Result<std::vector<std::string>> ids_of(ReadTx& tx,
                                          const DirectoryChange& change) const override {
    return ids_of_(tx, change);
  }
  Result<bool> can_be_restored(ReadTx& /*tx*/, const std::string& /*id*/) const override {
    return false;
  }
  Result<std::vector<DeltaMember>> members(ReadTx& /*tx*/, const std::string& /*id*/,
                                           const std::string& /*after*/,
                                           std::size_t /*limit*/) const override {
    return std::vector<DeltaMember>{};
  }
  Result<DeltaMember> member(ReadTx& /*tx*/, const std::string& /*id*/,
                             const std::string& member_id) const override {
    return DeltaMember{member_id, "directoryObject", false};
  }

 protected:
  [[nodiscard]] const TenantId& tenant() const { return call_.tenant_id(); }

 private:
  static std::string id_of(const User& user) { return user.id.str(); }
  static std::string id_of(const Group& group) { return group.id.str(); }
  static std::string id_of(const Device& device) { return device.object_id; }
  static std::string id_of(const App& app) { return app.id.str(); }
  static std::string id_of(const RoleDefinition& role) { return std::string{role.template_id}; }
  static std::string id_of(const PermissionGrant& grant) { return grant.id; }

  [[nodiscard]] DeltaObject object_of(T row) const {
    DeltaObject object;
    object.id = id_of(row);
    auto kept = std::make_shared<T>(std::move(row));
    object.show = [this, kept] {
      return listing_.kind.show(listing_.view(call_, *kept), selection_);
    };
    return object;
  }

  const GraphCall& call_;
  Listing<T, View> listing_;
  Loader<T> load_;
  IdsOf ids_of_;
  Selection selection_;
};

IdsOf of_kind(std::string_view kind) {
  return [kind](ReadTx& /*tx*/, const DirectoryChange& change) -> Result<std::vector<std::string>> {
    if (change.object_kind != kind) return std::vector<std::string>{};
    return std::vector<std::string>{change.object_id};
  };
}

class UserDelta final : public ListedDelta<User, UserView> {
 public:
  explicit UserDelta(const GraphCall& call)
      : ListedDelta(
            call,
            {user_kind(), std::make_shared<TableCandidates<User>>(call.tenant_id()), &user_view},
            [tenant = call.tenant_id()](ReadTx& tx, const std::string& id) {
              return load<User>(tx, tenant, UserId{id});
            },
            of_kind("user")) {}
  Result<bool> can_be_restored(ReadTx& tx, const std::string& id) const override {
    CURFEW_TRY(const auto deleted, load<DeletedUser>(tx, tenant(), UserId{id}));
    return deleted.has_value();
  }
};

class GroupDelta final : public ListedDelta<Group, GroupView> {
 public:
  explicit GroupDelta(const GraphCall& call)
      : ListedDelta(
            call,
            {group_kind(), std::make_shared<TableCandidates<Group>>(call.tenant_id()), &group_view},
            [tenant = call.tenant_id()](ReadTx& tx, const std::string& id) {
              return load<Group>(tx, tenant, GroupId{id});
            },
            of_kind("group")) {}
  [[nodiscard]] bool has_members() const override { return true; }
  Result<std::vector<DeltaMember>> members(ReadTx& tx, const std::string& id,
                                           const std::string& after,
                                           std::size_t limit) const override {
    Query query;
    query.prefix = keys_of(tenant(), GroupId{id});
    if (!after.empty()) query.above = after;
    query.limit = limit;
    CURFEW_TRY(const auto rows, scan_as<GroupMember>(tx, query));
    std::vector<DeltaMember> found;
    for (const GroupMember& row : rows) found.push_back({row.user_id.str(), "user", true});
    return found;
  }
  Result<DeltaMember> member(ReadTx& tx, const std::string& id,
                             const std::string& member_id) const override {
    CURFEW_TRY(const auto row, load<GroupMember>(tx, tenant(), GroupId{id}, UserId{member_id}));
    return DeltaMember{member_id, "user", row.has_value()};
  }
};

std::vector<Role> all_roles() {
  std::vector<Role> roles;
  for (const RoleDefinition& definition : built_in_roles()) roles.push_back(definition.role);
  return roles;
}

class RoleDelta final : public ListedDelta<RoleDefinition, RoleDefinition> {
 public:
  explicit RoleDelta(const GraphCall& call)
      : ListedDelta(call, list_of_roles(call, all_roles()), &find_role, &ids) {}
  [[nodiscard]] bool has_members() const override { return true; }
  Result<std::vector<DeltaMember>> members(ReadTx& tx, const std::string& id,
                                           const std::string& after,
                                           std::size_t limit) const override {
    Query query;
    query.index = "role_assignments_by_role";
    query.prefix = keys_of(tenant(), RoleId{id});
    if (!after.empty()) query.above = after;
    query.limit = limit;
    CURFEW_TRY(const auto rows, scan_as<RoleAssignment>(tx, query));
    std::vector<DeltaMember> found;
    for (const RoleAssignment& row : rows) {
      CURFEW_TRY(std::string type, type_of(tx, row.principal_id));
      found.push_back({row.principal_id, std::move(type), true});
    }
    return found;
  }
  Result<DeltaMember> member(ReadTx& tx, const std::string& id,
                             const std::string& member_id) const override {
    CURFEW_TRY(const auto row, load<RoleAssignment>(tx, tenant(), member_id, RoleId{id}));
    CURFEW_TRY(std::string type, type_of(tx, member_id));
    return DeltaMember{member_id, std::move(type), row.has_value()};
  }

 private:
  static Result<std::optional<RoleDefinition>> find_role(ReadTx& /*tx*/, const std::string& id) {
    const auto role = role_by_template_id(id);
    return role ? std::optional{definition_of(*role)} : std::nullopt;
  }
  static Result<std::vector<std::string>> ids(ReadTx& /*tx*/, const DirectoryChange& change) {
    const bool is_role =
        change.object_kind == "directoryRole" && role_by_template_id(change.object_id);
    return is_role ? std::vector<std::string>{change.object_id} : std::vector<std::string>{};
  }
  Result<std::string> type_of(ReadTx& tx, const std::string& principal) const {
    CURFEW_TRY(const auto app, load<App>(tx, tenant(), AppId{principal}));
    return std::string{app ? "servicePrincipal" : "user"};
  }
};

Loader<App> load_app(const GraphCall& call, bool with_built_in) {
  return [tenant = call.tenant_id(), with_built_in](
             ReadTx& tx, const std::string& id) -> Result<std::optional<App>> {
    if (!with_built_in && is_built_in(AppId{id})) return std::optional<App>{};
    return load<App>(tx, tenant, AppId{id});
  };
}

IdsOf of_app(bool with_built_in) {
  return [with_built_in](ReadTx& /*tx*/,
                         const DirectoryChange& change) -> Result<std::vector<std::string>> {
    const bool is_meant = change.object_kind == "application" &&
                          (with_built_in || !is_built_in(AppId{change.object_id}));
    return is_meant ? std::vector<std::string>{change.object_id} : std::vector<std::string>{};
  };
}

// The entries that came or went, by their resource: one grant for each.
Result<std::vector<std::string>> grants_of_change(const TenantId& tenant, ReadTx& tx,
                                                  const DirectoryChange& change) {
  const bool is_consent = change.object_kind == "oAuth2PermissionGrant";
  if (!is_consent && change.object_kind != "application") return std::vector<std::string>{};
  const std::string_view column = is_consent ? "scopes=" : "admin_consented_scopes=";
  std::vector<std::string> entries;
  for (const std::string& name : change.changed) {
    if (name.starts_with(column)) entries.push_back(name.substr(column.size()));
  }
  ResourceFinder finder{tenant};
  CURFEW_TRY(const auto groups, finder.group(tx, entries));
  std::optional<UserId> principal;
  if (is_consent) principal = UserId{change.link_id};
  std::vector<std::string> ids;
  for (const ResourcePermissions& one : groups) {
    ids.push_back(make_grant(AppId{change.object_id}, one.resource, principal, {}).id);
  }
  return ids;
}

std::unique_ptr<DeltaKind> grant_delta(const GraphCall& call) {
  const TenantId tenant = call.tenant_id();
  Listing<PermissionGrant, PermissionGrant> listing{
      permission_grant_kind(), grants_of(tenant, {}),
      [](const GraphCall& /*call*/, PermissionGrant grant) { return grant; }};
  Loader<PermissionGrant> load =
      [tenant](ReadTx& tx, const std::string& id) -> Result<std::optional<PermissionGrant>> {
    const auto named = parse_grant_id(id);
    return named ? find_grant(tx, tenant, *named) : Result{std::optional<PermissionGrant>{}};
  };
  return std::make_unique<ListedDelta<PermissionGrant, PermissionGrant>>(
      call, std::move(listing), std::move(load),
      [tenant](ReadTx& tx, const DirectoryChange& change) {
        return grants_of_change(tenant, tx, change);
      });
}

std::unique_ptr<DeltaKind> device_delta(const GraphCall& call) {
  return std::make_unique<ListedDelta<Device, DeviceView>>(
      call, list_of_devices(call),
      [tenant = call.tenant_id()](ReadTx& tx, const std::string& id) {
        return find_graph_device(tx, tenant, id);
      },
      of_kind("device"));
}

std::unique_ptr<DeltaKind> service_principal_delta(const GraphCall& call) {
  return std::make_unique<ListedDelta<App, AppView>>(call, list_of_service_principals(call),
                                                     load_app(call, true), of_app(true));
}

std::unique_ptr<DeltaKind> application_delta(const GraphCall& call) {
  return std::make_unique<ListedDelta<App, AppView>>(call, list_of_applications(call),
                                                     load_app(call, false), of_app(false));
}

using Kinds = std::vector<std::unique_ptr<DeltaKind>>;

}  // namespace

std::vector<std::unique_ptr<DeltaKind>> delta_kinds(const GraphCall& call,
                                                    std::string_view collection) {
  Kinds kinds;
  // An application has the id of its service principal: among objects of all kinds it is there
  // once.
  const bool is_all = collection == "directoryObjects";
  if (is_all || collection == "users") kinds.push_back(std::make_unique<UserDelta>(call));
  if (is_all || collection == "groups") kinds.push_back(std::make_unique<GroupDelta>(call));
  if (is_all || collection == "devices") kinds.push_back(device_delta(call));
  if (is_all || collection == "directoryRoles") kinds.push_back(std::make_unique<RoleDelta>(call));
  if (is_all || collection == "servicePrincipals") kinds.push_back(service_principal_delta(call));
  if (collection == "applications") kinds.push_back(application_delta(call));
  if (collection == "oauth2PermissionGrants") kinds.push_back(grant_delta(call));
  return kinds;
}

std::optional<std::string> graph_name_of(std::string_view changed) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kNames{{
      {"password_hash", ""},
      {"password_id", ""},
      {"secret_hash", ""},
      {"break_glass", ""},
      {"force_change_password", "passwordProfile"},
      {"sign_in_sessions_valid_from", "signInSessionsValidFromDateTime"},
      {"registered_at", "registrationDateTime"},
      {"operating_system", "operatingSystem"},
      {"created_at", "createdDateTime"},
  }};
  const std::string_view name = changed.substr(0, changed.find('='));
  for (const auto& [column, graph] : kNames) {
    if (column == name) return graph.empty() ? std::nullopt : std::optional{std::string{graph}};
  }
  std::string made;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool is_word = name[i] == '_' && i + 1 < name.size();
    made += is_word ? ascii_upper(name[++i]) : name[i];
  }
  if (name.ends_with("_at")) made.replace(made.size() - 2, 2, "DateTime");
  return made;
}

}  // namespace curfew
