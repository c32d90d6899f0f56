// store/schema.hpp: which model type is stored in which table, column by column.
//
// The SQL of store/migrations says the same; a test holds the two together. A new type is one
// Mapping here, one line in all_tables() and one migration.
#pragma once

#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include "model/application.hpp"
#include "model/directory.hpp"
#include "model/journal_entry.hpp"
#include "model/session.hpp"
#include "model/signing_key.hpp"
#include "store/mapping.hpp"

namespace curfew {

// Every table of the product.
[[nodiscard]] std::span<const TableSpec* const> all_tables();

template <>
struct Mapping<Tenant> {
  static constexpr std::string_view table = "tenants";
  static constexpr std::size_t key_column_count = 1;
  static auto columns() {
    return std::tuple{
        column("tenant_id", &Tenant::id), column("display_name", &Tenant::display_name),
        column("domains", &Tenant::domains), column("created_at", &Tenant::created_at)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
};

template <>
struct Mapping<User> {
  static constexpr std::string_view table = "users";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &User::tenant_id),
                      column("id", &User::id),
                      column("user_principal_name", &User::user_principal_name),
                      column("display_name", &User::display_name),
                      column("mail", &User::mail),
                      column("user_type", &User::user_type),
                      column("account_enabled", &User::account_enabled),
                      column("break_glass", &User::break_glass),
                      column("password_hash", &User::password_hash),
                      column("password_id", &User::password_id),
                      column("last_password_change_at", &User::last_password_change_at),
                      column("force_change_password", &User::force_change_password),
                      column("created_at", &User::created_at),
                      column("properties", &User::properties)};
  }
  static std::vector<IndexSpec> indexes() { return {{"users_by_upn", {0, 2}, true}}; }
  static WatchedTable watched() { return {.object_kind = "user"}; }
};

template <>
struct Mapping<DeletedUser> {
  static constexpr std::string_view table = "deleted_users";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple_cat(Mapping<User>::columns(),
                          std::tuple{column("deleted_at", &DeletedUser::deleted_at)});
  }
  static std::vector<IndexSpec> indexes() { return {{"deleted_users_by_time", {0, 14}, false}}; }
  static WatchedTable watched() { return {.object_kind = "user", .holds_deleted = true}; }
};

template <>
struct Mapping<Group> {
  static constexpr std::string_view table = "groups";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &Group::tenant_id),
                      column("id", &Group::id),
                      column("display_name", &Group::display_name),
                      column("is_assignable_to_role", &Group::is_assignable_to_role),
                      column("created_at", &Group::created_at),
                      column("properties", &Group::properties)};
  }
  static std::vector<IndexSpec> indexes() { return {{"groups_by_name", {0, 2}, false}}; }
  static WatchedTable watched() { return {.object_kind = "group"}; }
};

template <>
struct Mapping<GroupMember> {
  static constexpr std::string_view table = "group_members";
  static constexpr std::size_t key_column_count = 3;
  static auto columns() {
    return std::tuple{
        column("tenant_id", &GroupMember::tenant_id), column("group_id", &GroupMember::group_id),
        column("user_id", &GroupMember::user_id), column("created_at", &GroupMember::created_at)};
  }
  static std::vector<IndexSpec> indexes() { return {{"group_members_by_user", {0, 2}, false}}; }
  static WatchedTable watched() {
    return {.object_kind = "group", .link = "members", .link_column = 2};
  }
};

template <>
struct Mapping<RoleAssignment> {
  static constexpr std::string_view table = "role_assignments";
  static constexpr std::size_t key_column_count = 3;
  static auto columns() {
    return std::tuple{column("tenant_id", &RoleAssignment::tenant_id),
                      column("principal_id", &RoleAssignment::principal_id),
                      column("role_id", &RoleAssignment::role_id),
                      column("created_at", &RoleAssignment::created_at)};
  }
  static std::vector<IndexSpec> indexes() { return {{"role_assignments_by_role", {0, 2}, false}}; }
  static WatchedTable watched() {
    return {.object_kind = "directoryRole", .id_column = 2, .link = "members", .link_column = 1};
  }
};

