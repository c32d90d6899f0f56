// store/schema_registration.hpp: the tables of applications that register themselves.
#pragma once

#include "model/registration.hpp"
#include "store/mapping.hpp"

namespace curfew {

template <>
struct Mapping<RegistrationToken> {
  static constexpr std::string_view table = "registration_tokens";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &RegistrationToken::tenant_id),
                      column("id", &RegistrationToken::id),
                      column("hash", &RegistrationToken::hash),
                      column("display_name", &RegistrationToken::display_name),
                      column("maker_kind", &RegistrationToken::maker_kind),
                      column("maker_id", &RegistrationToken::maker_id),
                      column("maker_name", &RegistrationToken::maker_name),
                      column("grant_types", &RegistrationToken::grant_types),
                      column("uses_left", &RegistrationToken::uses_left),
                      column("auth_as_of", &RegistrationToken::auth_as_of),
                      column("created_at", &RegistrationToken::created_at),
                      column("expires_at", &RegistrationToken::expires_at),
                      column("enrols_app_id", &RegistrationToken::enrols_app_id)};
  }
  static std::vector<IndexSpec> indexes() {
    return {{"registration_tokens_by_hash", {0, 2}, true},
            {"registration_tokens_by_maker", {0, 5}, false},
            {"registration_tokens_by_gate", {0, 12}, false}};
  }
};

template <>
struct Mapping<Registration> {
  static constexpr std::string_view table = "registrations";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &Registration::tenant_id),
                      column("app_id", &Registration::app_id),
                      column("id", &Registration::id),
                      column("hash", &Registration::hash),
                      column("token_id", &Registration::token_id),
                      column("maker_kind", &Registration::maker_kind),
                      column("maker_id", &Registration::maker_id),
                      column("maker_name", &Registration::maker_name),
                      column("metadata", &Registration::metadata),
                      column("auth_as_of", &Registration::auth_as_of),
                      column("created_at", &Registration::created_at)};
  }
  static std::vector<IndexSpec> indexes() { return {{"registrations_by_maker", {0, 6}, false}}; }
};

}  // namespace curfew
