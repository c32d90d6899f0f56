#include "apps/sim/simulation.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "apps/sim/crashing_store.hpp"
#include "apps/sim/dice.hpp"
#include "apps/sim/peer.hpp"
#include "crypto/seal.hpp"
#include "model/validity.hpp"
#include "revocation/cut.hpp"
#include "revocation/engine.hpp"
#include "revocation/local_connectors.hpp"
#include "revocation/restore.hpp"
#include "revocation/run_store.hpp"
#include "revocation/sim_loop.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

using namespace std::chrono_literals;

const TenantId kTenant{"t"};
const std::string kSubject = "u";
constexpr Duration kFaultTime = 20min;  // faults and crashes happen in this time only
constexpr std::size_t kLoopStepsMax = 200'000;

// What the simulation knows of one place at a peer; nobody else sees it.
struct Place {
  std::optional<TimePoint> revived_at;
  bool was_written = false;
  bool prior_was_kept = false;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : dice_(seed) {
    policy_.observe_again_after = {10min, 1h};
    make_peers();
    add_subject();
    begin_process();
  }
  ~Simulation() { die(); }

  SimulationOutcome live() {
    const TimePoint faults_end = clock_.now() + kFaultTime;
    make_runs();
    while (!broken() && clock_.now() < faults_end && one_step(faults_end)) {
      sometimes_kill();
      sometimes_revive();
    }
    faults_ = false;
    if (store_.is_dead() || dice_.percent(50)) kill_and_restart();
    settle(longest_drive(policy_) * 6 + 2h);
    if (!broken()) check_end();
    if (!broken() && dice_.percent(50)) mend_and_retry();
    if (!broken() && dice_.percent(50)) undo();
    for (const auto& [name, peer] : peers_) count_orders(*peer.connector);
    return {counts_, violation_};
  }

 private:
  struct Peer {
    Temper temper = Temper::honest;
    TimePoint back_at{};
    std::unique_ptr<ScriptedConnector> connector;
  };

  bool broken() const { return violation_.has_value(); }
  void violate(std::string what) {
    if (!violation_) violation_ = std::move(what) + " at " + to_rfc3339(clock_.now());
  }

  void make_peers() {
    const std::uint64_t count = 1 + dice_.below(4);
    for (std::uint64_t at = 0; at < count; ++at) {
      Peer peer;
      peer.temper = any_temper(dice_);
      peer.back_at = clock_.now() + Duration{std::chrono::seconds{dice_.below(600)}};
      const std::string name = "peer" + std::to_string(at);
      peer.connector = std::make_unique<ScriptedConnector>(
          loop_, clock_, [this, name](OrderKind kind, const ConnectorOrder&) {
            const Peer& asked = peers_.at(name);
            return behave(asked.temper, kind, clock_.now() >= asked.back_at, dice_);
          });
      peers_.emplace(name, std::move(peer));
    }
  }

  void must(const Status& status) {
    if (!status.ok()) violate("the simulation's own write failed: " + status.error().message());
  }
  void write(const Store::WriteBody& body) {
    must(store_.inner().write_and_wait(Urgency::normal, body));
  }

  void add_subject() {
    write([&](WriteTx& tx) -> Status {
      const NewEntry first{credential_key("other"), Effect::reauth, "", std::nullopt, "other"};
      CURFEW_TRY_STATUS(journal_.append(tx, first, clock_.now()));
      User user;
      user.tenant_id = kTenant;
      user.id = UserId{kSubject};
      user.user_principal_name = "u@contoso.com";
      CURFEW_TRY_STATUS(add(tx, user));
      Session session;
      session.tenant_id = kTenant;
      session.id = SessionId{"s"};
      session.user_id = user.id;
      session.auth_as_of = stamp_;
      session.expires_at = clock_.now() + 24h;
      return add(tx, session);
    });
  }

