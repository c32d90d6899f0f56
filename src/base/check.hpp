// base/check.hpp: CURFEW_CHECK, for our own mistakes only; on in every build.
//
// Never for input, peers or the environment: those are `Error`s. A failed check aborts the process;
// the supervisor restarts it and every run resumes from the store.
#pragma once

namespace curfew {

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace curfew

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): the expression's text and place are the message.
#define CURFEW_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::curfew::check_failed(#condition, __FILE__, __LINE__))
