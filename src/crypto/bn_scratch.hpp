// crypto/bn_scratch.hpp: private to this module: numbers for one computation, without allocation.
//
// They come from a pool of the thread and go back when the scratch ends, in the order in which
// scratches begin and end. For public numbers only: nothing is cleared.
#pragma once

#include <string_view>

#include "base/check.hpp"
#include "crypto/openssl.hpp"

namespace curfew {

class BnScratch {
 public:
  BnScratch() { BN_CTX_start(context_); }
  ~BnScratch() { BN_CTX_end(context_); }
  BnScratch(const BnScratch&) = delete;
  BnScratch& operator=(const BnScratch&) = delete;

  // The thread's, also as work space for the library.
  [[nodiscard]] BN_CTX* context() const { return context_; }

  // Zero; lives as long as the scratch.
  [[nodiscard]] BIGNUM* number() const {
    BIGNUM* const made = BN_CTX_get(context_);
    CURFEW_CHECK(made != nullptr);
    return made;
  }
  [[nodiscard]] BIGNUM* from_big_endian(std::string_view bytes) const {
    BIGNUM* const made = number();
    CURFEW_CHECK(BN_bin2bn(as_uchar(bytes), static_cast<int>(bytes.size()), made) != nullptr);
    return made;
  }

 private:
  static BN_CTX* of_thread() {
    thread_local const OpensslPtr<BN_CTX, BN_CTX_free> context{BN_CTX_new()};
    CURFEW_CHECK(context != nullptr);
    return context.get();
  }

  BN_CTX* const context_ = of_thread();
};

}  // namespace curfew
