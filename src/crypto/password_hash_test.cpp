#include "crypto/password_hash.hpp"

#include <doctest/doctest.h>

namespace curfew {

namespace {

// As little work as the algorithm allows.
constexpr PasswordHashParams kFast{.iterations = 1, .memory_kib = 8, .lanes = 1};

Secret secret(std::string_view text) { return Secret{text}; }

}  // namespace

TEST_CASE("a password matches its own hash and no other password does") {
  const std::string phc = hash_password(secret("correct horse"), kFast).value();
  CHECK(phc.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
  CHECK(verify_password(secret("correct horse"), phc).value());
  for (const char* other : {"correct hors", "correct horse ", "Correct horse", "x"}) {
    CHECK_FALSE(verify_password(secret(other), phc).value());
  }
}

TEST_CASE("hashing one password twice gives two hashes") {
  CHECK(hash_password(secret("p"), kFast).value() != hash_password(secret("p"), kFast).value());
}

TEST_CASE("a hash of no password reads as any other, is another each time, and matches nothing") {
  const std::string hash = unknown_password_hash();
  CHECK(hash != unknown_password_hash());
  CHECK_FALSE(needs_rehash(hash));
  CHECK_FALSE(verify_password(Secret{std::string_view{"correct horse"}}, hash).value());
}

TEST_CASE("a hash that the reference implementation encoded verifies") {
  const std::string phc =
      "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$"
      "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  CHECK(verify_password(secret("password"), phc).value());
  CHECK_FALSE(verify_password(secret("passwore"), phc).value());
}

TEST_CASE("passwords of 1 to 1024 bytes are hashed; others never match") {
  const std::string longest(1024, 'p');
  const std::string phc = hash_password(secret(longest), kFast).value();
  CHECK(verify_password(secret(longest), phc).value());
  CHECK_FALSE(verify_password(secret(longest + "p"), phc).value());
  CHECK_FALSE(verify_password(secret(""), phc).value());
  CHECK_FALSE(hash_password(secret(longest + "p"), kFast).ok());
  CHECK_FALSE(hash_password(secret(""), kFast).ok());
}

TEST_CASE("a password may hold a NUL, and what follows it counts") {
  const std::string phc = hash_password(secret({"a\0b", 3}), kFast).value();
  CHECK(verify_password(secret({"a\0b", 3}), phc).value());
  CHECK_FALSE(verify_password(secret({"a\0c", 3}), phc).value());
  CHECK_FALSE(verify_password(secret("a"), phc).value());
}

TEST_CASE("an unreadable hash is an error, not a wrong password") {
  for (const char* phc : {"", "x", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ",
                          "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aaaa",
                          "$argon2id$v=16$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
                          "$argon2id$v=19$m=08,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
                          "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA==",
                          "$argon2id$v=19$t=1,m=8,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
                          "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA",
                          "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA$"}) {
    CAPTURE(phc);
    CHECK(verify_password(secret("p"), phc).error().code() == ErrorCode::corrupted);
    CHECK(needs_rehash(phc));
  }
}

TEST_CASE("a stored hash cannot make us spend more than the bounds") {
  for (const char* params : {"m=4294967295,t=1,p=1", "m=8,t=65,p=1", "m=8,t=4294967295,p=1",
                             "m=99999999999,t=1,p=1", "m=4096,t=1,p=17", "m=8,t=1,p=2"}) {
    CAPTURE(params);
    const std::string phc =
        std::string{"$argon2id$v=19$"} + params + "$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA";
    CHECK(verify_password(secret("p"), phc).error().code() == ErrorCode::corrupted);
  }
}

TEST_CASE("a hash with other parameters asks to be made again") {
  const std::string phc = hash_password(secret("p"), kFast).value();
  CHECK_FALSE(needs_rehash(phc, kFast));
  CHECK(needs_rehash(phc));
  CHECK(needs_rehash(phc, {.iterations = 2, .memory_kib = 8, .lanes = 1}));
}

TEST_CASE("checking an unknown user's password takes any password") {
  spend_password_check(secret("p"), kFast);
  spend_password_check(secret(""), kFast);
  spend_password_check(Secret{std::string(5000, 'p')}, kFast);
}

}  // namespace curfew
