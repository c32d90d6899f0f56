// apps/curfew-gate/blocked_file.hpp: the names that a gate has as blocked, over its restarts
// (blocked.json in its folder): a server that was restored from a backup and fenced asks for them.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "gate/feed/message.hpp"

namespace curfew {

// `issuer`: whose journal they are of.
[[nodiscard]] std::string blocks_text(const std::vector<GateBlock>& blocks,
                                      const std::string& issuer);
// corrupted: it is none. conflict: of another issuer.
[[nodiscard]] Result<std::vector<GateBlock>> read_blocks(const std::string& text,
                                                         const std::string& issuer);

}  // namespace curfew
