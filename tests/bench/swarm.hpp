// tests/bench/swarm.hpp: many gates in one process, over real connections to a real server.
//
// They live on one I/O thread of their own; everything here is called from another one.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tests/bench/swarm_gate.hpp"

namespace curfew::bench {

class Swarm {
 public:
  // `watch` outlives it.
  Swarm(const Watch& watch, TlsContext trust, KeySet keys, std::string issuer);
  // Closes every connection.
  ~Swarm();
  Swarm(const Swarm&) = delete;
  Swarm& operator=(const Swarm&) = delete;

  // Until each has a lease. Once.
  Status connect(std::vector<EnrolledGate> gates);
  // An error if a gate would not let in each of the watched credentials.
  Status check_accepted();
  // Until each has refused and acknowledged each watched credential below `count`.
  Status await_refused(std::size_t count);
  [[nodiscard]] std::vector<GateTimes> times();

 private:
  Task<Done> connect_some(std::size_t lane);
  void beat();
  // On the gates' thread, and waits for it.
  void run_there(const std::function<void()>& body);
  // Until it is true of every gate. Errors: a gate was lost, or it takes too long.
  Status await_all(const std::function<bool(const SwarmGate&)>& is_so, const std::string& what);
  [[nodiscard]] Status look(const std::function<bool(const SwarmGate&)>& is_so,
                            std::size_t& lacking);

  const Watch& watch_;
  Runtime runtime_{1};
  SwarmParts parts_;
  // On the gates' thread.
  std::vector<std::unique_ptr<SwarmGate>> gates_;
  Timer timer_;
  std::size_t conversing_ = 0;
  std::size_t connecting_ = 0;
};

}  // namespace curfew::bench
