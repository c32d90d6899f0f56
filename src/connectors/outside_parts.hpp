// connectors/outside_parts.hpp: what every connector works with that tells something, in tokens
// signed by this tenant, to somebody whom others named.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "connectors/outside_call.hpp"
#include "model/application.hpp"
#include "store/store.hpp"

namespace curfew {

// What it refers to outlives every order and every call.
struct OutsideParts {
  TenantId tenant_id;
  std::string issuer;
  Store& store;
  const Clock& clock;
  Executor& executor;
  std::function<Result<std::string>(TokenAlg alg, std::string_view typ, std::string_view payload)>
      sign;
  OutsidePost post;
};

}  // namespace curfew
