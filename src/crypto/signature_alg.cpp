#include "crypto/signature_alg.hpp"

#include <array>

namespace curfew {

namespace {

constexpr std::array kSignatureAlgs{SignatureAlg::es256, SignatureAlg::es384, SignatureAlg::es512,
                                    SignatureAlg::rs256, SignatureAlg::rs384, SignatureAlg::rs512,
                                    SignatureAlg::ps256, SignatureAlg::ps384, SignatureAlg::ps512,
                                    SignatureAlg::eddsa, SignatureAlg::hs256, SignatureAlg::hs384,
                                    SignatureAlg::hs512};

}  // namespace

std::string_view to_string(SignatureAlg alg) {
  switch (alg) {
    case SignatureAlg::es256: return "ES256";
    case SignatureAlg::es384: return "ES384";
    case SignatureAlg::es512: return "ES512";
    case SignatureAlg::rs256: return "RS256";
    case SignatureAlg::rs384: return "RS384";
    case SignatureAlg::rs512: return "RS512";
    case SignatureAlg::ps256: return "PS256";
    case SignatureAlg::ps384: return "PS384";
    case SignatureAlg::ps512: return "PS512";
    case SignatureAlg::eddsa: return "EdDSA";
    case SignatureAlg::hs256: return "HS256";
    case SignatureAlg::hs384: return "HS384";
    case SignatureAlg::hs512: return "HS512";
  }
  return "";
}

std::optional<SignatureAlg> parse_signature_alg(std::string_view name) {
  for (const SignatureAlg alg : kSignatureAlgs) {
    if (to_string(alg) == name) return alg;
  }
  return std::nullopt;
}

bool is_symmetric(SignatureAlg alg) {
  return alg == SignatureAlg::hs256 || alg == SignatureAlg::hs384 || alg == SignatureAlg::hs512;
}

std::size_t hash_bytes(SignatureAlg alg) {
  switch (alg) {
    case SignatureAlg::es256:
    case SignatureAlg::rs256:
    case SignatureAlg::ps256:
    case SignatureAlg::hs256: return 32;
    case SignatureAlg::es384:
    case SignatureAlg::rs384:
    case SignatureAlg::ps384:
    case SignatureAlg::hs384: return 48;
    case SignatureAlg::es512:
    case SignatureAlg::rs512:
    case SignatureAlg::ps512:
    case SignatureAlg::hs512:
    case SignatureAlg::eddsa: return 64;
  }
  return 0;
}

}  // namespace curfew
