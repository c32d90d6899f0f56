#include "tests/bench/swarm.hpp"

#include <poll.h>

#include <algorithm>
#include <future>
#include <utility>

#include "tests/bench/process.hpp"

namespace curfew::bench {

namespace {

constexpr std::size_t kConnectingAtOnce = 16;
constexpr int kLookAgainMillis = 20;
constexpr double kWaitMicrosMax = 60e6;
constexpr Duration kBeat{4};

Error failed(std::string message) {
  return Error::permanent(ErrorCode::timeout, std::move(message));
}

}  // namespace

Swarm::Swarm(const Watch& watch, TlsContext trust, KeySet keys, std::string issuer)
    : watch_(watch),
      parts_{.runtime = runtime_,
             .executor = runtime_.executor(0),
             .trust = std::move(trust),
             .reading = SharedReading{std::move(keys), std::move(issuer)},
             .times = {}} {}

Swarm::~Swarm() {
  run_there([this] {
    timer_.cancel();
    for (const auto& gate : gates_) gate->stop();
  });
  std::size_t open = 1;
  const double end = monotonic_micros() + kWaitMicrosMax;
  while (open != 0 && monotonic_micros() < end) {
    run_there([&] { open = conversing_ + connecting_; });
    if (open != 0) ::poll(nullptr, 0, kLookAgainMillis);
  }
  runtime_.stop_and_wait();
}

void Swarm::run_there(const std::function<void()>& body) {
  const auto done = std::make_shared<std::promise<void>>();
  parts_.executor.post([&body, done] {
    body();
    done->set_value();
  });
  done->get_future().wait();
}

Status Swarm::connect(std::vector<EnrolledGate> gates) {
  run_there([&] {
    for (EnrolledGate& gate : gates) {
      gates_.push_back(std::make_unique<SwarmGate>(parts_, watch_, std::move(gate)));
    }
    connecting_ = std::min(kConnectingAtOnce, gates_.size());
    for (std::size_t lane = 0; lane < std::min(kConnectingAtOnce, gates_.size()); ++lane) {
      start<Done>(connect_some(lane), [this](Done) { --connecting_; });
    }
    beat();
  });
  return await_all([](const SwarmGate& gate) { return gate.is_ready(); }, "have no lease");
}

void Swarm::beat() {
  const Duration boot_now = SystemClock{}.since_boot();
  for (const auto& gate : gates_) gate->look(boot_now);
  timer_ = call_after(runtime_, parts_.executor, kBeat, [this] { beat(); });
}

Task<Done> Swarm::connect_some(std::size_t lane) {
  for (std::size_t at = lane; at < gates_.size(); at += kConnectingAtOnce) {
    const Status opened = co_await gates_[at]->open();
    if (!opened.ok()) continue;  // the gate says so
    ++conversing_;
    start<Done>(gates_[at]->converse(), [this](Done) { --conversing_; });
  }
  co_return Done{};
}

Status Swarm::look(const std::function<bool(const SwarmGate&)>& is_so, std::size_t& lacking) {
  Status seen = Done{};
  run_there([&] {
    lacking = 0;
    for (const auto& gate : gates_) {
      if (gate->lost()) seen = *gate->lost();
      if (!is_so(*gate)) ++lacking;
    }
  });
  return seen;
}

Status Swarm::await_all(const std::function<bool(const SwarmGate&)>& is_so,
                        const std::string& what) {
  const double end = monotonic_micros() + kWaitMicrosMax;
  for (;;) {
    std::size_t lacking = 0;
    CURFEW_TRY_STATUS(look(is_so, lacking));
    if (lacking == 0) return Done{};
    if (monotonic_micros() > end) return failed(std::to_string(lacking) + " gates " + what);
    ::poll(nullptr, 0, kLookAgainMillis);
  }
}

Status Swarm::check_accepted() {
  std::size_t lacking = 0;
  CURFEW_TRY_STATUS(look([](const SwarmGate& gate) { return gate.accepts_all(); }, lacking));
  if (lacking == 0) return Done{};
  return failed(std::to_string(lacking) + " gates refuse what nobody has revoked");
}

Status Swarm::await_refused(std::size_t count) {
  const auto has_refused = [&](const SwarmGate& gate) {
    const auto is_there = [](double at) { return at != 0; };
    const GateTimes& times = gate.times();
    return std::ranges::all_of(std::span{times.refused}.first(count), is_there) &&
           std::ranges::all_of(std::span{times.acknowledged}.first(count), is_there);
  };
  return await_all(has_refused, "have not refused everything that was revoked");
}

std::vector<GateTimes> Swarm::times() {
  std::vector<GateTimes> all;
  run_there([&] {
    for (const auto& gate : gates_) all.push_back(gate->times());
  });
  return all;
}

}  // namespace curfew::bench
