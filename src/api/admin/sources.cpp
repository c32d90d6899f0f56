#include "api/admin/sources.hpp"

#include <boost/json.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "api/admin/directory_lookup.hpp"
#include "api/admin/object_json.hpp"
#include "api/directory/app_changes.hpp"
#include "api/notify/receiver_calls.hpp"
#include "api/signal_sources/source_endpoint.hpp"
#include "api/signal_sources/source_right.hpp"
#include "base/signal_limits.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"
#include "protocol/ssf/received_events.hpp"
#include "revocation/signals/received_queue.hpp"
#include "revocation/signals/source_brake.hpp"
#include "store/schema.hpp"
#include "store/schema_sources.hpp"

namespace curfew {

namespace {

constexpr std::size_t kReceivedShown = 20;

Error invalid(std::string sentence) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(sentence));
}

// --- shown

// Of every event that can lead to something.
boost::json::object policy_json(const SignalSource& source) {
  boost::json::object policy;
  for (const ReceivedEventType& type : received_event_types()) {
    if (!type.may_act) continue;
    policy[type.name] = to_string(effect_of(type.name, true, source.policy));
  }
  return policy;
}

Result<boost::json::object> shown(ReadTx& tx, const AdminCall& call, const SignalSource& source) {
  CURFEW_TRY(const auto app, load<App>(tx, source.tenant_id, source.app_id));
  const Status stands = check_source_stands(tx, call.context, source);
  const bool is_pushed = source.delivery == StreamDelivery::push;
  std::vector<std::string> missing;
  if (app) {
    CURFEW_TRY(missing, missing_permissions(tx, *app, source));
  }
  return boost::json::object{
      {"id", source.id},
      {"appId", source.app_id.str()},
      {"appDisplayName", app ? app->display_name : ""},
      {"displayName", source.display_name},
      {"issuer", source.issuer},
      {"audiences", list_of(source.audiences)},
      {"jwksUri", source.jwks_uri},
      {"delivery", to_string(source.delivery)},
      {"pollUrl", source.poll_url},
      {"pushUrl", is_pushed ? source_events_url(call.context, source.id) : ""},
      {"requiresToken", !source.token_hash.empty()},
      {"isEnabled", source.enabled},
      {"stands", stands.ok()},
      {"standsNotBecause", stands.ok() ? "" : stands.error().message()},
      {"policy", policy_json(source)},
      {"missingPermissions", list_of(missing)},
      {"peoplePerHourMax", source.people_per_hour_max},
      {"isHeld", source.held_at.has_value()},
      {"heldDateTime", time_json(source.held_at)},
      {"heldBecause", source.held_because},
      {"trouble", source.trouble},
      {"troubleSinceDateTime", time_json(source.trouble_since)},
      {"pendingCount", source.pending_count},
      {"receivedCount", source.received_count},
      {"repeatedCount", source.repeated_count},
      {"unknownCount", source.unknown_count},
      {"refusedCount", source.refused_count},
      {"heardDateTime", time_json(source.heard_at)},
      {"transmitterStatus", source.said_status},
      {"createdDateTime", to_rfc3339(source.created_at)}};
}

boost::json::object to_json(const ReceivedSignal& signal) {
  return {{"event", signal.event},
          {"state", to_string(signal.state)},
          {"effect", signal.effect ? boost::json::value(to_string(*signal.effect))
                                   : boost::json::value(nullptr)},
          {"userId", signal.user_id},
          {"run", signal.run_id},
          {"txn", signal.txn},
          {"receivedDateTime", to_rfc3339(signal.received_at)},
          {"happenedDateTime", time_json(signal.happened_at)},
          {"error", signal.last_error}};
}

Result<SignalSource> find_source(ReadTx& tx, const TenantId& tenant_id, const std::string& id) {
  return require<SignalSource>(tx, "such source", tenant_id, ascii_lower(id));
}

Result<boost::json::object> shown_now(const AdminCall& call, const std::string& id) {
  return read_value<boost::json::object>(
      call.context.store, [&](ReadTx& tx) -> Result<boost::json::object> {
        CURFEW_TRY(const SignalSource source, find_source(tx, call.tenant_id(), id));
        CURFEW_TRY(boost::json::object json, shown(tx, call, source));
        CURFEW_TRY(const auto newest, newest_received(tx, source, kReceivedShown));
        boost::json::array received;
        for (const ReceivedSignal& signal : newest) received.push_back(to_json(signal));
        json["received"] = std::move(received);
        return json;
      });
}

// --- read

