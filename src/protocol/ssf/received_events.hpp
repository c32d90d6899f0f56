// protocol/ssf/received_events.hpp: the security events of others that we know, and what follows
// from each unless an administrator says otherwise.
//
// More than we transmit: also what is deprecated or was only ever a draft, where it is sent. What
// is not here is recorded by its URI and changes nothing. Pure; any thread. Spec: CAEP 1.0 3,
// RISC 1.0 2, SSF 1.0 8.1.4 and 8.1.5; the oauth events are Google's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/signal_source.hpp"

namespace curfew {

struct ReceivedEventType {
  std::string_view name;  // the last part of the URI: in policies, in the store, for people
  std::string_view uri;
  SignalEffect usual = SignalEffect::notify;
  // False: it gives something, or is about the stream: no policy makes more of it than a record,
  // because nobody is given anything on the word of another.
  bool may_act = true;
};

[[nodiscard]] std::span<const ReceivedEventType> received_event_types();
// Null for one that we do not know.
[[nodiscard]] const ReceivedEventType* find_received_event(std::string_view name);
[[nodiscard]] const ReceivedEventType* find_received_uri(std::string_view uri);

// What is to be done about an event. `policy`: SignalSource::policy; `calls_for_action`: as it was
// received.
[[nodiscard]] SignalEffect effect_of(std::string_view event, bool calls_for_action,
                                     const std::vector<std::string>& policy);

// "<event>=<effect>", as it is stored. invalid_argument: no such event, or one that may not act.
[[nodiscard]] Result<std::string> policy_entry(std::string_view event, std::string_view effect);

}  // namespace curfew
