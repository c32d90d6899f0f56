#include "api/token_keys.hpp"

#include <doctest/doctest.h>

#include "api/verified_tokens.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/jose/jws.hpp"
#include "store/schema.hpp"

namespace curfew {
namespace {

const TimePoint kNow = from_unix_seconds(1'800'000'000);
const TenantId kTenant{"8f7c0000-0000-4000-8000-000000000001"};

struct KeyStore {
  std::unique_ptr<Store> store = make_memory_store();
  Secret master = random_secret(32);

  StoredSigningKey add_key(KeyState state, TokenAlg alg = TokenAlg::es256,
                           KeyUse use = KeyUse::token, TimePoint at = kNow) {
    auto key = make_signing_key(kTenant, use, alg, state, master, at);
    REQUIRE(key.ok());
    REQUIRE(write([&](WriteTx& tx) { return add(tx, *key); }));
    return *key;
  }
  Status write(const Store::WriteBody& body) {
    return store->write_and_wait(Urgency::normal, body);
  }
  std::unique_ptr<TokenKeys> load() {
    auto keys = TokenKeys::load(*store, kTenant, master);
    REQUIRE(keys.ok());
    return std::move(keys).value();
  }
};

std::string token_payload() {
  AccessTokenClaims claims;
  claims.iss = "https://idp.contoso.test/t/v2.0";
  claims.aud = "api://files";
  claims.sub = claims.oid = "u";
  claims.tid = kTenant;
  claims.client_id = AppId{"a"};
  claims.jti = random_token(16);
  claims.exp = 1'800'003'600;
  return to_json(claims);
}

TEST_CASE("a token signed with the active key verifies, and names that key") {
  KeyStore keys;
  keys.add_key(KeyState::active, TokenAlg::es256);
  keys.add_key(KeyState::active, TokenAlg::rs256);
  const auto token_keys = keys.load();
  for (const TokenAlg alg : {TokenAlg::es256, TokenAlg::rs256}) {
    const auto token = token_keys->sign(alg, "at+jwt", token_payload());
    REQUIRE(token.ok());
    const auto verified = token_keys->verify_access_token(*token);
    REQUIRE(verified.ok());
    CHECK((*verified)->kid == token_keys->active_key(alg));
    // The second time it comes from memory, as the same object.
    CHECK(token_keys->verify_access_token(*token).value() == *verified);
  }
}

TEST_CASE("one changed character of a token that was verified before is refused") {
  KeyStore keys;
  keys.add_key(KeyState::active);
  const auto token_keys = keys.load();
  const std::string token = token_keys->sign(TokenAlg::es256, "JWT", token_payload()).value();
  REQUIRE(token_keys->verify_access_token(token).ok());
  for (std::size_t at = 0; at < token.size(); at += 7) {
    std::string changed = token;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    CHECK_FALSE(token_keys->verify_access_token(changed).ok());
  }
}

TEST_CASE("a token of another typ does not pass for an access token") {
  KeyStore keys;
  keys.add_key(KeyState::active);
  const auto token_keys = keys.load();
  for (const char* const typ :
       {"logout+jwt", "command+jwt", "secevent+jwt", "curfew-report+jws", ""}) {
    const auto token = token_keys->sign(TokenAlg::es256, typ, token_payload());
    CHECK_FALSE(token_keys->verify_access_token(token.value()).ok());
  }
}

TEST_CASE("a key goes from next to active to retired, and what it signed verifies throughout") {
  KeyStore keys;
  const StoredSigningKey first = keys.add_key(KeyState::active);
  const StoredSigningKey second =
      keys.add_key(KeyState::next, TokenAlg::es256, KeyUse::token, kNow + std::chrono::hours{1});
  const auto token_keys = keys.load();
  CHECK(token_keys->active_key(TokenAlg::es256) == first.id);
  // Published before it signs.
  CHECK(parse_jwks(token_keys->jwks_json())->find(second.id.str()) != nullptr);
  const std::string old_token = token_keys->sign(TokenAlg::es256, "JWT", token_payload()).value();

  const auto rotate = [&](WriteTx& tx) {
    return activate_next_key(tx, kTenant, KeyUse::token, TokenAlg::es256, kNow);
  };
  REQUIRE(keys.write(rotate));
  REQUIRE(token_keys->reload());
  CHECK(token_keys->active_key(TokenAlg::es256) == second.id);
  CHECK(token_keys->verify_access_token(old_token).ok());
  CHECK(parse_jwks(token_keys->jwks_json())->find(first.id.str()) != nullptr);
  // Nothing is next now: a key that nobody has seen must not sign.
  CHECK(keys.write(rotate).error().code() == ErrorCode::conflict);

  std::size_t removed = 0;
  const auto remove_before = [&](TimePoint before) {
    REQUIRE(keys.write([&](WriteTx& tx) -> Status {
      CURFEW_TRY(removed, remove_retired_keys(tx, kTenant, before));
      return Done{};
    }));
  };
  remove_before(kNow);
  CHECK(removed == 0);
  remove_before(kNow + std::chrono::hours{28});
  CHECK(removed == 1);
  REQUIRE(token_keys->reload());
  CHECK_FALSE(token_keys->verify_access_token(old_token).ok());
}

TEST_CASE("a withdrawn key is gone from the key set, signs nothing and verifies nothing") {
  KeyStore keys;
  StoredSigningKey first = keys.add_key(KeyState::active);
  const auto token_keys = keys.load();
  const std::string token = token_keys->sign(TokenAlg::es256, "JWT", token_payload()).value();
  REQUIRE(token_keys->verify_access_token(token).ok());

  first.state = KeyState::withdrawn;
  REQUIRE(keys.write([&](WriteTx& tx) { return save(tx, first); }));
  REQUIRE(token_keys->reload());
  CHECK_FALSE(token_keys->verify_access_token(token).ok());
  CHECK(parse_jwks(token_keys->jwks_json())->empty());
  const auto unsigned_token = token_keys->sign(TokenAlg::es256, "JWT", token_payload());
  CHECK(unsigned_token.error().code() == ErrorCode::unavailable);
  CHECK(token_keys->active_key(TokenAlg::es256).empty());
}

TEST_CASE("when the active key is withdrawn the next one signs at once") {
  KeyStore keys;
  StoredSigningKey first = keys.add_key(KeyState::active);
  const StoredSigningKey second = keys.add_key(KeyState::next);
  first.state = KeyState::withdrawn;
  REQUIRE(keys.write([&](WriteTx& tx) { return save(tx, first); }));
  CHECK(keys.load()->active_key(TokenAlg::es256) == second.id);
}

TEST_CASE("keys sealed under another key file are corrupted, not silently missing") {
  KeyStore keys;
  keys.add_key(KeyState::active);
  const auto loaded = TokenKeys::load(*keys.store, kTenant, random_secret(32));
  REQUIRE_FALSE(loaded.ok());
  CHECK(loaded.error().code() == ErrorCode::corrupted);
}

TEST_CASE("a sealed key cannot be moved to another key's row") {
  KeyStore keys;
  StoredSigningKey first = keys.add_key(KeyState::active);
  const StoredSigningKey second = keys.add_key(KeyState::next);
  first.sealed_private_key = second.sealed_private_key;
  REQUIRE(keys.write([&](WriteTx& tx) { return save(tx, first); }));
  CHECK(TokenKeys::load(*keys.store, kTenant, keys.master).error().code() == ErrorCode::corrupted);
}

TEST_CASE("the report key signs reports only, and is in no token key set") {
  KeyStore keys;
  keys.add_key(KeyState::active);
  const StoredSigningKey report = keys.add_key(KeyState::active, TokenAlg::es256, KeyUse::report);
  const auto token_keys = keys.load();
  CHECK(token_keys->active_key(TokenAlg::es256) != report.id);
  CHECK(parse_jwks(token_keys->jwks_json())->find(report.id.str()) == nullptr);
  const auto report_keys = parse_jwks(token_keys->report_jwks_json());
  REQUIRE(report_keys.ok());
  CHECK(report_keys->find(report.id.str()) != nullptr);
  const std::string signed_report = token_keys->sign_report(R"({"a":1})").value();
  CHECK(verify_jws(signed_report, *report_keys, {"curfew-report+jws"}).ok());
  CHECK_FALSE(token_keys->verify_access_token(signed_report).ok());
}

TEST_CASE("no private member is published") {
  KeyStore keys;
  keys.add_key(KeyState::active, TokenAlg::es256);
  keys.add_key(KeyState::active, TokenAlg::rs256);
  const std::string jwks = keys.load()->jwks_json();
  for (const char* const member : {"\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"dq\"", "\"qi\""}) {
    CHECK(jwks.find(member) == std::string::npos);
  }
}

TEST_CASE("remembered tokens stay within their bound, and the newest are among them") {
  constexpr std::size_t kMax = 320;
  VerifiedTokens memory{kMax};
  const auto entry = std::make_shared<const VerifiedAccessToken>();
  for (int i = 0; i < 10'000; ++i) {
    const Sha256Digest digest = sha256(std::to_string(i));
    memory.add(digest, entry);
    CHECK(memory.find(digest) == entry);
  }
  CHECK(memory.size() <= kMax);
  CHECK(memory.find(sha256("0")) == nullptr);
}

}  // namespace
}  // namespace curfew
