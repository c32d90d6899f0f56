// gate/token/issuer_keys.hpp: the keys that tokens are verified with at a gate, each parsed and
// prepared once.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "gate/replica/view.hpp"
#include "protocol/jose/jws_key.hpp"

namespace curfew {

// The keys of a JWK set, with tables for ES256 (some 10 ms for each). A key that `before`, which
// may be null, has already is taken over. Errors: as parse_jwks().
[[nodiscard]] Result<KeySet> prepared_keys(std::string_view jwks, const KeySet* before);

// The keys of the gate's own server, from its replica. Thread-safe.
class OwnKeys {
 public:
  // What one reader knows of them. The set is another object exactly if the keys are other ones.
  struct Known {
    std::array<std::uint64_t, 2> file_id{};
    std::uint64_t version = 0;
    std::shared_ptr<const KeySet> set;
  };

  // Brings `known` up to what the view has; takes no lock where that is so already. On an error it
  // has no set: unavailable where the gate was given no keys yet, corrupted.
  [[nodiscard]] Status bring_up_to_date(const ReplicaView& view, Known& known);

 private:
  [[nodiscard]] Status read(const ReplicaView& view);

  std::mutex mutex_;
  std::string text_;  // that newest_.set was made from
  Known newest_;
};

}  // namespace curfew
