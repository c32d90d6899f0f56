// api/sender/dpop_nonces.hpp: the nonces that we give to be put into DPoP proofs (RFC 9449 8, 9).
//
// A proof with one was made after we gave it: nobody can prepare proofs for later with a key that
// they hold for a moment only. Nothing is stored: a nonce is an HMAC over the number of a window of
// time, under a key that this process made at its start, so memory does not grow and a nonce from
// before a restart is asked for anew. One for all endpoints, since clients keep one for each
// origin.
//
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/secret.hpp"

namespace curfew {

// A nonce is good in its own window and the next one.
inline constexpr Duration kDpopNonceWindow = std::chrono::minutes{5};

enum class NonceAge {
  current,
  ending,   // good, and to be replaced
  unknown,  // too old, or not ours
};

class DpopNonces {
 public:
  DpopNonces();
  // 32 characters of base64url; the same for everybody.
  [[nodiscard]] std::string current(TimePoint now) const;
  [[nodiscard]] NonceAge age_of(std::string_view nonce, TimePoint now) const;

 private:
  [[nodiscard]] std::string of_window(std::int64_t window) const;

  Secret key_;
};

}  // namespace curfew
