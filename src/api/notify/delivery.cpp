#include "api/notify/delivery.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "access/credential_facts.hpp"
#include "access/liveness.hpp"
#include "api/notify/subscription_resource.hpp"
#include "api/sign_in/sealed_fields.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "protocol/json/json.hpp"
#include "store/change_log.hpp"

namespace curfew {

namespace {

constexpr std::size_t kChangesLookedAt = 500;

std::string state_purpose(const std::string& subscription_id) {
  return "subscription-state:" + subscription_id;
}

boost::json::value client_state(const ServerContext& context, const Subscription& subscription) {
  if (subscription.sealed_client_state.empty()) return nullptr;
  const auto state =
      open_text(context, state_purpose(subscription.id), subscription.sealed_client_state);
  return state ? boost::json::value(*state) : boost::json::value(nullptr);
}

// What every notification begins with.
boost::json::object head_of(const ServerContext& context, const Subscription& subscription) {
  return {{"subscriptionId", subscription.id},
          {"subscriptionExpirationDateTime", to_rfc3339(subscription.expires_at)},
          {"clientState", client_state(context, subscription)},
          {"tenantId", context.tenant_id.str()}};
}

boost::json::object notification_of(const boost::json::object& head,
                                    const SubscribedResource& resource, std::string_view type,
                                    const DirectoryChange& change) {
  std::string collection = resource.collection;
  collection.front() = ascii_upper(collection.front());
  const std::string path = collection + "/" + change.object_id;
  boost::json::object data{
      {"@odata.type", resource.type}, {"@odata.id", path}, {"id", change.object_id}};
  if (change.link == "members") {
    boost::json::object member{{"id", change.link_id}};
    if (change.change == DirectoryChangeKind::deleted) member["@removed"] = "deleted";
    data["members@delta"] = boost::json::array{std::move(member)};
  }
  boost::json::object notification = head;
  notification["changeType"] = type;
  notification["resource"] = path;
  notification["resourceData"] = std::move(data);
  return notification;
}

std::string body_of(boost::json::array notifications) {
  return serialize_json(boost::json::object{{"value", std::move(notifications)}});
}

bool is_reminder_due(const Subscription& subscription, TimePoint now) {
  if (subscription.was_reminded || !subscription.lifecycle_url) return false;
  const Duration whole = subscription.expires_at - subscription.created_at;
  return subscription.expires_at - now <= std::min<Duration>(kRemindedBefore, whole / 4);
}

std::optional<Delivery> lifecycle_delivery(const ServerContext& context,
                                           const Subscription& subscription) {
  if (!subscription.lifecycle_url) return std::nullopt;
  Delivery delivery;
  if (!subscription.lifecycle_due.empty()) {
    delivery.lifecycle_event = subscription.lifecycle_due.front();
  } else if (is_reminder_due(subscription, context.clock.now())) {
    delivery.lifecycle_event = kReauthorize;
  } else {
    return std::nullopt;
  }
  boost::json::object event = head_of(context, subscription);
  event["lifecycleEvent"] = delivery.lifecycle_event;
  delivery.url = *subscription.lifecycle_url;
  delivery.body = body_of({std::move(event)});
  delivery.up_to = subscription.told_up_to;
  return delivery;
}

}  // namespace

Status check_may_be_told(const ServerContext& context, const Subscription& subscription) {
  if (context.live().rollback().is_raised()) {
    return Error::permanent(ErrorCode::denied, "the journal was rolled back");
  }
  const Verdict verdict = verdict_now(context.live(), facts_of(subscription), context.clock.now());
  if (verdict == Verdict::live) return Done{};
  return Error::permanent(ErrorCode::denied,
                          "the subscription is " + std::string{to_string(verdict)});
}

Result<Due> what_is_due(ReadTx& tx, const ServerContext& context, const Subscription& subscription,
                        std::int64_t after) {
  Due due;
  due.looked_up_to = std::max(after, subscription.told_up_to);
  due.delivery = lifecycle_delivery(context, subscription);
  if (due.delivery) return due;
  CURFEW_TRY(const SubscribedResource resource, parse_subscribed(subscription.resource));
  CURFEW_TRY(const bool can_go_on, can_go_on_from(tx, context.tenant_id, due.looked_up_to));
  if (!can_go_on) {
    due.has_lost = true;
    return due;
  }
  CURFEW_TRY(const auto rows,
             changes_after(tx, context.tenant_id, due.looked_up_to, kChangesLookedAt));
  boost::json::object head;  // made for the first that is told: it opens what is sealed
  boost::json::array told;
  for (const DirectoryChange& row : rows) {
    if (told.size() == limits::kNotificationsAtOnce) break;
    due.looked_up_to = row.sequence;
    const auto type = change_type_for(resource, subscription, row);
    if (!type) continue;
    if (told.empty()) head = head_of(context, subscription);
    told.push_back(notification_of(head, resource, *type, row));
  }
  due.has_more =
      !rows.empty() && (rows.size() == kChangesLookedAt || due.looked_up_to < rows.back().sequence);
  if (!told.empty()) {
    due.delivery =
        Delivery{subscription.notification_url, body_of(std::move(told)), due.looked_up_to, ""};
  }
  return due;
}

std::string seal_client_state(const ServerContext& context, const std::string& subscription_id,
                              std::string_view state) {
  return seal_text(context, state_purpose(subscription_id), state);
}

}  // namespace curfew
