// store/schema_signins.hpp: the table of the sign-in log.
#pragma once

#include "model/sign_in.hpp"
#include "store/mapping.hpp"

namespace curfew {

template <>
struct Mapping<SignIn> {
  static constexpr std::string_view table = "sign_ins";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &SignIn::tenant_id),
                      column("id", &SignIn::id),
                      column("created_at", &SignIn::created_at),
                      column("user_principal_name", &SignIn::user_principal_name),
                      column("user_id", &SignIn::user_id),
                      column("app_id", &SignIn::app_id),
                      column("app_display_name", &SignIn::app_display_name),
                      column("resource", &SignIn::resource),
                      column("ip_address", &SignIn::ip_address),
                      column("client_app_used", &SignIn::client_app_used),
                      column("user_agent", &SignIn::user_agent),
                      column("device_id", &SignIn::device_id),
                      column("session_id", &SignIn::session_id),
                      column("correlation_id", &SignIn::correlation_id),
                      column("is_interactive", &SignIn::is_interactive),
                      column("error_code", &SignIn::error_code),
                      column("failure_reason", &SignIn::failure_reason)};
  }
  static std::vector<IndexSpec> indexes() {
    return {{"sign_ins_by_time", {0, 2}, false}, {"sign_ins_by_user", {0, 4, 2}, false}};
  }
};

}  // namespace curfew
