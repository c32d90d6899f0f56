#include "revocation/parts/words.hpp"

#include <charconv>
#include <cstdint>
#include <utility>

#include "store/schema.hpp"

namespace curfew {

std::string target_of(std::initializer_list<std::string_view> ids) {
  std::string target;
  for (const std::string_view id : ids) {
    if (!target.empty()) target += '/';
    target += id;
  }
  return target;
}

Result<std::optional<KnownUser>> found_user(const PartLook& look, const std::string& id) {
  auto known = known_user(look.tx, look.tenant_id, UserId{id});
  if (known.ok()) return std::optional{std::move(known).value()};
  if (known.error().code() == ErrorCode::not_found) return std::optional<KnownUser>{};
  return known.error();
}

Result<std::optional<std::string>> person_if_there(const PartLook& look,
                                                   const std::string& target) {
  CURFEW_TRY(const auto known, found_user(look, target));
  return known ? std::optional{target} : std::nullopt;
}

Result<std::string> person_name(const PartLook& look, const std::string& id) {
  CURFEW_TRY(const auto known, found_user(look, id));
  return known ? known->user.user_principal_name : id;
}

Result<std::string> app_name(const PartLook& look, const std::string& id) {
  CURFEW_TRY(const auto app, load<App>(look.tx, look.tenant_id, AppId{id}));
  return app ? app->display_name : id;
}

Result<std::string> principal_name(const PartLook& look, const std::string& id) {
  CURFEW_TRY(const auto app, load<App>(look.tx, look.tenant_id, AppId{id}));
  return app ? Result<std::string>{app->display_name} : person_name(look, id);
}

Result<std::string> group_name(const PartLook& look, const std::string& id) {
  CURFEW_TRY(const auto group, load<Group>(look.tx, look.tenant_id, GroupId{id}));
  return group ? group->display_name : id;
}

std::string time_text(TimePoint at) { return std::to_string(to_unix_millis(at)); }

TimePoint time_in(std::string_view text) {
  std::int64_t millis = 0;
  std::from_chars(text.data(), text.data() + text.size(), millis);
  return from_unix_millis(millis);
}

}  // namespace curfew
