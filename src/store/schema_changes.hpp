// store/schema_changes.hpp: the tables of what changed, whom to tell of it, and what was said of
// people's risk.
#pragma once

#include "model/directory_change.hpp"
#include "model/risk_event.hpp"
#include "model/subscription.hpp"
#include "store/mapping.hpp"

namespace curfew {

template <>
struct Mapping<DirectoryChange> {
  static constexpr std::string_view table = "directory_changes";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &DirectoryChange::tenant_id),
                      column("sequence", &DirectoryChange::sequence),
                      column("object_kind", &DirectoryChange::object_kind),
                      column("object_id", &DirectoryChange::object_id),
                      column("link", &DirectoryChange::link),
                      column("link_id", &DirectoryChange::link_id),
                      column("change", &DirectoryChange::change),
                      column("changed", &DirectoryChange::changed)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
};

template <>
struct Mapping<DirectoryChangeMark> {
  static constexpr std::string_view table = "directory_change_marks";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &DirectoryChangeMark::tenant_id),
                      column("sequence", &DirectoryChangeMark::sequence),
                      column("at", &DirectoryChangeMark::at)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
};

template <>
struct Mapping<Subscription> {
  static constexpr std::string_view table = "subscriptions";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &Subscription::tenant_id),
                      column("id", &Subscription::id),
                      column("app_id", &Subscription::app_id),
                      column("creator_id", &Subscription::creator_id),
                      column("resource", &Subscription::resource),
                      column("change_types", &Subscription::change_types),
                      column("notification_url", &Subscription::notification_url),
                      column("lifecycle_url", &Subscription::lifecycle_url),
                      column("sealed_client_state", &Subscription::sealed_client_state),
                      column("latest_tls_version", &Subscription::latest_tls_version),
                      column("created_at", &Subscription::created_at),
                      column("expires_at", &Subscription::expires_at),
                      column("keys", &Subscription::keys),
                      column("auth_as_of", &Subscription::auth_as_of),
                      column("as_of", &Subscription::as_of),
                      column("told_up_to", &Subscription::told_up_to),
                      column("lifecycle_due", &Subscription::lifecycle_due),
                      column("was_reminded", &Subscription::was_reminded)};
  }
  static std::vector<IndexSpec> indexes() {
    return {{"subscriptions_by_app", {0, 2}, false}, {"subscriptions_by_creator", {0, 3}, false}};
  }
};

template <>
struct Mapping<RiskEvent> {
  static constexpr std::string_view table = "risk_events";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &RiskEvent::tenant_id),
                      column("id", &RiskEvent::id),
                      column("user_id", &RiskEvent::user_id),
                      column("at", &RiskEvent::at),
                      column("risk_level", &RiskEvent::risk_level),
                      column("risk_state", &RiskEvent::risk_state),
                      column("risk_detail", &RiskEvent::risk_detail),
                      column("actor_id", &RiskEvent::actor_id),
                      column("user_principal_name", &RiskEvent::user_principal_name),
                      column("user_display_name", &RiskEvent::user_display_name)};
  }
  static std::vector<IndexSpec> indexes() { return {{"risk_events_by_user", {0, 2, 3}, false}}; }
};

}  // namespace curfew
