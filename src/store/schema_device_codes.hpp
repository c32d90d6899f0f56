// store/schema_device_codes.hpp: the table of sign-ins on devices without a browser.
#pragma once

#include "model/device_code.hpp"
#include "store/mapping.hpp"

namespace curfew {

template <>
struct Mapping<DeviceCode> {
  static constexpr std::string_view table = "device_codes";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &DeviceCode::tenant_id),
                      column("hash", &DeviceCode::hash),
                      column("user_code_mac", &DeviceCode::user_code_mac),
                      column("app_id", &DeviceCode::app_id),
                      column("resource", &DeviceCode::resource),
                      column("scopes", &DeviceCode::scopes),
                      column("claims", &DeviceCode::claims),
                      column("address", &DeviceCode::address),
                      column("user_agent", &DeviceCode::user_agent),
                      column("state", &DeviceCode::state),
                      column("user_id", &DeviceCode::user_id),
                      column("session_id", &DeviceCode::session_id),
                      column("grant_id", &DeviceCode::grant_id),
                      column("auth_as_of", &DeviceCode::auth_as_of),
                      column("created_at", &DeviceCode::created_at),
                      column("expires_at", &DeviceCode::expires_at),
                      column("used_at", &DeviceCode::used_at)};
  }
  static std::vector<IndexSpec> indexes() {
    return {{"device_codes_by_user_code", {0, 2}, true},
            {"device_codes_by_user", {0, 10}, false},
            {"device_codes_by_expiry", {0, 15}, false}};
  }
};

}  // namespace curfew
