#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "api/op/refresh_token.hpp"
#include "tests/conformance/sqlite_fixture.hpp"
#include "tests/support/pausing_store.hpp"
#include "tests/support/server_fixture.hpp"

// Real requests on two I/O threads race with the removal of their user. Whatever order comes out,
// nothing that was issued may be live afterwards, and enabling the user again must revive nothing.

namespace curfew {
namespace {

using test::PausingStore;
using test::Point;
using test::ServerFixture;
using test::TokenAnswer;

constexpr std::size_t kUsers = 500;  // each with a refresh and a redemption: 1,000 a phase
constexpr std::size_t kUsersAtOnce = 50;
constexpr std::size_t kPhases = 3;  // before, during and after the removal

// Gives way to other threads at each point, as often as a seeded generator says.
class SeededPauses {
 public:
  explicit SeededPauses(std::uint64_t seed) : state_(seed) {}
  void operator()(Point point) {
    const std::uint64_t bits = next() + static_cast<std::uint64_t>(point);
    for (std::uint64_t i = bits % 16; i > 0; --i) std::this_thread::yield();
  }

 private:
  std::uint64_t next() {  // splitmix64
    std::uint64_t z = state_.fetch_add(0x9E3779B97F4A7C15ULL, std::memory_order_relaxed);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  std::atomic<std::uint64_t> state_;
};

// One user with a refresh token and a code for each phase.
struct Person {
  UserId id;
  std::array<std::string, kPhases> refresh_tokens;
  std::array<std::string, kPhases> codes;
};

struct Counts {
  std::size_t issued = 0;
  std::size_t refused = 0;
  std::size_t survivors = 0;
};

struct Race {
  explicit Race(std::unique_ptr<Store> store, std::uint64_t seed)
      : pauses(seed), server(options(std::move(store))), random(seed) {}

  test::FixtureOptions options(std::unique_ptr<Store> store) {
    test::FixtureOptions made;
    made.store =
        std::make_unique<PausingStore>(std::move(store), [this](Point point) { pauses(point); });
    made.threads = 2;
    return made;
  }

  Person add_person(WriteTx& tx, const Position& stamp) {
    Person person;
    person.id = UserId{new_guid()};
    User user;
    user.tenant_id = server.tenant;
    user.id = person.id;
    user.user_principal_name = person.id.str() + "@contoso.com";
    user.password_hash = "$argon2id$";
    user.password_id = new_guid();
    REQUIRE(add(tx, user));
    Session session;
    session.tenant_id = server.tenant;
    session.id = SessionId{random_token(16)};
    session.user_id = person.id;
    session.authenticator_id = user.password_id;
    session.auth_as_of = stamp;
    session.expires_at = server.clock.now() + std::chrono::hours{24};
    REQUIRE(add(tx, session));
    for (std::size_t phase = 0; phase < kPhases; ++phase) {
      person.codes[phase] = random_token();
      REQUIRE(add(tx, server.code_row(session, {}, person.codes[phase])));
      person.refresh_tokens[phase] = add_grant(tx, session);
    }
    return person;
  }

  std::string add_grant(WriteTx& tx, const Session& session) {
    Grant grant;
    grant.tenant_id = server.tenant;
    grant.id = GrantId{random_token(16)};
    grant.app_id = server.web;
    grant.user_id = session.user_id;
    grant.session_id = session.id;
    grant.authenticator_id = session.authenticator_id;
    grant.resource = "api://files";
    grant.scopes = {"offline_access", "api://files/Files.Read"};
    grant.auth_as_of = session.auth_as_of;
    grant.expires_at = server.clock.now() + std::chrono::hours{24};
    REQUIRE(add(tx, grant));
    return make_refresh_token(server.context->refresh_token_key, server.tenant, {grant.id, 1});
  }

  std::vector<Person> add_people() {
    std::vector<Person> people;
    const Position stamp = server.head();
    server.write([&](WriteTx& tx) -> Status {
      for (std::size_t i = 0; i < kUsersAtOnce; ++i) people.push_back(add_person(tx, stamp));
      return Done{};
    });
    return people;
  }

