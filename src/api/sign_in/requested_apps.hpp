// api/sign_in/requested_apps.hpp: the applications of a checked request, as a transaction sees
// them.
//
// The check found the resource by its name; here its row is read again by its id. Looking for a
// name among all applications would hold the one writer up with every sign-in.
#pragma once

#include <optional>
#include <string>

#include "access/evaluate.hpp"
#include "api/sign_in/authorize_checks.hpp"

namespace curfew {

// For load_access_facts(). What it is made of outlives it.
class RequestedApps final : public AppSource {
 public:
  RequestedApps(ReadTx& tx, const CheckedRequest& request) : tx_(tx), request_(request) {}

  Result<std::optional<App>> client(const TenantId& tenant_id, const AppId& id) override;
  // The request's own if it is still called so; else whoever is by now.
  Result<std::optional<App>> resource(const TenantId& tenant_id,
                                      const std::string& identifier) override;

 private:
  ReadTx& tx_;
  const CheckedRequest& request_;
};

}  // namespace curfew
