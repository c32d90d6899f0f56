#include "revocation/removal.hpp"

#include <doctest/doctest.h>

#include <set>

#include "revocation/restore.hpp"
#include "store/schema_clients.hpp"
#include "store/schema_logout.hpp"
#include "store/schema_password_reset.hpp"
#include "tests/support/revocation_world.hpp"

using namespace curfew;

namespace {

Removal removal(RemovalKind kind) {
  Removal made;
  made.kind = kind;
  return made;
}

Removal of_user(RemovalKind kind, const std::string& user) {
  Removal made = removal(kind);
  made.user_id = UserId{user};
  return made;
}

RestoralEffect give(RevocationWorld& world, RestoralKind kind, const std::string& id,
                    const std::string& owner = "administrator") {
  RestoralEffect effect;
  world.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY(effect, give_access(tx, world.journal, {kind, id, owner, ""}, std::nullopt,
                                   world.clock.now()));
    return Done{};
  });
  return effect;
}

// A world in which every kind of removal has something to remove.
struct FullWorld : RevocationWorld {
  FullWorld() {
    pass_positions(3);
    add_user("u");
    add_user("other");
    add_app("app");
    add_device("d", "u");
    add_session("s", "u");
    add_grant("g", "u", "app");
    add_api_key("k", "u");
    add_registration("rt", "u", "app");
    assign("u", "app");
    put(Consent{tenant, UserId{"u"}, AppId{"app"}, {"read"}, clock.now()});
    put(AppSecret{tenant, AppId{"app"}, "secret", "h", "abc", std::nullopt, clock.now()});
    ClientKey client_key;
    client_key.tenant_id = tenant;
    client_key.app_id = AppId{"app"};
    client_key.id = "ck";
    put(client_key);
    EmailMethod method;
    method.tenant_id = tenant;
    method.user_id = UserId{"u"};
    method.authenticator_id = "em";
    method.email_address = "u@example.com";
    put(method);
    add_group("group", {"u"});
    give_role("u", Role::reports_reader);
    StoredSigningKey key;
    key.tenant_id = tenant;
    key.id = KeyId{"kid"};
    put(key);
  }
};

Removal whole(RemovalKind kind) {
  Removal made = of_user(kind, "u");
  made.device_id = DeviceId{"d"};
  // The role of a user; with an application's id it would be that of the application.
  if (kind != RemovalKind::remove_role) made.app_id = AppId{"app"};
  made.session_id = SessionId{"s"};
  made.grant_id = GrantId{"g"};
  made.key_id = KeyId{"kid"};
  if (kind == RemovalKind::remove_group_member) made.group_id = GroupId{"group"};
  made.role_id = RoleId{std::string{definition_of(Role::reports_reader).template_id}};
  made.object_id = kind == RemovalKind::remove_app_secret           ? "secret"
                   : kind == RemovalKind::remove_client_key         ? "ck"
                   : kind == RemovalKind::remove_registration_token ? "rt"
                   : kind == RemovalKind::remove_method             ? "em"
                   : kind == RemovalKind::hold_key                  ? "authenticator/held"
                                                                    : "k";
  made.password_hash = "new hash";
  return made;
}

