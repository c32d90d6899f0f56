#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "api/changes/listed_permissions.hpp"
#include "api/graph/entity.hpp"
#include "api/graph/graph_members.hpp"
#include "api/graph/graph_operations.hpp"
#include "api/notify/delivery.hpp"
#include "api/notify/receiver_calls.hpp"
#include "api/notify/subscription_resource.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "io/runtime.hpp"
#include "protocol/http/percent.hpp"
#include "store/change_log.hpp"
#include "store/schema_changes.hpp"

// /subscriptions: who is told of changes. A subscription belongs to the application and the person
// that made it, and lasts no longer than what they made it with (model/subscription.hpp).

namespace curfew {

namespace {

using M = HttpMethod;

// Words that occur in any of the lists, each once.
std::string words_of(std::string_view NeededPermissions::* list) {
  std::set<std::string> words;
  for (const std::string_view collection : subscribed_collections()) {
    for (const std::string_view word : split(listing_permissions(collection).*list, ' ')) {
      words.emplace(word);
    }
  }
  return join(std::vector<std::string>{words.begin(), words.end()}, " ");
}

// Of any resource: which one is asked for is known from the body only, and asked again then.
NeededPermissions any_permission() {
  static const std::string delegated = words_of(&NeededPermissions::delegated);
  static const std::string application = words_of(&NeededPermissions::application);
  return {delegated, application, ""};
}

boost::json::object show(const Subscription& subscription) {
  const auto text = [](const std::string& value) {
    return value.empty() ? boost::json::value(nullptr) : boost::json::value(value);
  };
  return {{"id", subscription.id},
          {"resource", subscription.resource},
          {"applicationId", subscription.app_id.str()},
          {"changeType", join(subscription.change_types, ",")},
          {"clientState", nullptr},
          {"creatorId", subscription.creator_id},
          {"encryptionCertificate", nullptr},
          {"encryptionCertificateId", nullptr},
          {"expirationDateTime", graph_time(subscription.expires_at)},
          {"includeResourceData", nullptr},
          {"latestSupportedTlsVersion", text(subscription.latest_tls_version)},
          {"lifecycleNotificationUrl", text(subscription.lifecycle_url.value_or(""))},
          {"notificationQueryOptions", nullptr},
          {"notificationUrl", subscription.notification_url},
          {"notificationUrlAppId", nullptr}};
}

boost::json::object show_entity(const GraphCall& call, const Subscription& subscription) {
  boost::json::object body{{"@odata.context", call.context_url("subscriptions/$entity")}};
  for (auto& member : show(subscription)) body[member.key()] = std::move(member.value());
  return body;
}

// --- whose it is

struct Owner {
  AppId app_id;
  std::string creator_id;
};

// The machine's root is no application, so nobody could be asked later whether it still stands.
GraphResult<Owner> owner_of(const GraphCall& call) {
  if (!call.caller.facts) {
    return GraphError{403, graph_code::kDenied, "Subscriptions are made by applications."};
  }
  const std::string& id = call.actor().id;
  if (call.acts_by_permission()) return Owner{AppId{id}, id};
  if (!call.caller.token) {
    return GraphError{403, graph_code::kDenied, "Subscriptions are made by applications."};
  }
  return Owner{call.caller.token->client_id, id};
}

bool belongs_to(const Subscription& subscription, const Owner& owner) {
  return subscription.app_id == owner.app_id && subscription.creator_id == owner.creator_id;
}

Result<std::optional<Subscription>> find_own(ReadTx& tx, const GraphCall& call,
                                             const Owner& owner) {
  CURFEW_TRY(auto found,
             load<Subscription>(tx, call.tenant_id(), ascii_lower(call.key("subscription"))));
  if (found && !belongs_to(*found, owner)) found.reset();
  return found;
}

GraphResult<Subscription> own_subscription(const GraphCall& call) {
  CURFEW_TRY(const Owner owner, owner_of(call));
  auto found = read_value<std::optional<Subscription>>(
      call.context.store, [&](ReadTx& tx) { return find_own(tx, call, owner); });
  if (!found.ok()) return found.error();
  if (!*found) return GraphError::not_found(call.key("subscription"));
  return std::move(**found);
}

// By the right of this very call from now on. An API key is evaluated at each use, so what it
// stands for is the state of now, of which check_caller() was asked in this transaction.
Status take_right(ReadTx& tx, const GraphCall& call, Subscription& subscription) {
  const CredentialFacts& facts = *call.caller.facts;
  subscription.keys.clear();
  for (const Key& key : facts.keys) subscription.keys.push_back(to_string(key));
  subscription.auth_as_of = facts.stamps.auth_as_of;
  subscription.as_of = facts.stamps.as_of;
  if (facts.credential_class == CredentialClass::access) return Done{};
  CURFEW_TRY(const JournalHead head, journal_head(tx, call.tenant_id()));
  subscription.as_of = head.position;
  return Done{};
}

// --- what a body asks for

GraphError invalid(std::string_view name, const std::string& why) {
  return GraphError::bad_request("Invalid value specified for property '" + std::string{name} +
                                 "': " + why + ".");
}

template <typename T>
GraphResult<T> required(std::optional<T> value, std::string_view name) {
  if (value) return std::move(*value);
  return GraphError::bad_request("A required property '" + std::string{name} + "' is missing.");
}

GraphResult<std::vector<std::string>> read_change_types(const std::string& text) {
  std::vector<std::string> types;
  for (const std::string_view word : split(text, ',')) {
    const std::string type = ascii_lower(trim_ascii(word));
    if (type != "created" && type != "updated" && type != "deleted") {
      return invalid("changeType", "it is a list of created, updated and deleted");
    }
    if (std::ranges::find(types, type) == types.end()) types.push_back(type);
  }
  return types;
}

GraphResult<TimePoint> read_expiry(const GraphCall& call, const std::string& text) {
  const auto at = parse_rfc3339(text);
  if (!at) return invalid("expirationDateTime", "it is no date and time with a zone");
  const TimePoint now = call.context.clock.now();
  if (*at <= now) return invalid("expirationDateTime", "it is over");
  if (*at > now + limits::kSubscriptionTimeMax) {
    return GraphError::bad_request("Subscription expiration can only be " +
                                   std::to_string(limits::kSubscriptionTimeMax.count()) +
                                   " minutes in the future.");
  }
  return *at;
}

GraphResult<std::string> read_url(std::string_view name, const std::string& url) {
  const Status good = check_receiver_url(url);
  if (!good.ok()) return invalid(name, good.error().message());
  return url;
}

// What Graph has for messages and the like; directory objects are told of by their id.
GraphResult<Done> refuse_resource_data(GraphMembers& members) {
  CURFEW_TRY(const auto includes, members.boolean("includeResourceData"));
  if (includes.value_or(false)) {
    return invalid("includeResourceData", "directory objects are told of by their id alone");
  }
  for (const std::string_view name : {"encryptionCertificate", "encryptionCertificateId",
                                      "notificationQueryOptions", "notificationUrlAppId"}) {
    CURFEW_TRY(const auto given, members.nullable_text(name));
    if (given && *given) return invalid(name, "it is not supported here");
  }
  return Done{};
}

struct Wish {
  Subscription subscription;
  std::string client_state;
  SubscribedResource resource;
};

GraphResult<Wish> read_wish(const GraphCall& call) {
  Wish wish;
  Subscription& subscription = wish.subscription;
  GraphMembers members{call.body};
  CURFEW_TRY(auto types, members.text("changeType"));
  CURFEW_TRY(const std::string type_list, required(std::move(types), "changeType"));
  CURFEW_TRY(subscription.change_types, read_change_types(type_list));
  CURFEW_TRY(auto url, members.text("notificationUrl"));
  CURFEW_TRY(const std::string receiver, required(std::move(url), "notificationUrl"));
  CURFEW_TRY(subscription.notification_url, read_url("notificationUrl", receiver));
  CURFEW_TRY(auto resource, members.text("resource"));
  CURFEW_TRY(const std::string path, required(std::move(resource), "resource"));
  auto parsed = parse_subscribed(path);
  if (!parsed.ok()) return invalid("resource", parsed.error().message());
  wish.resource = std::move(parsed).value();
  subscription.resource = wish.resource.text();
  CURFEW_TRY(auto expiry, members.text("expirationDateTime"));
  CURFEW_TRY(const std::string expiry_text, required(std::move(expiry), "expirationDateTime"));
  CURFEW_TRY(subscription.expires_at, read_expiry(call, expiry_text));
  CURFEW_TRY(const auto lifecycle, members.nullable_text("lifecycleNotificationUrl"));
  if (lifecycle && *lifecycle) {
    CURFEW_TRY(subscription.lifecycle_url, read_url("lifecycleNotificationUrl", **lifecycle));
  }
  CURFEW_TRY(const auto state, members.nullable_text("clientState"));
  if (state && *state) wish.client_state = **state;
  if (wish.client_state.size() > limits::kClientStateBytesMax) {
    return invalid("clientState", "it is longer than 128 bytes");
  }
  CURFEW_TRY(const auto tls, members.nullable_text("latestSupportedTlsVersion"));
  if (tls && *tls) subscription.latest_tls_version = **tls;
  const std::string& version = subscription.latest_tls_version;
  if (!version.empty() && version != "v1_2" && version != "v1_3") {
    return invalid("latestSupportedTlsVersion", "receivers are called with v1_2 or v1_3");
  }
  CURFEW_TRY_STATUS(refuse_resource_data(members));
  CURFEW_TRY_STATUS(members.nothing_else("subscription"));
  return wish;
}

// --- the handshake

// Whether the receiver is there and wants to be told: it sends back what it is sent, decoded.
Task<GraphResult<Done>> shake_hands(const GraphCall& call, std::string url, std::string name) {
  const std::string token = "Validation: is this the receiver? " + new_guid() + " & " + new_guid();
  ReceiverCall request;
  request.url = url + (url.find('?') == std::string::npos ? "?" : "&") +
                "validationToken=" + percent_encode(token);
  request.content_type = "text/plain; charset=utf-8";
  request.deadline = limits::kHandshakeTimeMax;
  request.lane = CallLane::handshake;
  const Result<ReceiverAnswer> answer =
      co_await call_receiver(*call.context.receivers, current_executor(), std::move(request));
  const auto failed = [&name](const std::string& why) {
    return GraphError::bad_request("Subscription validation request failed: " + name + " " + why +
                                   ".");
  };
  if (!answer.ok()) {
    if (answer.error().code() == ErrorCode::exhausted) {
      co_return GraphError{503, graph_code::kUnavailable,
                           "Too many receivers are being asked at this moment."};
    }
    co_return failed("could not be reached: " + answer.error().message());
  }
  if (answer->status != 200) {
    co_return failed("answered with status " + std::to_string(answer->status) + ", not 200");
  }
  const std::string type = ascii_lower(answer->content_type);
  if (trim_ascii(type.substr(0, type.find(';'))) != "text/plain") {
    co_return failed("did not answer with text/plain");
  }
  if (answer->body != token) {
    co_return failed("did not send the decoded validationToken back, and nothing else");
  }
  co_return Done{};
}

// --- operations

Status check_room(ReadTx& tx, const GraphCall& call, const AppId& app) {
  Query query;
  query.table = &table_of<Subscription>();
  query.prefix = keys_of(call.tenant_id());
  CURFEW_TRY(const std::uint64_t all, tx.count(query));
  query.index = "subscriptions_by_app";
  query.prefix = keys_of(call.tenant_id(), app);
  CURFEW_TRY(const std::uint64_t own, tx.count(query));
  if (own < limits::kSubscriptionsOfAppMax && all < limits::kSubscriptionsMax) return Done{};
  return Error{ErrorCode::denied, Retry::after_human,
               "the limit of subscriptions is reached: " +
                   std::to_string(limits::kSubscriptionsOfAppMax) + " of an application, " +
                   std::to_string(limits::kSubscriptionsMax) + " of a tenant; delete some first"};
}

Task<GraphOutcome> create_subscription(const GraphCall& call) {
  if (call.context.receivers == nullptr) {
    co_return GraphError{503, graph_code::kUnavailable, "Change notifications are switched off."};
  }
  CURFEW_CO_TRY(const Owner owner, owner_of(call));
  CURFEW_CO_TRY(Wish wish, read_wish(call));
  CURFEW_CO_TRY_STATUS(
      need_permission(call, listing_permissions(wish.resource.collection), "This resource"));
  Subscription& subscription = wish.subscription;
  subscription.tenant_id = call.tenant_id();
  subscription.id = new_guid();
  subscription.app_id = owner.app_id;
  subscription.creator_id = owner.creator_id;
  subscription.created_at = call.context.clock.now();
  if (!wish.client_state.empty()) {
    subscription.sealed_client_state =
        seal_client_state(call.context, subscription.id, wish.client_state);
  }
  // Not a stranger's address is called before there is room for what it is called for.
  const Status room = co_await check_as_caller(
      call, [&](ReadTx& tx) { return check_room(tx, call, owner.app_id); });
  if (!room.ok()) co_return room.error();
  CURFEW_CO_TRY_STATUS(
      co_await shake_hands(call, subscription.notification_url, "notificationUrl"));
  if (subscription.lifecycle_url) {
    CURFEW_CO_TRY_STATUS(
        co_await shake_hands(call, *subscription.lifecycle_url, "lifecycleNotificationUrl"));
  }
  auto kept = std::make_shared<Subscription>(subscription);
  const Result<Done> written =
      co_await write_as_caller(call, [&call, kept](WriteTx& tx) -> Result<Done> {
        CURFEW_TRY_STATUS(check_room(tx, call, kept->app_id));
        CURFEW_TRY_STATUS(take_right(tx, call, *kept));
        CURFEW_TRY(kept->told_up_to, newest_change(tx, call.tenant_id()));
        CURFEW_TRY_STATUS(add(tx, *kept));
        return audit_change(tx, call, "subscription.add", kept->id, kept->resource);
      });
  if (!written.ok()) co_return written.error();
  boost::json::object body = show_entity(call, *kept);
  // Here and nowhere else.
  if (!wish.client_state.empty()) body["clientState"] = wish.client_state;
  GraphAnswer answer = GraphAnswer::json(std::move(body), 201);
  answer.headers.emplace_back("Location", call.root() + "/subscriptions/" + kept->id);
  co_return answer;
}

Task<GraphOutcome> list_subscriptions(const GraphCall& call) {
  CURFEW_CO_TRY(const Owner owner, owner_of(call));
  const auto found = read_value<std::vector<Subscription>>(call.context.store, [&](ReadTx& tx) {
    Query query;
    query.index = "subscriptions_by_app";
    query.prefix = keys_of(call.tenant_id(), owner.app_id);
    query.limit = limits::kSubscriptionsOfAppMax;
    return scan_as<Subscription>(tx, query);
  });
  if (!found.ok()) co_return found.error();
  boost::json::array value;
  for (const Subscription& subscription : *found) {
    if (belongs_to(subscription, owner)) value.push_back(show(subscription));
  }
  co_return GraphAnswer::json(boost::json::object{
      {"@odata.context", call.context_url("subscriptions")}, {"value", std::move(value)}});
}

Task<GraphOutcome> show_subscription(const GraphCall& call) {
  CURFEW_CO_TRY(const Subscription subscription, own_subscription(call));
  co_return GraphAnswer::json(show_entity(call, subscription));
}

// Its right is that of this call from now on; until when it lasts changes where that was asked.
Task<GraphResult<Subscription>> renew(const GraphCall& call, std::optional<TimePoint> expires_at) {
  CURFEW_CO_TRY(const Owner owner, owner_of(call));
  CURFEW_CO_TRY(const Subscription before, own_subscription(call));
  const auto resource = parse_subscribed(before.resource);
  if (!resource.ok()) co_return resource.error();
  CURFEW_CO_TRY_STATUS(
      need_permission(call, listing_permissions(resource->collection), "This resource"));
  auto after = std::make_shared<Subscription>();
  const Result<Done> written = co_await write_as_caller(
      call, [&call, owner, expires_at, after](WriteTx& tx) -> Result<Done> {
        CURFEW_TRY(auto row, find_own(tx, call, owner));
        if (!row) return Error::permanent(ErrorCode::not_found, "there is no such subscription");
        CURFEW_TRY_STATUS(take_right(tx, call, *row));
        if (expires_at) {
          row->created_at = call.context.clock.now();
          row->expires_at = *expires_at;
        }
        row->was_reminded = false;
        std::erase(row->lifecycle_due, kReauthorize);
        CURFEW_TRY_STATUS(save(tx, *row));
        *after = *row;
        return audit_change(tx, call, "subscription.renew", row->id, row->resource);
      });
  if (!written.ok()) co_return written.error();
  co_return std::move(*after);
}

Task<GraphOutcome> update_subscription(const GraphCall& call) {
  GraphMembers members{call.body};
  CURFEW_CO_TRY(auto expiry, members.text("expirationDateTime"));
  CURFEW_CO_TRY_STATUS(members.nothing_else("subscription"));
  CURFEW_CO_TRY(const std::string text, required(std::move(expiry), "expirationDateTime"));
  CURFEW_CO_TRY(const TimePoint expires_at, read_expiry(call, text));
  CURFEW_CO_TRY(const Subscription renewed, co_await renew(call, expires_at));
  co_return GraphAnswer::json(show_entity(call, renewed));
}

Task<GraphOutcome> reauthorize_subscription(const GraphCall& call) {
  CURFEW_CO_TRY_STATUS(co_await renew(call, std::nullopt));
  co_return GraphAnswer::no_content();
}

Task<GraphOutcome> delete_subscription(const GraphCall& call) {
  CURFEW_CO_TRY(const Owner owner, owner_of(call));
  CURFEW_CO_TRY(const Subscription subscription, own_subscription(call));
  const Result<Done> written =
      co_await write_as_caller(call, [&call, owner](WriteTx& tx) -> Result<Done> {
        CURFEW_TRY(const auto row, find_own(tx, call, owner));
        if (!row) return Error::permanent(ErrorCode::not_found, "there is no such subscription");
        CURFEW_TRY_STATUS(remove<Subscription>(tx, call.tenant_id(), row->id));
        return audit_change(tx, call, "subscription.remove", row->id, row->resource);
      });
  if (!written.ok()) co_return written.error();
  co_return GraphAnswer::no_content();
}

GraphOperation of_subscriptions(std::string_view name, M method, std::string_view path,
                                GraphBody run) {
  GraphOperation operation;
  operation.name = name;
  operation.method = method;
  operation.path = path;
  operation.permissions = any_permission();
  operation.run = run;
  if (method == M::post || method == M::patch) {
    operation.input = GraphInput::object;
    operation.when_rolled_back = WhenRolledBack::refuses;
  }
  return operation;
}

}  // namespace

std::vector<GraphOperation> subscription_operations() {
  constexpr std::string_view kAll = "/subscriptions";
  constexpr std::string_view kOne = "/subscriptions/{subscription}";
  return {
      of_subscriptions("list_subscriptions", M::get, kAll, &list_subscriptions),
      of_subscriptions("create_subscription", M::post, kAll, &create_subscription),
      of_subscriptions("show_subscription", M::get, kOne, &show_subscription),
      of_subscriptions("update_subscription", M::patch, kOne, &update_subscription),
      of_subscriptions("delete_subscription", M::delete_, kOne, &delete_subscription),
      of_subscriptions("reauthorize_subscription", M::post,
                       "/subscriptions/{subscription}/reauthorize", &reauthorize_subscription),
  };
}

}  // namespace curfew
