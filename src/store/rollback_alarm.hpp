// store/rollback_alarm.hpp: whether the journal was proved to have been rolled back.
//
// Two steps, so that a mere race is never an alarm. Whoever judges a genuine credential and finds
// its stamp above the head calls suspect(); the handler reads the head again in the store, after
// the credential was seen, and raises the alarm only if the journal really ends before the stamp.
// A position that nobody signed or sealed never comes here: it is a claim, and anybody can make it.
//
// Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "model/position.hpp"
#include "model/rollback_proof.hpp"

namespace curfew {

struct RollbackSuspicion {
  Position stamp;
  std::string credential;  // as in RollbackProof
  // Where the stamp came with the chain hash that our own key signed for it: a journal that has
  // another entry there is another one, however long it is.
  std::string chain_hash = {};
};

class RollbackAlarm {
 public:
  // Called in the thread of suspect(), which may be inside of a transaction: it hands the work on
  // and returns. Set before the first credential is judged.
  using Handler = std::function<void(RollbackSuspicion)>;
  void set_handler(Handler handler) { handler_ = std::move(handler); }

  // Hands the suspicion to the handler, unless one is being looked at or nothing is left to do.
  void suspect(RollbackSuspicion suspicion);
  // The handler's answer: it found nothing, or could not store what it found. The next suspicion
  // is looked at again.
  void dismiss();

  // From now on nothing may be issued. The first proof stays.
  void raise(RollbackProof proof);
  // The proof is durable: later suspicions change nothing.
  void settle();

  [[nodiscard]] bool is_raised() const { return is_raised_.load(std::memory_order_acquire); }
  [[nodiscard]] std::optional<RollbackProof> proof() const;

 private:
  Handler handler_;
  std::atomic<bool> is_busy_{false};
  std::atomic<bool> is_raised_{false};
  mutable std::mutex mutex_;
  std::optional<RollbackProof> proof_;
};

}  // namespace curfew
