// crypto/test_library_verify.hpp: for tests: the library's own verification, with which ours
// agrees.
#pragma once

#include <string_view>

#include "crypto/ecdsa_encoding.hpp"
#include "crypto/pkey.hpp"

namespace curfew {

// ES256 and RS256.
inline bool library_verifies(const PublicKey& key, SignatureAlg alg, std::string_view text,
                             std::string_view signature) {
  const PkeyPtr pkey = to_pkey(key).value();
  std::string der{signature};
  if (alg == SignatureAlg::es256) {
    const auto encoded = ecdsa_raw_to_der(signature, 32);
    if (!encoded) return false;
    der = *encoded;
  }
  const MdCtxPtr context{EVP_MD_CTX_new()};
  return EVP_DigestVerifyInit(context.get(), nullptr, hash_of(alg), nullptr, pkey.get()) == 1 &&
         EVP_DigestVerify(context.get(), as_uchar(der), der.size(), as_uchar(text), text.size()) ==
             1;
}

}  // namespace curfew
