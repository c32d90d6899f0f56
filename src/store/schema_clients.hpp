// store/schema_clients.hpp: the tables of what applications prove themselves with beside
// secrets, and of the requests that they send ahead.
#pragma once

#include "model/application.hpp"
#include "model/pushed_request.hpp"
#include "store/mapping.hpp"

namespace curfew {

template <>
struct Mapping<ClientKey> {
  static constexpr std::string_view table = "client_keys";
  static constexpr std::size_t key_column_count = 3;
  static auto columns() {
    return std::tuple{column("tenant_id", &ClientKey::tenant_id),
                      column("app_id", &ClientKey::app_id),
                      column("id", &ClientKey::id),
                      column("display_name", &ClientKey::display_name),
                      column("kid", &ClientKey::kid),
                      column("x5t", &ClientKey::x5t),
                      column("x5t_s256", &ClientKey::x5t_s256),
                      column("public_jwk", &ClientKey::public_jwk),
                      column("name_kind", &ClientKey::name_kind),
                      column("name", &ClientKey::name),
                      column("expires_at", &ClientKey::expires_at),
                      column("created_at", &ClientKey::created_at)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
  static WatchedTable watched() {
    return {.object_kind = "application", .link = "keyCredentials", .link_column = 2};
  }
};

template <>
struct Mapping<UsedAssertion> {
  static constexpr std::string_view table = "used_assertions";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &UsedAssertion::tenant_id),
                      column("id", &UsedAssertion::id),
                      column("expires_at", &UsedAssertion::expires_at)};
  }
  static std::vector<IndexSpec> indexes() { return {{"used_assertions_by_expiry", {0, 2}, false}}; }
};

template <>
struct Mapping<PushedRequest> {
  static constexpr std::string_view table = "pushed_requests";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &PushedRequest::tenant_id),
                      column("hash", &PushedRequest::hash),
                      column("app_id", &PushedRequest::app_id),
                      column("authenticator_id", &PushedRequest::authenticator_id),
                      column("request", &PushedRequest::request),
                      column("auth_as_of", &PushedRequest::auth_as_of),
                      column("created_at", &PushedRequest::created_at),
                      column("begin_by", &PushedRequest::begin_by),
                      column("expires_at", &PushedRequest::expires_at),
                      column("used_at", &PushedRequest::used_at)};
  }
  static std::vector<IndexSpec> indexes() { return {{"pushed_requests_by_expiry", {0, 8}, false}}; }
};

}  // namespace curfew