  // A process: engine and connectors to ourselves. Peers and store outlive it.
  void begin_process() {
    local_ = std::make_unique<LocalConnectors>(LocalParts{store_, journal_, clock_, loop_});
    ConnectorSet connectors = local_->all();
    for (const auto& [name, peer] : peers_) connectors.emplace(name, peer.connector.get());
    EngineParts parts{kTenant, store_,
                      clock_,  loop_,
                      loop_,   std::move(connectors),
                      policy_, [this](const RunData& data) { check_safety(data); }};
    engine_ = std::make_unique<RunEngine>(std::move(parts));
  }

  void die() {
    engine_.reset();
    for (auto& [name, peer] : peers_) peer.connector->release_stalled();
    store_.start_again();
    loop_.drain();
  }

  void kill_and_restart() {
    ++counts_.crashes;
    die();
    begin_process();
    must(engine_->resume());
  }

  SaveFate fate() {
    if (!faults_) return SaveFate::lives;
    if (dice_.percent(4)) return SaveFate::dies_before;
    if (dice_.percent(4)) return SaveFate::dies_after;
    if (!dice_.percent(3)) return SaveFate::lives;
    ++counts_.refused_saves;
    return SaveFate::disk_refuses;
  }

  // Cuts with steps at the peers added, as later plans will have them.
  void make_runs() {
    const std::uint64_t count = 1 + dice_.below(2);
    for (std::uint64_t at = 0; at < count; ++at) {
      const RunId id{"run" + std::to_string(at)};
      write([&](WriteTx& tx) -> Status {
        CutOrder order;
        order.run_id = id;
        order.subject_id = UserId{kSubject};
        order.actor = root_;
        CURFEW_TRY(CutOutcome outcome,
                   cut(tx, journal_, audit_, PlanPolicy{}, order, clock_.now()));
        add_peer_steps(outcome.data);
        return save_run(tx, outcome.data);
      });
      runs_.push_back(id);
      ++counts_.runs;
      engine_->drive(id);
      loop_.run_for(std::chrono::seconds{dice_.below(20)});
    }
  }

  void add_peer_steps(RunData& data) {
    for (const auto& [name, peer] : peers_) {
      Step step;
      step.tenant_id = kTenant;
      step.run_id = data.run.id;
      step.ordinal = static_cast<std::uint32_t>(data.steps.size());
      step.id = StepId{data.run.id.str() + "." + std::to_string(step.ordinal)};
      step.connector = name;
      step.target = "place";
      step.subject = kSubject;
      if (dice_.percent(25)) step.after = {data.steps[dice_.below(data.steps.size())].id.str()};
      AccessPath path;
      path.tenant_id = kTenant;
      path.run_id = data.run.id;
      path.ordinal = static_cast<std::uint32_t>(data.paths.size());
      path.step_id = step.id;
      data.steps.push_back(step);
      data.paths.push_back(path);
      ++counts_.steps;
    }
  }

  bool one_step(TimePoint until) {
    if (++loop_steps_ > kLoopStepsMax) {
      violate("the loop never comes to an end");
      return false;
    }
    if (store_.is_dead()) kill_and_restart();
    return loop_.run_next(until);
  }

  void sometimes_kill() {
    if (dice_.below(300) == 0) kill_and_restart();
  }

  void sometimes_revive() {
    for (auto& [name, peer] : peers_) {
      if (peer.temper != Temper::reviving || peer.connector->alive(kSubject)) continue;
      if (places_[name].revived_at || dice_.below(40) != 0) continue;
      peer.connector->set_alive(kSubject, true);
      places_[name].revived_at = clock_.now();
      ++counts_.revivals;
    }
  }

  void settle(Duration time) {
    const TimePoint end = clock_.now() + time;
    while (!broken() && one_step(end)) {
    }
  }

  // Nothing is reported ended that lives, unless it came back after it was looked at.
  void check_safety(const RunData& data) {
    if (data.run.state == RunState::restoring || data.run.state == RunState::restored) return;
    for (const AccessPath& path : data.paths) {
      if (path.state != PathState::ended || !path.step_id) continue;
      const Step* step = data.find_step(*path.step_id);
      if (step == nullptr) return violate("a path names a step that is not there");
      if (!step->observed_at) return violate(step->id.str() + " is ended and was never observed");
      if (lives(*step)) violate(step->id.str() + " is reported ended and lives");
    }
  }