template <>
struct Mapping<Device> {
  static constexpr std::string_view table = "devices";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &Device::tenant_id),
                      column("id", &Device::id),
                      column("display_name", &Device::display_name),
                      column("operating_system", &Device::operating_system),
                      column("trust_type", &Device::trust_type),
                      column("registered_owner", &Device::registered_owner),
                      column("account_enabled", &Device::account_enabled),
                      column("secret_hash", &Device::secret_hash),
                      column("registered_at", &Device::registered_at),
                      column("approximate_last_sign_in_at", &Device::approximate_last_sign_in_at),
                      column("object_id", &Device::object_id),
                      column("properties", &Device::properties)};
  }
  static std::vector<IndexSpec> indexes() {
    return {{"devices_by_owner", {0, 5}, false}, {"devices_by_object_id", {0, 10}, false}};
  }
  static WatchedTable watched() {
    return {.object_kind = "device", .id_column = 10, .quiet = {"approximate_last_sign_in_at"}};
  }
};

template <>
struct Mapping<DirectoryIndexEntry> {
  static constexpr std::string_view table = "directory_index";
  static constexpr std::size_t key_column_count = 5;
  static auto columns() {
    return std::tuple{column("tenant_id", &DirectoryIndexEntry::tenant_id),
                      column("kind", &DirectoryIndexEntry::kind),
                      column("property", &DirectoryIndexEntry::property),
                      column("value", &DirectoryIndexEntry::value),
                      column("object_id", &DirectoryIndexEntry::object_id)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
};

template <>
struct Mapping<App> {
  static constexpr std::string_view table = "apps";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{
        column("tenant_id", &App::tenant_id),
        column("id", &App::id),
        column("display_name", &App::display_name),
        column("account_enabled", &App::account_enabled),
        column("client_type", &App::client_type),
        column("redirect_uris", &App::redirect_uris),
        column("spa_origins", &App::spa_origins),
        column("post_logout_redirect_uris", &App::post_logout_redirect_uris),
        column("require_pkce", &App::require_pkce),
        column("assignment_required", &App::assignment_required),
        column("admin_consented_scopes", &App::admin_consented_scopes),
        column("own_session_lifetime_seconds", &App::own_session_lifetime_seconds),
        column("continuous_evaluation", &App::continuous_evaluation),
        column("may_introspect", &App::may_introspect),
        column("allow_device_code", &App::allow_device_code),
        column("initiate_login_uri", &App::initiate_login_uri),
        column("id_token_alg", &App::id_token_alg),
        column("assertion_audience", &App::assertion_audience),
        column("require_pushed_requests", &App::require_pushed_requests),
        column("dpop_bound_access_tokens", &App::dpop_bound_access_tokens),
        column("fapi_2", &App::fapi_2),
        column("require_dpop_nonce", &App::require_dpop_nonce),
        column("certificate_bound_access_tokens", &App::certificate_bound_access_tokens),
        column("identifier_uris", &App::identifier_uris),
        column("exposed_scopes", &App::exposed_scopes),
        column("access_token_typ", &App::access_token_typ),
        column("access_token_alg", &App::access_token_alg),
        column("access_token_lifetime_seconds", &App::access_token_lifetime_seconds),
        column("created_at", &App::created_at),
        column("application_permissions", &App::application_permissions),
        column("frontchannel_logout_uri", &App::frontchannel_logout_uri),
        column("frontchannel_logout_session_required", &App::frontchannel_logout_session_required),
        column("backchannel_logout_uri", &App::backchannel_logout_uri),
        column("backchannel_logout_session_required", &App::backchannel_logout_session_required),
        column("registered_with", &App::registered_with),
        column("grant_types", &App::grant_types),
        column("registered_scopes", &App::registered_scopes),
        column("registration_changed_at", &App::registration_changed_at),
        column("session_controls", &App::session_controls),
        column("status_list", &App::status_list)};
  }
  static std::vector<IndexSpec> indexes() { return {{"apps_by_name", {0, 2}, false}}; }
  static WatchedTable watched() {
    return {.object_kind = "application", .spelled_out = {"admin_consented_scopes"}};
  }
};

template <>
struct Mapping<AppSecret> {
  static constexpr std::string_view table = "app_secrets";
  static constexpr std::size_t key_column_count = 3;
  static auto columns() {
    return std::tuple{column("tenant_id", &AppSecret::tenant_id),
                      column("app_id", &AppSecret::app_id),
                      column("id", &AppSecret::id),
                      column("hash", &AppSecret::hash),
                      column("hint", &AppSecret::hint),
                      column("expires_at", &AppSecret::expires_at),
                      column("created_at", &AppSecret::created_at)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
  static WatchedTable watched() {
    return {.object_kind = "application", .link = "passwordCredentials", .link_column = 2};
  }
};

template <>
struct Mapping<ApiKey> {
  static constexpr std::string_view table = "api_keys";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &ApiKey::tenant_id),
                      column("id", &ApiKey::id),
                      column("hash", &ApiKey::hash),
                      column("app_id", &ApiKey::app_id),
                      column("display_name", &ApiKey::display_name),
                      column("scopes", &ApiKey::scopes),
                      column("owner", &ApiKey::owner),
                      column("auth_as_of", &ApiKey::auth_as_of),
                      column("expires_at", &ApiKey::expires_at),
                      column("created_at", &ApiKey::created_at)};
  }
  static std::vector<IndexSpec> indexes() {
    return {{"api_keys_by_hash", {0, 2}, true},
            {"api_keys_by_app", {0, 3}, false},
            {"api_keys_by_owner", {0, 6}, false}};
  }
};

