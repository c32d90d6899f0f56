#include "api/admin/streams.hpp"

#include <boost/json.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "api/admin/directory_lookup.hpp"
#include "api/admin/object_json.hpp"
#include "api/ssf/stream_changes.hpp"
#include "api/ssf/stream_right.hpp"
#include "base/signal_limits.hpp"
#include "base/text.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"
#include "protocol/ssf/event_types.hpp"
#include "protocol/ssf/stream_requests.hpp"
#include "revocation/signals/signal_queue.hpp"
#include "store/schema.hpp"
#include "store/schema_signals.hpp"

namespace curfew {

namespace {

constexpr std::size_t kDeadLettersShown = 20;

Error invalid(std::string sentence) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(sentence));
}

boost::json::array event_names(const SignalStream& stream) {
  boost::json::array names;
  for (const std::string& uri : events_delivered(stream)) {
    names.emplace_back(find_event_uri(uri)->name);
  }
  return names;
}

Result<boost::json::object> shown(ReadTx& tx, const AdminCall& call, const SignalStream& stream) {
  CURFEW_TRY(const auto app, load<App>(tx, stream.tenant_id, stream.app_id));
  CURFEW_TRY(const auto oldest, pending_signals(tx, stream, 1));
  const Status stands = check_stream_stands(tx, call.context, stream);
  CURFEW_TRY(const ShownStatus status, shown_status(tx, call.context, stream));
  boost::json::object json{{"id", stream.id},
                           {"appId", stream.app_id.str()},
                           {"appDisplayName", app ? app->display_name : ""},
                           {"description", stream.description},
                           {"delivery", to_string(stream.delivery)},
                           {"endpointUrl", stream.endpoint_url},
                           {"events", event_names(stream)},
                           {"subjectFormat", stream.subject_format},
                           {"status", to_string(status.status)},
                           {"statusReason", status.reason},
                           {"stands", stands.ok()},
                           {"standsNotBecause", stands.ok() ? "" : stands.error().message()},
                           {"pendingCount", stream.pending_count},
                           {"droppedCount", stream.dropped_count},
                           {"droppedDateTime", time_json(stream.dropped_at)},
                           {"createdDateTime", to_rfc3339(stream.created_at)}};
  json["oldestPendingDateTime"] = oldest.empty() ? nullptr : time_json(oldest.front().happened_at);
  json["lastError"] = oldest.empty() ? "" : oldest.front().last_error;
  return json;
}

Result<boost::json::array> dead_letters(ReadTx& tx, const SignalStream& stream) {
  Query query;
  query.index = "signals_by_state";
  query.prefix = keys_of(stream.tenant_id, stream.id, SignalState::refused);
  query.descending = true;
  query.limit = kDeadLettersShown;
  CURFEW_TRY(const auto refused, scan_as<Signal>(tx, query));
  boost::json::array all;
  for (const Signal& signal : refused) {
    all.push_back(boost::json::object{{"event", signal.event},
                                      {"userId", signal.user_id},
                                      {"run", signal.run_id},
                                      {"dateTime", to_rfc3339(signal.happened_at)},
                                      {"error", signal.last_error}});
  }
  return all;
}

Result<SignalStream> find_stream(ReadTx& tx, const TenantId& tenant_id, const std::string& id) {
  return require<SignalStream>(tx, "such stream", tenant_id, ascii_lower(id));
}

// Every event that there is, unless some are named.
Result<std::vector<std::string>> events_in(const boost::json::object& body) {
  CURFEW_TRY(const auto names, get_optional_strings(body, "events"));
  if (!names) return askable_event_uris();
  std::vector<std::string> uris;
  for (const std::string& name : *names) {
    const SignalEventType* const type = find_event_type(name);
    if (type == nullptr || type->is_of_stream) {
      return invalid("there is no event \"" + escape_for_display(name) + "\" to be told of");
    }
    uris.emplace_back(type->uri);
  }
  return uris;
}

Result<DeliveryWish> delivery_in(const boost::json::object& body) {
  DeliveryWish wish;
  CURFEW_TRY(const auto method, get_optional_string(body, "delivery"));
  if (method && !parse_enum(*method, wish.method)) return invalid("delivery is push or poll");
  CURFEW_TRY(auto url, get_optional_string(body, "endpointUrl"));
  CURFEW_TRY(auto authorization, get_optional_string(body, "authorization"));
  wish.endpoint_url = std::move(url).value_or("");
  wish.authorization_header = std::move(authorization).value_or("");
  if (wish.authorization_header.size() > limits::kStreamHeaderBytesMax) {
    return invalid("authorization is too long");
  }
  return wish;
}

