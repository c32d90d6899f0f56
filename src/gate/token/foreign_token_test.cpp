#include "gate/token/foreign_token.hpp"

#include "gate/token/test_gate.hpp"

namespace curfew {

using namespace testing;

namespace {

const std::string kEntra = "https://login.microsoftonline.com/9188/v2.0";
constexpr std::int64_t kMinute = 60;

// As an Entra tenant writes one for a custom API.
boost::json::object entra_claims() {
  const std::int64_t now = to_unix_seconds(kGateNow);
  return {{"iss", kEntra},
          {"aud", kAudience},
          {"sub", "pairwise-sub"},
          {"oid", "user-1"},
          {"tid", "9188"},
          {"azp", "app-1"},
          {"azpacr", "1"},
          {"scp", "Files.Read"},
          {"uti", "uti-1"},
          {"ver", "2.0"},
          {"iat", now - kMinute},
          {"nbf", now - kMinute},
          {"exp", now + 60 * kMinute}};
}

ForeignIssuer entra(const TestIssuer& issuer) {
  ForeignIssuer foreign;
  foreign.issuer = kEntra;
  foreign.jwks = issuer.jwks();
  foreign.skew_max = std::chrono::seconds{5};
  foreign.keys = {{"oid", KeyKind::user}, {"azp", KeyKind::application}};
  return foreign;
}

struct World {
  TestIssuer own;
  TestIssuer other{"entra-1", SignatureAlg::rs256};
  TestGate here{own};
  std::unique_ptr<TokenGate> gate = made(entra(other));