Result<std::string> text_in(std::string_view name, const std::string& text) {
  if (!text.empty() && text.size() <= limits::kSourceTextBytesMax && is_utf8(text) &&
      !has_unseen_characters(text)) {
    return text;
  }
  return invalid(std::string{name} + " has between 1 and " +
                 std::to_string(limits::kSourceTextBytesMax) + " bytes, all of them to be seen");
}

Result<std::string> address_in(std::string_view name, const std::string& url) {
  const Status good = check_receiver_url(url);
  if (good.ok()) return url;
  return invalid(std::string{name} + ": " + good.error().message());
}

Status read_audiences(const boost::json::object& body, SignalSource& source) {
  CURFEW_TRY(auto audiences, get_optional_strings(body, "audiences"));
  if (!audiences) return Done{};
  if (audiences->empty() || audiences->size() > limits::kSourceAudiencesMax) {
    return invalid("audiences has between 1 and " + std::to_string(limits::kSourceAudiencesMax) +
                   " texts: without one, tokens for others would be heard");
  }
  for (const std::string& audience : *audiences) {
    CURFEW_TRY([[maybe_unused]] const auto good, text_in("each of audiences", audience));
  }
  source.audiences = std::move(*audiences);
  return Done{};
}

// Named events alone; the others keep what they lead to. Null: what it usually leads to.
Status read_policy(const boost::json::object& body, SignalSource& source) {
  CURFEW_TRY(const boost::json::object* const policy, get_optional_object(body, "policy"));
  if (policy == nullptr) return Done{};
  for (const auto& [event, effect] : *policy) {
    const bool is_usual = effect.is_null();
    if (!is_usual && !effect.is_string()) {
      return invalid("policy is an object of texts, each by an event, or null for the usual");
    }
    const std::string_view wanted = is_usual ? "notify" : std::string_view{effect.as_string()};
    CURFEW_TRY(auto entry, policy_entry(event, wanted));
    std::erase_if(source.policy, [prefix = std::string{event} + "="](const std::string& other) {
      return other.starts_with(prefix);
    });
    if (!is_usual) source.policy.push_back(std::move(entry));
  }
  return Done{};
}

Status read_authorization(const AdminCall& call, const std::string& text, SignalSource& source) {
  const bool is_good = text.size() <= limits::kStreamHeaderBytesMax && !has_unseen_characters(text);
  if (!is_good) return invalid("authorization is too long, or holds characters that no header has");
  source.sealed_authorization = seal_source_authorization(call.context, source.id, text);
  return Done{};
}

Status read_poll(const AdminCall& call, SignalSource& source) {
  CURFEW_TRY(const auto url, get_optional_string(call.body, "pollUrl"));
  CURFEW_TRY(const auto authorization, get_optional_string(call.body, "authorization"));
  if (source.delivery == StreamDelivery::push) {
    if (!url && !authorization) return Done{};
    return invalid("pollUrl and authorization are for a source that is polled");
  }
  // Whoever may change the address could have the header sent to their own, and read it there.
  const bool is_another = url && *url != source.poll_url;
  if (is_another && !authorization && !source.sealed_authorization.empty()) {
    return invalid("authorization is missing: another pollUrl gets it only if it is given again");
  }
  if (url) {
    CURFEW_TRY(source.poll_url, address_in("pollUrl", *url));
  }
  if (source.poll_url.empty()) return invalid("pollUrl is missing");
  return authorization ? read_authorization(call, *authorization, source) : Status{Done{}};
}

Status read_brake(const boost::json::object& body, SignalSource& source) {
  CURFEW_TRY(const auto people, get_optional_int64(body, "peoplePerHourMax"));
  if (people) {
    if (*people < 1 || *people > limits::kSourcePeopleOfHourMax) {
      return invalid("peoplePerHourMax is between 1 and " +
                     std::to_string(limits::kSourcePeopleOfHourMax));
    }
    source.people_per_hour_max = *people;
  }
  CURFEW_TRY(const auto held, get_optional_bool(body, "isHeld"));
  if (!held) return Done{};
  if (*held) return invalid("isHeld can be set to false alone; to hear nothing: isEnabled");
  release_source(source);
  return Done{};
}

