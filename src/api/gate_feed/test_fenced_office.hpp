// api/gate_feed/test_fenced_office.hpp: a server that was restored, fenced and started, and gates
// that knew it before: for tests of what they hand over.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "store/schema_fences.hpp"
#include "tests/support/gate_feed_site.hpp"
#include "tests/support/gate_office.hpp"

namespace curfew::test {

using namespace std::chrono_literals;

inline const std::string kFirst = "first-start-of-the-gate";
inline const std::string kSecond = "second-start-of-the-gate";

// A server that was restored, fenced and started. `lost` entries were after the backup.
struct FencedOffice {
  static constexpr std::uint64_t kLost = 2'000;

  GateOffice office;
  ServerFixture& server = office.server;
  EnrolledGate gate{office};
  EnrolledGate other{office, "other"};
  Position restored = fence(false);
  GateFeedSite site{server};
  std::string admin;

  // Long after the server's start: nothing of before is waited for.
  FencedOffice() {
    server.clock.advance(11s);
    admin = office.token_of_john(Role::global_administrator);
  }

  // After a few entries, which the backup has.
  Position fence(bool was_written_on) {
    server.write([&](WriteTx& tx) -> Status {
      for (int i = 0; i < 5; ++i) {
        const NewEntry entry{credential_key("before"), Effect::reauth, "", std::nullopt, "test"};
        CURFEW_TRY_STATUS(server.journal->append(tx, entry, server.clock.now()));
      }
      return Done{};
    });
    const Position ended = server.head();
    server.write([&](WriteTx& tx) -> Status {
      CURFEW_TRY(const JournalEntry entry,
                 server.journal->start_generation(tx, "fence", server.clock.now()));
      return save(tx, Fence{server.tenant, entry.position.generation, server.clock.now(), ended,
                            was_written_on});
    });
    return ended;
  }
  // So far after the backup.
  [[nodiscard]] Position lost_at(std::uint64_t count) const {
    return {restored.generation, restored.sequence + count};
  }
  [[nodiscard]] ChainMark lost_head() const { return {lost_at(kLost), "of the lost journal"}; }

  FeedClient connect(const EnrolledGate& who) {
    return site.connect(office.feed_token(who.app, who.key).access());
  }
  // Instances of two gates have two names.
  static std::string of(const EnrolledGate& who, const std::string& instance) {
    return instance + "-" + who.app.str().substr(0, 8);
  }
  // Greeted, and asked for its blocks. It shows the lost journal's head.
  FeedClient comes(const EnrolledGate& who, const std::string& instance = kFirst) {
    FeedClient client = connect(who);
    const auto hello =
        client.greet(of(who, instance), lost_head(), signed_by_server(server, lost_head()));
    REQUIRE(hello);
    REQUIRE(hello->wants_blocks);
    return client;
  }
  static void hand_over(FeedClient& client, const std::vector<GateBlock>& blocks) {
    GateBlocks part;
    for (const GateBlock& block : blocks) {
      part.blocks.push_back(block);
      if (part.blocks.size() < gate_limits::kBlocksOfMessageMax) continue;
      client.send(part);
      part.blocks.clear();
      ++part.part;
    }
    part.is_last = true;
    client.send(part);
  }
  // What the snapshot says that is sent to it; nothing: it was closed.
  static std::optional<std::vector<ReplicaEntry>> snapshot(FeedClient& client) {
    std::vector<ReplicaEntry> entries;
    while (const auto part = client.find<SnapshotPart>()) {
      entries.insert(entries.end(), part->entries.begin(), part->entries.end());
      if (part->is_last) return entries;
    }
    return std::nullopt;
  }
  void comes_with(const EnrolledGate& who, const std::vector<GateBlock>& blocks) {
    FeedClient client = comes(who);
    hand_over(client, blocks);
    REQUIRE(snapshot(client).has_value());
  }

  bool is_blocked(const Key& key) {
    return server.live->states(std::vector<Key>{key}).front().hold_count != 0;
  }
  LostBlock named(const Key& key) {
    const auto rows = server.all<LostBlock>();
    const auto found =
        std::ranges::find_if(rows, [&](const LostBlock& row) { return row.key() == key; });
    REQUIRE(found != rows.end());
    return *found;
  }
  // Greeted, and asked for its blocks; it shows nothing that the server signed.
  FeedClient comes_without_proof(const EnrolledGate& who, const std::string& instance = kFirst) {
    FeedClient client = connect(who);
    const auto hello = client.greet(of(who, instance), lost_head());
    REQUIRE(hello);
    REQUIRE(hello->wants_blocks);
    return client;
  }
  void comes_without_proof_with(const EnrolledGate& who, const std::vector<GateBlock>& blocks) {
    FeedClient client = comes_without_proof(who);
    hand_over(client, blocks);
    REQUIRE(snapshot(client).has_value());
  }
  // API keys that there are, blocked at ascending positions.
  std::vector<GateBlock> blocks_of_keys(std::uint64_t count) {
    std::vector<GateBlock> blocks;
    server.write([&](WriteTx& tx) -> Status {
      for (std::uint64_t i = 0; i < count; ++i) {
        ApiKey key;
        key.tenant_id = server.tenant;
        key.id = "key-" + std::to_string(i);
        key.hash = "hash of " + key.id;
        key.app_id = server.files;
        CURFEW_TRY_STATUS(save(tx, key));
        blocks.push_back({credential_key(key.id), lost_at(i + 1)});
      }
      return Done{};
    });
    return blocks;
  }
  std::vector<AuditRecord> audit_records() {
    auto records = read_value<std::vector<AuditRecord>>(
        *server.store, [&](ReadTx& tx) { return server.audit.read(tx, {}); });
    REQUIRE(records.ok());
    return std::move(records).value();
  }
  FenceGate gate_row() { return server.row<FenceGate>(std::uint64_t{2}, gate.app); }

  HttpResponse ask(HttpMethod method, const std::string& path, const std::string& body = "") {
    return office.call(admin, method, "/fence" + path, body);
  }
};

inline bool has_block(const std::vector<ReplicaEntry>& entries, const Key& key) {
  return std::ranges::any_of(entries, [&](const ReplicaEntry& entry) {
    return entry.key == key && entry.effect == Effect::block;
  });
}

inline bool has_audit(FencedOffice& at, const std::string& action, const std::string& actor,
                      const std::string& subject) {
  const auto records = at.audit_records();
  return std::ranges::any_of(records, [&](const AuditRecord& record) {
    return record.entry.action == action && record.actor_id == actor &&
           record.subject_id == subject;
  });
}

}  // namespace curfew::test
