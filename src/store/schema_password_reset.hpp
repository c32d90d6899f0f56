// store/schema_password_reset.hpp: the tables of email methods, of codes that were sent there, and
// of mails to be sent.
#pragma once

#include "model/password_reset.hpp"
#include "store/mapping.hpp"

namespace curfew {

template <>
struct Mapping<EmailMethod> {
  static constexpr std::string_view table = "email_methods";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &EmailMethod::tenant_id),
                      column("user_id", &EmailMethod::user_id),
                      column("authenticator_id", &EmailMethod::authenticator_id),
                      column("email_address", &EmailMethod::email_address),
                      column("created_at", &EmailMethod::created_at),
                      column("created_by_kind", &EmailMethod::created_by_kind),
                      column("created_by_id", &EmailMethod::created_by_id)};
  }
  static std::vector<IndexSpec> indexes() { return {{"email_methods_by_time", {0, 4}, false}}; }
};

template <>
struct Mapping<PasswordResetCode> {
  static constexpr std::string_view table = "password_reset_codes";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &PasswordResetCode::tenant_id),
                      column("user_id", &PasswordResetCode::user_id),
                      column("hash", &PasswordResetCode::hash),
                      column("authenticator_id", &PasswordResetCode::authenticator_id),
                      column("auth_as_of", &PasswordResetCode::auth_as_of),
                      column("created_at", &PasswordResetCode::created_at),
                      column("expires_at", &PasswordResetCode::expires_at)};
  }
  static std::vector<IndexSpec> indexes() {
    return {{"password_reset_codes_by_hash", {0, 2}, true},
            {"password_reset_codes_by_expiry", {0, 6}, false}};
  }
};

template <>
struct Mapping<Letter> {
  static constexpr std::string_view table = "letters";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &Letter::tenant_id),
                      column("id", &Letter::id),
                      column("kind", &Letter::kind),
                      column("username", &Letter::username),
                      column("address", &Letter::address),
                      column("made_by", &Letter::made_by),
                      column("created_at", &Letter::created_at),
                      column("next_try_at", &Letter::next_try_at),
                      column("expires_at", &Letter::expires_at),
                      column("tries", &Letter::tries)};
  }
  static std::vector<IndexSpec> indexes() {
    return {{"letters_by_next_try", {0, 7}, false}, {"letters_by_expiry", {0, 8}, false}};
  }
};

}  // namespace curfew
