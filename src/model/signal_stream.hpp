// model/signal_stream.hpp: who is told of what happens to people's access, and what they are still
// to be told (OpenID Shared Signals Framework 1.0).
//
// A stream belongs to one application, its receiver. What is told is written in the transaction of
// what happened, a row for each event and stream, and stays until the receiver has said that it has
// it. A push stream is a way in, data flows out for as long as it stands: so it is judged before
// each delivery by the keys and stamps of the token by which it was made or last changed. A poll
// stream is judged by the token of each poll. Values only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/position.hpp"

namespace curfew {

enum class StreamStatus { enabled, paused, disabled };
enum class StreamDelivery { push, poll };
enum class SignalState {
  pending,
  acknowledged,  // the receiver said that it has it
  refused,       // it said that it cannot use it: a dead letter
  dropped,       // there was no room or no time for it any more, or the stream was switched off
};

[[nodiscard]] std::string_view to_string(StreamStatus status);
[[nodiscard]] bool parse_enum(std::string_view text, StreamStatus& out);
[[nodiscard]] std::string_view to_string(StreamDelivery delivery);
[[nodiscard]] bool parse_enum(std::string_view text, StreamDelivery& out);
[[nodiscard]] std::string_view to_string(SignalState state);
[[nodiscard]] bool parse_enum(std::string_view text, SignalState& out);

struct SignalStream {
  TenantId tenant_id;
  std::string id;  // a GUID
  AppId app_id;    // whose it is: the SETs' audience
  std::string description;
  StreamDelivery delivery = StreamDelivery::poll;
  std::string endpoint_url;                   // push only
  std::string sealed_authorization;           // the header that the receiver wants; empty: none
  std::vector<std::string> events_requested;  // URIs, as asked for
  StreamStatus status = StreamStatus::enabled;
  std::string status_reason;
  std::string subject_format = "iss_sub";  // or "email": how people are named
  TimePoint created_at{};

  // The right of a push stream: the keys of the token as to_string(Key), and its stamps.
  std::vector<std::string> keys;
  Position auth_as_of;
  Position as_of;

  std::int64_t last_sequence = 0;  // the newest that was given
  std::int64_t pending_count = 0;
  std::int64_t dropped_count = 0;  // for want of room or time, ever
  std::optional<TimePoint> dropped_at;
  std::int64_t removed_subject_count = 0;
  std::optional<TimePoint> verified_at;  // when the minute began that is counted in
  std::int64_t verification_count = 0;
};

// One event for one stream.
struct Signal {
  TenantId tenant_id;
  std::string stream_id;
  std::int64_t sequence = 0;  // the order in which it happened, and in which it is told
  std::string jti;            // the same each time that it is told
  std::string event;          // by its name: protocol/ssf/event_types.hpp
  std::string user_id;        // whom it is about; empty: the whole tenant, or the stream itself
  std::string user_mail;      // as it was then
  std::string device_id;      // of the user's, if it is about one
  std::string members;        // of the event, as JSON
  std::string txn;            // the same for all that has one cause
  std::string run_id;         // the run that caused it; empty: none
  TimePoint happened_at{};
  SignalState state = SignalState::pending;
  std::int64_t refusal_count = 0;
  std::optional<TimePoint> settled_at;
  std::string last_error;
};

// Whom a receiver does not want to hear of.
struct RemovedSubject {
  TenantId tenant_id;
  std::string stream_id;
  UserId user_id;
  TimePoint removed_at{};
};

}  // namespace curfew