template <>
struct Mapping<AppAssignment> {
  static constexpr std::string_view table = "app_assignments";
  static constexpr std::size_t key_column_count = 4;
  static auto columns() {
    return std::tuple{column("tenant_id", &AppAssignment::tenant_id),
                      column("app_id", &AppAssignment::app_id),
                      column("principal_kind", &AppAssignment::principal_kind),
                      column("principal_id", &AppAssignment::principal_id),
                      column("created_at", &AppAssignment::created_at)};
  }
  static std::vector<IndexSpec> indexes() {
    return {{"app_assignments_by_principal", {0, 2, 3}, false}};
  }
};

template <>
struct Mapping<Consent> {
  static constexpr std::string_view table = "consents";
  static constexpr std::size_t key_column_count = 3;
  static auto columns() {
    return std::tuple{column("tenant_id", &Consent::tenant_id),
                      column("user_id", &Consent::user_id), column("app_id", &Consent::app_id),
                      column("scopes", &Consent::scopes),
                      column("created_at", &Consent::created_at)};
  }
  static std::vector<IndexSpec> indexes() { return {{"consents_by_app", {0, 2}, false}}; }
  static WatchedTable watched() {
    return {.object_kind = "oAuth2PermissionGrant",
            .id_column = 2,
            .link = "principalId",
            .link_column = 1,
            .spelled_out = {"scopes"}};
  }
};

template <>
struct Mapping<Session> {
  static constexpr std::string_view table = "sessions";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &Session::tenant_id),
                      column("id", &Session::id),
                      column("user_id", &Session::user_id),
                      column("secret_hash", &Session::secret_hash),
                      column("authenticator_id", &Session::authenticator_id),
                      column("device_id", &Session::device_id),
                      column("auth_as_of", &Session::auth_as_of),
                      column("auth_time", &Session::auth_time),
                      column("amr", &Session::amr),
                      column("persistent", &Session::persistent),
                      column("user_agent", &Session::user_agent),
                      column("address", &Session::address),
                      column("created_at", &Session::created_at),
                      column("last_seen_at", &Session::last_seen_at),
                      column("expires_at", &Session::expires_at),
                      column("ended_at", &Session::ended_at)};
  }
  static std::vector<IndexSpec> indexes() { return {{"sessions_by_user", {0, 2, 12}, false}}; }
};

template <>
struct Mapping<AuthorizationCode> {
  static constexpr std::string_view table = "authorization_codes";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &AuthorizationCode::tenant_id),
                      column("hash", &AuthorizationCode::hash),
                      column("app_id", &AuthorizationCode::app_id),
                      column("user_id", &AuthorizationCode::user_id),
                      column("session_id", &AuthorizationCode::session_id),
                      column("grant_id", &AuthorizationCode::grant_id),
                      column("redirect_uri", &AuthorizationCode::redirect_uri),
                      column("code_challenge", &AuthorizationCode::code_challenge),
                      column("nonce", &AuthorizationCode::nonce),
                      column("resource", &AuthorizationCode::resource),
                      column("scopes", &AuthorizationCode::scopes),
                      column("claims", &AuthorizationCode::claims),
                      column("auth_as_of", &AuthorizationCode::auth_as_of),
                      column("created_at", &AuthorizationCode::created_at),
                      column("expires_at", &AuthorizationCode::expires_at),
                      column("used_at", &AuthorizationCode::used_at),
                      column("dpop_jkt", &AuthorizationCode::dpop_jkt)};
  }
  static std::vector<IndexSpec> indexes() {
    return {{"authorization_codes_by_user", {0, 3}, false},
            {"authorization_codes_by_expiry", {0, 14}, false}};
  }
};

