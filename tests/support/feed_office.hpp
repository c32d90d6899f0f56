// tests/support/feed_office.hpp: for tests of the gates' feed: an administrator's office, one gate
// that is enrolled, and the feed served over TLS.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "tests/support/gate_feed_site.hpp"
#include "tests/support/gate_office.hpp"

namespace curfew::test {

inline const std::string kFirst = "first-start-of-the-gate";
inline const std::string kSecond = "second-start-of-the-gate";

struct FeedOffice {
  GateOffice office;
  ServerFixture& server = office.server;
  EnrolledGate gate{office};
  GateFeedSite site{server};

  // Long after the server's start: nothing of before is waited for.
  FeedOffice() { server.clock.advance(std::chrono::seconds{11}); }

  std::string token() { return token_of(gate); }
  std::string token_of(const EnrolledGate& any) {
    return office.feed_token(any.app, any.key).access();
  }
  FeedClient connect() { return site.connect(token()); }
  // Greeted, with nothing of its own.
  FeedClient greeted(const std::string& instance = kFirst) {
    FeedClient client = connect();
    REQUIRE(client.greet(instance).has_value());
    return client;
  }
  // Greeted, and everything was sent to it.
  FeedClient caught_up(const std::string& instance = kFirst) { return caught_up(gate, instance); }
  FeedClient caught_up(const EnrolledGate& any, const std::string& instance) {
    FeedClient client = site.connect(token_of(any));
    catch_up(client, instance);
    return client;
  }
  // Only what was sent to it may be acknowledged.
  static void catch_up(FeedClient& client, const std::string& instance) {
    REQUIRE(client.greet(instance).has_value());
    for (auto part = client.find<SnapshotPart>(); part && !part->is_last;) {
      part = client.find<SnapshotPart>();
    }
  }
  ChainMark mark() {
    const JournalHead head = server.live->head();
    return {head.position, head.chain_hash};
  }
  // So many entries, each about somebody else.
  void append(std::size_t count, Effect effect = Effect::reauth, const std::string& owner = "") {
    server.write([&](WriteTx& tx) -> Status {
      for (std::size_t i = 0; i < count; ++i) {
        const Key key{KeyKind::user, "user-" + std::to_string(++users)};
        const NewEntry entry{key, effect, owner, std::nullopt, "test"};
        CURFEW_TRY_STATUS(server.journal->append(tx, entry, server.clock.now()));
      }
      return Done{};
    });
  }
  void write_entry(const Key& key, Effect effect, const std::string& owner = "") {
    server.write([&](WriteTx& tx) -> Status {
      const NewEntry entry{key, effect, owner, std::nullopt, "test"};
      CURFEW_TRY_STATUS(server.journal->append(tx, entry, server.clock.now()));
      return Done{};
    });
  }
  HttpResponse ask(const std::string& bearer) {
    return server.send(server.get("/curfew/v1/gate", {{"Authorization", "Bearer " + bearer}}));
  }
  bool is_complete(Position position) { return site.hub().gates_of_run(position).is_complete(); }
  std::size_t users = 0;
};

}  // namespace curfew::test
