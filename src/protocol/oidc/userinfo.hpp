// protocol/oidc/userinfo.hpp: the answer of the userinfo endpoint (OIDC Core 5.3.2).
//
// Pure; any thread.
#pragma once

#include <string>

namespace curfew {

// Members that are empty are left out, except sub, which equals the ID token's.
struct UserInfo {
  std::string sub;
  std::string oid;
  std::string tid;
  std::string preferred_username;
  std::string name;
  std::string email;
  bool email_verified = false;  // stands beside an email only
};

[[nodiscard]] std::string to_json(const UserInfo& user_info);

}  // namespace curfew
