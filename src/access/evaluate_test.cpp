#include "access/evaluate.hpp"

#include <doctest/doctest.h>

#include "model/built_in_app_ids.hpp"
#include "model/role.hpp"
#include "store/schema.hpp"

namespace curfew {
namespace {

// One bit for each condition that the rules look at; every combination of them is tried.
enum Bit : unsigned {
  user_named = 1U << 0,
  user_there = 1U << 1,
  user_enabled = 1U << 2,
  client_enabled = 1U << 3,
  has_resource = 1U << 4,
  resource_enabled = 1U << 5,
  device_named = 1U << 6,
  device_there = 1U << 7,
  device_enabled = 1U << 8,
  assignment_required = 1U << 9,
  assigned = 1U << 10,
  must_change = 1U << 11,
  is_admin_api = 1U << 12,
  has_role = 1U << 13,
  combinations = 1U << 14,
};

AccessFacts facts_with(unsigned bits) {
  AccessFacts facts;
  facts.user_was_named = (bits & user_named) != 0;
  if ((bits & user_named) != 0 && (bits & user_there) != 0) {
    facts.user.emplace();
    facts.user->account_enabled = (bits & user_enabled) != 0;
    facts.user->force_change_password = (bits & must_change) != 0;
  }
  facts.client.account_enabled = (bits & client_enabled) != 0;
  facts.client.assignment_required = (bits & assignment_required) != 0;
  if ((bits & has_resource) != 0) {
    facts.resource.emplace();
    facts.resource->account_enabled = (bits & resource_enabled) != 0;
    facts.resource->id = AppId{(bits & is_admin_api) != 0 ? std::string{kAdminApiAppId} : "files"};
  }
  facts.device_was_named = (bits & device_named) != 0;
  if ((bits & device_there) != 0) {
    facts.device.emplace();
    facts.device->account_enabled = (bits & device_enabled) != 0;
  }
  facts.assigned = (bits & assigned) != 0;
  facts.has_directory_role = (bits & has_role) != 0;
  return facts;
}

// The same decision said another way: access needs every one of these.
bool should_be_granted(unsigned bits) {
  const auto has = [bits](Bit bit) { return (bits & bit) != 0; };
  const bool by_itself = !has(user_named);
  const bool user_fine = by_itself || (has(user_there) && has(user_enabled) && !has(must_change));
  const bool assignment_fine = by_itself || !has(assignment_required) || has(assigned);
  const bool resource_fine = !has(has_resource) || has(resource_enabled);
  const bool device_fine = !has(device_named) || (has(device_there) && has(device_enabled));
  const bool role_fine = by_itself || !has(has_resource) || !has(is_admin_api) || has(has_role);
  return user_fine && assignment_fine && role_fine && resource_fine && device_fine &&
         has(client_enabled);
}

TEST_CASE("access is granted in exactly the combinations where nothing speaks against it") {
  unsigned granted = 0;
  for (unsigned bits = 0; bits < combinations; ++bits) {
    const bool answer = !evaluate_access(facts_with(bits)).has_value();
    if (answer != should_be_granted(bits)) FAIL_CHECK("wrong for combination " << bits);
    granted += answer ? 1 : 0;
  }
  CHECK(granted > 0);
}

TEST_CASE("the refusal names what speaks against it") {
  constexpr unsigned fine = user_named | user_there | user_enabled | client_enabled | has_resource |
                            resource_enabled | device_named | device_there | device_enabled |
                            assignment_required | assigned | is_admin_api | has_role;
  REQUIRE_FALSE(evaluate_access(facts_with(fine)));
  CHECK(evaluate_access(facts_with(fine & ~user_there)) == AccessRefusal::user_missing);
  CHECK(evaluate_access(facts_with(fine & ~user_enabled)) == AccessRefusal::user_disabled);
  CHECK(evaluate_access(facts_with(fine & ~client_enabled)) == AccessRefusal::client_disabled);
  CHECK(evaluate_access(facts_with(fine & ~resource_enabled)) == AccessRefusal::resource_disabled);
  CHECK(evaluate_access(facts_with(fine & ~device_there)) == AccessRefusal::device_disabled);
  CHECK(evaluate_access(facts_with(fine & ~device_enabled)) == AccessRefusal::device_disabled);
  CHECK(evaluate_access(facts_with(fine & ~assigned)) == AccessRefusal::not_assigned);
  CHECK(evaluate_access(facts_with(fine & ~has_role)) == AccessRefusal::no_directory_role);
  CHECK(evaluate_access(facts_with(fine | must_change)) == AccessRefusal::must_change_password);
}

struct Directory {
  std::unique_ptr<Store> store = make_memory_store();
  TenantId tenant{"t"};
  App client = app("client");
  App resource = app("resource");

