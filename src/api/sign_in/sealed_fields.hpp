// api/sign_in/sealed_fields.hpp: state of ours that a browser keeps for us, in a form field or a
// cookie.
//
// Sealed, so that nobody else can read, make or change it; the purpose and the tenant are sealed
// in, so that one kind of state cannot be put in another's place. Not bound to a time or a browser:
// whoever defines the fields does that. Pure but for the nonce; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.hpp"

namespace curfew {

// The fields one after the other, each with its length in front.
[[nodiscard]] std::string pack_fields(const std::vector<std::string>& fields);
// Nothing unless the bytes are exactly `count` fields.
[[nodiscard]] std::optional<std::vector<std::string>> unpack_fields(std::string_view bytes,
                                                                    std::size_t count);

// base64url text. `purpose`: a literal, one for each kind of state.
[[nodiscard]] std::string seal_text(const ServerContext& context, std::string_view purpose,
                                    std::string_view plain);
// Nothing for whatever we did not seal for this purpose.
[[nodiscard]] std::optional<std::string> open_text(const ServerContext& context,
                                                   std::string_view purpose,
                                                   std::string_view sealed);

}  // namespace curfew
