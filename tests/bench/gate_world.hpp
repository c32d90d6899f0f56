// tests/bench/gate_world.hpp: a server with gates that follow it, and the users who are revoked
// there one after the other and timed.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/gate_program.hpp"
#include "tests/bench/swarm.hpp"

namespace curfew::bench {

// A unit is due every so often, however long the answers take.
class PacedScript : public Script {
 public:
  PacedScript(double first_due, double period) : due_(first_due), period_(period) {}
  Outcome take(const Answer& answer) override;
  double pause() const override;

 private:
  double due_;  // by monotonic_micros()
  double period_;
};

// When each of the timed revocations was sent, by monotonic_micros().
struct Timed {
  std::vector<double> began;          // written before `begun` says so
  std::atomic<std::size_t> begun{0};  // so many
  std::atomic<bool> is_over{false};   // no more are
};

// The first of its users each have an access token, and are those who are watched.
struct GateWorld {
  explicit GateWorld(const Options& the_options) : options(the_options) {}
  // Watches scale.gate_revocations users, beside so many others. `bench` outlives it.
  [[nodiscard]] static Result<std::unique_ptr<GateWorld>> make(const Bench& bench,
                                                               std::size_t others);

  // One of them is a real program, the rest are the swarm.
  Status enrol(std::size_t count);
  // Each has a lease and would let the watched users in.
  Status connect();
  // What gates are told by, and how they check it.
  Status make_swarm(const GateIdentity& of_any);

  const Options& options;
  RevokeWorld known;
  std::string operator_token;
  std::string folder;               // of the program
  std::vector<std::string> tokens;  // of the watched users, for the resource
  std::string audience;
  std::vector<EnrolledGate> enrolled;
  GateIdentity identity;  // of the program's gate
  Timed timed;
  std::unique_ptr<Watch> watch;
  std::unique_ptr<Swarm> swarm;
  std::optional<GateProgram> program;
  std::unique_ptr<GateReader> reader;
};

// Revokes the first `count` of the watched users, each once, so far apart.
[[nodiscard]] std::unique_ptr<Script> timed_revocations(GateWorld& world, std::size_t count,
                                                        Duration apart);

// From the beginning of each revocation but the first `warm_up` to what happened at each gate then.
[[nodiscard]] Timing after(const std::vector<double>& began,
                           const std::vector<std::vector<double>>& at_gates, std::size_t warm_up);
// The same to the last of all gates.
[[nodiscard]] Timing last_after(const std::vector<double>& began,
                                const std::vector<std::vector<double>>& at_gates,
                                std::size_t warm_up);

}  // namespace curfew::bench
