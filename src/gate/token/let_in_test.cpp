// What a gate keeps of having let a token in, and with what it is over.
#include <cstdio>
#include <functional>
#include <string>

#include "gate/token/test_gate.hpp"
#include "gate/token/token_gate.hpp"

namespace curfew {

using namespace testing;

TEST_CASE("a token that was let in is let in for as long as everything is as it was") {
  const TestIssuer issuer;
  const std::string token = issuer.token(good_claims());
  struct Change {
    const char* what;
    std::function<void(TestGate&)> make;
    int status;
    const char* error;
  };
  const std::vector<Change> changes{
      {"the user has to sign in again",
       [](TestGate& here) { here.apply(Effect::reauth, user_key(1)); }, 401, "invalid_token"},
      {"the user is blocked",
       [](TestGate& here) { here.apply(Effect::block, user_key(1), kGateNow, true); }, 401,
       "invalid_token"},
      {"it is older than what the replica knows",
       [](TestGate& here) { here.writer->set_floor(at(2)); }, 401, "invalid_token"},
      {"the journal was rolled back to before it",
       [](TestGate& here) { here.writer->set_newest_stamp(at(0)); }, 401, "invalid_token"},
      {"its signing key was withdrawn",
       [](TestGate& here) {
         REQUIRE(here.writer->set_signing_keys(TestIssuer{"key-2"}.jwks()).ok());
       },
       401, "invalid_token"},
      {"it has expired", [](TestGate& here) { here.time.now = kGateNow + std::chrono::hours{1}; },
       401, "invalid_token"},
      {"the clock went back to before it was issued",
       [](TestGate& here) { here.time.now = kGateNow - std::chrono::minutes{30}; }, 401,
       "invalid_token"},
      {"the lease has ended by the clock since the start",
       [](TestGate& here) { here.time.since_boot = std::chrono::hours{101}; }, 503, ""},
      {"the machine has started again", [](TestGate& here) { ++here.time.boot_id.words[0]; }, 503,
       ""},
      {"the gate stops", [](TestGate& here) { here.writer->withdraw(); }, 503, ""}};
  for (const Change& change : changes) {
    INFO(change.what);
    TestGate here{issuer};
    const auto gate = here.gate();
    for (int again = 0; again < 3; ++again) REQUIRE(ask(*gate, token).is_live());
    change.make(here);
    for (int again = 0; again < 2; ++again) {
      CHECK(is_refused(ask(*gate, token), change.status, change.error));
    }
  }
}

TEST_CASE("a token whose signing key is withdrawn while it is judged is let in that once at most") {
  const TestIssuer issuer;
  TestGate here{issuer};
  bool is_withdrawn = false;
  auto gate = TokenGate::make(here.config(), [&] {
    if (!is_withdrawn) {
      // The lease has ended meanwhile, so the replica is looked at again: with the next lease, and
      // with other keys than the token was verified with.
      is_withdrawn = true;
      here.time.since_boot = std::chrono::hours{101};
      REQUIRE(here.writer->set_signing_keys(TestIssuer{"key-2"}.jwks()).ok());
      REQUIRE(here.writer->set_lease(
          {at(1), std::chrono::hours{200}, kGateNow + std::chrono::hours{99}}, at(1)));
    }
    return here.time;
  });
  REQUIRE(gate.ok());
  const std::string token = issuer.token(good_claims());
  REQUIRE(ask(**gate, token).is_live());
  CHECK(is_withdrawn);
  CHECK(is_refused(ask(**gate, token), 401, "invalid_token"));
}

TEST_CASE("what happens to others has it asked anew, and it is let in again") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  const std::string token = issuer.token(good_claims());
  for (std::uint64_t other = 2; other < 50; ++other) {
    REQUIRE(ask(*gate, token).is_live());
    here.apply(Effect::reauth, user_key(other));
  }
  REQUIRE(ask(*gate, token).is_live());
  here.apply(Effect::reauth, user_key(1));
  CHECK(is_refused(ask(*gate, token), 401, "invalid_token"));
}

TEST_CASE("at best effort a request that asks for a lease is not let in by one that does not") {
  const TestIssuer issuer;
  TestGate here{issuer};
  here.writer->set_mode(GateMode::best_effort);
  const auto gate = here.gate();
  const std::string authorization = "Bearer " + issuer.token(good_claims());
  const FixedRules strict{{{kAudience}, {}, {}, LeaseNeed::always}};
  GateRequest request;
  request.authorization = authorization;
  GateRequest strictly = request;
  strictly.rules = &strict;
  REQUIRE(gate->check(strictly).is_live());
  here.time.since_boot = std::chrono::hours{101};
  REQUIRE(gate->check(request).is_live());
  CHECK(is_refused(gate->check(strictly), 503, ""));
  CHECK(gate->check(request).is_live());
}

TEST_CASE("at best effort without a lease a token is judged by the file that the path names") {
  const TestIssuer issuer;
  TestGate here{issuer};
  here.writer->set_mode(GateMode::best_effort);
  const auto gate = here.gate();
  const std::string token = issuer.token(good_claims());
  REQUIRE(ask(*gate, token).is_live());
  here.writer->end_lease();
  for (int again = 0; again < 3; ++again) REQUIRE(ask(*gate, token).is_live());
  // The gate stopped, its file was removed, and it was started again: nobody marked the old one.
  const TestReplica elsewhere;
  const auto next = serving_writer(elsewhere);
  REQUIRE(next->set_signing_keys(issuer.jwks()).ok());
  next->set_mode(GateMode::best_effort);
  apply_all(*next, {entry_of(Effect::reauth, user_key(1), 2)});
  REQUIRE(::rename(elsewhere.path().c_str(), here.replica.path().c_str()) == 0);
  for (int again = 0; again < 2; ++again) {
    CHECK(is_refused(ask(*gate, token), 401, "invalid_token"));
  }
}

TEST_CASE("who is paused while it looks whether all is as it was has no lease of after that") {
  const TestIssuer issuer;
  TestGate here{issuer};
  bool is_paused = false;
  TokenGateConfig config = here.config();
  auto gate = TokenGate::make(std::move(config), [&] {
    if (is_paused) {
      // The lease that it looked at has ended, and another one counts, with one entry more.
      is_paused = false;
      here.time.since_boot = std::chrono::hours{101};
      here.apply(Effect::reauth, user_key(1));
      REQUIRE(here.writer->set_lease(
          {at(2), std::chrono::hours{200}, kGateNow + std::chrono::hours{99}}, at(2)));
    }
    return here.time;
  });
  REQUIRE(gate.ok());
  const std::string token = issuer.token(good_claims());
  REQUIRE(ask(**gate, token).is_live());
  REQUIRE(ask(**gate, token).is_live());
  is_paused = true;
  CHECK(is_refused(ask(**gate, token), 401, "invalid_token"));
}

}  // namespace curfew
