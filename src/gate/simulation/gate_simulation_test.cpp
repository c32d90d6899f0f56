// Seeded lives of a server and its gates among links that delay, break and stick, clocks that
// drift, processes that pause, die and are copied, and an older database that takes the journal's
// place.
//
// Checked at every tick, with the credential that each revocation outdates: no instance accepts it,
// or has a connection of it that still passes anything, once the ledger has said that the gate is
// complete; and no replica that knew of it forgets it (safety). Checked at the end: over dead links
// a revocation is complete when lease and drift are over, over good ones at once, and every gate
// works again (liveness).
//
// The same seed is the same life. After a failure:
//   CURFEW_GATE_SEED=<seed> gate_test -tc="*lives of a server*"
// CURFEW_GATE_SEEDS=<count> runs more of them.
#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "gate/simulation/test_instance.hpp"
#include "gate/simulation/test_server.hpp"

namespace curfew::simulation {

namespace {

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : world_(with_gates(seed)), server_(world_) {
    for (const AppId& gate : world_.gates) {
      add({}, {}, nullptr, gate, Machine{world_.dice});
    }
    has_rollback_ = world_.dice.permille(400);
    ends_with_dead_links_ = world_.dice.permille(500);
  }

  World& run() {
    run_for(15s);
    if (has_rollback_) roll_back();
    run_for(10s);
    if (ends_with_dead_links_) {
      end_over_dead_links();
    } else {
      end_over_good_links();
    }
    return world_;
  }

 private:
  static World with_gates(std::uint64_t seed) {
    World world{seed};
    const std::uint64_t count = 1 + world.dice.below(3);
    for (std::uint64_t each = 0; each < count; ++each) {
      world.gates.push_back(AppId{"gate-" + std::to_string(each)});
    }
    return world;
  }

  void add(MapReplica::File file, FollowerMemory memory, const SimInstance* before,
           const AppId& gate, Machine machine) {
    instances_.push_back(
        std::make_unique<SimInstance>(world_, gate, machine, std::move(file), std::move(memory),
                                      before == nullptr ? std::set<std::size_t>{} : before->knew));
    if (before == nullptr) return;
    instances_.back()->held = before->held;
    instances_.back()->follower.restore_blocked(before->follower.blocked().all());
  }

  void run_for(Duration time) {
    const Duration end = world_.now + time;
    while (world_.now < end && !world_.violation) tick();
  }

  void tick() {
    world_.now += kTick;
    if (world_.weather.is_bad) {
      happen();
      break_machines();
    }
    server_.tick();
    for (const auto& instance : instances_) instance->tick(server_);
    attack();
  }

  std::string a_user() { return "user-" + std::to_string(world_.dice.below(kUsers)); }

  void happen() {
    SimDice& dice = world_.dice;
    if (dice.permille(10) && server_.is_up()) {
      const std::string user = a_user();
      const bool is_block = dice.permille(600);
      server_.revoke(user, is_block ? Effect::block : Effect::reauth);
      blocked_[user] = blocked_[user] || is_block;
    }
    if (dice.permille(5) && server_.is_up()) {
      const std::string user = a_user();
      if (std::exchange(blocked_[user], false)) server_.unblock(user);
    }
    if (dice.permille(30)) open_connection();
    if (server_.needs_fence() && server_.is_up() && dice.permille(10)) fence();
  }

  // Somebody uses what they have for long.
  void open_connection() {
    SimInstance& instance = *instances_[world_.dice.below(instances_.size())];
    const Position stamp = server_.head();
    const CredentialFacts facts{CredentialClass::access,
                                {stamp, stamp},
                                kWallStart + std::chrono::hours{48},
                                {kTenant, {KeyKind::user, a_user()}}};
    instance.replica.open(facts, instance.time());
  }

