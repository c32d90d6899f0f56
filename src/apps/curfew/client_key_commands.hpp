// apps/curfew/client_key_commands.hpp: `curfew app key add|list|remove`.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "apps/curfew/add_commands.hpp"
#include "base/result.hpp"

namespace curfew {

void add_client_key_commands(CLI::App& app_noun, const Choose& choose);

// The body of the call for a file's text: a certificate in PEM, a JSON Web Key or a set of them.
// `invalid_argument` for anything else, and for a private key, which must not leave its machine:
// `name` is how messages call the file.
[[nodiscard]] Result<boost::json::object> client_key_body(std::string_view text,
                                                          const std::string& name);

}  // namespace curfew
