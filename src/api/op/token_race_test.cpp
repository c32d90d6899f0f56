#include <doctest/doctest.h>

#include <set>

#include "tests/support/race_server.hpp"
#include "tests/support/redeem_race.hpp"

// What one token or code used by many at once leads to.

namespace curfew {
namespace {

using test::PausingStore;
using test::Point;
using test::SeededPauses;
using test::ServerFixture;
using test::TokenAnswer;

TEST_CASE("one refresh token used by many at once makes one branch") {
  test::FixtureOptions options;
  SeededPauses pauses{3};
  options.store = std::make_unique<PausingStore>(make_memory_store(),
                                                 [&pauses](Point point) { pauses(point); });
  options.threads = 4;
  ServerFixture server{std::move(options)};
  TokenAnswer current = server.signed_in();
  for (int round = 0; round < 20; ++round) {
    std::vector<std::future<HttpResponse>> answers;
    for (int i = 0; i < 8; ++i) {
      answers.push_back(server.begin(server.post(server.path("/oauth2/v2.0/token"),
                                                 server.refresh_fields(current.refresh()))));
    }
    std::set<std::string> successors;
    for (auto& answer : answers) {
      const TokenAnswer taken = ServerFixture::taken_apart(answer.get());
      REQUIRE(taken.ok());
      successors.insert(taken.refresh());
      current = taken;
    }
    CHECK(successors.size() == 1);
  }
  CHECK(server.metrics.value(Counter::refresh_reuse_detected) == 0);
}

TEST_CASE("one code redeemed by many at once makes one grant, which the others end") {
  test::FixtureOptions options;
  options.threads = 4;
  ServerFixture server{std::move(options)};
  test::check_one_grant_of_many(server, [&] {
    return server.code_fields(server.add_code(server.add_session(server.john).row));
  });
}

}  // namespace
}  // namespace curfew