  void break_machines() {
    SimDice& dice = world_.dice;
    if (dice.permille(2) && server_.is_up()) server_.restart(dice.up_to(1500ms));
    if (!dice.permille(6)) return;
    SimInstance& old = *instances_[dice.below(instances_.size())];
    old.kill();
    const std::uint64_t how = dice.below(4);
    MapReplica::File file = old.replica.file();
    FollowerMemory memory = old.follower.memory();
    const AppId gate = old.gate;
    if (how == 0) return fresh_start(gate);
    if (how == 1) {  // on another machine, from a copy; here its readers go on
      file.open.clear();
      memory.newest = {};
      add(std::move(file), std::move(memory), &old, gate, Machine{dice});
    } else {  // in its place: the lease ends, the readers keep what they have open
      // As with one that is not of the file. Without either nothing would be known of a rollback.
      const bool has_proof = memory.newest.mark.position.is_set();
      if (has_proof && dice.permille(200)) memory.applied = {};
      const Machine machine = old.machine;
      add(std::move(file), std::move(memory), &old, gate, machine);
      std::erase_if(instances_, [&](const auto& each) { return each.get() == &old; });
    }
    forget_oldest(gate);
  }

  void fresh_start(const AppId& gate) {
    add({}, {}, nullptr, gate, Machine{world_.dice});
    forget_oldest(gate);
  }

  // Machines that are switched off for good, with their readers.
  void forget_oldest(const AppId& gate) {
    const auto count =
        std::ranges::count_if(instances_, [&](const auto& each) { return each->gate == gate; });
    if (count <= static_cast<std::ptrdiff_t>(kInstancesMax)) return;
    const auto oldest =
        std::ranges::find_if(instances_, [&](const auto& each) { return each->gate == gate; });
    (*oldest)->kill();
    instances_.erase(oldest);
  }

  void roll_back() {
    const std::size_t rows = server_.row_count();
    if (rows < 3) return;
    server_.roll_back(rows - 1 - world_.dice.below(std::min<std::size_t>(rows - 2, 6)));
    blocked_.clear();
  }

  void fence() {
    server_.fence();
    blocked_.clear();
  }

  void attack() {
    const std::vector<Revocation>& revocations = server_.revocations();
    const bool asks_memory = ++attacks_ % 10 == 0;
    for (const auto& instance : instances_) {
      const GateTime time = instance->time();
      const bool has_lease = instance->replica.has_lease(time);
      for (std::size_t number = 0; number < revocations.size(); ++number) {
        if (asks_memory) check_memory(*instance, number);
        if (has_lease) try_out(*instance, revocations[number], time);
      }
      if (asks_memory) check_blocks(*instance);
    }
  }

  void try_out(const SimInstance& instance, const Revocation& revocation, GateTime time) {
    if (revocation.is_lost || !revocation.complete_for.contains(instance.gate)) return;
    if (instance.replica.accepts(revocation.credential, time)) {
      world_.fail(instance.gate.str() + " accepts what " + to_string(revocation.position) +
                  " outdates, after it was complete");
    }
    const bool is_open =
        std::ranges::any_of(instance.replica.open_connections(),
                            [&](const CredentialFacts& facts) { return revocation.covers(facts); });
    if (is_open) {
      world_.fail(instance.gate.str() + " has a connection open that " +
                  to_string(revocation.position) + " outdates, after it was complete");
    }
  }

  // That a key is blocked is another matter: it may be for an earlier reason, which ends.
  static bool knows(const MapReplica::File& file, const CredentialFacts& facts) {
    return std::ranges::any_of(facts.keys, [&](const Key& key) {
      const auto found = file.table.find(key);
      return found != file.table.end() && found->second.watermark.reauth > facts.stamps.auth_as_of;
    });
  }

  void check_memory(SimInstance& instance, std::size_t number) {
    const Revocation& revocation = server_.revocations()[number];
    if (knows(instance.replica.file(), revocation.credential)) {
      instance.knew.insert(number);
    } else if (instance.knew.contains(number)) {
      world_.fail(instance.gate.str() + " forgot " + to_string(revocation.position));
    }
  }