  bool lives(const Step& step) {
    const auto peer = peers_.find(step.connector);
    if (peer == peers_.end()) return session_lives();
    if (!peer->second.connector->alive(step.subject)) return false;
    const auto& revived = places_[step.connector].revived_at;
    // An answer on its way shows what was so when it was sent.
    return !revived || *revived <= *step.observed_at - policy_.order_time_max;
  }

  bool session_lives() {
    CredentialFacts facts;
    facts.credential_class = CredentialClass::renewal;
    facts.stamps = {stamp_, stamp_};
    facts.expires_at = clock_.now() + 1h;
    facts.keys = {key_of(kTenant), key_of(UserId{kSubject}), key_of(SessionId{"s"})};
    return judge(facts, live_->states(facts.keys), clock_.now()) == Verdict::live;
  }

  RunData load(const RunId& id) {
    auto data = read_value<RunData>(store_, [&](ReadTx& tx) { return load_run(tx, kTenant, id); });
    if (data.ok()) return std::move(data).value();
    violate(data.error().message());
    return {};
  }

  void check_end() {
    for (const RunId& id : runs_) {
      const RunData data = load(id);
      check_safety(data);
      if (data.run.state != RunState::at_rest) violate(id.str() + " is not at rest");
      if (data.run.observe_again_at) violate(id.str() + " has observations left to make");
      for (const Step& step : data.steps) check_step_end(data, step);
    }
    for (const auto& [name, place] : places_) {
      if (place.was_written && !place.prior_was_kept) {
        violate(name + " lost the value from before the first write");
      }
    }
    if (engine_->backlog() != 0) violate("the engine still has runs in hand");
  }

  void check_step_end(const RunData& data, const Step& step) {
    const std::string name = step.id.str();
    count_state(step.state);
    if (!is_at_rest(step.state)) return violate(name + " is not at rest");
    if (step.attempt_count > policy_.attempts_max) return violate(name + " was tried too often");
    const auto peer = peers_.find(step.connector);
    if (peer == peers_.end()) {
      if (step.state != StepState::ended) violate(name + ", one of our own, has not ended");
      return;
    }
    if (step.prior_value == "enabled") places_[step.connector].prior_was_kept = true;
    if (step.applied_at) places_[step.connector].was_written = true;
    const bool all_before_ended =
        std::all_of(step.after.begin(), step.after.end(), [&](const std::string& before) {
          return data.find_step(StepId{before})->state == StepState::ended;
        });
    if (can_end(peer->second.temper) && all_before_ended && step.state != StepState::ended) {
      violate(name + " could have ended and has not");
    }
    if (step.state == StepState::ended && peer->second.connector->alive(step.subject)) {
      violate(name + " had come back and was not found");
    }
  }

  // Liveness: once every peer is well, a person's retry brings whatever had given up to its end.
  void mend_and_retry() {
    for (auto& [name, peer] : peers_) {
      if (peer.temper != Temper::blind) peer.temper = Temper::honest;
    }
    for (const RunId& id : runs_) {
      for (const Step& step : load(id).steps) {
        if (step.state != StepState::waiting && step.state != StepState::failed) continue;
        engine_->send(id, RetryAsked{step.id});
        ++counts_.retried;
      }
    }
    settle(longest_drive(policy_) * 6);
    for (const RunId& id : runs_) check_mended(load(id));
  }

  void check_mended(const RunData& data) {
    check_safety(data);
    if (data.run.state != RunState::at_rest) violate(data.run.id.str() + " is not at rest again");
    for (const Step& step : data.steps) {
      const auto peer = peers_.find(step.connector);
      const bool is_blind = peer != peers_.end() && peer->second.temper == Temper::blind;
      const StepState wanted = is_blind ? StepState::acknowledged : StepState::ended;
      if (step.state != wanted) violate(step.id.str() + " was asked for again and has not ended");
      if (peer != peers_.end() && peer->second.connector->alive(step.subject)) {
        violate(step.id.str() + " was asked for again and lives");
      }
      if (step.prior_value == "enabled") places_[step.connector].prior_was_kept = true;
      if (step.applied_at) places_[step.connector].was_written = true;
    }
  }

