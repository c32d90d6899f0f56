// What a gate answers to logout tokens: only what is so (docs/gate-sessions.md, "Signing out").
#include "gate/session/logout_watch.hpp"
#include "gate/session/session_limits.hpp"
#include "gate/session/test_site.hpp"

namespace curfew {

using namespace testing;
using namespace std::chrono_literals;

namespace {

const Key kSession{KeyKind::session, "session-1"};
const Key kPerson{KeyKind::user, "user-1"};

// The server tells of a session that ended, and nothing settles it but what a test does.
class Told {
 public:
  Told() { short_lease(served.at, 5s); }
  static void short_lease(TestGate& at, std::chrono::nanoseconds left) {
    at.writer->end_lease();
    REQUIRE(at.writer->set_lease({testing::at(1), at.time.since_boot + left, kGateNow + 99h},
                                 testing::at(1'000'000)));
  }

  [[nodiscard]] std::string token(TimePoint when = kGateNow) const {
    return served.issuer.token(
        boost::json::object{
            {"iss", "https://id.contoso.com"},
            {"aud", "app-1"},
            {"sub", "user-1"},
            {"sid", "session-1"},
            {"jti", random_token(8)},
            {"iat", to_unix_seconds(when)},
            {"exp", to_unix_seconds(when) + 120},
            {"events",
             {{"http://schemas.openid.net/event/backchannel-logout", boost::json::object{}}}}},
        "logout+jwt");
  }
  [[nodiscard]] HttpResponse tell(const std::string& token) {
    TestBrowser server{served};
    HttpRequest request = server.request("/.curfew/backchannel-logout", HttpMethod::post);
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.body = "logout_token=" + token;
    return served.ask(request);
  }

