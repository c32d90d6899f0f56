// protocol/ssf/stream_requests.hpp: what receivers send about their streams, read and bounded.
//
// Unknown members are ignored, as the framework demands. Every error is invalid_argument with a
// sentence that names the member. Pure; any thread. Spec: SSF 1.0 8.1, RFC 8936 2.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/signal_stream.hpp"

namespace curfew {

inline constexpr std::string_view kPushMethod = "urn:ietf:rfc:8935";
inline constexpr std::string_view kPollMethod = "urn:ietf:rfc:8936";

struct DeliveryWish {
  StreamDelivery method = StreamDelivery::poll;
  std::string endpoint_url;          // push
  std::string authorization_header;  // push; empty: none
};

// What the receiver supplies of a stream's configuration. Absent: not said.
struct StreamWish {
  std::string stream_id;  // of an update; empty when one is made
  std::optional<DeliveryWish> delivery;
  std::optional<std::vector<std::string>> events_requested;
  std::optional<std::string> description;
  // Members that are the transmitter's, as sent: they must be what they were (8.1.1.3).
  boost::json::object transmitters;
};
[[nodiscard]] Result<StreamWish> read_stream_wish(std::string_view body);

struct StatusWish {
  std::string stream_id;
  StreamStatus status = StreamStatus::enabled;
  std::string reason;
};
[[nodiscard]] Result<StatusWish> read_status_wish(std::string_view body);

struct SubjectWish {
  std::string stream_id;
  boost::json::object subject;
};
[[nodiscard]] Result<SubjectWish> read_subject_wish(std::string_view body);

struct VerificationWish {
  std::string stream_id;
  std::optional<std::string> state;
};
[[nodiscard]] Result<VerificationWish> read_verification_wish(std::string_view body);

struct SignalError {
  std::string jti;
  std::string text;  // code and description, as to be shown to operators
};
struct PollWish {
  std::size_t max_events = 0;  // bounded by limits::kPollEventsMax
  bool return_immediately = false;
  std::vector<std::string> acks;
  std::vector<SignalError> errors;
};
[[nodiscard]] Result<PollWish> read_poll_wish(std::string_view body);

}  // namespace curfew
