#include "protocol/ssf/stream_requests.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.hpp"
#include "base/signal_limits.hpp"
#include "base/text.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

constexpr std::array<std::string_view, 6> kTransmitters{"iss",
                                                        "aud",
                                                        "events_supported",
                                                        "events_delivered",
                                                        "min_verification_interval",
                                                        "inactivity_timeout"};

Error invalid(std::string sentence) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(sentence));
}

Result<boost::json::object> object_in(std::string_view body) {
  return parse_json_object(body, {.bytes_max = limits::kStreamBodyBytesMax});
}

Result<std::optional<std::string>> bounded(const boost::json::object& object, std::string_view name,
                                           std::size_t bytes_max) {
  CURFEW_TRY(auto text, get_optional_string(object, name));
  if (text && text->size() > bytes_max) {
    return invalid(std::string{name} + " is longer than " + std::to_string(bytes_max) + " bytes");
  }
  return text;
}

Result<std::string> stream_id_in(const boost::json::object& object) {
  return get_string(object, "stream_id");
}

Result<DeliveryWish> read_delivery(const boost::json::object& delivery) {
  DeliveryWish wish;
  CURFEW_TRY(const std::string method, get_string(delivery, "method"));
  if (method == kPollMethod) return wish;  // its endpoint_url is ours to give
  if (method != kPushMethod) {
    return invalid("delivery.method is " + std::string{kPushMethod} + " or " +
                   std::string{kPollMethod});
  }
  wish.method = StreamDelivery::push;
  CURFEW_TRY(wish.endpoint_url, get_string(delivery, "endpoint_url"));
  CURFEW_TRY(auto header, bounded(delivery, "authorization_header", limits::kStreamHeaderBytesMax));
  wish.authorization_header = header.value_or("");
  const bool is_plain =
      std::ranges::all_of(wish.authorization_header, [](char c) { return c >= 0x20 && c < 0x7F; });
  if (!is_plain) return invalid("authorization_header holds a character that no header has");
  return wish;
}

// Those that we do not know are kept: they may be known one day, and the receiver asked for them.
Result<std::vector<std::string>> check_events(std::vector<std::string> events) {
  if (events.size() > limits::kStreamEventsMax) {
    return invalid("events_requested are more than " + std::to_string(limits::kStreamEventsMax));
  }
  for (const std::string& uri : events) {
    if (uri.size() > limits::kStreamTextBytesMax) return invalid("an event's URI is too long");
  }
  return events;
}

Status read_acks(const boost::json::object& object, PollWish& wish) {
  CURFEW_TRY(auto acks, get_optional_strings(object, "ack"));
  if (acks) wish.acks = std::move(*acks);
  CURFEW_TRY(const boost::json::object* const errors, get_optional_object(object, "setErrs"));
  if (errors == nullptr) return Done{};
  for (const auto& [jti, value] : *errors) {
    if (!value.is_object()) return invalid("setErrs holds something that is no object");
    CURFEW_TRY(const std::string code, get_string(value.as_object(), "err"));
    CURFEW_TRY(const auto description, get_optional_string(value.as_object(), "description"));
    const std::string text = code + (description ? ": " + *description : "");
    wish.errors.push_back(
        {std::string{jti}, escape_for_display(text, limits::kStreamTextBytesMax)});
  }
  return Done{};
}

}  // namespace

Result<StreamWish> read_stream_wish(std::string_view body) {
  CURFEW_TRY(const boost::json::object object, object_in(body));
  StreamWish wish;
  CURFEW_TRY(auto id, get_optional_string(object, "stream_id"));
  wish.stream_id = std::move(id).value_or("");
  CURFEW_TRY(const boost::json::object* const delivery, get_optional_object(object, "delivery"));
  if (delivery != nullptr) {
    CURFEW_TRY(wish.delivery, read_delivery(*delivery));
  }
  CURFEW_TRY(auto events, get_optional_strings(object, "events_requested"));
  if (events) {
    CURFEW_TRY(wish.events_requested, check_events(std::move(*events)));
  }
  CURFEW_TRY(wish.description, get_optional_string(object, "description"));
  // 8.1.1: a transmitter may shorten it; at a character's beginning.
  if (wish.description && wish.description->size() > limits::kStreamTextBytesMax) {
    std::size_t end = limits::kStreamTextBytesMax;
    while (end > 0 && (static_cast<unsigned char>((*wish.description)[end]) & 0xC0U) == 0x80U) {
      --end;
    }
    wish.description->resize(end);
  }
  for (const std::string_view name : kTransmitters) {
    if (const auto* const value = object.if_contains(name)) wish.transmitters[name] = *value;
  }
  return wish;
}

Result<StatusWish> read_status_wish(std::string_view body) {
  CURFEW_TRY(const boost::json::object object, object_in(body));
  StatusWish wish;
  CURFEW_TRY(wish.stream_id, stream_id_in(object));
  CURFEW_TRY(const std::string status, get_string(object, "status"));
  if (!parse_enum(status, wish.status)) {
    return invalid("status is enabled, paused or disabled");
  }
  CURFEW_TRY(auto reason, bounded(object, "reason", limits::kStreamTextBytesMax));
  wish.reason = std::move(reason).value_or("");
  return wish;
}

Result<SubjectWish> read_subject_wish(std::string_view body) {
  CURFEW_TRY(const boost::json::object object, object_in(body));
  SubjectWish wish;
  CURFEW_TRY(wish.stream_id, stream_id_in(object));
  CURFEW_TRY(const boost::json::object* const subject, get_object(object, "subject"));
  wish.subject = *subject;
  CURFEW_TRY([[maybe_unused]] const auto verified, get_optional_bool(object, "verified"));
  return wish;
}

Result<VerificationWish> read_verification_wish(std::string_view body) {
  CURFEW_TRY(const boost::json::object object, object_in(body));
  VerificationWish wish;
  CURFEW_TRY(wish.stream_id, stream_id_in(object));
  CURFEW_TRY(wish.state, bounded(object, "state", limits::kVerificationStateBytesMax));
  return wish;
}

Result<PollWish> read_poll_wish(std::string_view body) {
  CURFEW_TRY(const boost::json::object object, parse_json_object(body));
  PollWish wish;
  CURFEW_TRY(const auto most, get_optional_int64(object, "maxEvents"));
  if (most && *most < 0) return invalid("maxEvents is less than 0");
  wish.max_events = std::min<std::size_t>(
      limits::kPollEventsMax,
      static_cast<std::size_t>(most.value_or(static_cast<std::int64_t>(limits::kPollEventsMax))));
  CURFEW_TRY(const auto at_once, get_optional_bool(object, "returnImmediately"));
  wish.return_immediately = at_once.value_or(false);
  CURFEW_TRY_STATUS(read_acks(object, wish));
  if (wish.acks.size() + wish.errors.size() > limits::kPollAcksMax) {
    return invalid("ack and setErrs together name more than " +
                   std::to_string(limits::kPollAcksMax) + " events");
  }
  return wish;
}

}  // namespace curfew
