#include "api/ssf/stream_changes.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "api/notify/receiver_calls.hpp"
#include "api/ssf/ssf_endpoints.hpp"
#include "api/ssf/stream_right.hpp"
#include "base/check.hpp"
#include "base/signal_limits.hpp"
#include "crypto/random.hpp"
#include "model/application.hpp"
#include "protocol/json/json.hpp"
#include "protocol/ssf/event_types.hpp"
#include "revocation/signals/signal_queue.hpp"
#include "store/schema.hpp"
#include "store/schema_signals.hpp"

namespace curfew {

namespace {

Error invalid(std::string sentence) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(sentence));
}

Status apply_delivery(const ServerContext& context, SignalStream& stream,
                      const DeliveryWish& wish) {
  stream.delivery = wish.method;
  stream.endpoint_url.clear();
  stream.sealed_authorization.clear();
  if (wish.method == StreamDelivery::poll) return Done{};
  if (context.receivers == nullptr) return invalid("nothing is pushed by this server; poll");
  const Status good = check_receiver_url(wish.endpoint_url);
  if (!good.ok()) return invalid("delivery.endpoint_url: " + good.error().message());
  stream.endpoint_url = wish.endpoint_url;
  stream.sealed_authorization = seal_authorization(context, stream.id, wish.authorization_header);
  return Done{};
}

Status apply_wish(const ServerContext& context, SignalStream& stream, const StreamWish& wish,
                  UpdateMode mode) {
  const bool is_put = mode == UpdateMode::put;
  if (wish.delivery || is_put) {
    CURFEW_TRY_STATUS(apply_delivery(context, stream, wish.delivery.value_or(DeliveryWish{})));
  }
  if (wish.events_requested || is_put) {
    stream.events_requested = wish.events_requested.value_or(std::vector<std::string>{});
  }
  if (wish.description || is_put) stream.description = wish.description.value_or("");
  return Done{};
}

Status check_transmitters(const boost::json::object& shown, const boost::json::object& given) {
  for (const auto& [name, value] : given) {
    const auto* const own = shown.if_contains(name);
    if (own == nullptr || *own != value) {
      return invalid(std::string{name} + " is the transmitter's to say, and is another");
    }
  }
  return Done{};
}

// A pause that nobody set is told of once its receiver can be told anything (SSF 1.0 8.1.5), and in
// front of what happened meanwhile.
Status tell_of_silence(WriteTx& tx, SignalStream& stream, const std::string& why, TimePoint now) {
  if (why.empty() || stream.status != StreamStatus::enabled) return Done{};
  return queue_stream_updated(tx, stream, now, "nothing was sent until now: " + why);
}

boost::json::object delivery_json(const ServerContext& context, const SignalStream& stream) {
  if (stream.delivery == StreamDelivery::push) {
    return {{"method", kPushMethod}, {"endpoint_url", stream.endpoint_url}};
  }
  return {{"method", kPollMethod},
          {"endpoint_url", ssf_url(context, std::string{ssf_path::kPoll} + stream.id)}};
}

}  // namespace

Result<SignalStream> new_stream(const ServerContext& context, const AppId& app_id,
                                const StreamWish& wish) {
  SignalStream stream;
  stream.tenant_id = context.tenant_id;
  stream.id = new_guid();
  stream.app_id = app_id;
  stream.created_at = context.clock.now();
  CURFEW_TRY_STATUS(apply_wish(context, stream, wish, UpdateMode::put));
  return stream;
}

Status add_stream(WriteTx& tx, const ApiCall& call, SignalStream& stream) {
  CURFEW_TRY_STATUS(require<App>(tx, "such application", stream.tenant_id, stream.app_id));
  CURFEW_TRY(const auto all, all_streams(tx, stream.tenant_id));
  const auto own =
      static_cast<std::size_t>(std::ranges::count(all, stream.app_id, &SignalStream::app_id));
  if (all.size() >= limits::kStreamsMax || own >= limits::kStreamsOfAppMax) {
    return Error{ErrorCode::conflict, Retry::after_human,
                 "the limit of streams is reached: " + std::to_string(limits::kStreamsOfAppMax) +
                     " of an application, " + std::to_string(limits::kStreamsMax) +
                     " of a tenant; delete some first"};
  }
  CURFEW_TRY(const std::string none_before, take_stream_right(tx, call, stream));
  CURFEW_CHECK(none_before.empty());
  CURFEW_TRY_STATUS(add(tx, stream));
  return audit_change(tx, call, "stream.add", stream.id, stream.endpoint_url);
}

Status update_stream(WriteTx& tx, const ApiCall& call, SignalStream& stream, const StreamWish& wish,
                     UpdateMode mode) {
  CURFEW_TRY_STATUS(
      check_transmitters(configuration_json(call.context, stream), wish.transmitters));
  // Before the wish: another address is told by the right of this call alone.
  CURFEW_TRY(const std::string was_silent, take_stream_right(tx, call, stream));
  CURFEW_TRY_STATUS(apply_wish(call.context, stream, wish, mode));
  CURFEW_TRY_STATUS(save(tx, stream));
  CURFEW_TRY_STATUS(tell_of_silence(tx, stream, was_silent, call.context.clock.now()));
  return audit_change(tx, call, "stream.change", stream.id, stream.endpoint_url);
}

Status set_stream_status(WriteTx& tx, const ApiCall& call, SignalStream& stream,
                         StreamStatus status, const std::string& reason, StatusBy by) {
  const TimePoint now = call.context.clock.now();
  const bool is_other = stream.status != status;
  stream.status = status;
  stream.status_reason = reason;
  std::string was_silent;
  if (status == StreamStatus::enabled) {
    CURFEW_TRY(was_silent, by == StatusBy::receiver ? take_stream_right(tx, call, stream)
                                                    : renew_stream_right(tx, call, stream));
  }
  if (status == StreamStatus::disabled) {
    CURFEW_TRY_STATUS(drop_pending(tx, stream, "the stream was disabled", now));
  }
  CURFEW_TRY_STATUS(save(tx, stream));
  if (by == StatusBy::administrator && is_other) {
    CURFEW_TRY_STATUS(queue_stream_updated(tx, stream, now, ""));
  } else {
    CURFEW_TRY_STATUS(tell_of_silence(tx, stream, was_silent, now));
  }
  return audit_change(tx, call, "stream.set_status", stream.id, stream.endpoint_url,
                      std::string{to_string(status)});
}

boost::json::object configuration_json(const ServerContext& context, const SignalStream& stream) {
  boost::json::object json{{"stream_id", stream.id},
                           {"iss", context.issuer()},
                           {"aud", stream.app_id.str()},
                           {"events_supported", list_of(askable_event_uris())},
                           {"events_requested", list_of(stream.events_requested)},
                           {"events_delivered", list_of(events_delivered(stream))},
                           {"delivery", delivery_json(context, stream)}};
  if (!stream.description.empty()) json["description"] = stream.description;
  return json;
}

Result<boost::json::object> status_json(ReadTx& tx, const ServerContext& context,
                                        const SignalStream& stream) {
  CURFEW_TRY(const ShownStatus shown, shown_status(tx, context, stream));
  boost::json::object json{{"stream_id", stream.id}, {"status", to_string(shown.status)}};
  if (!shown.reason.empty()) json["reason"] = shown.reason;
  return json;
}

}  // namespace curfew
