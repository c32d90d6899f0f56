#include "api/directory/person_lookup.hpp"

#include <vector>

#include "api/directory/directory_index.hpp"
#include "base/text.hpp"
#include "store/schema.hpp"

namespace curfew {

Result<std::optional<User>> find_person_by_address(ReadTx& tx, const TenantId& tenant_id,
                                                   const std::string& address) {
  const std::string name = ascii_lower(address);
  if (name.empty()) return std::optional<User>{};
  Query by_name;
  by_name.index = "users_by_upn";
  by_name.prefix = keys_of(tenant_id, name);
  by_name.limit = 1;
  CURFEW_TRY(auto named, scan_as<User>(tx, by_name));
  if (!named.empty()) return std::optional{std::move(named.front())};
  Query by_mail;
  by_mail.prefix = keys_of(tenant_id, std::string{kUserIndexKind}, std::string{"mail"},
                           index_value(name));  // no limit: long mails can begin alike
  CURFEW_TRY(const auto entries, scan_as<DirectoryIndexEntry>(tx, by_mail));
  for (const DirectoryIndexEntry& entry : entries) {
    CURFEW_TRY(auto user, load<User>(tx, tenant_id, UserId{entry.object_id}));
    if (user && user->mail && ascii_iequals(*user->mail, name)) return user;
  }
  return std::optional<User>{};
}

Result<std::optional<User>> find_person(ReadTx& tx, const TenantId& tenant_id,
                                        const std::string& issuer, const SubjectNames& names) {
  std::vector<std::string> ids = names.opaques;
  for (const SubjectNames::IssSub& name : names.iss_subs) {
    if (name.iss == issuer) ids.push_back(name.sub);
  }
  for (const std::string& id : ids) {
    CURFEW_TRY(auto user, load<User>(tx, tenant_id, UserId{id}));
    if (user) return user;
  }
  for (const std::string& mail : names.mails) {
    CURFEW_TRY(auto user, find_person_by_address(tx, tenant_id, mail));
    if (user) return user;
  }
  return std::optional<User>{};
}

}  // namespace curfew
