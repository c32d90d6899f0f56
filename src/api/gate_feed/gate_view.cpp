#include "api/gate_feed/gate_view.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>

namespace curfew {

namespace {

namespace bj = boost::json;

// Null where the instance is of another generation: it has everything to do.
bj::value lag_of(Position acknowledged, Position head) {
  if (acknowledged.generation != head.generation) return nullptr;
  return head.sequence - std::min(acknowledged.sequence, head.sequence);
}

bj::object to_json(const GateInstanceView& instance, Position head) {
  bj::value acknowledged_at = nullptr;
  if (instance.acknowledged_at) acknowledged_at = to_rfc3339(*instance.acknowledged_at);
  return {
      {"id", instance.instance.str()},
      {"address", instance.address},
      {"connectedDateTime", to_rfc3339(instance.connected_since)},
      {"protocolVersion", kGateProtocolVersion},
      {"programVersion",
       instance.program_version.empty() ? bj::value(nullptr) : bj::value(instance.program_version)},
      {"sent", to_string(instance.sent)},
      {"acknowledged", to_string(instance.acknowledged)},
      {"acknowledgedDateTime", std::move(acknowledged_at)},
      {"lag", lag_of(instance.acknowledged, head)},
      {"hasCaughtUp", instance.has_caught_up},
      {"leaseMilliseconds", instance.lease_left.count()}};
}

// How it was: nothing is left to count down of its lease.
bj::value to_json(const std::optional<GateLastSeen>& last, Position head) {
  if (!last) return nullptr;
  bj::object object = to_json(last->instance, head);
  object.erase("leaseMilliseconds");
  object["disconnectedDateTime"] = to_rfc3339(last->until);
  return object;
}

}  // namespace

bj::object to_json(const GateFeedView& view, Position head) {
  bj::array connected;
  Position acknowledged;
  for (const GateInstanceView& instance : view.connected) {
    const bool is_lowest = connected.empty() || instance.acknowledged < acknowledged;
    if (is_lowest) acknowledged = instance.acknowledged;
    connected.push_back(to_json(instance, head));
  }
  const bool is_away = connected.empty();
  return {{"connected", std::move(connected)},
          {"acknowledged", is_away ? bj::value(nullptr) : bj::value(to_string(acknowledged))},
          {"lag", is_away ? bj::value(nullptr) : lag_of(acknowledged, head)},
          {"last", is_away ? to_json(view.last, head) : bj::value(nullptr)},
          {"head", to_string(head)},
          {"remembered", view.instances},
          {"refused", view.refused},
          {"uncutRequests", to_string(view.uncut)}};
}

}  // namespace curfew
