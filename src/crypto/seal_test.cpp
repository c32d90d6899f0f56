#include "crypto/seal.hpp"

#include <doctest/doctest.h>

#include "base/text.hpp"
#include "crypto/random.hpp"

namespace curfew {

namespace {

SealKey key_of(char fill) { return SealKey::from(Secret{std::string(32, fill)}).value(); }

}  // namespace

TEST_CASE("what was sealed opens with the same key and context, whatever its size") {
  const SealKey key = key_of('k');
  for (const std::size_t size : {0UL, 1UL, 15UL, 16UL, 17UL, 1000UL, 100'000UL}) {
    const std::string plain = random_bytes(size);
    const std::string sealed = key.seal(plain, "context");
    CHECK(sealed.size() == size + kSealOverheadBytes);
    CHECK(key.open(sealed, "context").value().reveal() == plain);
  }
  CHECK(key.open(key.seal("x", ""), "").value().reveal() == "x");
}

TEST_CASE("a change of any single bit is found") {
  const SealKey key = key_of('k');
  const std::string sealed = key.seal("four", "context");
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    CHECK(key.open(changed, "context").error().code() == ErrorCode::corrupted);
  }
}

TEST_CASE("a sealed value opens neither elsewhere, nor with another key, nor shortened") {
  const SealKey key = key_of('k');
  const std::string sealed = key.seal("plain", "signing-key:a");
  CHECK_FALSE(key.open(sealed, "signing-key:b").ok());
  CHECK_FALSE(key.open(sealed, "").ok());
  CHECK_FALSE(key_of('l').open(sealed, "signing-key:a").ok());
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    CHECK_FALSE(key.open(sealed.substr(0, size), "signing-key:a").ok());
  }
  CHECK_FALSE(key.open(sealed + "x", "signing-key:a").ok());
}

TEST_CASE("sealing the same value twice gives different bytes") {
  CHECK(key_of('k').seal("plain", "c") != key_of('k').seal("plain", "c"));
}

TEST_CASE("a value sealed by another implementation opens: the format is stable") {
  const std::string sealed =
      "\x01nnnnnnnnnnnn" + hex_decode("e85786d97f4ab5772635d41e93b13a9dbef7788323").value();
  CHECK(key_of('k').open(sealed, "context").value().reveal() == "plain");
}

TEST_CASE("a seal key has 32 bytes") {
  CHECK_FALSE(SealKey::from(Secret{std::string(31, 'k')}).ok());
  CHECK_FALSE(SealKey::from(Secret{std::string(33, 'k')}).ok());
  CHECK_FALSE(SealKey::from(Secret{}).ok());
}

}  // namespace curfew