// What the table in removal.hpp promises: the key and the effect of the first entry.
struct Promise {
  RemovalKind kind;
  Key key;
  Effect effect;
};
const std::vector<Promise> kPromises{
    {RemovalKind::revoke_user, {KeyKind::user, "u"}, Effect::block},
    {RemovalKind::disable_user, {KeyKind::user, "u"}, Effect::block},
    {RemovalKind::revoke_sessions, {KeyKind::user, "u"}, Effect::reauth},
    {RemovalKind::reset_password, {KeyKind::user, "u"}, Effect::reauth},
    {RemovalKind::disable_device, {KeyKind::device, "d"}, Effect::block},
    {RemovalKind::disable_app, {KeyKind::application, "app"}, Effect::block},
    {RemovalKind::tighten_app, {KeyKind::application, "app"}, Effect::reevaluate},
    {RemovalKind::tighten_device, {KeyKind::device, "d"}, Effect::reevaluate},
    {RemovalKind::remove_assignment, {KeyKind::assignment, "u@app"}, Effect::reauth},
    {RemovalKind::remove_consent, {KeyKind::assignment, "u@app"}, Effect::reauth},
    {RemovalKind::remove_role, {KeyKind::user, "u"}, Effect::reevaluate},
    {RemovalKind::remove_group_member, {KeyKind::user, "u"}, Effect::reevaluate},
    {RemovalKind::end_session, {KeyKind::session, "s"}, Effect::reauth},
    {RemovalKind::end_grant, {KeyKind::grant, "g"}, Effect::reauth},
    {RemovalKind::remove_app_secret, {KeyKind::authenticator, "secret"}, Effect::block},
    {RemovalKind::remove_client_key, {KeyKind::authenticator, "ck"}, Effect::block},
    {RemovalKind::remove_api_key, {KeyKind::credential, "k"}, Effect::block},
    {RemovalKind::remove_registration_token, {KeyKind::credential, "rt"}, Effect::block},
    {RemovalKind::remove_method, {KeyKind::authenticator, "em"}, Effect::block},
    {RemovalKind::hold_key, {KeyKind::authenticator, "held"}, Effect::block},
    {RemovalKind::withdraw_key, {KeyKind::signing_key, "kid"}, Effect::block},
    {RemovalKind::reauth_tenant, {KeyKind::tenant, "t"}, Effect::reauth},
};

}  // namespace

TEST_CASE("each kind of removal writes the entry that its line promises") {
  REQUIRE(kPromises.size() == kRemovalKinds.size());
  for (const Promise& promise : kPromises) {
    CAPTURE(to_string(promise.kind));
    FullWorld world;
    const Position before = world.head();
    const auto effect = world.take(whole(promise.kind));
    REQUIRE(effect.ok());
    REQUIRE(effect.value().entries.size() == 1);
    CHECK(effect.value().entries.front().key() == promise.key);
    CHECK(effect.value().entries.front().effect == promise.effect);
    CHECK(effect.value().position == before.next());
    CHECK_FALSE(effect.value().entries.front().reason.empty());
  }
}

TEST_CASE("what was stamped before a removal is dead after it, and what is stamped later is not") {
  for (const Promise& promise : kPromises) {
    CAPTURE(to_string(promise.kind));
    FullWorld world;
    const Position before = world.head();
    CHECK(world.verdict(CredentialClass::access, before, before, {promise.key}) == Verdict::live);
    REQUIRE(world.take(whole(promise.kind)).ok());
    CHECK(world.verdict(CredentialClass::access, before, before, {promise.key}) != Verdict::live);
    const Verdict later =
        world.verdict(CredentialClass::access, world.head(), world.head(), {promise.key});
    CHECK((later == Verdict::live) == (promise.effect != Effect::block));
  }
}

TEST_CASE("a removal may be repeated and is never weaker") {
  for (const RemovalKind kind : kRemovalKinds) {
    CAPTURE(to_string(kind));
    FullWorld world;
    REQUIRE(world.take(whole(kind)).ok());
    const Position between = world.head();
    const auto again = world.take(whole(kind));
    REQUIRE(again.ok());
    CHECK(again.value().position > between);
  }
}

TEST_CASE("a removal that does not say what to remove is refused and changes nothing") {
  for (const RemovalKind kind : kRemovalKinds) {
    if (kind == RemovalKind::reauth_tenant) continue;  // names nothing
    CAPTURE(to_string(kind));
    FullWorld world;
    const Position before = world.head();
    const auto refused = world.take(removal(kind));
    REQUIRE_FALSE(refused.ok());
    const ErrorCode code = refused.error().code();
    CHECK((code == ErrorCode::invalid_argument || code == ErrorCode::not_found));
    CHECK(world.head() == before);
  }
}

