// store/schema_logout.hpp: the tables of who is signed in where, and of who is to be told that a
// session ended.
#pragma once

#include "model/logout.hpp"
#include "store/mapping.hpp"

namespace curfew {

template <>
struct Mapping<SessionClient> {
  static constexpr std::string_view table = "session_clients";
  static constexpr std::size_t key_column_count = 3;
  static auto columns() {
    return std::tuple{column("tenant_id", &SessionClient::tenant_id),
                      column("session_id", &SessionClient::session_id),
                      column("app_id", &SessionClient::app_id),
                      column("user_id", &SessionClient::user_id),
                      column("auth_as_of", &SessionClient::auth_as_of),
                      column("since", &SessionClient::since)};
  }
  static std::vector<IndexSpec> indexes() {
    return {{"session_clients_by_user", {0, 3, 2}, false}};
  }
};

template <>
struct Mapping<LogoutNotice> {
  static constexpr std::string_view table = "logout_notices";
  static constexpr std::size_t key_column_count = 3;
  static auto columns() {
    return std::tuple{column("tenant_id", &LogoutNotice::tenant_id),
                      column("session_id", &LogoutNotice::session_id),
                      column("app_id", &LogoutNotice::app_id),
                      column("user_id", &LogoutNotice::user_id),
                      column("created_at", &LogoutNotice::created_at),
                      column("next_try_at", &LogoutNotice::next_try_at),
                      column("attempt_count", &LogoutNotice::attempt_count)};
  }
  static std::vector<IndexSpec> indexes() { return {{"logout_notices_by_time", {0, 5}, false}}; }
};

}  // namespace curfew
