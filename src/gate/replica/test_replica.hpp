// gate/replica/test_replica.hpp: for tests only: a replica in a folder of its own, entries by
// number, and what they add up to in a plain map.
#pragma once

#include <doctest/doctest.h>
#include <sys/types.h>
#include <unistd.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "gate/replica/decision.hpp"
#include "gate/replica/reader.hpp"
#include "gate/replica/writer.hpp"
#include "io/test_peer.hpp"

namespace curfew::testing {

inline constexpr std::uint64_t kTestGeneration = 3;
inline constexpr BootId kTestBoot{{0x1111, 0x2222}};
inline const TimePoint kTestStart = from_unix_seconds(1'800'000'000);

inline Position at(std::uint64_t sequence) { return {kTestGeneration, sequence}; }

inline Key user_key(std::uint64_t number) {
  return {KeyKind::user, "user-" + std::to_string(number)};
}

inline ReplicaOptions test_options(const std::string& path) {
  ReplicaOptions options;
  options.path = path;
  options.table = {{"tenant-1", "https://id.contoso.com"}, kTestBoot, std::nullopt};
  options.entries_min = 40;
  options.checkpoint_capacity = 64;
  options.jwks_bytes_max = 4096;
  return options;
}

inline ReaderRules test_rules() { return {{"tenant-1", "https://id.contoso.com"}, {::geteuid()}}; }

// A strict gate's replica in /dev/shm, where gates have theirs.
class TestReplica {
 public:
  TestReplica() {
    std::string pattern = "/dev/shm/curfew-replica-test-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
  }
  ~TestReplica() {
    const std::string command = "rm -rf '" + folder_ + "'";
    [[maybe_unused]] const int outcome = std::system(command.c_str());
  }
  TestReplica(const TestReplica&) = delete;
  TestReplica& operator=(const TestReplica&) = delete;

  [[nodiscard]] std::string path() const { return folder_ + "/replica"; }
  [[nodiscard]] Result<std::unique_ptr<ReplicaWriter>> open() const {
    return ReplicaWriter::open(test_options(path()));
  }
  [[nodiscard]] Result<ReplicaReader> read() const {
    return ReplicaReader::open(path(), test_rules());
  }

 private:
  std::string folder_;
};

// Nothing known yet, from the beginning of the generation on.
inline Status serve_empty(ReplicaWriter& writer, std::uint64_t generation = kTestGeneration) {
  CURFEW_TRY_STATUS(writer.begin_snapshot({{generation, 0}, {generation, 0}, {}, {}}));
  return writer.finish_snapshot();
}

// A writer that serves an empty replica.
inline std::unique_ptr<ReplicaWriter> serving_writer(const TestReplica& replica) {
  Result<std::unique_ptr<ReplicaWriter>> writer = replica.open();
  REQUIRE_MESSAGE(writer.ok(), (writer.ok() ? "" : writer.error().message()));
  REQUIRE(serve_empty(**writer).ok());
  return std::move(writer).value();
}

inline ReplicaEntry entry_of(Effect effect, const Key& key, std::uint64_t sequence,
                             TimePoint when = kTestStart, bool is_blocked_after = false) {
  return {key, effect, at(sequence), when, is_blocked_after};
}

// Applies the entries and says that all up to the last one are there.
inline void apply_all(ReplicaWriter& writer, const std::vector<ReplicaEntry>& entries) {
  REQUIRE(writer.apply(entries).ok());
  REQUIRE(writer.advance(entries.back().position).ok());
}

// A journal made up from a seed, with what it adds up to: entry number n has sequence n + 1.
class MadeUpJournal {
 public:
  MadeUpJournal(std::uint64_t seed, std::size_t count, std::uint64_t keys) {
    std::mt19937_64 random{seed};
    std::map<Key, int> holds;
    for (std::size_t n = 0; n < count; ++n) {
      const Key key = user_key(random() % keys);
      auto effect = static_cast<Effect>(1 + random() % 4);
      int& held = holds[key];
      if (effect == Effect::unblock && held == 0) effect = Effect::reauth;
      if (effect == Effect::block) ++held;
      if (effect == Effect::unblock) --held;
      const TimePoint when = kTestStart + Duration{static_cast<std::int64_t>(n) * 300};
      entries_.push_back(entry_of(effect, key, n + 1, when, held != 0));
      Watermark& state = states_[key];
      state = applied(state, effect, at(n + 1), when);
      state.hold_count = static_cast<std::uint32_t>(held);
    }
  }

  [[nodiscard]] const std::vector<ReplicaEntry>& entries() const { return entries_; }
  [[nodiscard]] const std::map<Key, Watermark>& states() const { return states_; }
  [[nodiscard]] Watermark state(const Key& key) const {
    const auto found = states_.find(key);
    return found == states_.end() ? Watermark{} : found->second;
  }

  // What a server sends of it as a snapshot.
  [[nodiscard]] std::vector<ReplicaEntry> snapshot(std::uint64_t floor = 0) const {
    std::vector<ReplicaEntry> parts;
    for (const auto& [key, state] : states_) {
      const bool is_blocked = state.hold_count != 0;
      if (is_blocked || state.reauth.sequence > floor) {
        parts.push_back({key, is_blocked ? Effect::block : Effect::reauth, state.reauth,
                         state.reauth_at, is_blocked});
      }
      if (state.reevaluate.sequence > floor) {
        parts.push_back({key, Effect::reevaluate, state.reevaluate, state.reevaluate_at, false});
      }
    }
    std::erase_if(parts, [](const ReplicaEntry& part) { return !part.position.is_set(); });
    std::sort(parts.begin(), parts.end(),
              [](const ReplicaEntry& a, const ReplicaEntry& b) { return a.position < b.position; });
    return parts;
  }

 private:
  std::vector<ReplicaEntry> entries_;
  std::map<Key, Watermark> states_;
};

// Whether the view knows of each key of the journal what the journal adds up to.
inline void check_same(const ReplicaView& view, const MadeUpJournal& journal) {
  for (const auto& [key, state] : journal.states()) {
    const KeyMarks found = view.find(key);
    CHECK_MESSAGE(found.reauth_sequence == state.reauth.sequence, to_string(key));
    CHECK_MESSAGE(found.reevaluate_sequence == state.reevaluate.sequence, to_string(key));
    CHECK_MESSAGE(found.is_blocked == (state.hold_count != 0), to_string(key));
  }
}

}  // namespace curfew::testing
