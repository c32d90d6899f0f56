// api/sign_in_log.hpp: who signed in, or tried to: rows written in batches behind the answers.
//
// add() puts the line into a bounded buffer and returns. The buffer goes to the store's writer in
// groups: while one group is being written the next one gathers, so that the log costs one write
// for many sign-ins exactly when there are many. No sign-in waits for the log or fails by it. When
// the store refuses, lines are kept for the next try; when the buffer is full the newest are
// dropped and counted.
//
// Thread-safe. Lifetime: the store outlives this; so does the store's writer thread, until flush()
// has returned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/result.hpp"
#include "model/sign_in.hpp"
#include "store/store.hpp"

namespace curfew {

inline constexpr std::size_t kSignInsBufferedMax = 20'000;  // about 10 MB
inline constexpr std::size_t kSignInsWrittenAtOnce = 200;   // rows in one body: bounds its time

class SignInLog {
 public:
  explicit SignInLog(Store& store);
  ~SignInLog();
  SignInLog(const SignInLog&) = delete;
  SignInLog& operator=(const SignInLog&) = delete;

  void add(SignIn line);

  // Waits until everything that was added before is stored: at shutdown and in tests, never on an
  // I/O thread. Gives the store's error if it refuses; the lines are kept.
  Status flush();

  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace curfew
