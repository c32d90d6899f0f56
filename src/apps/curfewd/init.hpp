// apps/curfewd/init.hpp: `curfewd init`: makes a data folder with one tenant, ready to serve.
#pragma once

#include <string>
#include <vector>

#include "apps/curfewd/data_folder.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace curfew {

struct InitOptions {
  DataFolder folder;
  std::string domain;        // contoso.com
  std::string display_name;  // empty: the domain
  std::string host = "localhost";
  std::uint16_t port = 8443;
  std::string admin_name = "admin";  // admin@contoso.com
};

struct InitResult {
  std::string tenant_id;
  std::string admin_user_principal_name;
  Secret one_time_password;
  std::string base_url;
};

// Makes everything or nothing: a folder with anything in it is refused, a half-made one is removed
// by hand (the error says so). Errors name the path.
[[nodiscard]] Result<InitResult> init_data_folder(const InitOptions& options);

// The first lines an operator reads: what was made, the next command, how to trust the authority.
[[nodiscard]] std::string describe(const InitOptions& options, const InitResult& result);

// How to make Node, curl and browsers trust `ca_file`.
[[nodiscard]] std::string trust_instructions(const std::string& ca_file);

}  // namespace curfew
