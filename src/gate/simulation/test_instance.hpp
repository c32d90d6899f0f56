// gate/simulation/test_instance.hpp: one start of a gate process, and the readers of its file.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "gate/follower/follower.hpp"
#include "gate/follower/reconnect.hpp"
#include "gate/follower/test_map_replica.hpp"
#include "gate/simulation/test_server.hpp"
#include "gate/simulation/test_world.hpp"

namespace curfew::simulation {

class SimInstance {
 public:
  SimInstance(World& world, AppId gate, Machine machine, MapReplica::File file,
              FollowerMemory memory, std::set<std::size_t> knew)
      : gate(std::move(gate)),
        machine(machine),
        replica(std::move(file)),
        knew(std::move(knew)),
        world_(world),
        follower({.instance = GateInstanceId{"instance-" + std::to_string(world.dice.next()) +
                                             "-of-a-process"}},
                 replica, std::move(memory), verify, [this] { return world_.dice.next(); }),
        reconnect_(1, machine.boot(world.now), [this] { return world_.dice.next(); }) {}

  AppId gate;
  Machine machine;
  MapReplica replica;
  std::set<std::size_t> knew;            // revocations, by number, that this replica has refused by
  std::map<std::string, Position> held;  // users that it had as blocked, and since when
  bool is_running = true;                // killed: its file and readers are still there

 private:
  World& world_;

 public:
  Follower follower;

  [[nodiscard]] GateTime time() const { return machine.time(world_.now); }

  void tick(SimServer& server) {
    misbehave();
    if (world_.now >= readers_at_) {
      replica.close_outdated(time());
      readers_at_ = world_.now + world_.dice.up_to(world_.weather.is_bad ? 400ms : 60ms);
    }
    if (!is_running || world_.now < paused_until_) return;
    if (!wire_) connect(server);
    if (wire_) hear();
    if (!wire_) return;
    take(follower.tick(time()));
    if (wire_ && wire_->is_over() && world_.now >= wire_->to_gate.stuck_until) broken();
    if (wire_ && world_.now - wire_->to_gate.last_heard > kSilenceMax) broken();
  }

  void kill() {
    is_running = false;
    if (wire_) wire_->is_open = false;
  }
  void calm() {
    paused_until_ = {};
    machine.wall_jump = {};
    if (wire_) wire_->to_gate.stuck_until = wire_->to_server.stuck_until = {};
  }
  void cut_links() {
    if (!wire_) return;
    wire_->to_gate.stuck_until = wire_->to_server.stuck_until = std::chrono::hours{1};
  }

 private:
  void misbehave() {
    SimDice& dice = world_.dice;
    if (!world_.weather.is_bad) return;
    if (dice.permille(2)) paused_until_ = world_.now + dice.up_to(4s);
    if (dice.permille(1)) machine.wall_jump += dice.up_to(3s) - 1500ms;
    if (!wire_) return;
    if (dice.permille(3)) wire_->to_gate.stuck_until = world_.now + dice.up_to(4s);
    if (dice.permille(3)) wire_->to_server.stuck_until = world_.now + dice.up_to(4s);
    if (dice.permille(2)) wire_->is_open = false;
  }

  void connect(SimServer& server) {
    if (machine.boot(world_.now) < reconnect_.next().at) return;
    const bool is_reachable = server.is_up() && !world_.weather.are_links_dead &&
                              !(world_.weather.is_bad && world_.dice.permille(300));
    if (!is_reachable) return reconnect_.failed(machine.boot(world_.now));
    wire_ = std::make_shared<Wire>();
    wire_->gate = gate;
    wire_->to_gate.last_heard = world_.now;
    server.accept(wire_);
    send(follower.connected(time()));
  }

  void send(const GateMessage& message) {
    wire_->to_server.send(to_json(message), world_.now + world_.delay());
  }

  void hear() {
    while (wire_) {
      const auto text = wire_->to_gate.receive(world_.now);
      if (!text) return;
      const auto message = read_server_message(*text);
      if (!message.ok()) return world_.fail("unreadable: " + message.error().message());
      take(follower.received(*message, time()));
    }
  }

  void take(const FollowerStep& step) {
    for (const GateMessage& message : step.send) send(message);
    if (follower.state() == FollowerState::following) {
      if (!is_good_) reconnect_.succeeded(machine.boot(world_.now));
      is_good_ = true;
    }
    if (!step.close) return;
    if (follower.state() == FollowerState::diverged) ++world_.divergences;
    broken();
  }

  void broken() {
    wire_->is_open = false;
    wire_.reset();
    is_good_ = false;
    follower.disconnected();
    reconnect_.failed(machine.boot(world_.now));
  }

  ReconnectPolicy reconnect_;
  std::shared_ptr<Wire> wire_;
  Duration paused_until_{};
  Duration readers_at_{};
  bool is_good_ = false;
};

}  // namespace curfew::simulation
