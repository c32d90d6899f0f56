// tests/bench/seed.hpp: what is in a tenant before the server starts.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "apps/curfewd/offline_tenant.hpp"
#include "base/result.hpp"
#include "model/application.hpp"
#include "model/directory.hpp"
#include "model/session.hpp"

namespace curfew::bench {

// An application with a generated secret.
struct Client {
  AppId id;
  std::string secret;

  // "client_id=...&client_secret=...", to begin a form with.
  [[nodiscard]] std::string form() const;
};

// The applications that every world has.
struct Apps {
  Client service;  // gets tokens for itself
  Client web;  // people sign in to it; ES256 ID tokens would be asked for, RS256 are the default
  Client operator_;  // a service principal with the role to revoke
  Client resource;   // its access tokens are ES256, and it may introspect
  AppId rs256_resource;
  AppId ledger;  // what the resource calls on behalf of people; ES256

  [[nodiscard]] std::string scope() const { return "api://" + resource.id.str() + "/.default"; }
  [[nodiscard]] std::string rs256_scope() const {
    return "api://" + rs256_resource.str() + "/.default";
  }
};
[[nodiscard]] Result<Apps> add_apps(OfflineTenant& tenant);

inline constexpr std::string_view kRedirectUri = "https://web.contoso.com/callback";
inline constexpr std::string_view kPassword = "correct horse battery staple";

// So many users, in the order of their ids, who can sign in with kPassword. The hash is the
// cheapest that Argon2id allows: what hashing costs is a row of its own.
[[nodiscard]] Result<std::vector<User>> add_users(OfflineTenant& tenant, std::size_t count);

// So many device codes of the web application, each approved in a session that one of the users
// has, and not redeemed.
[[nodiscard]] Result<std::vector<std::string>> add_device_codes(OfflineTenant& tenant,
                                                                const Apps& apps,
                                                                const std::vector<User>& users,
                                                                std::size_t count);

enum class GrantScope { access_only, with_id_token };

// For each of the `count` grants a session; they belong to the users in turn. In the order of their
// ids, which are as random as real ones.
[[nodiscard]] Result<std::vector<GrantId>> add_grants(OfflineTenant& tenant, const Apps& apps,
                                                      const std::vector<User>& users,
                                                      std::size_t count, GrantScope scope);

// So many entries of the journal, each that somebody else has to sign in again.
[[nodiscard]] Status add_journal_entries(OfflineTenant& tenant, std::size_t count);

}  // namespace curfew::bench
