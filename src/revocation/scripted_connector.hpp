// revocation/scripted_connector.hpp: for tests and simulation: a connector to a target that lies,
// stalls, crashes and comes back, as its script says.
//
// The target keeps one account for each subject, which is alive or not. What it answers and what it
// does are two things: that is what the engine has to cope with. Everything happens on the loop's
// clock; nothing is random that the script does not make so.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "revocation/connector.hpp"
#include "revocation/run_machine.hpp"
#include "revocation/sim_loop.hpp"

namespace curfew {

enum class Behaviour {
  honest,
  lies,          // says that it is done, and changes nothing
  busy,          // fails; time can cure it
  needs_person,  // refuses our credential
  impossible,    // fails for ever
  stalls,        // never answers, and does nothing
  loses_answer,  // does it, and never answers
  crashes,       // dies before it has done anything: the connection breaks
  dies_after,    // does it, and dies before it answers: the connection breaks
  slow,          // answers late, but in time
  too_late,      // does it and answers after the deadline
  unobservable,  // observe() has no way to tell
};

class ScriptedConnector final : public Connector {
 public:
  using Script = std::function<Behaviour(OrderKind, const ConnectorOrder&)>;

  ScriptedConnector(SimLoop& loop, ManualClock& clock, Script script)
      : loop_(loop), clock_(clock), script_(std::move(script)) {}
  // Whoever still waits is answered, so that no suspended task is left behind.
  ~ScriptedConnector() override { release_stalled(); }

  Task<Result<std::string>> prior_value(ConnectorOrder order) override {
    auto answered = co_await await_callback<Result<std::string>>(
        loop_, begin<std::string>(OrderKind::prior_value, order, [this, order] {
          return alive(order.subject) ? "enabled" : "disabled";
        }));
    co_return answered;
  }

  Task<Result<Applied>> apply(ConnectorOrder order) override {
    auto answered = co_await await_callback<Result<Applied>>(
        loop_, begin<Applied>(OrderKind::apply, order, [this, order] {
          if (doing_) {
            accounts_[order.subject] = false;
            ++changes_;
          }
          return Applied{"200", "disabled"};
        }));
    co_return answered;
  }

  Task<Result<Observation>> observe(ConnectorOrder order) override {
    auto answered = co_await await_callback<Result<Observation>>(
        loop_, begin<Observation>(OrderKind::observe, order, [this, order] {
          if (unobservable_) return Observation{Finding::unobservable, "no way to read it"};
          return alive(order.subject) ? Observation{Finding::alive, "enabled"}
                                      : Observation{Finding::gone, "disabled"};
        }));
    co_return answered;
  }

  Task<Result<Applied>> undo(ConnectorOrder order) override {
    auto answered = co_await await_callback<Result<Applied>>(
        loop_, begin<Applied>(OrderKind::undo, order, [this, order] {
          const bool as_we_left_it = !alive(order.subject);
          if (!as_we_left_it) return Applied{"left as it is: somebody changed it", ""};
          if (doing_ && order.prior_value == "enabled") accounts_[order.subject] = true;
          return Applied{"200", *order.prior_value};
        }));
    co_return answered;
  }

  // The truth about the target, which nobody but the test can see.
  [[nodiscard]] bool alive(const std::string& subject) const {
    const auto found = accounts_.find(subject);
    return found == accounts_.end() || found->second;
  }
  void set_alive(const std::string& subject, bool is_alive) { accounts_[subject] = is_alive; }
  [[nodiscard]] std::uint64_t change_count() const { return changes_; }
  [[nodiscard]] std::uint64_t order_count(OrderKind kind) const {
    const auto found = orders_.find(kind);
    return found == orders_.end() ? 0 : found->second;
  }
  [[nodiscard]] const std::vector<std::string>& order_log() const { return log_; }

  // The connections of stalled orders break.
  void release_stalled() {
    auto stalled = std::move(stalled_);
    stalled_.clear();
    for (const auto& release : stalled) release();
  }

 private:
  template <typename T>
  using Deliver = std::function<void(Result<T>)>;

  template <typename T>
  std::function<void(Deliver<T>)> begin(OrderKind kind, const ConnectorOrder& order,
                                        std::function<T()> act) {
    return [this, kind, order, act = std::move(act)](Deliver<T> deliver) {
      ++orders_[kind];
      log_.push_back(order.step_id.str());
      play<T>(script_(kind, order), order, act, std::move(deliver));
    };
  }

  template <typename T>
  void play(Behaviour behaviour, const ConnectorOrder& order, const std::function<T()>& act,
            Deliver<T> deliver) {
    const auto answer = [&](Result<T> result) {
      loop_.post([deliver, result = std::move(result)] { deliver(result); });
    };
    const auto answer_at = [&](TimePoint at, Result<T> result) {
      loop_.call_at(at, [deliver, result = std::move(result)] { deliver(result); });
    };
    switch (behaviour) {
      case Behaviour::honest: return answer(act());
      case Behaviour::lies: return answer(without_doing(act));
      case Behaviour::busy:
        return answer(Error::transient(ErrorCode::unavailable, "the target is busy"));
      case Behaviour::needs_person:
        return answer(
            Error{ErrorCode::denied, Retry::after_human, "the target refuses our credential"});
      case Behaviour::impossible:
        return answer(Error::permanent(ErrorCode::protocol, "the target cannot do this"));
      case Behaviour::stalls: return stall<T>(std::move(deliver));
      case Behaviour::loses_answer: act(); return stall<T>(std::move(deliver));
      case Behaviour::crashes: return answer(broken_connection());
      case Behaviour::dies_after: act(); return answer(broken_connection());
      case Behaviour::slow:
        return answer_at(clock_.now() + (order.deadline - clock_.now()) / 2, act());
      case Behaviour::too_late: return answer_at(order.deadline + std::chrono::seconds{60}, act());
      case Behaviour::unobservable: {
        unobservable_ = true;
        Result<T> result = act();
        unobservable_ = false;
        return answer(std::move(result));
      }
    }
  }

  template <typename T>
  Result<T> without_doing(const std::function<T()>& act) {
    doing_ = false;
    Result<T> result = act();
    doing_ = true;
    return result;
  }

  static Error broken_connection() {
    return Error::transient(ErrorCode::unavailable, "the connection broke");
  }

  template <typename T>
  void stall(Deliver<T> deliver) {
    stalled_.push_back([deliver = std::move(deliver)] {
      deliver(Error::transient(ErrorCode::timeout, "the connection broke"));
    });
  }

  SimLoop& loop_;
  ManualClock& clock_;
  Script script_;
  std::map<std::string, bool> accounts_;
  std::map<OrderKind, std::uint64_t> orders_;
  std::vector<std::string> log_;
  std::vector<std::function<void()>> stalled_;
  std::uint64_t changes_ = 0;
  bool doing_ = true;
  bool unobservable_ = false;
};

}  // namespace curfew