Result<std::string> subject_format_in(const boost::json::object& body) {
  CURFEW_TRY(auto format, get_optional_string(body, "subjectFormat"));
  if (!format || *format == "iss_sub" || *format == "email") {
    return std::move(format).value_or("iss_sub");
  }
  return invalid("subjectFormat is iss_sub or email");
}

Result<SignalStream> stream_in(const AdminCall& call, const App& app) {
  StreamWish wish;
  CURFEW_TRY(wish.delivery, delivery_in(call.body));
  CURFEW_TRY(wish.events_requested, events_in(call.body));
  CURFEW_TRY(wish.description, get_optional_string(call.body, "description"));
  if (wish.description && wish.description->size() > limits::kStreamTextBytesMax) {
    return invalid("description is too long");
  }
  CURFEW_TRY(SignalStream stream, new_stream(call.context, app.id, wish));
  CURFEW_TRY(stream.subject_format, subject_format_in(call.body));
  return stream;
}

Result<boost::json::value> shown_now(const AdminCall& call, const std::string& id) {
  return read_value<boost::json::value>(
      call.context.store, [&](ReadTx& tx) -> Result<boost::json::value> {
        CURFEW_TRY(const SignalStream stream, find_stream(tx, call.tenant_id(), id));
        CURFEW_TRY(boost::json::object json, shown(tx, call, stream));
        CURFEW_TRY(boost::json::array letters, dead_letters(tx, stream));
        json["deadLetters"] = std::move(letters);
        return boost::json::value(std::move(json));
      });
}

}  // namespace

Task<Result<boost::json::value>> list_streams(const AdminCall& call) {
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  CURFEW_CO_TRY(const auto streams, read_page<SignalStream>(call, page));
  auto all = read_value<boost::json::array>(
      call.context.store, [&](ReadTx& tx) -> Result<boost::json::array> {
        boost::json::array value;
        for (const SignalStream& stream : streams) {
          CURFEW_TRY(boost::json::object json, shown(tx, call, stream));
          value.push_back(std::move(json));
        }
        return value;
      });
  if (!all.ok()) co_return all.error();
  boost::json::object answer{{"value", std::move(all).value()}};
  if (streams.size() == page.limit) answer["next"] = streams.back().id;
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> show_stream(const AdminCall& call) {
  co_return shown_now(call, call.value("id"));
}

Task<Result<boost::json::value>> add_stream(const AdminCall& call) {
  CURFEW_CO_TRY(const std::string name, get_string(call.body, "appId"));
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, name));
  CURFEW_CO_TRY(SignalStream made, stream_in(call, app));
  const auto stream = std::make_shared<SignalStream>(std::move(made));
  const Result<Done> written =
      co_await write_as_caller(call, [&call, stream](WriteTx& tx) -> Result<Done> {
        CURFEW_TRY_STATUS(add_stream(tx, call, *stream));
        return Done{};
      });
  if (!written.ok()) co_return written.error();
  co_return shown_now(call, stream->id);
}

Task<Result<boost::json::value>> change_stream(const AdminCall& call) {
  CURFEW_CO_TRY(const std::string text, get_string(call.body, "status"));
  StreamStatus status{};
  if (!parse_enum(text, status)) {
    co_return invalid("status is enabled, paused or disabled");
  }
  CURFEW_CO_TRY(const auto reason, get_optional_string(call.body, "reason"));
  if (reason && reason->size() > limits::kStreamTextBytesMax) {
    co_return invalid("reason is too long");
  }
  const std::string id = call.value("id");
  auto write = [&call, id, status, reason = reason.value_or("")](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(SignalStream stream, find_stream(tx, call.tenant_id(), id));
    CURFEW_TRY_STATUS(set_stream_status(tx, call, stream, status, reason, StatusBy::administrator));
    return Done{};
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return shown_now(call, id);
}

Task<Result<boost::json::value>> remove_stream(const AdminCall& call) {
  const std::string id = call.value("id");
  auto write = [&call, id](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(const SignalStream stream, find_stream(tx, call.tenant_id(), id));
    CURFEW_TRY_STATUS(erase_stream(tx, stream));
    CURFEW_TRY_STATUS(audit_change(tx, call, "stream.remove", stream.id, stream.endpoint_url));
    return Done{};
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return boost::json::value{{"id", id}, {"removed", true}};
}

}  // namespace curfew