  using Answers = std::vector<std::future<HttpResponse>>;
  Answers ask(const std::vector<Person>& people, std::size_t phase) {
    const std::string path = server.path("/oauth2/v2.0/token");
    Answers answers;
    for (const Person& person : people) {
      answers.push_back(
          server.begin(server.post(path, server.refresh_fields(person.refresh_tokens[phase]))));
      answers.push_back(server.begin(server.post(path, server.code_fields(person.codes[phase]))));
    }
    return answers;
  }
  void collect(Answers answers, std::size_t phase) {
    for (auto& answer : answers) {
      TokenAnswer taken = ServerFixture::taken_apart(answer.get());
      if (taken.ok()) {
        ++counts[phase].issued;
        issued.emplace_back(phase, std::move(taken));
      } else {
        ++counts[phase].refused;
        CHECK(taken.status == 400);
        CHECK(taken.error() == "invalid_grant");
        CHECK(taken.suberror() == "bad_token");
      }
    }
  }

  void disable(const UserId& id) {
    Removal removal;
    removal.kind = RemovalKind::disable_user;
    removal.user_id = id;
    const Status status =
        server.store->write_and_wait(Urgency::emergency, [&](WriteTx& tx) -> Status {
          CURFEW_TRY_STATUS(remove_access(tx, *server.journal, removal, server.clock.now()));
          return Done{};
        });
    CHECK(status.ok());
  }

  // True if anything in the answer still works.
  bool is_alive(const TokenAnswer& answer) {
    const auto checked = check_access_token(*server.context, answer.access());
    const bool access_lives = checked && checked->verdict == Verdict::live;
    return access_lives || server.refresh(answer.refresh()).ok();
  }

  void run_batch() {
    issued.clear();
    std::vector<Person> people = add_people();
    collect(ask(people, 0), 0);

    std::vector<Person> order = people;
    std::ranges::shuffle(order, random);
    std::thread remover{[&] {
      for (const Person& person : order) disable(person.id);
    }};
    Answers during = ask(people, 1);
    remover.join();
    collect(std::move(during), 1);
    collect(ask(people, 2), 2);

    for (const auto& [phase, answer] : issued) counts[phase].survivors += is_alive(answer) ? 1 : 0;
    for (const Person& person : people) {
      server.give_back(RestoralKind::enable_user, person.id.str());
    }
    for (const auto& [phase, answer] : issued) counts[phase].survivors += is_alive(answer) ? 1 : 0;
  }

  SeededPauses pauses;
  ServerFixture server;
  std::mt19937_64 random;
  std::array<Counts, kPhases> counts;
  std::vector<std::pair<std::size_t, TokenAnswer>> issued;
};

void race(std::unique_ptr<Store> store, std::uint64_t seed, const std::string& name) {
  Race race{std::move(store), seed};
  for (std::size_t done = 0; done < kUsers; done += kUsersAtOnce) race.run_batch();
  const std::string words[kPhases] = {"before", "during", "after"};
  for (std::size_t phase = 0; phase < kPhases; ++phase) {
    const Counts& counts = race.counts[phase];
    MESSAGE(name << ", " << words[phase] << " the removal: " << counts.issued << " issued, "
                 << counts.refused << " refused, " << counts.survivors << " survivors");
    CHECK(counts.issued + counts.refused == 2 * kUsers);
    CHECK(counts.survivors == 0);
  }
  CHECK(race.counts[0].refused == 0);
  CHECK(race.counts[2].issued == 0);
}

TEST_CASE(
    "refreshes and redemptions that race with disabling their user leave no survivor: memory") {
  race(make_memory_store(), 1, "memory");
}

TEST_CASE(
    "refreshes and redemptions that race with disabling their user leave no survivor: SQLite") {
  const conformance::TemporaryFolder folder;
  auto store = open_sqlite_store({folder.file("race.db")});
  REQUIRE(store.ok());
  race(std::move(store).value(), 2, "SQLite");
}

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
  for (int round = 0; round < 20; ++round) {
    const std::string code = server.add_code(server.add_session(server.john).row);
    std::vector<std::future<HttpResponse>> answers;
    for (int i = 0; i < 4; ++i) {
      answers.push_back(
          server.begin(server.post(server.path("/oauth2/v2.0/token"), server.code_fields(code))));
    }
    std::vector<TokenAnswer> issued;
    for (auto& answer : answers) {
      TokenAnswer taken = ServerFixture::taken_apart(answer.get());
      if (taken.ok()) issued.push_back(std::move(taken));
    }
    REQUIRE(issued.size() == 1);
    CHECK_FALSE(ServerFixture::is_active(server.introspect(issued[0].access())));
    CHECK_FALSE(server.refresh(issued[0].refresh()).ok());
  }
}

}  // namespace
}  // namespace curfew