TEST_CASE("disabling and enabling again revives nothing that was issued before") {
  FullWorld world;
  const Position before = world.head();
  REQUIRE(world.take(of_user(RemovalKind::disable_user, "u")).ok());
  CHECK_FALSE(world.get<User>(UserId{"u"})->account_enabled);
  const RestoralEffect enabled = give(world, RestoralKind::enable_user, "u");
  CHECK(enabled.enabled);
  CHECK(world.get<User>(UserId{"u"})->account_enabled);
  CHECK(world.renewal(before, {key_of(UserId{"u"})}) == Verdict::revoked);
  CHECK(world.renewal(world.head(), {key_of(UserId{"u"})}) == Verdict::live);
}

TEST_CASE("of several sessions only the one that is ended ends") {
  FullWorld world;
  world.add_session("s2", "u");
  world.add_session("s3", "u");
  Removal end = removal(RemovalKind::end_session);
  end.session_id = SessionId{"s2"};
  REQUIRE(world.take(end).ok());
  for (const std::string id : {"s", "s2", "s3"}) {
    CAPTURE(id);
    const auto session = world.get<Session>(SessionId{id});
    const Verdict verdict =
        world.renewal(session->auth_as_of, {key_of(session->user_id), key_of(session->id)});
    CHECK((verdict == Verdict::live) == (id != "s2"));
    CHECK(session->ended_at.has_value() == (id == "s2"));
  }
}

TEST_CASE("holds are counted: ending one leaves the others") {
  FullWorld world;
  Removal by_run = of_user(RemovalKind::revoke_user, "u");
  by_run.hold_owner = "run:1";
  REQUIRE(world.take(by_run).ok());
  REQUIRE(world.take(of_user(RemovalKind::disable_user, "u")).ok());
  REQUIRE(world.take(of_user(RemovalKind::disable_user, "u")).ok());  // the same hold again

  const RestoralEffect first = give(world, RestoralKind::enable_user, "u");
  CHECK_FALSE(first.enabled);
  CHECK(first.other_owners == std::vector<std::string>{"run:1"});
  CHECK_FALSE(world.get<User>(UserId{"u"})->account_enabled);
  CHECK(world.renewal(world.head(), {key_of(UserId{"u"})}) == Verdict::blocked);

  CHECK(give(world, RestoralKind::enable_user, "u", "run:1").enabled);
  CHECK(world.get<User>(UserId{"u"})->account_enabled);
  CHECK(world.renewal(world.head(), {key_of(UserId{"u"})}) == Verdict::live);
}

TEST_CASE("an owner without a hold ends nobody else's") {
  FullWorld world;
  REQUIRE(world.take(of_user(RemovalKind::disable_user, "u")).ok());
  const RestoralEffect effect = give(world, RestoralKind::enable_user, "u", "run:9");
  CHECK(effect.entries.empty());
  CHECK_FALSE(effect.enabled);
  CHECK_FALSE(world.get<User>(UserId{"u"})->account_enabled);
}

TEST_CASE("what is removed for good can be blocked by no owner who could end the hold") {
  FullWorld world;
  Removal key = removal(RemovalKind::remove_api_key);
  key.object_id = "k";
  key.hold_owner = "run:1";
  REQUIRE(world.take(key).ok());
  CHECK_FALSE(world.get<ApiKey>(std::string{"k"}));
  const auto holds = world.read<std::vector<Hold>>(
      [&](ReadTx& tx) { return holds_on(tx, world.tenant, credential_key("k")); });
  REQUIRE(holds.size() == 1);
  CHECK(holds.front().owner == "removed");

  Removal as_removed = of_user(RemovalKind::disable_user, "u");
  as_removed.hold_owner = "removed";
  CHECK_FALSE(world.take(as_removed).ok());
}

TEST_CASE("a password reset stores the new hash under a new id and ends what the old one began") {
  FullWorld world;
  const std::string old_id = world.get<User>(UserId{"u"})->password_id;
  Removal reset = of_user(RemovalKind::reset_password, "u");
  reset.password_hash = "hash";
  reset.force_change_password = true;
  const Position before = world.head();
  REQUIRE(world.take(reset).ok());
  const auto user = world.get<User>(UserId{"u"});
  CHECK(user->password_hash == "hash");
  CHECK(user->password_id != old_id);
  CHECK(user->force_change_password);
  // A sign-in that read the old hash before the reset carries an older stamp.
  CHECK(world.renewal(before, {key_of(UserId{"u"})}) == Verdict::revoked);
}