template <>
struct Mapping<Grant> {
  static constexpr std::string_view table = "grants";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &Grant::tenant_id),
                      column("id", &Grant::id),
                      column("app_id", &Grant::app_id),
                      column("user_id", &Grant::user_id),
                      column("session_id", &Grant::session_id),
                      column("authenticator_id", &Grant::authenticator_id),
                      column("device_id", &Grant::device_id),
                      column("resource", &Grant::resource),
                      column("scopes", &Grant::scopes),
                      column("nonce", &Grant::nonce),
                      column("auth_as_of", &Grant::auth_as_of),
                      column("auth_time", &Grant::auth_time),
                      column("amr", &Grant::amr),
                      column("generation", &Grant::generation),
                      column("rotated_at", &Grant::rotated_at),
                      column("created_at", &Grant::created_at),
                      column("expires_at", &Grant::expires_at),
                      column("expiry_is_fixed", &Grant::expiry_is_fixed),
                      column("ended_at", &Grant::ended_at),
                      column("access_ends_by", &Grant::access_ends_by),
                      column("dpop_jkt", &Grant::dpop_jkt),
                      column("x5t_s256", &Grant::x5t_s256),
                      column("inherited_keys", &Grant::inherited_keys),
                      column("is_elsewhere", &Grant::is_elsewhere),
                      column("unlisted_access_ends_by", &Grant::unlisted_access_ends_by)};
  }
  static std::vector<IndexSpec> indexes() {
    return {{"grants_by_user", {0, 3, 2}, false}, {"grants_by_session", {0, 4}, false}};
  }
};

template <>
struct Mapping<StoredSigningKey> {
  static constexpr std::string_view table = "signing_keys";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &StoredSigningKey::tenant_id),
                      column("id", &StoredSigningKey::id),
                      column("key_use", &StoredSigningKey::use),
                      column("alg", &StoredSigningKey::alg),
                      column("state", &StoredSigningKey::state),
                      column("sealed_private_key", &StoredSigningKey::sealed_private_key),
                      column("public_jwk", &StoredSigningKey::public_jwk),
                      column("created_at", &StoredSigningKey::created_at),
                      column("retired_at", &StoredSigningKey::retired_at)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
};

template <>
struct Mapping<JournalEntry> {
  static constexpr std::string_view table = "journal";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &JournalEntry::tenant_id),
                      column("position", &JournalEntry::position),
                      column("key_kind", &JournalEntry::key_kind),
                      column("key_id", &JournalEntry::key_id),
                      column("effect", &JournalEntry::effect),
                      column("hold_owner", &JournalEntry::hold_owner),
                      column("run_id", &JournalEntry::run_id),
                      column("reason", &JournalEntry::reason),
                      column("at", &JournalEntry::at),
                      column("chain_hash", &JournalEntry::chain_hash)};
  }
  static std::vector<IndexSpec> indexes() { return {{"journal_by_key", {0, 2, 3, 1}, false}}; }
};

template <>
struct Mapping<Hold> {
  static constexpr std::string_view table = "holds";
  static constexpr std::size_t key_column_count = 4;
  static auto columns() {
    return std::tuple{column("tenant_id", &Hold::tenant_id),
                      column("key_kind", &Hold::key_kind),
                      column("key_id", &Hold::key_id),
                      column("owner", &Hold::owner),
                      column("position", &Hold::position),
                      column("reason", &Hold::reason),
                      column("at", &Hold::at)};
  }
  static std::vector<IndexSpec> indexes() { return {{"holds_by_owner", {0, 3}, false}}; }
};

template <>
struct Mapping<StoredWatermark> {
  static constexpr std::string_view table = "watermarks";
  static constexpr std::size_t key_column_count = 3;
  static auto columns() {
    return std::tuple{column("tenant_id", &StoredWatermark::tenant_id),
                      column("key_kind", &StoredWatermark::key_kind),
                      column("key_id", &StoredWatermark::key_id),
                      column("reauth", &StoredWatermark::reauth),
                      column("reauth_at", &StoredWatermark::reauth_at),
                      column("reevaluate", &StoredWatermark::reevaluate),
                      column("reevaluate_at", &StoredWatermark::reevaluate_at),
                      column("hold_count", &StoredWatermark::hold_count)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
};

}  // namespace curfew
