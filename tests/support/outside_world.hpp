// tests/support/outside_world.hpp: parts of connectors that call others, for a test that answers
// the calls itself. Tokens have a header and claims as they are, and no signature.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "connectors/outside_parts.hpp"
#include "tests/support/revocation_world.hpp"

namespace curfew {

inline OutsideParts outside_parts(RevocationWorld& world, Executor& executor, OutsidePost answer) {
  return {world.tenant,
          "https://issuer",
          *world.store,
          world.clock,
          executor,
          [](TokenAlg alg, std::string_view typ, std::string_view payload) -> Result<std::string> {
            const std::string header = "{\"alg\":\"" + std::string{to_string(alg)} +
                                       "\",\"typ\":\"" + std::string{typ} + "\"}";
            return base64url_encode(header) + "." + base64url_encode(payload) + ".sig";
          },
          std::move(answer)};
}

}  // namespace curfew
