// connectors/outside_call.hpp: what connectors need to call somebody whom others named: one POST.
//
// Whoever implements it (src/apps/curfewd/wiring.cpp) follows no redirect, calls https alone, makes
// no connection but to the public internet unless the operator allows it, keeps the deadline, and
// lets those who are slow wait for each other only.
#pragma once

#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/task.hpp"

namespace curfew {

struct OutsideCall {
  std::string url;
  std::string content_type;
  std::string body;
  std::string authorization = {};  // the header's value; empty: none. Never logged
  Duration deadline{};             // of the call itself, from when it is sent
  TimePoint not_after{};           // it is not sent any more after this
  bool is_slow = false;            // its receiver was slow the last time
};

struct OutsideAnswer {
  int status = 0;
  std::string body = {};  // limits::kReceiverAnswerBytesMax at the most; never evidence as it is
};

// Calls `done` once, on any thread, never in the caller's stack of a destructor. From any thread.
using OutsidePost =
    std::function<void(OutsideCall call, std::function<void(Result<OutsideAnswer>)> done)>;

// The answer, awaited; resumes on `executor`. `post` outlives the task.
[[nodiscard]] Task<Result<OutsideAnswer>> call_outside(const OutsidePost& post, Executor& executor,
                                                       OutsideCall call);

}  // namespace curfew
