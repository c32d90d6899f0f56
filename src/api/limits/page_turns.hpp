// api/limits/page_turns.hpp: of whose events a page is being signed: one page of each stream at a
// time.
//
// So what waits to be signed is bounded by the number of streams, however many polls a receiver
// begins at once, and nobody else's events wait for all of them: of each stream of a tenant there
// are a page that is polled and an event that is pushed, which is less than may wait.
//
// Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace curfew {

class PageTurns {
 public:
  class GiveBack {
   public:
    explicit GiveBack(PageTurns& turns) : turns_(&turns) {}
    void operator()(const std::string* stream_id) const { turns_->give_back(stream_id); }

   private:
    PageTurns* turns_;
  };
  using Turn = std::unique_ptr<const std::string, GiveBack>;

  // The stream's turn, until it is destroyed, which is before this is; null: another page of the
  // stream has it.
  [[nodiscard]] Turn take(const std::string& stream_id) {
    const std::lock_guard lock{mutex_};
    const auto [place, is_free] = taken_.insert(stream_id);
    return Turn{is_free ? &*place : nullptr, GiveBack{*this}};
  }

 private:
  void give_back(const std::string* stream_id) {
    const std::lock_guard lock{mutex_};
    taken_.erase(taken_.find(*stream_id));
  }

  std::mutex mutex_;
  std::set<std::string> taken_;  // a turn points to its stream's id here
};

}  // namespace curfew