TEST_CASE("leaving a group ends exactly the assignments that nothing else gives") {
  FullWorld world;
  world.add_app("only_by_group");
  world.add_app("also_direct");
  world.add_app("by_two_groups");
  world.add_group("second", {"u"});
  world.assign("u", "also_direct");
  for (const std::string app : {"only_by_group", "also_direct", "by_two_groups"}) {
    world.assign_group("group", app);
  }
  world.assign_group("second", "by_two_groups");
  const auto effect = world.take(whole(RemovalKind::remove_group_member));
  REQUIRE(effect.ok());
  std::set<std::string> keys;
  for (const JournalEntry& entry : effect.value().entries) keys.insert(to_string(entry.key()));
  CHECK(keys == std::set<std::string>{"user/u", "assignment/u@only_by_group"});
  CHECK_FALSE(world.get<GroupMember>(GroupId{"group"}, UserId{"u"}));
}

TEST_CASE("taking an application from a group ends it for the members that have it no other way") {
  FullWorld world;
  world.add_app("team");
  world.add_user("second");
  world.put(GroupMember{world.tenant, GroupId{"group"}, UserId{"second"}, world.clock.now()});
  world.assign_group("group", "team");
  world.assign("second", "team");
  Removal taken = removal(RemovalKind::remove_assignment);
  taken.app_id = AppId{"team"};
  taken.group_id = GroupId{"group"};
  const auto effect = world.take(taken);
  REQUIRE(effect.ok());
  REQUIRE(effect.value().entries.size() == 1);
  CHECK(to_string(effect.value().entries.front().key()) == "assignment/u@team");
}

TEST_CASE("a role taken from an application is evaluated anew at the application") {
  FullWorld world;
  world.give_role("app", Role::reports_reader);
  Removal taken = removal(RemovalKind::remove_role);
  taken.app_id = AppId{"app"};
  taken.role_id = RoleId{std::string{definition_of(Role::reports_reader).template_id}};
  const auto effect = world.take(taken);
  REQUIRE(effect.ok());
  REQUIRE(effect.value().entries.size() == 1);
  CHECK(effect.value().entries.front().key() == key_of(AppId{"app"}));
  CHECK(effect.value().entries.front().effect == Effect::reevaluate);
  CHECK_FALSE(world.get<RoleAssignment>(std::string{"app"}, *taken.role_id));
  CHECK(world.get<RoleAssignment>(std::string{"u"}, *taken.role_id));
}

TEST_CASE("a removal that fails half-way leaves nothing of itself behind") {
  FullWorld world;
  const Position before = world.head();
  const Status status = world.store->write_and_wait(Urgency::emergency, [&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(
        remove_access(tx, world.journal, whole(RemovalKind::disable_user), world.clock.now()));
    return Error::permanent(ErrorCode::internal, "planted");
  });
  CHECK_FALSE(status.ok());
  CHECK(world.head() == before);
  CHECK(world.get<User>(UserId{"u"})->account_enabled);
  CHECK(world.renewal(before, {key_of(UserId{"u"})}) == Verdict::live);
}

// --- who is told that sessions ended

namespace {

struct ToldWorld : FullWorld {
  ToldWorld() {
    for (const char* const id : {"app", "second"}) {
      App app = add_app(id);
      app.backchannel_logout_uri = "https://app.contoso.test/" + std::string{id};
      put(app);
    }
    add_app("silent");
    add_session("s2", "u");
    add_session("s3", "other");
    for (const char* const app : {"app", "second", "silent"}) {
      sign_in("s", app, "u");
      sign_in("s2", app, "u");
      sign_in("s3", app, "other");
    }
  }
  void sign_in(const std::string& session, const std::string& app, const std::string& user) {
    put(SessionClient{tenant, SessionId{session}, AppId{app}, UserId{user}, head(), clock.now()});
  }
  // "session>application" of each notice.
  std::set<std::string> told() {
    const auto notices = read<std::vector<LogoutNotice>>([&](ReadTx& tx) {
      Query query;
      query.prefix = keys_of(tenant);
      return scan_as<LogoutNotice>(tx, query);
    });
    std::set<std::string> all;
    for (const LogoutNotice& notice : notices) {
      all.insert(notice.session_id.str() + ">" + notice.app_id.str());
    }
    return all;
  }
};

}  // namespace