// What a new source and a change of one have in common: of the members what is there.
Status read_members(const AdminCall& call, SignalSource& source) {
  CURFEW_TRY(const auto name, get_optional_string(call.body, "displayName"));
  if (name) {
    CURFEW_TRY(source.display_name, text_in("displayName", *name));
  }
  CURFEW_TRY(const auto issuer, get_optional_string(call.body, "issuer"));
  if (issuer) {
    CURFEW_TRY(source.issuer, text_in("issuer", *issuer));
  }
  CURFEW_TRY(const auto jwks_uri, get_optional_string(call.body, "jwksUri"));
  if (jwks_uri) {
    CURFEW_TRY(source.jwks_uri, address_in("jwksUri", *jwks_uri));
  }
  CURFEW_TRY_STATUS(read_audiences(call.body, source));
  CURFEW_TRY_STATUS(read_policy(call.body, source));
  CURFEW_TRY_STATUS(read_poll(call, source));
  CURFEW_TRY_STATUS(read_brake(call.body, source));
  CURFEW_TRY(const auto enabled, get_optional_bool(call.body, "isEnabled"));
  source.enabled = enabled.value_or(source.enabled);
  return Done{};
}

struct NewSource {
  SignalSource row;
  std::string token;  // empty: none
};

Result<NewSource> source_in(const AdminCall& call, const App& app) {
  NewSource made;
  made.row.tenant_id = call.tenant_id();
  made.row.id = new_guid();
  made.row.app_id = app.id;
  made.row.created_at = call.context.clock.now();
  CURFEW_TRY(const auto delivery, get_optional_string(call.body, "delivery"));
  if (delivery && !parse_enum(*delivery, made.row.delivery)) {
    return invalid("delivery is push or poll");
  }
  for (const std::string_view needed : {"displayName", "issuer", "audiences", "jwksUri"}) {
    if (!call.body.contains(needed)) return invalid(std::string{needed} + " is missing");
  }
  CURFEW_TRY_STATUS(read_members(call, made.row));
  CURFEW_TRY(const auto requires_token, get_optional_bool(call.body, "requiresToken"));
  if (made.row.delivery == StreamDelivery::push && requires_token.value_or(true)) {
    SourceToken token = new_source_token();
    made.token = std::move(token.text);
    made.row.token_hash = std::move(token.hash);
  }
  return made;
}

Status check_room(ReadTx& tx, const TenantId& tenant_id) {
  CURFEW_TRY(const auto all, all_sources(tx, tenant_id));
  if (all.size() < limits::kSourcesMax) return Done{};
  return Error{ErrorCode::conflict, Retry::after_human,
               "the limit of " + std::to_string(limits::kSourcesMax) +
                   " sources is reached; remove one first"};
}

bool only_switches_off(const AdminCall& call) {
  const auto* const enabled = call.body.if_contains("isEnabled");
  return call.body.size() == 1 && enabled != nullptr && enabled->is_bool() && !enabled->as_bool();
}

// To switch off takes the right of who could withdraw its application's credentials, all else of
// who could make one.
Status check_change(ReadTx& tx, const AdminCall& call, const SignalSource& source) {
  return only_switches_off(call) ? check_withdrawal_guard(tx, call, source.app_id, std::nullopt)
                                 : check_new_credential(tx, call, source.app_id);
}

// Why what came before the change is not to be acted on after it; empty: it may be.
std::string why_to_drop(const SignalSource& before, const SignalSource& after) {
  if (before.enabled && !after.enabled) return "the source was switched off";
  const bool is_same = before.issuer == after.issuer && before.jwks_uri == after.jwks_uri &&
                       before.audiences == after.audiences;
  return is_same ? "" : "the keys, issuer or audiences of the source were changed";
}

Status drop_waiting(WriteTx& tx, const AdminCall& call, SignalSource& source,
                    const std::string& why) {
  if (why.empty()) return Done{};
  CURFEW_TRY([[maybe_unused]] const std::size_t count,
             settle_waiting(tx, source, ReceivedState::refused, why, std::nullopt,
                            static_cast<std::size_t>(limits::kReceivedPendingMax),
                            call.context.clock.now()));
  return Done{};
}

// What differs, for the audit: of the policy the entries, of all else the members' names.
std::string changes_of(const SignalSource& before, const SignalSource& after) {
  std::vector<std::string> changes;
  const auto note = [&](bool differs, std::string words) {
    if (differs) changes.push_back(std::move(words));
  };
  note(before.enabled && !after.enabled, "disabled");
  note(!before.enabled && after.enabled, "enabled");
  note(before.held_at && !after.held_at, "released");
  note(before.display_name != after.display_name, "displayName");
  note(before.issuer != after.issuer, "issuer");
  note(before.audiences != after.audiences, "audiences");
  note(before.jwks_uri != after.jwks_uri, "jwksUri");
  note(before.poll_url != after.poll_url, "pollUrl");
  note(before.sealed_authorization != after.sealed_authorization, "authorization");
  note(before.people_per_hour_max != after.people_per_hour_max,
       "peoplePerHourMax=" + std::to_string(after.people_per_hour_max));
  for (const ReceivedEventType& type : received_event_types()) {
    const SignalEffect effect = effect_of(type.name, true, after.policy);
    note(effect != effect_of(type.name, true, before.policy),
         std::string{type.name} + "=" + std::string{to_string(effect)});
  }
  return join(changes, ", ");
}