  ServedSite served;
};

LogoutToken told_of() { return {"user-1", "session-1", kGateNow}; }

}  // namespace

TEST_CASE("a logout is acknowledged once the replica refuses the session") {
  Told told;
  told.served.at.apply(Effect::reauth, kSession);
  const HttpResponse answer = told.tell(told.token());
  CHECK(answer.status == 200);
  CHECK(answer.body.empty());
}

TEST_CASE("a logout is acknowledged once the replica refuses the person") {
  Told blocked;
  blocked.served.at.apply(Effect::block, kPerson, kGateNow - 24h, true);
  CHECK(blocked.tell(blocked.token()).status == 200);
  Told ended;
  ended.served.at.apply(Effect::reauth, kPerson, kGateNow - 10s);
  CHECK(ended.tell(ended.token()).status == 200);
}

TEST_CASE("what ended the person's sessions long ago is not what a logout of today is about") {
  const TestIssuer issuer;
  TestGate gate{issuer};
  Told::short_lease(gate, 5s);
  gate.apply(Effect::reauth, kPerson, kGateNow - 3h);
  gate.apply(Effect::reauth, user_key(7), kGateNow - 2h);
  gate.apply(Effect::reauth, user_key(8), kGateNow - 1h);
  LogoutWatch watch;
  CHECK_FALSE(watch.is_settled(*gate.writer->serving(), told_of(), gate.time));
  gate.apply(Effect::reauth, kPerson, kGateNow);
  CHECK(watch.is_settled(*gate.writer->serving(), told_of(), gate.time));
}

TEST_CASE("a logout that has not arrived is not acknowledged: the server tries again") {
  const TestIssuer issuer;
  TestGate gate{issuer};
  Told::short_lease(gate, 5s);
  gate.apply(Effect::reauth, {KeyKind::session, "session-2"});
  gate.apply(Effect::reauth, user_key(2));
  LogoutWatch watch;
  CHECK_FALSE(watch.is_settled(*gate.writer->serving(), told_of(), gate.time));
}

TEST_CASE("a gate that is certainly up to date acknowledges a logout that it finds nothing of") {
  const TestIssuer issuer;
  TestGate gate{issuer};
  LogoutWatch watch;
  Told::short_lease(gate, 10s);
  CHECK_FALSE(watch.is_settled(*gate.writer->serving(), told_of(), gate.time));
  // Leases go on, but the one that counts may have been asked for before the call.
  gate.time.since_boot += 49s;
  Told::short_lease(gate, 10s);
  CHECK_FALSE(watch.is_settled(*gate.writer->serving(), told_of(), gate.time));
  gate.time.since_boot += 2s;
  Told::short_lease(gate, 10s);
  CHECK(watch.is_settled(*gate.writer->serving(), told_of(), gate.time));
  // And is asked anew about the next one.
  CHECK_FALSE(watch.is_settled(*gate.writer->serving(), told_of(), gate.time));
}

TEST_CASE("a logout that was never settled says nothing of a later one of the same person") {
  const TestIssuer issuer;
  TestGate gate{issuer};
  LogoutWatch watch;
  const auto ask = [&] {
    Told::short_lease(gate, 10s);
    return watch.is_settled(*gate.writer->serving(), told_of(), gate.time);
  };
  CHECK_FALSE(ask());
  SUBCASE("the server tries again after ten minutes at the latest: that is the same one") {
    gate.time.since_boot += 10min;
    CHECK(ask());
  }
  SUBCASE("what comes later than that is another one") {
    gate.time.since_boot += 15min;
    CHECK_FALSE(ask());
    gate.time.since_boot += 51s;
    CHECK(ask());
  }
}

TEST_CASE("where more logouts wait than are remembered, those that are come to their end") {
  const TestIssuer issuer;
  TestGate gate{issuer};
  LogoutWatch watch;
  const auto is_settled = [&](std::size_t number) {
    const LogoutToken one{"user-1", "session-" + std::to_string(number), kGateNow};
    return watch.is_settled(*gate.writer->serving(), one, gate.time);
  };
  const std::size_t most = session_limits::kLogoutsRemembered;
  Told::short_lease(gate, 10s);
  for (std::size_t number = 0; number <= most; ++number) CHECK_FALSE(is_settled(number));
  gate.time.since_boot += 51s;
  Told::short_lease(gate, 10s);
  CHECK_FALSE(is_settled(most));  // there was no room for it
  gate.apply(Effect::reauth, {KeyKind::session, "session-" + std::to_string(most + 1)});
  CHECK(is_settled(most + 1));  // what has arrived needs none
  for (std::size_t number = 1; number < most; ++number) CHECK(is_settled(number));
  CHECK_FALSE(is_settled(most));
  gate.time.since_boot += 51s;
  Told::short_lease(gate, 10s);
  CHECK(is_settled(most));
  // The one that nobody asked about again has no place for ever.
  gate.time.since_boot += 15min;
  Told::short_lease(gate, 10s);
  CHECK_FALSE(is_settled(0));
}

TEST_CASE("a gate without a lease is not up to date, however far its file says that it goes") {
  const TestIssuer issuer;
  TestGate gate{issuer};
  Told::short_lease(gate, 200s);
  LogoutWatch watch;
  MachineTime other_boot = gate.time;
  other_boot.boot_id = BootId{{9, 9}};
  CHECK_FALSE(watch.is_settled(*gate.writer->serving(), told_of(), other_boot));
}

TEST_CASE("what is no logout token is refused at once") {
  Told told;
  told.served.at.apply(Effect::reauth, kSession);
  CHECK(told.tell("").status == 400);
  CHECK(told.tell("a.b.c").status == 400);
  CHECK(told.tell(told.token(kGateNow - 1h)).status == 400);
  CHECK(told.tell(told.served.issuer.token(good_claims())).status == 400);
  TestBrowser browser{told.served};
  CHECK(browser.open("/.curfew/backchannel-logout").status == 405);
}

TEST_CASE("a logout that does not arrive in time is answered 503, never 200") {
  Told told;
  // Each look at the clock takes longer than the last: the wait ends without waiting.
  told.served.advances_by = 400ms;
  const HttpResponse answer = told.tell(told.token());
  CHECK(answer.status == 503);
  CHECK(answer.headers.has("Retry-After"));
  CHECK(answer.body.empty());
}

}  // namespace curfew
