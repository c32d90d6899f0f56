#include "api/graph/group_entity.hpp"

#include <boost/json.hpp>

#include "api/directory/stored_properties.hpp"
#include "api/graph/stored_reader.hpp"
#include "base/text.hpp"

namespace curfew {

namespace {

using namespace operators;
using P = EntityProperty<GroupView>;
using View = GroupView;

constexpr Operators kText = kEquality | kGeLe | kStartsWith;
constexpr Operators kTextAdvanced = kNegations | kNull;

P stored_text(std::string_view name, SearchKind search = SearchKind::none) {
  return {{name, PropertyType::string, kText, kTextAdvanced, search}, true, &stored_value<View>};
}
P absent_text(std::string_view name) {
  return {{name, PropertyType::string, kEquality, kNegations | kNull}, true, &no_value<View>};
}
P absent_list(std::string_view name) { return {{name}, true, nullptr, &empty_list<View>}; }

// A group of this directory gives access; it has no mailbox unless somebody says so.
PropertyValue flag_or(const View& view, std::string_view name, bool otherwise) {
  const auto* value = view.stored.if_contains(name);
  const auto* flag = value == nullptr ? nullptr : value->if_bool();
  return flag != nullptr ? *flag : otherwise;
}

std::vector<P> group_properties() {
  return {
      {{"id", PropertyType::guid, kEquality, kNegations},
       true,
       [](const View& v, std::string_view) {
         return PropertyValue{std::string_view{v.group.id.str()}};
       }},
      {{"displayName", PropertyType::string, kText, kTextAdvanced, SearchKind::tokens},
       true,
       [](const View& v, std::string_view) {
         return PropertyValue{std::string_view{v.group.display_name}};
       }},
      {{"createdDateTime", PropertyType::date_time},
       true,
       [](const View& v, std::string_view) { return PropertyValue{v.group.created_at}; }},
      {{"isAssignableToRole", PropertyType::boolean, kEquality, kNegations},
       true,
       [](const View& v, std::string_view) {
         return PropertyValue{v.group.is_assignable_to_role};
       }},
      {{"mailEnabled", PropertyType::boolean, kEquality, kNegations},
       true,
       [](const View& v, std::string_view name) { return flag_or(v, name, false); }},
      {{"securityEnabled", PropertyType::boolean, kEquality, kNegations},
       true,
       [](const View& v, std::string_view name) { return flag_or(v, name, true); }},
      {{"groupTypes", PropertyType::string_collection, kEquality, kNot}, true, &stored_texts<View>},
      stored_text("description", SearchKind::tokens),
      stored_text("mailNickname"),
      stored_text("classification"),
      stored_text("preferredLanguage"),
      stored_text("theme"),
      stored_text("visibility"),
      absent_text("mail"),
      absent_text("membershipRule"),
      absent_text("membershipRuleProcessingState"),
      {{"expirationDateTime"}, true, nullptr, &null_value<View>},
      {{"renewedDateTime"}, true, nullptr, &null_value<View>},
      {{"onPremisesSyncEnabled", PropertyType::boolean, kEquality, kNegations | kNull},
       true,
       &no_value<View>},
      {{"onPremisesLastSyncDateTime"}, true, nullptr, &null_value<View>},
      absent_text("onPremisesDomainName"),
      absent_text("onPremisesNetBiosName"),
      absent_text("onPremisesSamAccountName"),
      absent_text("onPremisesSecurityIdentifier"),
      absent_list("onPremisesProvisioningErrors"),
      absent_list("proxyAddresses"),
      absent_text("preferredDataLocation"),
      absent_text("securityIdentifier"),
  };
}

ListedCandidates<Group>::Load loader(const GraphCall& call) {
  return [tenant = call.tenant_id()](ReadTx& tx, const PagePlace& place) {
    return load<Group>(tx, tenant, GroupId{place.id});
  };
}

const RoleDefinition* role_of(const std::string& id) {
  const auto role = role_by_template_id(id);
  return role ? &definition_of(*role) : nullptr;
}

std::vector<EntityProperty<RoleDefinition>> role_properties() {
  using Q = EntityProperty<RoleDefinition>;
  const auto template_id = [](const RoleDefinition& role, std::string_view /*name*/) {
    return PropertyValue{role.template_id};
  };
  const auto display_name = [](const RoleDefinition& role, std::string_view /*name*/) {
    return PropertyValue{role.display_name};
  };
  return {Q{{"id", PropertyType::guid, kEquality, kNegations}, true, template_id},
          Q{{"deletedDateTime"}, true, nullptr, &null_value<RoleDefinition>},
          Q{{"description", PropertyType::string, kEquality, kNegations}, true, display_name},
          Q{{"displayName", PropertyType::string, kEquality | kStartsWith, kNegations,
             SearchKind::tokens},
            true,
            display_name},
          Q{{"roleTemplateId", PropertyType::guid, kEquality, kNegations}, true, template_id}};
}

}  // namespace

const EntityKind<GroupView>& group_kind() {
  static const EntityKind<GroupView> kind{"group", "groups", group_properties()};
  return kind;
}

GroupView group_view(const GraphCall& /*call*/, Group group) {
  GroupView view;
  view.stored = parse_stored(group.properties);
  view.group = std::move(group);
  return view;
}

GraphResult<Group> group_of(const GraphCall& call) {
  auto group = read_value<std::optional<Group>>(call.context.store, [&](ReadTx& tx) {
    return load<Group>(tx, call.tenant_id(), GroupId{ascii_lower(call.key("group"))});
  });
  if (!group.ok()) return group.error();
  if (!*group) return GraphError::not_found(call.key("group"));
  return std::move(**group);
}

Listing<Group, GroupView> list_of_groups(const GraphCall& call) {
  Listing<Group, GroupView> listing{group_kind(), nullptr, &group_view};
  listing.candidates = std::make_shared<TableCandidates<Group>>(call.tenant_id());
  listing.is_ordered = call.options.order_by.empty();
  listing.count_all = [tenant = call.tenant_id()](ReadTx& tx) {
    Query all;
    all.table = &table_of<Group>();
    all.prefix = keys_of(tenant);
    return tx.count(all);
  };
  return listing;
}

Listing<Group, GroupView> list_of_groups(const GraphCall& call, std::vector<GroupId> ids) {
  std::vector<PagePlace> places;
  for (const GroupId& id : ids) places.push_back({"", id.str()});
  Listing<Group, GroupView> listing{group_kind(), nullptr, &group_view};
  listing.candidates = std::make_shared<ListedCandidates<Group>>(std::move(places), loader(call));
  listing.is_ordered = call.options.order_by.empty();
  return listing;
}

const EntityKind<RoleDefinition>& directory_role_kind() {
  static const EntityKind<RoleDefinition> kind{"directoryRole", "directoryRoles",
                                               role_properties()};
  return kind;
}

RoleDefinition role_view(const GraphCall& /*call*/, RoleDefinition role) { return role; }

Listing<RoleDefinition, RoleDefinition> list_of_roles(const GraphCall& call,
                                                      const std::vector<Role>& roles) {
  std::vector<PagePlace> places;
  for (const Role role : roles) {
    places.push_back({"", std::string{definition_of(role).template_id}});
  }
  Listing<RoleDefinition, RoleDefinition> listing{directory_role_kind(), nullptr, &role_view};
  listing.candidates = std::make_shared<ListedCandidates<RoleDefinition>>(
      std::move(places),
      [](ReadTx& /*tx*/, const PagePlace& place) -> Result<std::optional<RoleDefinition>> {
        const RoleDefinition* const role = role_of(place.id);
        return role == nullptr ? std::optional<RoleDefinition>{} : std::optional{*role};
      });
  listing.is_ordered = call.options.order_by.empty();
  return listing;
}

}  // namespace curfew
