#include "api/sender/dpop_nonces.hpp"

#include "base/text.hpp"
#include "crypto/hmac.hpp"
#include "crypto/random.hpp"

namespace curfew {

namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 24;

std::int64_t window_of(TimePoint now) { return now.time_since_epoch() / kDpopNonceWindow; }

}  // namespace

DpopNonces::DpopNonces() : key_(random_bytes(kKeyBytes)) {}

std::string DpopNonces::of_window(std::int64_t window) const {
  const Sha256Digest mac = hmac_sha256(key_.reveal(), "dpop nonce " + std::to_string(window));
  return base64url_encode(as_view(mac).substr(0, kNonceBytes));
}

std::string DpopNonces::current(TimePoint now) const { return of_window(window_of(now)); }

NonceAge DpopNonces::age_of(std::string_view nonce, TimePoint now) const {
  const std::int64_t window = window_of(now);
  if (equal_constant_time(of_window(window), nonce)) return NonceAge::current;
  if (equal_constant_time(of_window(window - 1), nonce)) return NonceAge::ending;
  return NonceAge::unknown;
}

}  // namespace curfew
