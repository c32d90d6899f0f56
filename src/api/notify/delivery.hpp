// api/notify/delivery.hpp: what one subscription is to be told next, and by what right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/context.hpp"
#include "base/result.hpp"
#include "model/subscription.hpp"

namespace curfew {

// How long before its end, at the most, a subscription's lifecycle receiver is reminded; one that
// is short is reminded in its last quarter.
inline constexpr auto kRemindedBefore = std::chrono::hours{24};

inline constexpr std::string_view kMissed = "missed";
inline constexpr std::string_view kReauthorize = "reauthorizationRequired";

struct Delivery {
  std::string url;
  std::string body;
  std::int64_t up_to = 0;       // what is told once it has arrived
  std::string lifecycle_event;  // empty: it is changes that are told of
};

struct Due {
  std::optional<Delivery> delivery;
  // Every change up to here was looked at; where nothing is delivered, none is of interest.
  std::int64_t looked_up_to = 0;
  bool has_more = false;
  bool has_lost = false;  // changes are not kept any more that nobody was told of
};

// Whether a subscription may be told anything now: it stands (the rule of model/validity.hpp), and
// the journal is whole. `denied` says what ended it.
[[nodiscard]] Status check_may_be_told(const ServerContext& context,
                                       const Subscription& subscription);

// `after`: the changes up to there are known to be of no interest. One bounded read.
[[nodiscard]] Result<Due> what_is_due(ReadTx& tx, const ServerContext& context,
                                      const Subscription& subscription, std::int64_t after);

// The text that a receiver is to send back with its notifications; sealed where it is stored.
[[nodiscard]] std::string seal_client_state(const ServerContext& context,
                                            const std::string& subscription_id,
                                            std::string_view state);

}  // namespace curfew
