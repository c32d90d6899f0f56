// tests/bench/replica_bench.cpp: what a gate's replica costs: judging a credential of four keys of
// which none was revoked, finding one that was, bytes for an entry, entries applied in a second.
//
//   replica_bench FOLDER [ENTRIES...]        (a folder in shared memory)
//
// Processor time of the one thread, and the best of several rounds: on a busy machine the others
// say more about the neighbours.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "gate/replica/decision.hpp"
#include "gate/replica/writer.hpp"

namespace curfew {
namespace {

constexpr int kRounds = 15;
constexpr std::size_t kCredentials = 200'000;
constexpr std::size_t kKeysOfCredential = 4;
const TimePoint kStart = from_unix_seconds(1'800'000'000);

double cpu_nanos() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

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

Status fill(ReplicaWriter& writer, std::uint64_t entries) {
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
  std::printf("%10llu entries: applied new     %6.2f million a second\n",
              static_cast<unsigned long long>(entries),
              static_cast<double>(entries) / applying * 1e3);
  return Done{};
}

void measure_applies(ReplicaWriter& writer, std::uint64_t entries) {
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
    if (!writer.apply(batch).ok() || !writer.advance({1, sequence}).ok()) std::abort();
    best = std::min(best, cpu_nanos() - before);
  }
  std::printf("%29s applied again   %6.2f million a second\n", "",
              static_cast<double>(kAgain) / best * 1e3);
}

void measure_lookups(const ReplicaView& view, std::uint64_t entries) {
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
  std::printf("%29s judged, 4 keys  %6.1f ns\n", "", judged / kCredentials);
  std::size_t found = 0;
  const double looked_up = best_of([&] {
    for (const KeyHash& hash : known) found += view.find(hash).reauth_sequence != 0 ? 1 : 0;
  });
  std::printf("%29s one that is there %4.1f ns\n", "", looked_up / kCredentials);
  if (live != kRounds * kCredentials || found != kRounds * kCredentials) std::abort();
}

// What the look-ups of one credential cannot do without: a word in each of four random places of as
// much memory as the Bloom filter takes, all of them fetched at once.
void measure_floor(const ReplicaView& view) {
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
  if (sum != kRounds * places.size()) std::abort();
  std::printf("%29s floor of it      %6.1f ns\n", "", read / kCredentials);
}

void measure_hash(const SipKey& hash_key) {
  const Key key = key_of_number(77);
  std::uint64_t sum = 0;
  const double hashed = best_of([&] {
    for (std::size_t n = 0; n < kCredentials; ++n) {
      sum += hash_of({hash_key.low + n, hash_key.high}, key).main;
    }
  });
  std::printf("hash of a key of 36 bytes: %.1f ns (%llx)\n", hashed / kCredentials,
              static_cast<unsigned long long>(sum & 15));
}

int measure(const std::string& folder, std::uint64_t entries) {
  ReplicaOptions options;
  options.path = folder + "/replica-bench";
  options.table = {{"tenant", "https://id.contoso.com"}, BootId{{1, 1}}, std::nullopt};
  options.entries_min = entries;
  auto writer = ReplicaWriter::open(options);
  if (!writer.ok()) {
    std::fprintf(stderr, "%s\n", writer.error().message().c_str());
    return 1;
  }
  if (const Status filled = fill(**writer, entries); !filled.ok()) {
    std::fprintf(stderr, "%s\n", filled.error().message().c_str());
    return 1;
  }
  measure_applies(**writer, entries);
  const ReplicaView& view = *(*writer)->serving();
  measure_lookups(view, entries);
  measure_floor(view);
  std::printf("%29s bytes an entry   %5.1f\n", "",
              static_cast<double>(view.fixed().file_bytes) / static_cast<double>(entries));
  const double before = cpu_nanos();
  if (!(*writer)->prune().ok()) return 1;
  std::printf("%29s copied in       %6.0f ms\n", "", (cpu_nanos() - before) / 1e6);
  measure_hash((*writer)->serving()->hash_key());
  (*writer)->withdraw();
  return 0;
}

}  // namespace
}  // namespace curfew

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: replica_bench FOLDER [ENTRIES...]\n");
    return 2;
  }
  if (argc == 2) {
    return curfew::measure(argv[1], 1'000'000) | curfew::measure(argv[1], 10'000'000);
  }
  for (int i = 2; i < argc; ++i) {
    const int outcome = curfew::measure(argv[1], std::strtoull(argv[i], nullptr, 10));
    if (outcome != 0) return outcome;
  }
  return 0;
}
