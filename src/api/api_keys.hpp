// api/api_keys.hpp: from the opaque text of an API key to its row, judged now.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.hpp"
#include "base/result.hpp"
#include "model/application.hpp"
#include "model/validity.hpp"

namespace curfew {

struct CheckedApiKey {
  ApiKey key;
  App app;
  CredentialFacts facts;  // what the verdict is about
  Verdict verdict = Verdict::unstamped;

  // By the rule, and by the state of its application.
  [[nodiscard]] bool is_live() const { return verdict == Verdict::live && app.account_enabled; }
};

// Nothing if there is no such key.
[[nodiscard]] Result<std::optional<CheckedApiKey>> check_api_key(const ServerContext& context,
                                                                 std::string_view text);

// The permission names that the key carries for one of `identifiers`, which all name one resource.
[[nodiscard]] std::vector<std::string> names_for(const ApiKey& key,
                                                 const std::vector<std::string>& identifiers);

}  // namespace curfew
