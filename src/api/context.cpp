#include "api/context.hpp"

#include "protocol/oidc/discovery.hpp"

namespace curfew {

std::string ServerContext::issuer() const { return issuer_of(base_url, tenant_id); }

std::string ServerContext::userinfo_audience() const {
  return base_url + "/" + tenant_id.str() + std::string{endpoint_path::kUserInfo};
}

}  // namespace curfew