  // Who was blocked stays so until somebody ends it, whatever was lost at the server.
  void check_blocks(SimInstance& instance) {
    const MapReplica::Table& table = instance.replica.file().table;
    for (std::uint64_t number = 0; number < kUsers; ++number) {
      const std::string user = "user-" + std::to_string(number);
      const auto known = table.find({KeyKind::user, user});
      const bool is_blocked = known != table.end() && known->second.watermark.hold_count > 0;
      if (is_blocked) {
        instance.held[user] = std::max(instance.held[user], known->second.hold_at);
        continue;
      }
      const auto held = instance.held.find(user);
      if (held == instance.held.end()) continue;
      if (server_.unblocked_at(user) <= held->second) {
        world_.fail(instance.gate.str() + " has " + user + " as free, who was blocked at " +
                    to_string(held->second));
      }
      instance.held.erase(held);
    }
  }

  void end_over_dead_links() {
    world_.weather = {.is_bad = false, .are_links_dead = true};
    for (const auto& instance : instances_) {
      instance->calm();
      instance->cut_links();
    }
    while (!server_.is_up() && !world_.violation) tick();
    if (server_.needs_fence()) fence();
    while (!server_.is_up() && !world_.violation) tick();
    server_.revoke("user-0", Effect::reauth);
    const Duration end = server_.boot() + kLease + kDrift;
    while (server_.boot() < end && !world_.violation) tick();
    run_for(2 * kTick);
    if (!server_.is_complete(server_.revocations().back())) {
      world_.fail("lease and drift are over, and the revocation is not complete");
    }
  }

  void end_over_good_links() {
    world_.weather = {.is_bad = false, .are_links_dead = false};
    for (const auto& instance : instances_) instance->calm();
    run_for(8s);  // every connection is made again, and every lease of before is over
    const bool is_diverged = std::ranges::any_of(instances_, [](const auto& each) {
      return each->follower.state() == FollowerState::diverged;
    });
    if (is_diverged || server_.needs_fence()) fence();
    for (const auto& instance : instances_) instance->calm();
    run_for(12s);
    for (const auto& instance : instances_) expect_service(*instance);
    server_.revoke("user-0", Effect::block);
    run_for(400ms);
    if (!server_.is_complete(server_.revocations().back())) {
      world_.fail("links are good, and the revocation is not complete at once");
    }
    for (const auto& instance : instances_) expect_service(*instance);
  }

  void expect_service(const SimInstance& instance) {
    if (!instance.is_running || world_.violation) return;
    const Position stamp = server_.head();
    const CredentialFacts fresh{CredentialClass::access,
                                {stamp, stamp},
                                kWallStart + std::chrono::hours{48},
                                {kTenant, {KeyKind::user, "somebody"}}};
    if (!instance.replica.accepts(fresh, instance.time())) {
      world_.fail(instance.gate.str() + " refuses everybody over good links; it is " +
                  std::string{to_string(instance.follower.state())});
    }
  }

  World world_;
  SimServer server_;
  std::vector<std::unique_ptr<SimInstance>> instances_;
  std::map<std::string, bool> blocked_;
  std::uint64_t attacks_ = 0;
  bool has_rollback_ = false;
  bool ends_with_dead_links_ = false;
};

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_CASE("in many lives of a server and its gates nothing passes that is complete") {
  const std::uint64_t only = number_from("CURFEW_GATE_SEED", 0);
  const std::uint64_t count = only != 0 ? 1 : number_from("CURFEW_GATE_SEEDS", 30);
  std::size_t claims = 0;
  std::size_t divergences = 0;
  std::size_t proved = 0;
  std::size_t written = 0;
  for (std::uint64_t at = 0; at < count; ++at) {
    const std::uint64_t seed = only != 0 ? only : at + 1;
    Simulation simulation{seed};
    const World& world = simulation.run();
    claims += world.claims;
    divergences += world.divergences;
    proved += world.rollbacks_proved;
    written += world.blocks_written;
    CHECK_MESSAGE(!world.violation, world.violation.value_or(""),
                  "; repeat with CURFEW_GATE_SEED=", seed,
                  " gate_test \"-tc=*lives of a server*\"");
    if (world.violation) return;
  }
  // It is of no use where nothing happens.
  if (count < 30) return;
  CHECK(claims > 500);
  CHECK(divergences > 0);
  CHECK(proved > 0);
  CHECK(written > 0);
  MESSAGE(claims, " claims, ", divergences, " divergences, ", proved, " rollbacks proved, ",
          written, " lost blocks written");
}

}  // namespace curfew::simulation