  App app(const std::string& id) const {
    App made;
    made.tenant_id = tenant;
    made.id = AppId{id};
    return made;
  }
  template <typename T>
  void put(const T& object) {
    REQUIRE(store->write_and_wait(Urgency::normal, [&](WriteTx& tx) { return save(tx, object); }));
  }
  Result<AccessFacts> facts(const AccessQuery& query) {
    return read_value<AccessFacts>(*store,
                                   [&](ReadTx& tx) { return load_access_facts(tx, query); });
  }
};

AccessQuery query_for(const Directory& directory) {
  AccessQuery query;
  query.tenant_id = directory.tenant;
  query.user_id = UserId{"u"};
  query.client_id = directory.client.id;
  return query;
}

TEST_CASE("assignment counts directly and through any group, for the required client only") {
  Directory directory;
  directory.client.assignment_required = true;
  directory.put(directory.client);
  User user;
  user.tenant_id = directory.tenant;
  user.id = UserId{"u"};
  directory.put(user);
  const AccessQuery query = query_for(directory);
  CHECK_FALSE(directory.facts(query)->assigned);

  directory.put(GroupMember{directory.tenant, GroupId{"g1"}, user.id, {}});
  directory.put(GroupMember{directory.tenant, GroupId{"g2"}, user.id, {}});
  CHECK_FALSE(directory.facts(query)->assigned);
  directory.put(
      AppAssignment{directory.tenant, directory.client.id, PrincipalKind::group, "g2", {}});
  CHECK(directory.facts(query)->assigned);

  AccessQuery other = query;
  other.user_id = UserId{"someone"};
  CHECK_FALSE(directory.facts(other)->assigned);
  directory.put(
      AppAssignment{directory.tenant, directory.client.id, PrincipalKind::user, "someone", {}});
  CHECK(directory.facts(other)->assigned);
}

TEST_CASE("a person's directory role counts for the administrator's API, and is read there alone") {
  Directory directory;
  directory.put(directory.client);
  directory.resource.identifier_uris = {"api://resource"};
  directory.put(directory.resource);
  App api = directory.app(std::string{kAdminApiAppId});
  api.identifier_uris = {"api://curfew"};
  directory.put(api);
  AccessQuery query = query_for(directory);
  query.resource = "api://curfew";
  CHECK_FALSE(directory.facts(query)->has_directory_role);
  directory.put(RoleAssignment{directory.tenant, "u", RoleId{"no-built-in-role"}, {}});
  CHECK_FALSE(directory.facts(query)->has_directory_role);
  const RoleId role{std::string{definition_of(Role::helpdesk_administrator).template_id}};
  directory.put(RoleAssignment{directory.tenant, "u", role, {}});
  CHECK(directory.facts(query)->has_directory_role);

  AccessQuery elsewhere = query;
  elsewhere.resource = "api://resource";
  CHECK_FALSE(directory.facts(elsewhere)->has_directory_role);
  AccessQuery by_itself = query;
  by_itself.user_id.reset();
  CHECK_FALSE(directory.facts(by_itself)->has_directory_role);
}

TEST_CASE("a resource is found by api URI, application id and any other identifier URI") {
  Directory directory;
  directory.put(directory.client);
  directory.resource.identifier_uris = {"https://files.contoso.com", "api://resource"};
  directory.put(directory.resource);
  AccessQuery query = query_for(directory);
  for (const char* const name : {"https://files.contoso.com", "api://resource", "resource"}) {
    query.resource = name;
    const auto facts = directory.facts(query);
    REQUIRE(facts.ok());
    CHECK(facts->resource->id == directory.resource.id);
  }
  // The client is an application, but no resource; and a prefix is another name.
  for (const char* const name : {"client", "api://client", "https://files.contoso.com/", "x"}) {
    query.resource = name;
    CHECK(directory.facts(query).error().code() == ErrorCode::not_found);
  }
}

TEST_CASE("who was named and is gone is told apart from who was not named") {
  Directory directory;
  directory.put(directory.client);
  AccessQuery query = query_for(directory);
  query.device_id = DeviceId{"gone"};
  const auto facts = directory.facts(query);
  REQUIRE(facts.ok());
  CHECK(facts->user_was_named);
  CHECK(facts->device_was_named);
  CHECK(evaluate_access(*facts) == AccessRefusal::user_missing);
  query.client_id = AppId{"gone"};
  CHECK(directory.facts(query).error().code() == ErrorCode::not_found);
}

}  // namespace
}  // namespace curfew
