// api/gate_feed/signed_heads.hpp: heads of the journal that are signed by the tenant's key, each
// once.
//
// Thread-safe; a signature is made in the thread that asks first, and the others wait for it.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>

#include "api/token_keys.hpp"
#include "base/result.hpp"
#include "model/chain_mark.hpp"
#include "store/journal.hpp"

namespace curfew {

inline constexpr std::size_t kSignedHeadsKept = 64;  // gates that come back are at few places

class SignedHeads {
 public:
  // Both outlive this.
  SignedHeads(std::string issuer, const TokenKeys& keys, const LiveJournal& live)
      : issuer_(std::move(issuer)), keys_(keys), live_(live) {}

  // The JWS of this very mark, which is one of our journal's. `unavailable`: there is no key.
  [[nodiscard]] Result<std::string> of(const ChainMark& mark);
  // Of the head as it is now.
  [[nodiscard]] Result<std::string> newest();
  // How many signatures were made: for tests.
  [[nodiscard]] std::size_t count() const;

 private:
  struct Kept {
    ChainMark mark;
    KeyId key;
    std::string jws;
  };

  const std::string issuer_;
  const TokenKeys& keys_;
  const LiveJournal& live_;
  mutable std::mutex mutex_;
  std::deque<Kept> kept_;  // the latest first
  std::size_t count_ = 0;
};

}  // namespace curfew
