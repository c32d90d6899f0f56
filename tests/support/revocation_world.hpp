// tests/support/revocation_world.hpp: a tenant in a memory store, for tests of what takes access
// away.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "crypto/seal.hpp"
#include "model/actor.hpp"
#include "model/validity.hpp"
#include "revocation/removal.hpp"
#include "store/audit.hpp"
#include "store/journal.hpp"
#include "store/schema.hpp"
#include "store/schema_changes.hpp"
#include "store/schema_registration.hpp"
#include "store/schema_runs.hpp"
#include "store/store.hpp"

namespace curfew {

struct RevocationWorld {
  TenantId tenant{"t"};
  ManualClock clock{TimePoint{std::chrono::hours{24 * 365 * 50}}};
  std::unique_ptr<Store> store = make_memory_store();
  std::unique_ptr<LiveJournal> live = load_live_journal(*store, tenant).value();
  Journal journal{tenant, *live};
  AuditLog audit{tenant, SealKey::from(Secret{std::string(kSealKeyBytes, 'k')}).value()};

  // Runs a body that has to succeed.
  void write(const std::function<Status(WriteTx&)>& body) {
    const Status status = store->write_and_wait(Urgency::normal, body);
    REQUIRE_MESSAGE(status.ok(), (status.ok() ? "" : status.error().message()));
  }
  template <typename T>
  void put(const T& object) {
    write([&](WriteTx& tx) { return save(tx, object); });
  }
  template <typename T, typename... Keys>
  std::optional<T> get(const Keys&... keys) {
    auto found = read_value<std::optional<T>>(
        *store, [&](ReadTx& tx) { return load<T>(tx, tenant, keys...); });
    REQUIRE(found.ok());
    return found.value();
  }
  template <typename T, typename Body>
  T read(Body&& body) {
    auto found = read_value<T>(*store, std::forward<Body>(body));
    REQUIRE_MESSAGE(found.ok(), (found.ok() ? "" : found.error().message()));
    return std::move(found).value();
  }

  // Journal positions are where they would be after `count` other entries.
  void pass_positions(int count) {
    for (int made = 0; made < count; ++made) {
      write([&](WriteTx& tx) -> Status {
        const NewEntry entry{credential_key("other"), Effect::reauth, "", std::nullopt, "other"};
        CURFEW_TRY_STATUS(journal.append(tx, entry, clock.now()));
        return Done{};
      });
    }
  }
  Position head() { return live->head().position; }

