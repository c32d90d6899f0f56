#include "api/api_keys.hpp"

#include <algorithm>
#include <utility>

#include "access/credential_facts.hpp"
#include "access/liveness.hpp"
#include "crypto/digest.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

struct KeyAndApp {
  ApiKey key;
  App app;
};

Result<std::optional<KeyAndApp>> find_key(ReadTx& tx, const TenantId& tenant_id,
                                          const std::string& hash) {
  Query query;
  query.index = "api_keys_by_hash";
  query.prefix = keys_of(tenant_id, hash);
  query.limit = 1;
  CURFEW_TRY(std::vector<ApiKey> keys, scan_as<ApiKey>(tx, query));
  if (keys.empty()) return std::optional<KeyAndApp>{};
  CURFEW_TRY(std::optional<App> app, load<App>(tx, tenant_id, keys.front().app_id));
  if (!app) return std::optional<KeyAndApp>{};
  return std::optional{KeyAndApp{std::move(keys.front()), *std::move(app)}};
}

}  // namespace

Result<std::optional<CheckedApiKey>> check_api_key(const ServerContext& context,
                                                   std::string_view text) {
  using Found = std::optional<KeyAndApp>;
  const std::string hash = sha256_base64url(text);
  CURFEW_TRY(Found found, read_value<Found>(context.store, [&](ReadTx& tx) {
               return find_key(tx, context.tenant_id, hash);
             }));
  if (!found) return std::optional<CheckedApiKey>{};
  CheckedApiKey checked{std::move(found->key), std::move(found->app), {}, Verdict::unstamped};
  // After the row was read: an entry that came in between is seen.
  checked.facts = facts_of(checked.key);
  checked.verdict = verdict_now(context.live(), checked.facts, context.clock.now());
  return std::optional{std::move(checked)};
}

std::vector<std::string> names_for(const ApiKey& key, const std::vector<std::string>& identifiers) {
  std::vector<std::string> names;
  for (const std::string& scope : key.scopes) {
    const std::size_t slash = scope.rfind('/');
    if (slash == std::string::npos) continue;
    const std::string identifier = scope.substr(0, slash);
    if (std::ranges::find(identifiers, identifier) == identifiers.end()) continue;
    names.push_back(scope.substr(slash + 1));
  }
  return names;
}

}  // namespace curfew
