#include "api/admin/mail_check.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "io/offload_pool.hpp"
#include "io/runtime.hpp"
#include "model/directory.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

constexpr std::size_t kUsersReadAtOnce = 1'000;

Error taken(const std::string& mail) {
  return Error::permanent(ErrorCode::conflict, "the mail " + escape_for_display(mail) +
                                                   " is another person's mail or user name");
}

bool is_called(const User& user, const std::string& name) {
  return ascii_iequals(user.mail.value_or(""), name) ||
         ascii_iequals(user.user_principal_name, name);
}

Status look_through_users(Store& store, const TenantId& tenant_id, const UserId& own,
                          const std::vector<std::string>& names) {
  std::string after;
  for (;;) {
    CURFEW_TRY(const auto users, read_value<std::vector<User>>(store, [&](ReadTx& tx) {
                 Query query;
                 query.prefix = keys_of(tenant_id);
                 if (!after.empty()) query.above = after;
                 query.limit = kUsersReadAtOnce;
                 return scan_as<User>(tx, query);
               }));
    for (const std::string& name : names) {
      const bool is_taken = std::ranges::any_of(
          users, [&](const User& user) { return user.id != own && is_called(user, name); });
      if (is_taken) return taken(name);
    }
    if (users.size() < kUsersReadAtOnce) return Done{};
    after = users.back().id.str();
  }
}

}  // namespace

Task<Status> check_names_are_free(const ApiCall& call, UserId own, std::vector<std::string> names) {
  std::erase(names, "");
  if (names.empty()) co_return Done{};
  auto work = [&store = call.context.store, tenant_id = call.tenant_id(), own = std::move(own),
               names = std::move(names)]() -> Result<Done> {
    return look_through_users(store, tenant_id, own, names);
  };
  const Result<Done> looked =
      co_await offload(call.context.password_pool, current_executor(), std::move(work));
  if (!looked.ok()) co_return looked.error();
  co_return Done{};
}

Status check_mail_is_no_name(ReadTx& tx, const ApiCall& call, const UserId& own,
                             const std::string& mail) {
  Query query;
  query.index = "users_by_upn";
  query.prefix = keys_of(call.tenant_id(), ascii_lower(mail));
  query.limit = 1;
  CURFEW_TRY(const auto users, scan_as<User>(tx, query));
  if (users.empty() || users.front().id == own) return Done{};
  return taken(mail);
}

}  // namespace curfew
