#include "gate/feed/signed_head.hpp"

#include <doctest/doctest.h>

namespace curfew {

namespace {

constexpr std::string_view kIssuer = "https://id.contoso.com";

const JwtSigner& server_key() {
  static const JwtSigner signer{SigningKey::generate(SignatureAlg::es256).value(), "server"};
  return signer;
}

KeySet keys_of(const JwtSigner& signer) {
  return KeySet::of(JwsKey::asymmetric(signer.kid(), signer.alg(), signer.verify_key()).value());
}

ErrorCode refusal_of(std::string_view jws, std::string_view issuer = kIssuer) {
  return verify_head(jws, keys_of(server_key()), issuer).error().code();
}

}  // namespace

TEST_CASE("a head is read as it was signed") {
  const ChainMark mark{{3, 17}, "hash"};
  const SignedHead head = sign_head(kIssuer, mark, server_key()).value();
  CHECK(head.mark == mark);
  CHECK(verify_head(head.jws, keys_of(server_key()), kIssuer).value() == mark);
  const SignedHead empty = sign_head(kIssuer, {{3, 0}, ""}, server_key()).value();
  CHECK(verify_head(empty.jws, keys_of(server_key()), kIssuer).value() == empty.mark);
}

TEST_CASE("a head that another key signed, or of another type or issuer, proves nothing") {
  const JwtSigner stranger{SigningKey::generate(SignatureAlg::es256).value(), "server"};
  const ChainMark mark{{9, 1}, "hash"};
  CHECK(refusal_of(sign_head(kIssuer, mark, stranger)->jws) == ErrorCode::unauthenticated);
  CHECK(refusal_of(server_key().sign("at+jwt", "{}").value()) == ErrorCode::unauthenticated);
  CHECK(refusal_of(sign_head(kIssuer, mark, server_key())->jws, "https://else.example") ==
        ErrorCode::unauthenticated);
}

TEST_CASE("a signed head names a position, with the chain hash there") {
  const auto refused = [](std::string_view rest) {
    const std::string payload = R"({"iss":"https://id.contoso.com")" + std::string{rest} + "}";
    return refusal_of(server_key().sign(kSignedHeadType, payload).value());
  };
  CHECK(refused("") == ErrorCode::invalid_argument);
  CHECK(refused(R"(,"position":"1.5")") == ErrorCode::invalid_argument);
  CHECK(refused(R"(,"position":"1.5","chain_hash":"")") == ErrorCode::invalid_argument);
  CHECK(refused(R"(,"position":"0.0","chain_hash":"")") == ErrorCode::invalid_argument);
  CHECK(refused(R"(,"position":"1.0","chain_hash":"h")") == ErrorCode::invalid_argument);
}

}  // namespace curfew