  std::unique_ptr<TokenGate> made(const ForeignIssuer& foreign) {
    TokenGateConfig config = here.config();
    config.foreign_issuers = {foreign};
    return here.gate(config);
  }
  // The last checkpoint is at 1, at the start; the newest entry decides what is certain.
  void entry_at(TimePoint when, const Key& key) { here.apply(Effect::reauth, key, when); }
  GateAnswer ask_with(const boost::json::object& claims) { return ask(*gate, other.token(claims)); }
};

template <typename Change>
boost::json::object changed(Change change) {
  boost::json::object claims = entra_claims();
  change(claims);
  return claims;
}

}  // namespace

TEST_CASE("a token of another issuer is live, and names keys of ours") {
  World world;
  const GateAnswer answer = world.ask_with(entra_claims());
  REQUIRE_MESSAGE(answer.is_live(), answer.reason);
  CHECK(answer.token->keys() == std::vector<Key>{{KeyKind::tenant, "tenant-1"},
                                                 {KeyKind::user, "user-1"},
                                                 {KeyKind::application, "app-1"},
                                                 {KeyKind::assignment, "user-1@app-1"}});
  CHECK(ask(*world.gate, world.own.token(good_claims())).is_live());
}

TEST_CASE("each key that it names ends it, if the entry is not certainly older") {
  for (const Key& key :
       {Key{KeyKind::tenant, "tenant-1"}, Key{KeyKind::user, "user-1"},
        Key{KeyKind::application, "app-1"}, Key{KeyKind::assignment, "user-1@app-1"}}) {
    World world;
    REQUIRE(world.ask_with(entra_claims()).is_live());
    world.entry_at(kGateNow, key);
    CHECK_FALSE(world.ask_with(entra_claims()).is_live());
  }
  World world;
  world.entry_at(kGateNow, Key{KeyKind::user, "user-2"});
  CHECK(world.ask_with(entra_claims()).is_live());
}

TEST_CASE("auth_time counts for a reauth, less the skew; an equal time refuses") {
  const std::int64_t now = to_unix_seconds(kGateNow);
  const auto live_after = [&](std::int64_t entry, std::int64_t auth_time) {
    World world;
    world.entry_at(from_unix_seconds(entry), user_key(1));
    return world.ask_with(changed([&](auto& claims) { claims["auth_time"] = auth_time; }))
        .is_live();
  };
  CHECK(live_after(now - 600, now - 500));
  CHECK(live_after(now - 600, now - 594));
  CHECK_FALSE(live_after(now - 600, now - 595));
  CHECK_FALSE(live_after(now - 600, now - 600));
  CHECK_FALSE(live_after(now - 600, now - 700));
}

TEST_CASE("a token of the future would outlive revocations: refused") {
  const std::int64_t now = to_unix_seconds(kGateNow);
  for (const std::string_view claim : {"iat", "nbf", "auth_time"}) {
    World world;
    CHECK(world.ask_with(changed([&](auto& claims) { claims[claim] = now + 5; })).is_live());
    CHECK_FALSE(world.ask_with(changed([&](auto& claims) { claims[claim] = now + 6; })).is_live());
  }
  // An auth_time that is later than iat proves nothing.
  World world;
  world.entry_at(from_unix_seconds(now - 30), user_key(1));
  CHECK_FALSE(world.ask_with(changed([&](auto& claims) { claims["auth_time"] = now; })).is_live());
}

TEST_CASE("an ID token, or what lacks what the journal asks for, is refused") {
  World world;
  const auto refused = [&](auto change) {
    const GateAnswer answer = world.ask_with(changed(change));
    return answer.status == 401 && answer.error == "invalid_token";
  };
  for (const std::string_view name : {"nonce", "at_hash", "c_hash", "s_hash"}) {
    CHECK(refused([&](auto& claims) { claims[name] = "x"; }));
  }
  CHECK(refused([](auto& claims) { claims["typ"] = "ID"; }));
  CHECK(refused([](auto& claims) {
    claims.erase("scp");
    claims.erase("azp");
  }));
  for (const std::string_view name : {"oid", "azp", "iat", "exp", "iss", "aud"}) {
    CHECK(refused([&](auto& claims) { claims.erase(name); }));
    CHECK(refused([&](auto& claims) { claims[name] = true; }));
  }
  CHECK(refused([](auto& claims) { claims["oid"] = ""; }));
  CHECK(refused([](auto& claims) { claims["oid"] = std::string(257, 'a'); }));
  CHECK(refused([](auto& claims) { claims["aud"] = boost::json::array{"a", "b"}; }));
  CHECK(refused([](auto& claims) { claims["cnf"] = {{"kid", "x"}}; }));
  CHECK(refused([](auto& claims) { claims["exp"] = to_unix_seconds(kGateNow); }));
  CHECK(world.ask_with(changed([](auto& claims) { claims["typ"] = "Bearer"; })).is_live());
  CHECK(world
            .ask_with(
                changed([](auto& claims) { claims["aud"] = boost::json::array{"x", kAudience}; }))
            .is_live());
}

TEST_CASE("who is called by a name with a zero byte is nobody: programs would read half of it") {
  World world;
  const std::string cut{"root\0x", 6};
  for (const char* claim : {"sub", "oid", "azp", "tid", "sid", "deviceid", "uti", "scp", "acr"}) {
    const GateAnswer answer =
        world.ask_with(changed([&](boost::json::object& claims) { claims[claim] = cut; }));
    CHECK_MESSAGE(is_refused(answer, 401, "invalid_token"), claim);
  }
  const GateAnswer answer = world.ask_with(
      changed([&](boost::json::object& claims) { claims["roles"] = boost::json::array{cut}; }));
  CHECK(is_refused(answer, 401, "invalid_token"));
}

TEST_CASE("each issuer's keys sign its own tokens alone") {
  World world;
  CHECK_FALSE(ask(*world.gate, world.own.token(entra_claims())).is_live());
  CHECK_FALSE(ask(*world.gate, world.other.token(good_claims())).is_live());
  CHECK_FALSE(ask(*world.gate, world.other.token(changed([](auto& claims) {
                claims["iss"] = "x";
              }))).is_live());
}

TEST_CASE("a claim that may be missing is left out, one that is there counts") {
  World world;
  ForeignIssuer foreign = entra(world.other);
  foreign.keys.push_back({"sid", KeyKind::session, "entra:", true});
  world.gate = world.made(foreign);
  CHECK(world.ask_with(entra_claims()).is_live());
  const auto with_sid = changed([](auto& claims) { claims["sid"] = "s1"; });
  CHECK(world.ask_with(with_sid).is_live());
  world.entry_at(kGateNow, Key{KeyKind::session, "entra:s1"});
  CHECK_FALSE(world.ask_with(with_sid).is_live());
  CHECK(world.ask_with(entra_claims()).is_live());
}

TEST_CASE("an application's own token of another issuer needs a role") {
  World world;
  const std::string token = world.other.token(changed([](auto& claims) {
    claims.erase("scp");
    claims["roles"] = boost::json::array{"Files.Read.All"};
  }));
  const auto is_let_in = [&](std::vector<std::string> scopes, std::vector<std::string> roles) {
    const FixedRules rules{{{kAudience}, std::move(scopes), std::move(roles)}};
    const std::string authorization = "Bearer " + token;
    GateRequest request;
    request.authorization = authorization;
    request.rules = &rules;
    return world.gate->check(request).is_live();
  };
  CHECK(is_let_in({"Files.Read"}, {"Files.Read.All"}));
  CHECK_FALSE(is_let_in({"Files.Read"}, {}));
}

TEST_CASE("keys of another issuer that are changed take its remembered tokens along") {
  World world;
  REQUIRE(world.ask_with(entra_claims()).is_live());
  const TestIssuer next{"entra-2"};
  REQUIRE(world.gate->set_foreign_keys(kEntra, next.jwks()).ok());
  CHECK_FALSE(world.ask_with(entra_claims()).is_live());
  CHECK(ask(*world.gate, next.token(entra_claims())).is_live());
  CHECK(world.gate->set_foreign_keys("https://nobody", next.jwks()).error().code() ==
        ErrorCode::not_found);
  CHECK_FALSE(world.gate->set_foreign_keys(kEntra, "{}").ok());
  CHECK(ask(*world.gate, next.token(entra_claims())).is_live());
}

TEST_CASE("a client of another issuer is challenged without a position of ours") {
  World world;
  ForeignIssuer foreign = entra(world.other);
  foreign.authorization_uri = "https://login.microsoftonline.com/9188/oauth2/v2.0/authorize";
  world.gate = world.made(foreign);
  world.entry_at(kGateNow, user_key(1));
  const GateAnswer answer =
      world.ask_with(changed([](auto& claims) { claims["xms_cc"] = boost::json::array{"cp1"}; }));
  CHECK(answer.error == "insufficient_claims");
  CHECK(answer.www_authenticate.find(foreign.authorization_uri) != std::string::npos);
  CHECK(answer.www_authenticate.find(base64_encode(
            R"({"access_token":{"nbf":{"essential":true,"value":")" +
            std::to_string(to_unix_seconds(kGateNow)) + R"("}}})")) != std::string::npos);
}

TEST_CASE("a foreign issuer that names no keys, or keys that it cannot, is no configuration") {
  const TestIssuer issuer;
  ForeignIssuer foreign = entra(issuer);
  CHECK(check_foreign_issuer(foreign).ok());
  foreign.keys = {};
  CHECK_FALSE(check_foreign_issuer(foreign).ok());
  foreign.keys = {{"oid", KeyKind::user, "", true}};
  CHECK_FALSE(check_foreign_issuer(foreign).ok());
  foreign.keys = {{"", KeyKind::user}};
  CHECK_FALSE(check_foreign_issuer(foreign).ok());
  for (const KeyKind kind : {KeyKind::tenant, KeyKind::signing_key, KeyKind::assignment,
                             KeyKind::grant, KeyKind::authenticator}) {
    foreign.keys = {{"oid", kind}};
    CHECK_FALSE(check_foreign_issuer(foreign).ok());
  }
}

}  // namespace curfew
