// tests/bench/rows_replica.cpp: what a gate's replica costs: judging a credential of four keys of
// which none was revoked, finding one that was, bytes for an entry, entries applied in a second.
//
// Processor time of the one thread, and the best of several rounds: on a busy machine the others
// say more about the neighbours.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "gate/replica/decision.hpp"
#include "gate/replica/writer.hpp"
#include "tests/bench/gate_program.hpp"

namespace curfew::bench {

namespace {

constexpr int kRounds = 15;
constexpr std::size_t kCredentials = 200'000;
constexpr std::size_t kKeysOfCredential = 4;
const TimePoint kStart = from_unix_seconds(1'800'000'000);

double cpu_nanos() { return 1e3 * own_thread_cpu_micros(); }

double best_of(const std::function<void()>& round) {
  double best = 1e300;
  for (int i = 0; i < kRounds; ++i) {
    const double before = cpu_nanos();
    round();
    best = std::min(best, cpu_nanos() - before);
  }
  return best;
}

// Graph's spelling of an id, different for each number.
Key key_of_number(std::uint64_t number) {
  char text[40];
  std::snprintf(text, sizeof text, "%08x-0000-4000-8000-%012llx",
                static_cast<unsigned>(number * 2654435761U),
                static_cast<unsigned long long>(number));
  return {KeyKind::user, text};
}

Status fill(ReplicaWriter& writer, std::uint64_t entries, Row& row) {
  CURFEW_TRY_STATUS(writer.begin_snapshot({{1, 0}, {1, 0}, kStart, {}}));
  CURFEW_TRY_STATUS(writer.finish_snapshot());
  constexpr std::uint64_t kBatch = 10'000;
  std::vector<ReplicaEntry> batch;
  double applying = 0;
  for (std::uint64_t number = 1; number <= entries; ++number) {
    batch.push_back({key_of_number(number), Effect::reauth, {1, number}, kStart});
    if (batch.size() < kBatch && number != entries) continue;
    const double before = cpu_nanos();
    CURFEW_TRY_STATUS(writer.apply(batch));
    CURFEW_TRY_STATUS(writer.advance({1, number}));
    applying += cpu_nanos() - before;
    batch.clear();
  }
  row.add("applied_new", static_cast<double>(entries) / applying * 1e9, "/s");
  return Done{};
}

Status measure_applies(ReplicaWriter& writer, std::uint64_t entries, Row& row) {
  constexpr std::uint64_t kAgain = 200'000;
  std::uint64_t sequence = entries;
  std::vector<ReplicaEntry> batch;
  for (std::uint64_t n = 0; n < kAgain; ++n) {
    batch.push_back({key_of_number(1 + n * 7919 % entries), Effect::reauth, {1, 0}, kStart});
  }
  double best = 1e300;
  for (int round = 0; round < kRounds; ++round) {
    for (ReplicaEntry& entry : batch) entry.position.sequence = ++sequence;
    const double before = cpu_nanos();
    CURFEW_TRY_STATUS(writer.apply(batch));
    CURFEW_TRY_STATUS(writer.advance({1, sequence}));
    best = std::min(best, cpu_nanos() - before);
  }
  row.add("applied_again", static_cast<double>(kAgain) / best * 1e9, "/s");
  return Done{};
}

Status measure_lookups(const ReplicaView& view, std::uint64_t entries, Row& row) {
  std::vector<KeyHash> unknown;
  for (std::size_t n = 0; n < kCredentials * kKeysOfCredential; ++n) {
    unknown.push_back(hash_of(view.hash_key(), key_of_number(entries + 1 + n * 7919)));
  }
  std::vector<KeyHash> known;
  for (std::size_t n = 0; n < kCredentials; ++n) {
    known.push_back(hash_of(view.hash_key(), key_of_number(1 + n * 7919 % entries)));
  }
  const CredentialFacts facts{CredentialClass::access,
                              {{1, entries}, {1, entries}},
                              kStart + std::chrono::hours{1},
                              std::vector<Key>(kKeysOfCredential)};
  std::size_t live = 0;
  const double judged = best_of([&] {
    for (std::size_t n = 0; n < kCredentials; ++n) {
      const std::span keys = std::span{unknown}.subspan(n * kKeysOfCredential, kKeysOfCredential);
      live += judge_by_replica(view, facts, keys, kStart) == Verdict::live ? 1 : 0;
    }
  });
  row.add("judged_ns", judged / kCredentials, "ns");
  std::size_t found = 0;
  const double looked_up = best_of([&] {
    for (const KeyHash& hash : known) found += view.find(hash).reauth_sequence != 0 ? 1 : 0;
  });
  row.add("found_ns", looked_up / kCredentials, "ns");
  if (live == kRounds * kCredentials && found == live) return Done{};
  return Error::permanent(ErrorCode::internal, "the replica judges wrongly");
}

// What the look-ups of one credential cannot do without: a word in each of four random places of as
// much memory as the Bloom filter takes, all of them fetched at once.
Status measure_floor(const ReplicaView& view, Row& row) {
  const std::vector<std::uint64_t> memory(view.fixed().bloom_block_count * 4, 1);
  std::vector<std::size_t> places;
  std::uint64_t random = 88172645463325252;
  for (std::size_t n = 0; n < kCredentials * kKeysOfCredential; ++n) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    places.push_back(random % memory.size());
  }
  std::uint64_t sum = 0;
  const double read = best_of([&] {
    for (const std::size_t place : places) sum += memory[place];
  });
  row.add("judged_floor_ns", read / kCredentials, "ns");
  // What was read is used, or a compiler would not read it.
  if (sum == kRounds * places.size()) return Done{};
  return Error::permanent(ErrorCode::internal, "the memory has other words");
}

Status measure_hash(const SipKey& hash_key, Row& row) {
  const Key key = key_of_number(77);
  std::uint64_t sum = 0;
  const double hashed = best_of([&] {
    for (std::size_t n = 0; n < kCredentials; ++n) {
      sum += hash_of({hash_key.low + n, hash_key.high}, key).main;
    }
  });
  row.add("hash_ns", hashed / kCredentials, "ns");
  // As above: used.
  if (sum != 0) return Done{};
  return Error::permanent(ErrorCode::internal, "every hash is nothing");
}

Status measure_entries(Row& row, std::size_t entries) {
  row.title = "a gate's replica with " + std::to_string(entries) + " entries";
  CURFEW_TRY(const auto memory, MemoryFolder::make());
  ReplicaOptions options;
  options.path = memory->path() + "/replica";
  options.table = {{"tenant", "https://id.contoso.com"}, BootId{{1, 1}}, std::nullopt};
  options.entries_min = entries;
  CURFEW_TRY(const auto writer, ReplicaWriter::open(options));
  row.add("entries", static_cast<double>(entries), "");
  CURFEW_TRY_STATUS(fill(*writer, entries, row));
  CURFEW_TRY_STATUS(measure_applies(*writer, entries, row));
  const ReplicaView& view = *writer->serving();
  CURFEW_TRY_STATUS(measure_lookups(view, entries, row));
  CURFEW_TRY_STATUS(measure_floor(view, row));
  row.add("bytes_each", static_cast<double>(view.fixed().file_bytes) / static_cast<double>(entries),
          "bytes");
  const double before = cpu_nanos();
  CURFEW_TRY_STATUS(writer->prune());
  row.add("copied_ms", (cpu_nanos() - before) / 1e6, "ms");
  row.budget = Budget{"judged_ns", 120};
  return measure_hash(writer->serving()->hash_key(), row);
}

}  // namespace

Status measure_replica(Bench& bench, Row& row) {
  return measure_entries(row, bench.scale().replica_entries[0]);
}

Status measure_large_replica(Bench& bench, Row& row) {
  return measure_entries(row, bench.scale().replica_entries[1]);
}

}  // namespace curfew::bench
