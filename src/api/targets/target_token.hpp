// api/targets/target_token.hpp: the token that another server gave us, as it is stored: sealed, and
// shown to nobody again.
#pragma once

#include <string>
#include <string_view>

#include "api/context.hpp"
#include "base/result.hpp"
#include "model/revocation_target.hpp"

namespace curfew {

// For the target of that id, and no other.
[[nodiscard]] std::string seal_target_token(const ServerContext& context,
                                            const std::string& target_id, std::string_view token);
// after_human where it cannot be read: it has to be given again.
[[nodiscard]] Result<std::string> open_target_token(const ServerContext& context,
                                                    const RevocationTarget& target);

}  // namespace curfew
