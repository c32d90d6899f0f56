#include "protocol/oidc/userinfo.hpp"

#include <string_view>

#include "protocol/json/writer.hpp"

namespace curfew {

std::string to_json(const UserInfo& user_info) {
  std::string body;
  JsonObjectWriter writer{body};
  const auto text = [&writer](std::string_view name, const std::string& value) {
    if (!value.empty()) writer.string(name, value);
  };
  writer.string("sub", user_info.sub);
  text("oid", user_info.oid);
  text("tid", user_info.tid);
  text("preferred_username", user_info.preferred_username);
  text("name", user_info.name);
  text("email", user_info.email);
  if (!user_info.email.empty()) writer.boolean("email_verified", user_info.email_verified);
  writer.end();
  return body;
}

}  // namespace curfew
