// apps/sim/crashing_store.hpp: a store whose process may die in front of, or right after, a commit.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace curfew {

enum class SaveFate {
  lives,
  dies_before,  // nothing was stored
  dies_after,   // stored, and nobody was told
  disk_refuses  // `unavailable`: nothing was stored, and the caller is told
};

class CrashingStore final : public Store {
 public:
  CrashingStore(std::unique_ptr<Store> inner, std::function<SaveFate()> fate)
      : inner_(std::move(inner)), fate_(std::move(fate)) {}

  Status read(const ReadBody& body) override { return inner_->read(body); }

  void write(Urgency urgency, WriteBody body, WriteDone done) override {
    if (dead_) return untold_.push_back(std::move(done));
    switch (fate_()) {
      case SaveFate::lives: return inner_->write(urgency, std::move(body), std::move(done));
      case SaveFate::dies_before: break;
      case SaveFate::dies_after:
        inner_->write(urgency, std::move(body), [](const Status&) {});
        break;
      case SaveFate::disk_refuses:
        return done(Error::transient(ErrorCode::unavailable, "the disk is full"));
    }
    dead_ = true;
    untold_.push_back(std::move(done));
  }

  void set_group_hook(std::function<Status()> hook) override {
    inner_->set_group_hook(std::move(hook));
  }

  // The process that wrote here has died.
  [[nodiscard]] bool is_dead() const { return dead_; }
  // Its callers are gone too by now; they are told so that nothing waits for ever.
  void start_again() {
    dead_ = false;
    for (const WriteDone& done : std::exchange(untold_, {})) {
      done(Error::transient(ErrorCode::unavailable, "the process has died"));
    }
  }
  // Past all faults, for what the simulation itself writes.
  [[nodiscard]] Store& inner() { return *inner_; }

 private:
  std::unique_ptr<Store> inner_;
  std::function<SaveFate()> fate_;
  std::vector<WriteDone> untold_;
  bool dead_ = false;
};

}  // namespace curfew
