// revocation/object_name.hpp: what people call an object, for the audit and for lists.
#pragma once

#include <string>

#include "base/id.hpp"
#include "store/store.hpp"

namespace curfew {

// The user principal name or display name of the user, device, application or API key of that id;
// the id where it has no name, or there is no such object.
[[nodiscard]] std::string name_of_object(ReadTx& tx, const TenantId& tenant_id,
                                         const std::string& id);

}  // namespace curfew
