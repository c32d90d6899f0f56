#include "api/gate_feed/gate_hub.hpp"

#include <algorithm>
#include <utility>

#include "api/token_keys.hpp"
#include "base/check.hpp"
#include "base/log.hpp"
#include "store/schema.hpp"
#include "store/schema_gates.hpp"

namespace curfew {

namespace {

// As if the server had been started later: what is owed by lives that had longer leases is waited
// for too.
Duration counted_from(const GateHubSettings& settings, Duration now) {
  const Duration own = settings.ledger.lease + settings.ledger.drift;
  return now + std::max(Duration{0}, settings.owed_before_max - own);
}

}  // namespace

GateHub::GateHub(const ServerContext& context, GateHubSettings settings)
    : context_(context),
      settings_(std::move(settings)),
      counted_from_(counted_from(settings_, context.clock.since_boot())),
      executor_(context.runtime.next_executor()),
      room_(settings_.ledger, counted_from_),
      heads_(context.issuer(), context.token_keys, context.live()),
      pace_(settings_.telling) {}

Status GateHub::start() {
  context_.live().add_observer(weak_from_this());
  room_.set_published(context_.live().head().position);
  seen_gates_ = context_.store.version(table_of<Gate>());
  CURFEW_TRY_STATUS(read_gates(GateOrigin::from_before));
  CURFEW_TRY(removed_, read_value<RemovedGates>(context_.store, [&](ReadTx& tx) {
               return read_removed_gates(tx, context_.tenant_id, context_.audit,
                                         context_.clock.now());
             }));
  executor_.post([weak = weak_from_this()] {
    if (const auto hub = weak.lock()) hub->arm();
  });
  return Done{};
}

void GateHub::arm() {
  timer_ = call_after(context_.runtime, executor_, kFeedTick, [weak = weak_from_this()] {
    const auto hub = weak.lock();
    if (!hub) return;
    hub->tick();
    hub->arm();
  });
}

// Gates as the store has them.

Status GateHub::apply_gate(const Gate& gate, bool is_enabled, GateOrigin origin) {
  // One that is disabled may have leases of before.
  if (is_enabled || origin == GateOrigin::from_before) {
    CURFEW_TRY_STATUS(room_.add_gate(gate, origin));
  }
  if (!is_enabled) close_gate(gate.app_id, "the gate was disabled");
  return Done{};
}

Status GateHub::read_gates(GateOrigin origin) {
  std::set<AppId> there;
  CURFEW_TRY_STATUS(context_.store.read([&](ReadTx& tx) -> Status {
    Query query;
    query.prefix = keys_of(context_.tenant_id);
    query.limit = gate_limits::kGatesMax;
    CURFEW_TRY(const auto gates, scan_as<Gate>(tx, query));
    for (const Gate& gate : gates) {
      CURFEW_TRY(const auto app, load<App>(tx, gate.tenant_id, gate.app_id));
      CURFEW_TRY_STATUS(apply_gate(gate, app && app->account_enabled, origin));
      there.insert(gate.app_id);
    }
    return Done{};
  }));
  for (const AppId& known : room_.gates()) {
    if (!there.contains(known)) close_gate(known, "the gate was removed");
  }
  return Done{};
}

Status GateHub::read_gate(const AppId& gate_id, GateOrigin origin) {
  return context_.store.read([&](ReadTx& tx) -> Status {
    CURFEW_TRY(const auto gate, load<Gate>(tx, context_.tenant_id, gate_id));
    CURFEW_TRY(const auto app, load<App>(tx, context_.tenant_id, gate_id));
    if (gate) return apply_gate(*gate, app && app->account_enabled, origin);
    close_gate(gate_id, "the gate was removed");
    return Done{};
  });
}

void GateHub::close_gate(const AppId& gate, std::string_view why) {
  for (const FeedLinkPtr& link : room_.withdraw_gate(gate)) end(link, why);
}

// What gates are told beside entries.

FeedSettings GateHub::feed_settings() {
  FeedSettings settings;
  if (context_.live().rollback().is_raised()) {
    settings.newest_stamp = context_.live().newest_stamp();
  }
  const std::lock_guard lock{keys_mutex_};
  // The set before its text: a set that is newer than the text is told again.
  auto keys = context_.token_keys.verify_keys();
  if (keys != keys_) {
    keys_frame_ = frame_of(FeedKeys{context_.token_keys.jwks_json()});
    keys_ = std::move(keys);
  }
  settings.keys = keys_;
  settings.keys_frame = keys_frame_;
  return settings;
}

Result<JournalFloor> GateHub::floor_now() {
  const TimePoint now = context_.clock.now();
  const Position head = context_.live().head().position;
  {
    const std::lock_guard lock{floor_mutex_};
    const bool is_fresh = floor_read_at_ && now - *floor_read_at_ < kFloorEvery &&
                          now >= *floor_read_at_ && floor_.position.generation == head.generation;
    if (is_fresh) return floor_;
  }
  CURFEW_TRY(const JournalFloor read, read_value<JournalFloor>(context_.store, [&](ReadTx& tx) {
               return journal_floor(tx, context_.tenant_id, head, now);
             }));
  const std::lock_guard lock{floor_mutex_};
  // It never goes back, whatever the clock does.
  if (!floor_read_at_ || read.position > floor_.position) floor_ = read;
  floor_read_at_ = now;
  return floor_;
}

JournalFloor GateHub::floor() const {
  const std::lock_guard lock{floor_mutex_};
  return floor_;
}

std::size_t GateHub::gate_count() const {
  const Duration owed_until = counted_from_ + settings_.ledger.lease + settings_.ledger.drift;
  const bool may_have_leases = removed_.may_be_some && context_.clock.since_boot() < owed_until;
  const std::size_t count = room_.gate_count() + removed_.without_lease.size();
  return std::max(count, may_have_leases ? std::size_t{1} : std::size_t{0});
}

// For people.

GateFeedView GateHub::view(const AppId& gate) const {
  return room_.view(gate, context_.clock.since_boot());
}

FeedTotals GateHub::totals() const {
  return room_.totals(context_.live().head().position, context_.clock.since_boot());
}

GatesAt GateHub::gates_at(Position position) const {
  return room_.gates_at(position, context_.clock.since_boot());
}

GatesAt GateHub::gates_of_run(Position position) const {
  GatesAt at = gates_at(position);
  for (const std::string& name : removed_.without_lease) {
    ++at.gates;
    at.open.push_back({{}, name + ", which was removed before the server's start", {}});
  }
  return at;
}

}  // namespace curfew
