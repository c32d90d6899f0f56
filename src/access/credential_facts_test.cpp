#include "access/credential_facts.hpp"

#include <doctest/doctest.h>

#include <set>

namespace curfew {
namespace {

const TimePoint kNow = from_unix_seconds(1'800'000'000);
constexpr Position kSignIn{1, 5};

Session session() {
  Session s;
  s.tenant_id = TenantId{"t"};
  s.id = SessionId{"s"};
  s.user_id = UserId{"u"};
  s.authenticator_id = "pw";
  s.device_id = DeviceId{"d"};
  s.auth_as_of = kSignIn;
  s.expires_at = kNow + std::chrono::hours{1};
  return s;
}
AuthorizationCode code() {
  AuthorizationCode c;
  c.tenant_id = TenantId{"t"};
  c.app_id = AppId{"a"};
  c.user_id = UserId{"u"};
  c.session_id = SessionId{"s"};
  c.grant_id = GrantId{"g"};
  c.auth_as_of = kSignIn;
  c.expires_at = kNow + std::chrono::minutes{1};
  return c;
}
DeviceCode device_code() {
  DeviceCode c;
  c.tenant_id = TenantId{"t"};
  c.app_id = AppId{"a"};
  c.state = DeviceCodeState::approved;
  c.user_id = UserId{"u"};
  c.session_id = SessionId{"s"};
  c.grant_id = GrantId{"g"};
  c.auth_as_of = kSignIn;
  c.expires_at = kNow + std::chrono::minutes{1};
  return c;
}
Grant grant() {
  Grant g;
  g.tenant_id = TenantId{"t"};
  g.id = GrantId{"g"};
  g.app_id = AppId{"a"};
  g.user_id = UserId{"u"};
  g.session_id = SessionId{"s"};
  g.authenticator_id = "pw";
  g.device_id = DeviceId{"d"};
  g.auth_as_of = kSignIn;
  g.expires_at = kNow + std::chrono::hours{1};
  return g;
}
ApiKey api_key() {
  ApiKey k;
  k.tenant_id = TenantId{"t"};
  k.id = "k";
  k.app_id = AppId{"a"};
  k.owner = UserId{"u"};
  k.auth_as_of = kSignIn;
  return k;
}
AppSecret app_secret() {
  AppSecret s;
  s.tenant_id = TenantId{"t"};
  s.app_id = AppId{"a"};
  s.id = "secret";
  return s;
}
ClientKey client_key() {
  ClientKey k;
  k.tenant_id = TenantId{"t"};
  k.app_id = AppId{"a"};
  k.id = "client key";
  return k;
}
PushedRequest pushed_request() {
  PushedRequest r;
  r.tenant_id = TenantId{"t"};
  r.app_id = AppId{"a"};
  r.authenticator_id = "secret";
  r.auth_as_of = kSignIn;
  r.expires_at = kNow + std::chrono::minutes{1};
  return r;
}
User user() {
  User u;
  u.tenant_id = TenantId{"t"};
  u.id = UserId{"u"};
  u.password_id = "pw";
  u.password_hash = "$argon2id$";
  return u;
}

RegistrationToken registration_token(ActorKind maker = ActorKind::user) {
  RegistrationToken token;
  token.tenant_id = TenantId{"t"};
  token.id = "rt";
  token.maker_kind = maker;
  token.maker_id = "u";
  token.auth_as_of = kSignIn;
  token.expires_at = kNow + std::chrono::hours{1};
  return token;
}

Registration registration() {
  Registration made;
  made.tenant_id = TenantId{"t"};
  made.app_id = AppId{"a"};
  made.id = "rat";
  made.token_id = "rt";
  made.maker_kind = ActorKind::user;
  made.maker_id = "u";
  made.auth_as_of = kSignIn;
  return made;
}

using Keys = std::set<Key>;
Keys keys_in(const CredentialFacts& facts) { return {facts.keys.begin(), facts.keys.end()}; }

const Key kTenant{KeyKind::tenant, "t"};
const Key kUser{KeyKind::user, "u"};
const Key kSession{KeyKind::session, "s"};
const Key kDevice{KeyKind::device, "d"};
const Key kGrant{KeyKind::grant, "g"};
const Key kApp{KeyKind::application, "a"};
const Key kAssignment{KeyKind::assignment, "u@a"};
const Key kPassword{KeyKind::authenticator, "pw"};

Verdict judged(const CredentialFacts& facts, const Key& key, const Watermark& mark) {
  std::vector<Watermark> states;
  for (const Key& named : facts.keys) states.push_back(named == key ? mark : Watermark{});
  return judge(facts, states, kNow);
}

// Every kind of stored credential, each live with these facts.
std::vector<CredentialFacts> every_kind() {
  return {facts_of(session()),
          facts_of(code(), session()),
          facts_of(device_code(), session()),
          facts_of(grant()),
          facts_of(api_key()),
          facts_of(app_secret(), kSignIn),
          facts_of(client_key(), kSignIn),
          facts_of(pushed_request()),
          facts_of(registration_token()),
          facts_of(registration()),
          facts_of_password(user(), kSignIn)};
}

TEST_CASE("each credential names exactly the keys that it can be ended through") {
  CHECK(keys_in(facts_of(session())) == Keys{kTenant, kUser, kSession, kDevice, kPassword});
  CHECK(keys_in(facts_of(code(), session())) ==
        Keys{kTenant, kUser, kSession, kDevice, kPassword, kGrant, kApp, kAssignment});
  CHECK(keys_in(facts_of(device_code(), session())) == keys_in(facts_of(code(), session())));
  CHECK(keys_in(facts_of(grant())) ==
        Keys{kTenant, kUser, kSession, kDevice, kGrant, kApp, kAssignment, kPassword});
  CHECK(keys_in(facts_of(api_key())) == Keys{kTenant, kApp, kUser, Key{KeyKind::credential, "k"}});
  CHECK(keys_in(facts_of(app_secret(), kSignIn)) ==
        Keys{kTenant, kApp, Key{KeyKind::authenticator, "secret"}});
  CHECK(keys_in(facts_of(pushed_request())) ==
        Keys{kTenant, kApp, Key{KeyKind::authenticator, "secret"}});
  PushedRequest of_public_client = pushed_request();
  of_public_client.authenticator_id.clear();
  CHECK(keys_in(facts_of(of_public_client)) == Keys{kTenant, kApp});
  CHECK(keys_in(facts_of(client_key(), kSignIn)) ==
        Keys{kTenant, kApp, Key{KeyKind::authenticator, "client key"}});
  CHECK(keys_in(facts_of_password(user(), kSignIn)) == Keys{kTenant, kUser, kPassword});
}

TEST_CASE("what is handed to applications that register names whoever handed it out") {
  const Key token{KeyKind::credential, "rt"};
  CHECK(keys_in(facts_of(registration_token())) == Keys{kTenant, kUser, token});
  CHECK(keys_in(facts_of(registration_token(ActorKind::service_principal))) ==
        Keys{kTenant, Key{KeyKind::application, "u"}, token});
  CHECK(keys_in(facts_of(registration_token(ActorKind::local_root))) == Keys{kTenant, token});
  RegistrationToken code = registration_token();
  code.enrols_app_id = AppId{"a"};
  CHECK(keys_in(facts_of(code)) == Keys{kTenant, kUser, kApp, token});
  CHECK(keys_in(facts_of(registration())) ==
        Keys{kTenant, kUser, kApp, token, Key{KeyKind::credential, "rat"}});
}

TEST_CASE("a credential of no device and no owner names neither") {
  Session no_device = session();
  no_device.device_id.reset();
  CHECK(keys_in(facts_of(no_device)) == Keys{kTenant, kUser, kSession, kPassword});
  ApiKey no_owner = api_key();
  no_owner.owner.reset();
  CHECK(keys_in(facts_of(no_owner)).count(kUser) == 0);
}

TEST_CASE("every key of every credential ends it: by a block, and by a newer reauth") {
  Watermark blocked;
  blocked.hold_count = 1;
  const Watermark newer_reauth = applied({}, Effect::reauth, kSignIn.next(), kNow);
  const Watermark same_reauth = applied({}, Effect::reauth, kSignIn, kNow);
  const Watermark newer_reevaluate = applied({}, Effect::reevaluate, kSignIn.next(), kNow);
  for (const CredentialFacts& facts : every_kind()) {
    CHECK(judge(facts, std::vector<Watermark>(facts.keys.size()), kNow) == Verdict::live);
    for (const Key& key : facts.keys) {
      CAPTURE(to_string(key));
      CHECK(judged(facts, key, blocked) == Verdict::blocked);
      CHECK(judged(facts, key, newer_reauth) == Verdict::revoked);
      CHECK(judged(facts, key, same_reauth) == Verdict::live);
      // Renewals are evaluated from state at each use, so a reevaluate does not end them.
      CHECK(judged(facts, key, newer_reevaluate) == Verdict::live);
    }
  }
}

TEST_CASE("a credential that lacks a key of its kind is dead") {
  const auto verdict = [](const CredentialFacts& facts) {
    return judge(facts, std::vector<Watermark>(facts.keys.size()), kNow);
  };
  Session no_authenticator = session();
  no_authenticator.authenticator_id.clear();
  CHECK(verdict(facts_of(no_authenticator)) == Verdict::unstamped);
  Session empty_device = session();
  empty_device.device_id = DeviceId{};
  CHECK(verdict(facts_of(empty_device)) == Verdict::unstamped);
  Grant no_session = grant();
  no_session.session_id = SessionId{};
  CHECK(verdict(facts_of(no_session)) == Verdict::unstamped);
  ApiKey unstamped = api_key();
  unstamped.auth_as_of = {};
  CHECK(verdict(facts_of(unstamped)) == Verdict::unstamped);
  CHECK(verdict(facts_of(app_secret(), Position{})) == Verdict::unstamped);
  CHECK(verdict(facts_of(client_key(), Position{})) == Verdict::unstamped);
  User no_password = user();
  no_password.password_hash.reset();
  CHECK(verdict(facts_of_password(no_password, kSignIn)) == Verdict::unstamped);
}

TEST_CASE("a code that belongs to another session or user than the one given is dead") {
  const auto verdict = [](const AuthorizationCode& c, const Session& s) {
    const CredentialFacts facts = facts_of(c, s);
    return judge(facts, std::vector<Watermark>(facts.keys.size()), kNow);
  };
  CHECK(verdict(code(), session()) == Verdict::live);
  Session other = session();
  other.id = SessionId{"s2"};
  CHECK(verdict(code(), other) == Verdict::unstamped);
  other = session();
  other.user_id = UserId{"u2"};
  CHECK(verdict(code(), other) == Verdict::unstamped);
}

TEST_CASE("a device code is dead until it is approved, and in any session but the approving one") {
  const auto verdict = [](const DeviceCode& c, const Session& s) {
    const CredentialFacts facts = facts_of(c, s);
    return judge(facts, std::vector<Watermark>(facts.keys.size()), kNow);
  };
  CHECK(verdict(device_code(), session()) == Verdict::live);
  for (const DeviceCodeState state : {DeviceCodeState::pending, DeviceCodeState::denied}) {
    DeviceCode other = device_code();
    other.state = state;
    CHECK(verdict(other, session()) == Verdict::unstamped);
  }
  DeviceCode unanswered = device_code();
  unanswered.session_id.reset();
  unanswered.user_id.reset();
  CHECK(verdict(unanswered, session()) == Verdict::unstamped);
  Session other = session();
  other.id = SessionId{"s2"};
  CHECK(verdict(device_code(), other) == Verdict::unstamped);
  other = session();
  other.user_id = UserId{"u2"};
  CHECK(verdict(device_code(), other) == Verdict::unstamped);
  DeviceCode older = device_code();
  older.auth_as_of = {1, 3};
  CHECK(facts_of(older, session()).stamps.auth_as_of == Position{1, 3});
  DeviceCode used = device_code();
  used.used_at = kNow;
  CHECK(verdict(used, session()) == Verdict::expired);
}

TEST_CASE("a derived grant names what it inherits, and is dead if it cannot be read") {
  Grant derived = grant();
  derived.inherited_keys = {"grant/g0", "application/a0", "assignment/u@a0", "credential/j0",
                            "signing_key/k0"};
  Keys expected = keys_in(facts_of(grant()));
  for (const std::string& text : derived.inherited_keys) expected.insert(*parse_key(text));
  CHECK(keys_in(facts_of(derived)) == expected);
  for (const char* broken : {"grant/", "nonsense/x", "grant", ""}) {
    derived.inherited_keys = {broken};
    const CredentialFacts facts = facts_of(derived);
    CHECK(judge(facts, std::vector<Watermark>(facts.keys.size()), kNow) == Verdict::unstamped);
  }
}

TEST_CASE("a code takes the older of its own stamp and the session's") {
  AuthorizationCode older = code();
  older.auth_as_of = {1, 3};
  CHECK(facts_of(older, session()).stamps.auth_as_of == Position{1, 3});
  Session earlier = session();
  earlier.auth_as_of = {1, 2};
  CHECK(facts_of(code(), earlier).stamps.auth_as_of == Position{1, 2});
}

TEST_CASE("a row that was ended or used is expired, whatever its journal says") {
  const auto verdict = [](const CredentialFacts& facts) {
    return judge(facts, std::vector<Watermark>(facts.keys.size()), kNow);
  };
  Session ended_session = session();
  ended_session.ended_at = kNow;
  CHECK(verdict(facts_of(ended_session)) == Verdict::expired);
  CHECK(verdict(facts_of(code(), ended_session)) == Verdict::expired);
  Grant ended_grant = grant();
  ended_grant.ended_at = kNow;
  CHECK(verdict(facts_of(ended_grant)) == Verdict::expired);
  AuthorizationCode used = code();
  used.used_at = kNow;
  CHECK(verdict(facts_of(used, session())) == Verdict::expired);
}

}  // namespace
}  // namespace curfew
