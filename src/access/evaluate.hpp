// access/evaluate.hpp: may this person, with this client, get tokens for this resource now? Pure.
//
// Run at every sign-in and at every refresh, from state read in the same transaction. The validity
// rule says whether a credential still stands; this says whether the answer to "may they" is still
// yes. Conditional access policies become further rules in kRules (evaluate.cpp): facts in, refusal
// or nothing out, first refusal wins.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/application.hpp"
#include "model/directory.hpp"
#include "store/store.hpp"

namespace curfew {

struct AccessFacts {
  bool user_was_named = false;  // false: the client acts by itself
  std::optional<User> user;     // the one who was named; may be gone by now
  App client;
  std::optional<App> resource;    // nothing: only our own userinfo
  std::optional<Device> device;   // that the session was begun on
  bool device_was_named = false;  // the session names a device; it may be gone by now
  bool assigned = false;  // the user, directly or through a group, is assigned to the client
  bool has_directory_role = false;  // the user; read only where the resource asks for one
  std::vector<std::string> amr;
  std::string address;
};

enum class AccessRefusal {
  user_missing,
  user_disabled,         // AADSTS50057
  client_disabled,       // AADSTS7000112
  resource_disabled,     // AADSTS500014
  device_disabled,       // AADSTS50135, AADSTS135011
  not_assigned,          // AADSTS50105
  no_directory_role,     // AADSTS50105: the administrator's API is for who holds one
  must_change_password,  // AADSTS50055
};
[[nodiscard]] std::string_view to_string(AccessRefusal refusal);

// Nothing: access is granted.
[[nodiscard]] std::optional<AccessRefusal> evaluate_access(const AccessFacts& facts);

struct AccessQuery {
  TenantId tenant_id;
  std::optional<UserId> user_id;
  AppId client_id;
  std::string resource;  // identifier URI; empty: our own userinfo
  std::optional<DeviceId> device_id;
  std::vector<std::string> amr;
  std::string address;
};

// The application that is a resource and calls itself so: by one of its identifier URIs, or its id.
// Never the gates' feed: nobody asks for that but a gate, and by no way but its own
// (api/op/client_credentials_grant.cpp).
[[nodiscard]] Result<std::optional<App>> find_resource(ReadTx& tx, const TenantId& tenant_id,
                                                       const std::string& identifier);

// Where applications are read from: as new as the transaction's own state.
class AppSource {
 public:
  virtual ~AppSource() = default;
  [[nodiscard]] virtual Result<std::optional<App>> client(const TenantId& tenant_id,
                                                          const AppId& id) = 0;
  // As find_resource().
  [[nodiscard]] virtual Result<std::optional<App>> resource(const TenantId& tenant_id,
                                                            const std::string& identifier) = 0;
};

// Reads what evaluate_access() needs. `not_found`: there is no such client or resource.
[[nodiscard]] Result<AccessFacts> load_access_facts(ReadTx& tx, const AccessQuery& query);
[[nodiscard]] Result<AccessFacts> load_access_facts(ReadTx& tx, AppSource& apps,
                                                    const AccessQuery& query);

}  // namespace curfew
