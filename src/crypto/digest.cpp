#include "crypto/digest.hpp"

#include "base/check.hpp"
#include "base/text.hpp"
#include "crypto/openssl.hpp"

namespace curfew {

namespace {

EVP_MD_CTX* thread_context() {
  thread_local const MdCtxPtr context{EVP_MD_CTX_new()};
  CURFEW_CHECK(context != nullptr);
  return context.get();
}

template <std::size_t Size>
Digest<Size> digest_of(const EVP_MD* algorithm, std::string_view data) {
  Digest<Size> digest;
  EVP_MD_CTX* const context = thread_context();
  unsigned size = 0;
  CURFEW_CHECK(EVP_DigestInit_ex2(context, algorithm, nullptr) == 1 &&
               EVP_DigestUpdate(context, data.data(), data.size()) == 1 &&
               EVP_DigestFinal_ex(context, as_uchar(digest.data()), &size) == 1 && size == Size);
  return digest;
}

}  // namespace

Sha256Digest sha256(std::string_view data) {
  return digest_of<32>(openssl_algorithms().sha256, data);
}
Sha384Digest sha384(std::string_view data) {
  return digest_of<48>(openssl_algorithms().sha384, data);
}
Sha512Digest sha512(std::string_view data) {
  return digest_of<64>(openssl_algorithms().sha512, data);
}

std::string sha256_base64url(std::string_view data) {
  return base64url_encode(as_view(sha256(data)));
}

}  // namespace curfew
