// revocation/requester.hpp: on whose behalf something is changed, and whether they still may.
//
// A request may wait, for a password's hash or in the store's queue, while the access of whoever
// made it is taken away; an emergency even overtakes those who stand before it. So nobody asks for
// a change with their name alone: what must still be so of them comes with it, and is asked first
// in the transaction that changes something.
#pragma once

#include <functional>
#include <utility>

#include "base/check.hpp"
#include "base/result.hpp"
#include "model/actor.hpp"
#include "store/store.hpp"

namespace curfew {

// Done: they may go on. The error is the answer to the request. It is called on the writer's
// thread, and may be called more than once.
using StandingCheck = std::function<Status(ReadTx&)>;

class Requester {
 public:
  // Who is meant, and what is asked about them; `standing` is never empty.
  Requester(Actor actor, StandingCheck standing)
      : actor_(std::move(actor)), standing_(std::move(standing)) {
    CURFEW_CHECK(standing_ != nullptr);
  }

  [[nodiscard]] const Actor& actor() const { return actor_; }
  [[nodiscard]] Status check(ReadTx& tx) const { return standing_(tx); }

 private:
  Actor actor_;
  StandingCheck standing_;
};

}  // namespace curfew
