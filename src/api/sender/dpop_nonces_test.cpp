#include "api/sender/dpop_nonces.hpp"

#include <doctest/doctest.h>

namespace curfew {
namespace {

const TimePoint kStart = from_unix_seconds(1'800'000'000);  // the first second of a window

TEST_CASE("5.7: a nonce is good in its window and the next, and is then asked to be replaced") {
  const DpopNonces nonces;
  const std::string nonce = nonces.current(kStart);
  CHECK(nonce.size() == 32);
  CHECK(nonces.age_of(nonce, kStart + kDpopNonceWindow - Duration{1}) == NonceAge::current);
  CHECK(nonces.age_of(nonce, kStart + kDpopNonceWindow) == NonceAge::ending);
  CHECK(nonces.age_of(nonce, kStart + 2 * kDpopNonceWindow - Duration{1}) == NonceAge::ending);
  CHECK(nonces.age_of(nonce, kStart + 2 * kDpopNonceWindow) == NonceAge::unknown);
  CHECK(nonces.age_of(nonce, kStart - Duration{1}) == NonceAge::unknown);
}

TEST_CASE("5.7: nobody else makes a nonce: not another server, and not by guessing") {
  const DpopNonces ours;
  const DpopNonces theirs;
  CHECK(ours.age_of(theirs.current(kStart), kStart) == NonceAge::unknown);
  for (const char* const made_up : {"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    CHECK(ours.age_of(made_up, kStart) == NonceAge::unknown);
  }
  std::string changed = ours.current(kStart);
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  CHECK(ours.age_of(changed, kStart) == NonceAge::unknown);
  CHECK(ours.age_of(ours.current(kStart) + "=", kStart) == NonceAge::unknown);
}

}  // namespace
}  // namespace curfew
