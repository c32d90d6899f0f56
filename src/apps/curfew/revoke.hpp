// apps/curfew/revoke.hpp: `curfew revoke`: shows what it would do, asks, cuts, follows to the end.
#pragma once

#include <string>
#include <vector>

#include "apps/curfew/connection.hpp"
#include "apps/curfew/terminal.hpp"

namespace curfew {

struct RevokeOptions {
  std::vector<std::string> users;  // ids or user principal names
  std::string file;                // one user a line, CSV with a userPrincipalName column, or JSON
  std::string filter;              // "group:NAME", "domain:contoso.com"
  std::string reason;
  bool sessions_only = false;
  bool remove_assignments = false;
  std::vector<std::string> also;  // the options of revocation/part.hpp
  std::string since;              // RFC 3339, or how long ago: "2h"
  bool dry_run = false;
  bool yes = false;
  bool no_wait = false;
  std::string report_file;  // of a single run
};

[[nodiscard]] Exit revoke_users(Connection& server, const Terminal& terminal,
                                const RevokeOptions& options);

// `curfew access USER`: what the user has got, and how long each path would live.
[[nodiscard]] Exit show_user_access(Connection& server, const Terminal& terminal,
                                    const std::string& user);

// What a new password for the user would end, and the question; ok: go on.
[[nodiscard]] Exit confirm_reset(Connection& server, const Terminal& terminal,
                                 const std::string& user);

}  // namespace curfew