  User add_user(const std::string& id, const std::vector<Role>& roles = {}) {
    User user;
    user.tenant_id = tenant;
    user.id = UserId{id};
    user.user_principal_name = id + "@contoso.com";
    user.display_name = id;
    user.password_id = "password-of-" + id;
    put(user);
    for (const Role role : roles) give_role(id, role);
    return user;
  }
  void give_role(const std::string& principal, Role role) {
    put(RoleAssignment{tenant, principal, RoleId{std::string{definition_of(role).template_id}},
                       clock.now()});
  }
  App add_app(const std::string& id) {
    App app;
    app.tenant_id = tenant;
    app.id = AppId{id};
    app.display_name = "App " + id;
    put(app);
    return app;
  }
  Device add_device(const std::string& id, const std::string& owner) {
    Device device;
    device.tenant_id = tenant;
    device.id = DeviceId{id};
    device.display_name = "Device " + id;
    device.registered_owner = UserId{owner};
    put(device);
    return device;
  }
  void add_subscription(const std::string& id, const std::string& user, const std::string& app) {
    Subscription subscription;
    subscription.tenant_id = tenant;
    subscription.id = id;
    subscription.app_id = AppId{app};
    subscription.creator_id = user;
    subscription.auth_as_of = subscription.as_of = head();
    subscription.expires_at = clock.now() + std::chrono::hours{1};
    put(subscription);
  }
  // A token that `user` made, and an application that registered with it.
  void add_registration(const std::string& id, const std::string& user, const std::string& app) {
    RegistrationToken token;
    token.tenant_id = tenant;
    token.id = id;
    token.hash = "hash of " + id;
    token.display_name = id;
    token.maker_kind = ActorKind::user;
    token.maker_id = user;
    token.uses_left = 1;
    token.auth_as_of = head();
    token.expires_at = clock.now() + std::chrono::hours{1};
    put(token);
    Registration registration;
    registration.tenant_id = tenant;
    registration.app_id = AppId{app};
    registration.id = "registration of " + app;
    registration.token_id = id;
    registration.maker_kind = token.maker_kind;
    registration.maker_id = user;
    registration.auth_as_of = head();
    put(registration);
  }
  ApiKey add_api_key(const std::string& id, const std::string& owner) {
    ApiKey key;
    key.tenant_id = tenant;
    key.id = id;
    key.hash = "hash-" + id;
    key.app_id = AppId{"app"};
    key.display_name = "Key " + id;
    key.owner = UserId{owner};
    key.auth_as_of = head();
    put(key);
    return key;
  }
  Session add_session(const std::string& id, const std::string& user) {
    Session session;
    session.tenant_id = tenant;
    session.id = SessionId{id};
    session.user_id = UserId{user};
    session.authenticator_id = "password-of-" + user;
    session.auth_as_of = head();
    session.created_at = clock.now();
    session.expires_at = clock.now() + std::chrono::hours{24};
    put(session);
    return session;
  }
  Grant add_grant(const std::string& id, const std::string& user, const std::string& app,
                  const std::string& resource = "") {
    Grant grant;
    grant.tenant_id = tenant;
    grant.id = GrantId{id};
    grant.app_id = AppId{app};
    grant.user_id = UserId{user};
    grant.session_id = SessionId{"session-of-" + user};
    grant.resource = resource;
    grant.auth_as_of = head();
    grant.created_at = clock.now();
    grant.expires_at = clock.now() + std::chrono::hours{24 * 90};
    grant.access_ends_by = clock.now() + std::chrono::hours{1};
    put(grant);
    return grant;
  }
  void assign(const std::string& user, const std::string& app) {
    put(AppAssignment{tenant, AppId{app}, PrincipalKind::user, user, clock.now()});
  }
  void assign_group(const std::string& group, const std::string& app) {
    put(AppAssignment{tenant, AppId{app}, PrincipalKind::group, group, clock.now()});
  }
  void add_group(const std::string& id, const std::vector<std::string>& members,
                 bool role_assignable = false) {
    put(Group{tenant, GroupId{id}, id, role_assignable, clock.now()});
    for (const std::string& member : members) {
      put(GroupMember{tenant, GroupId{id}, UserId{member}, clock.now()});
    }
  }

  Actor actor(const std::string& id, const std::set<Role>& roles) {
    return Actor{ActorKind::user, id, id + "@contoso.com", roles, "192.0.2.1", {}};
  }
  Actor root() {
    return Actor{ActorKind::local_root, "local-root", "root", {Role::global_administrator}, "", {}};
  }

  Result<RemovalEffect> take(const Removal& removal) {
    std::optional<RemovalEffect> effect;
    const Status status = store->write_and_wait(Urgency::emergency, [&](WriteTx& tx) -> Status {
      CURFEW_TRY(effect, remove_access(tx, journal, removal, clock.now()));
      return Done{};
    });
    if (!status.ok()) return status.error();
    return *effect;
  }

  // The rule's verdict now about something that names these keys and was stamped so.
  Verdict verdict(CredentialClass kind, Position auth_as_of, Position as_of,
                  std::vector<Key> keys) {
    keys.push_back(key_of(tenant));
    const CredentialFacts facts{
        kind, {auth_as_of, as_of}, clock.now() + std::chrono::hours{1}, keys};
    return judge(facts, live->states(facts.keys), clock.now());
  }
  Verdict renewal(Position auth_as_of, std::vector<Key> keys) {
    return verdict(CredentialClass::renewal, auth_as_of, auth_as_of, std::move(keys));
  }
};

}  // namespace curfew
