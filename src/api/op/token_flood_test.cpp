#include <doctest/doctest.h>

#include <set>
#include <string>

#include "tests/support/full_store.hpp"
#include "tests/support/server_fixture.hpp"

// What the token endpoint says to a client that asks far too often. MSAL takes 429 and any
// Retry-After as an order to refuse its own calls, for every person; `slow_down` belongs to device
// codes alone.

namespace curfew {
namespace {

using test::Fields;
using test::header_of;
using test::ServerFixture;
using test::TokenAnswer;

constexpr int kTimes = 500;

struct Answers {
  std::set<int> statuses;
  std::set<std::string> errors;

  void add(const TokenAnswer& answer) {
    statuses.insert(answer.status);
    if (!answer.error().empty()) errors.insert(answer.error());
    CHECK(header_of(answer.http, "Retry-After").empty());
  }
  [[nodiscard]] bool are(const std::set<int>& status, const std::set<std::string>& error) const {
    return statuses == status && errors == error && !statuses.contains(429) &&
           !errors.contains("slow_down");
  }
};

TEST_CASE("many wrong client secrets are 401 invalid_client, never 429 and never slow_down") {
  ServerFixture server;
  Answers answers;
  for (int i = 0; i < kTimes; ++i) {
    answers.add(server.token({{"grant_type", "client_credentials"},
                              {"scope", "api://files/.default"},
                              {"client_id", server.web.str()},
                              {"client_secret", "wrong-" + std::to_string(i)}}));
  }
  CHECK(answers.are({401}, {"invalid_client"}));
  CHECK(server.app_token().ok());  // nor is the right one held up
}

TEST_CASE("many refreshes are answered one by one, never by 429 and never by slow_down") {
  ServerFixture server;
  Answers good;
  TokenAnswer last = server.signed_in();
  for (int i = 0; i < kTimes; ++i) {
    last = server.refresh(last.refresh());
    good.add(last);
  }
  CHECK(good.are({200}, {}));

  Answers bad;
  server.take_away(RemovalKind::revoke_sessions);
  for (int i = 0; i < kTimes; ++i) {
    bad.add(server.refresh(i % 2 == 0 ? last.refresh() : "made-up-" + std::to_string(i)));
    bad.add(server.redeem("made-up-" + std::to_string(i)));
  }
  CHECK(bad.are({400}, {"invalid_grant"}));
}

TEST_CASE("a writer without room is 503 temporarily_unavailable, never 429 and never slow_down") {
  test::FixtureOptions options;
  auto full_store = std::make_unique<test::FullStore>(make_memory_store());
  test::FullStore& store = *full_store;
  options.store = std::move(full_store);
  ServerFixture server{std::move(options)};
  const TokenAnswer first = server.signed_in();
  const std::string code = server.add_code(server.add_session(server.john).row);
  store.full = true;
  Answers answers;
  for (int i = 0; i < kTimes; ++i) {
    answers.add(i % 2 == 0 ? server.refresh(first.refresh()) : server.redeem(code));
  }
  store.full = false;
  CHECK(answers.are({503}, {"temporarily_unavailable"}));
  CHECK(server.refresh(first.refresh()).ok());
}

}  // namespace
}  // namespace curfew