Result<Done> change_in(WriteTx& tx, const AdminCall& call, const std::string& id) {
  CURFEW_TRY(const SignalSource before, find_source(tx, call.tenant_id(), id));
  CURFEW_TRY_STATUS(check_change(tx, call, before));
  SignalSource after = before;
  CURFEW_TRY_STATUS(read_members(call, after));
  CURFEW_TRY_STATUS(drop_waiting(tx, call, after, why_to_drop(before, after)));
  CURFEW_TRY_STATUS(save(tx, after));
  return audit_change(tx, call, "source.change", after.id, after.display_name,
                      changes_of(before, after));
}

Result<boost::json::value> with_token(const AdminCall& call, const std::string& id,
                                      const std::string& token) {
  CURFEW_TRY(boost::json::object json, shown_now(call, id));
  if (!token.empty()) json["tokenText"] = token;
  return boost::json::value(std::move(json));
}

}  // namespace

Task<Result<boost::json::value>> list_sources(const AdminCall& call) {
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  CURFEW_CO_TRY(const auto sources, read_page<SignalSource>(call, page));
  auto all = read_value<boost::json::array>(
      call.context.store, [&](ReadTx& tx) -> Result<boost::json::array> {
        boost::json::array value;
        for (const SignalSource& source : sources) {
          CURFEW_TRY(boost::json::object json, shown(tx, call, source));
          value.push_back(std::move(json));
        }
        return value;
      });
  if (!all.ok()) co_return all.error();
  boost::json::object answer{{"value", std::move(all).value()}};
  if (sources.size() == page.limit) answer["next"] = sources.back().id;
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> show_source(const AdminCall& call) {
  co_return with_token(call, call.value("id"), "");
}

Task<Result<boost::json::value>> add_source(const AdminCall& call) {
  CURFEW_CO_TRY(const std::string name, get_string(call.body, "appId"));
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, name));
  CURFEW_CO_TRY(const NewSource made, source_in(call, app));
  auto write = [&call, source = made.row](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(require<App>(tx, "such application", source.tenant_id, source.app_id));
    CURFEW_TRY_STATUS(check_new_credential(tx, call, source.app_id));
    CURFEW_TRY_STATUS(check_room(tx, source.tenant_id));
    CURFEW_TRY_STATUS(add(tx, source));
    return audit_change(tx, call, "source.add", source.id, source.display_name);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return with_token(call, made.row.id, made.token);
}

Task<Result<boost::json::value>> change_source(const AdminCall& call) {
  if (!only_switches_off(call)) {
    CURFEW_CO_TRY_STATUS(check_may_give(call.context));
  }
  const std::string id = call.value("id");
  auto write = [&call, id](WriteTx& tx) { return change_in(tx, call, id); };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return with_token(call, id, "");
}

Task<Result<boost::json::value>> renew_source_token(const AdminCall& call) {
  const std::string id = call.value("id");
  const SourceToken token = new_source_token();
  auto write = [&call, id, hash = token.hash](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(SignalSource source, find_source(tx, call.tenant_id(), id));
    CURFEW_TRY_STATUS(check_new_credential(tx, call, source.app_id));
    if (source.delivery != StreamDelivery::push) {
      return Error::permanent(ErrorCode::conflict, "a source that is polled has no token of ours");
    }
    source.token_hash = hash;
    CURFEW_TRY_STATUS(save(tx, source));
    return audit_change(tx, call, "source.renew_token", source.id, source.display_name);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return with_token(call, id, token.text);
}

Task<Result<boost::json::value>> remove_source(const AdminCall& call) {
  const std::string id = call.value("id");
  auto write = [&call, id](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(const SignalSource source, find_source(tx, call.tenant_id(), id));
    CURFEW_TRY_STATUS(check_withdrawal_guard(tx, call, source.app_id, std::nullopt));
    CURFEW_TRY_STATUS(erase_source(tx, source));
    return audit_change(tx, call, "source.remove", source.id, source.display_name);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return boost::json::value{{"id", id}, {"removed", true}};
}

}  // namespace curfew
