// model/signal_source.hpp: from whom we hear that somebody's access should end (OpenID Shared
// Signals Framework 1.0, as a receiver), and what was heard.
//
// A source belongs to one application, as whose doing everything is guarded and recorded that its
// signals lead to. What is heard is a statement of another's: what follows from it is the source's
// policy, and never more than taking access away. Values only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/signal_limits.hpp"
#include "model/signal_stream.hpp"

namespace curfew {

// From the weakest to the strongest.
enum class SignalEffect {
  notify,           // it is recorded, and shown
  raise_risk,       // the person is shown as at risk
  revoke_sessions,  // a run that ends sessions and tokens
  disable,          // a run that disables the account and takes everything
};
inline constexpr std::array kSignalEffects{SignalEffect::notify, SignalEffect::raise_risk,
                                           SignalEffect::revoke_sessions, SignalEffect::disable};

enum class ReceivedState {
  pending,
  acted,            // the effect is made: of a run, its cut is durable
  noted,            // the policy asks for nothing but this record
  covered,          // of an incident for which a run of the same strength is there already
  unknown_subject,  // nobody here is called so
  refused,          // a rule of the guard, or a missing permission; an administrator has to look
  failed,           // given up: after limits::kReceivedTriesMax attempts, or because it is too old
};

[[nodiscard]] std::string_view to_string(SignalEffect effect);
[[nodiscard]] bool parse_enum(std::string_view text, SignalEffect& out);
[[nodiscard]] std::string_view to_string(ReceivedState state);
[[nodiscard]] bool parse_enum(std::string_view text, ReceivedState& out);

struct SignalSource {
  TenantId tenant_id;
  std::string id;  // a GUID
  AppId app_id;    // as whose doing it counts
  std::string display_name;
  std::string issuer;                  // exactly as the tokens say it
  std::vector<std::string> audiences;  // that a token must name one of
  std::string jwks_uri;
  StreamDelivery delivery = StreamDelivery::push;
  std::string poll_url;              // poll only
  std::string sealed_authorization;  // poll only: the header that we send; empty: none
  std::string token_hash;            // push only: of the bearer token; empty: none is asked for
  bool enabled = true;
  // "<event>=<effect>", where it is another than the event's own
  // (protocol/ssf/received_events.hpp).
  std::vector<std::string> policy;
  TimePoint created_at{};

  std::int64_t last_sequence = 0;
  std::int64_t pending_count = 0;
  std::int64_t received_count = 0;  // ever, without those that were repeated
  std::int64_t repeated_count = 0;
  std::int64_t unknown_count = 0;  // about nobody here
  std::int64_t refused_count = 0;
  std::optional<TimePoint> heard_at;  // the last one, whatever it said
  std::string said_status;  // what the transmitter last said of its stream; empty: nothing

  // The brake: so many people in an hour; then it is held, and nothing follows from what it says
  // until an administrator releases it.
  std::int64_t people_per_hour_max = limits::kSourcePeopleOfHour;
  std::optional<TimePoint> counted_from;  // the hour that is counted
  std::int64_t people_count = 0;          // whose access it ended since then
  std::optional<TimePoint> held_at;
  std::string held_because;  // empty: it is not held

  std::string trouble;  // why we do not hear it, or not all of it; empty: nothing is known
  std::optional<TimePoint> trouble_since;
};

// One event that was heard.
struct ReceivedSignal {
  TenantId tenant_id;
  std::string source_id;
  std::int64_t sequence = 0;
  std::string jti_hash;          // SHA-256, base64url: by which it is known when it comes again
  std::string event;             // by its name; its URI where we know none
  bool calls_for_action = true;  // false: it says that something is better, or no worse
  std::string subject;           // JSON, as sent; empty once it is settled
  std::string user_id;           // whom it was found to be about
  std::string run_id;            // what it led to
  std::string txn;               // the transmitter's name for the incident; may be empty
  TimePoint received_at{};
  std::optional<TimePoint> happened_at;  // as the transmitter says
  ReceivedState state = ReceivedState::pending;
  std::optional<SignalEffect> effect;  // that was made, or was to be
  std::int64_t try_count = 0;
  TimePoint not_before{};  // of the next attempt
  std::optional<TimePoint> settled_at;
  std::string last_error;
};

}  // namespace curfew