TEST_CASE("a session that ends is told to the applications of that session that have an address") {
  ToldWorld world;
  Removal end = removal(RemovalKind::end_session);
  end.session_id = SessionId{"s"};
  SUBCASE("told") {
    REQUIRE(world.take(end).ok());
    CHECK(world.told() == std::set<std::string>{"s>app", "s>second"});
  }
  SUBCASE("where the same person goes on in another session, nobody is told") {
    end.kept_session = SessionId{"s2"};
    REQUIRE(world.take(end).ok());
    CHECK(world.told().empty());
  }
}

TEST_CASE("who went on in a new session is signed out of what the one before had opened") {
  ToldWorld world;
  Session before = *world.get<Session>(SessionId{"s"});
  Session after = *world.get<Session>(SessionId{"s2"});
  after.created_at = before.created_at + std::chrono::hours{1};
  before.ended_at = after.created_at;
  Removal end = removal(RemovalKind::end_session);
  end.session_id = after.id;
  std::set<std::string> told{"s2>app", "s2>second"};
  SUBCASE("the one before ended when it began") {
    told.merge(std::set<std::string>{"s>app", "s>second"});
  }
  SUBCASE("another one ended at another time") { *before.ended_at += std::chrono::milliseconds{1}; }
  SUBCASE("another person's ended then") { before.user_id = UserId{"other"}; }
  world.put(before);
  world.put(after);
  REQUIRE(world.take(end).ok());
  CHECK(world.told() == told);
}

TEST_CASE("whatever ends all of a person's sessions is told to all of their applications") {
  const std::set<std::string> all{"s>app", "s>second", "s2>app", "s2>second"};
  for (const RemovalKind kind : {RemovalKind::revoke_user, RemovalKind::disable_user,
                                 RemovalKind::revoke_sessions, RemovalKind::reset_password}) {
    CAPTURE(to_string(kind));
    ToldWorld world;
    Removal made = whole(kind);
    REQUIRE(world.take(made).ok());
    CHECK(world.told() == all);
  }
}

TEST_CASE("a run tells by its steps; what it does to others is noted") {
  for (const RemovalKind kind : {RemovalKind::revoke_user, RemovalKind::revoke_sessions}) {
    ToldWorld world;
    Removal made = of_user(kind, "u");
    made.run_id = RunId{"run"};
    REQUIRE(world.take(made).ok());
    CHECK(world.told().empty());
  }
  ToldWorld world;
  Removal other = of_user(RemovalKind::disable_user, "other");
  other.run_id = RunId{"run"};
  REQUIRE(world.take(other).ok());
  CHECK(world.told() == std::set<std::string>{"s3>app", "s3>second"});
}

TEST_CASE("a session that goes on is told to nobody, one that a new sign-in ended to everybody") {
  ToldWorld world;
  Session ended = *world.get<Session>(SessionId{"s"});
  ended.ended_at = world.clock.now();
  world.put(ended);
  Removal reset = whole(RemovalKind::reset_password);
  reset.kept_session = SessionId{"s2"};
  REQUIRE(world.take(reset).ok());
  CHECK(world.told() == std::set<std::string>{"s>app", "s>second"});
}

TEST_CASE("who is not assigned any more is signed out of that application alone") {
  ToldWorld world;
  REQUIRE(world.take(whole(RemovalKind::remove_assignment)).ok());
  CHECK(world.told() == std::set<std::string>{"s>app", "s2>app"});
}
