// api/directory/person_lookup.hpp: who is meant by the names that other systems have for people.
//
// An address is a person's principal name, or their mail, which is nobody else's of either kind; a
// pair of issuer and subject is ours, or nobody's here; anything else is an id of ours.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "model/directory.hpp"
#include "protocol/ssf/subject.hpp"
#include "store/store.hpp"

namespace curfew {

[[nodiscard]] Result<std::optional<User>> find_person_by_address(ReadTx& tx,
                                                                 const TenantId& tenant_id,
                                                                 const std::string& address);

// The first that any of the names finds: they are names of one person. `issuer`: our own.
[[nodiscard]] Result<std::optional<User>> find_person(ReadTx& tx, const TenantId& tenant_id,
                                                      const std::string& issuer,
                                                      const SubjectNames& names);

}  // namespace curfew