  void count_state(StepState state) {
    switch (state) {
      case StepState::ended: ++counts_.ended; break;
      case StepState::acknowledged: ++counts_.acknowledged; break;
      case StepState::waiting:
      case StepState::failed: ++counts_.given_up; break;
      case StepState::planned:
      case StepState::running: break;
    }
  }

  // One run or all, in any order.
  void undo() {
    std::vector<RunId> order = runs_;
    if (dice_.percent(50)) std::reverse(order.begin(), order.end());
    const std::size_t count = 1 + dice_.below(order.size());
    for (std::size_t at = 0; at < count && !broken(); ++at) undo_one(order[at]);
    if (session_lives()) violate("an undo revived an old session");
    for (const auto& [name, peer] : peers_) {
      if (!can_end(peer.temper) || !places_[name].was_written) continue;
      const bool all_undone = count == runs_.size();
      if (peer.connector->alive(kSubject) == all_undone) continue;
      violate(all_undone ? "the undo of all runs gave nothing back at " + name
                         : "an undo gave " + name + " back while another run holds the subject");
    }
  }

  void undo_one(const RunId& id) {
    std::vector<RunId> released;
    write([&](WriteTx& tx) -> Status {
      CURFEW_TRY(const RestoredRun restored,
                 restore_run(tx, journal_, audit_, id, root_, clock_.now()));
      released = restored.released;
      return Done{};
    });
    engine_->drive(id);
    for (const RunId& also : released) engine_->drive(also);
    settle(longest_drive(policy_) * 6);
    ++counts_.restored;
    if (load(id).run.state != RunState::restored) violate(id.str() + " is not restored");
  }

  void count_orders(const ScriptedConnector& connector) {
    const std::uint64_t orders =
        connector.order_count(OrderKind::prior_value) + connector.order_count(OrderKind::apply) +
        connector.order_count(OrderKind::observe) + connector.order_count(OrderKind::undo);
    counts_.orders += orders;
    // A crash repeats what was in flight; everything else is bounded by the policy.
    const std::uint64_t allowed =
        runs_.size() * (policy_.attempts_max * 3 * 3 + policy_.observe_again_after.size() + 6) +
        counts_.crashes * runs_.size() * 2 + counts_.retried * policy_.attempts_max * 3;
    if (orders > allowed) violate("a peer was asked " + std::to_string(orders) + " times");
  }

  Dice dice_;
  ManualClock clock_{TimePoint{std::chrono::hours{450'000}}};
  SimLoop loop_{clock_};
  CrashingStore store_{make_memory_store(), [this] { return fate(); }};
  std::unique_ptr<LiveJournal> live_ = load_live_journal(store_, kTenant).value();
  Journal journal_{kTenant, *live_};
  AuditLog audit_{kTenant, SealKey::from(Secret{std::string(kSealKeyBytes, 'k')}).value()};
  Actor root_{ActorKind::local_root, "local-root", "root", {Role::global_administrator}, "", {}};
  RunPolicy policy_;
  Position stamp_{1, 1};
  std::map<std::string, Peer> peers_;
  std::map<std::string, Place> places_;
  std::unique_ptr<LocalConnectors> local_;
  std::unique_ptr<RunEngine> engine_;
  std::vector<RunId> runs_;
  SimulationCounts counts_;
  std::optional<std::string> violation_;
  std::size_t loop_steps_ = 0;
  bool faults_ = true;
};

}  // namespace

void SimulationCounts::add(const SimulationCounts& other) {
  runs += other.runs;
  steps += other.steps;
  orders += other.orders;
  crashes += other.crashes;
  refused_saves += other.refused_saves;
  revivals += other.revivals;
  retried += other.retried;
  restored += other.restored;
  ended += other.ended;
  acknowledged += other.acknowledged;
  given_up += other.given_up;
}

SimulationOutcome simulate(std::uint64_t seed) { return Simulation{seed}.live(); }

}  // namespace curfew
