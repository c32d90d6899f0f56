#include "io/connection_table.hpp"

#include <algorithm>
#include <utility>

#include "io/connection_sizes.hpp"
#include "io/http_connection.hpp"
#include "io/http_writer.hpp"

namespace curfew {

namespace {

// Limits are kept to within one tick; small limits (tests) get a fine one.
Duration tick_for(const HttpLimits& limits) {
  const Duration least =
      std::min({limits.handshake_time_max, limits.header_time_max, limits.body_time_max,
                limits.write_time_max, limits.idle_time_max});
  return std::clamp(least / 4, Duration{2}, Duration{500});
}

}  // namespace

ConnectionTable::ConnectionTable(HttpServerCore& core, Runtime& runtime, std::size_t index,
                                 std::size_t connections_max, std::size_t upgrades_max)
    : core_(core),
      runtime_(runtime),
      executor_(runtime.executor(index)),
      index_(index),
      connections_max_(connections_max),
      upgrades_max_(upgrades_max),
      tick_(tick_for(core.limits)),
      read_buffer_(kReadBufferBytes) {}

ConnectionTable::~ConnectionTable() = default;

void ConnectionTable::start() {
  sweep();
  arm();
}

void ConnectionTable::arm() {
  if (stopped_) return;
  timer_ = call_after(runtime_, executor_, tick_, [this] {
    sweep();
    arm();
  });
}

void ConnectionTable::sweep() {
  const SystemClock clock;
  now_ = clock.since_boot();
  date_ = http_date(clock.now());
  for (const List& list : lists_) {
    for (const auto& connection : list) {
      if (connection->deadline.value_or(Duration::max()) <= now_) connection->expire();
    }
  }
}

void ConnectionTable::move(HttpConnection& connection, Phase phase) {
  List& target = list_of(phase);
  target.splice(target.end(), list_of(connection.phase), connection.place);
  connection.phase = phase;
  if (phase == Phase::upgraded) count_upgraded();
}

void ConnectionTable::adopt(std::shared_ptr<HttpServerCore> core, UniqueFd fd, HttpPeer peer,
                            const TlsContext& tls) {
  if (draining_) return;
  add_one(accepted_);
  // The thread may have stood still since the last sweep: who comes now has all of its time.
  now_ = SystemClock{}.since_boot();
  const bool is_local = peer.transport == Transport::unix_socket;
  if (!is_local && open() >= connections_max_ && !evict_one()) {
    count_evicted();
    return;
  }
  SslPtr ssl;
  if (tls) {
    Result<SslPtr> made = make_server_ssl(tls, fd.get());
    if (!made.ok()) return;
    ssl = std::move(made).value();
  }
  List& opening = list_of(Phase::opening);
  opening.push_back(std::make_unique<HttpConnection>(
      *this, core, runtime_.context(index_), std::move(fd), std::move(ssl), std::move(peer)));
  HttpConnection& connection = *opening.back();
  connection.place = std::prev(opening.end());
  open_.store(open() + 1, std::memory_order_release);
  // Holding `core` keeps this table alive until remove() has returned.
  curfew::start<Done>(connection.run(),
                      [this, core = std::move(core), &connection](Done) { remove(connection); });
}

void ConnectionTable::remove(HttpConnection& connection) {
  const Phase phase = connection.phase;
  list_of(phase).erase(connection.place);
  if (phase == Phase::upgraded) count_upgraded();
  {
    const std::lock_guard lock(core_.mutex);
    open_.store(open() - 1, std::memory_order_release);
  }
  core_.connection_ended.notify_all();
}

bool ConnectionTable::evict_one() {
  for (const Phase phase : {Phase::idle, Phase::opening}) {
    const List& from = list_of(phase);
    const auto found = std::find_if(from.begin(), from.end(),
                                    [](const auto& connection) { return !connection->is_local(); });
    if (found == from.end()) continue;
    HttpConnection& connection = **found;
    // Out of the list at once, so that the next call finds another one.
    move(connection, Phase::busy);
    connection.give_up();
    count_evicted();
    return true;
  }
  return false;
}

void ConnectionTable::drain() {
  draining_ = true;
  for (const List& list : lists_) {
    for (const auto& connection : list) connection->drain();
  }
}

void ConnectionTable::cut() {
  drain();
  for (const List& list : lists_) {
    for (const auto& connection : list) connection->cut();
  }
}

void ConnectionTable::stop() {
  stopped_ = true;
  timer_.cancel();
}

void ConnectionTable::add_to(HttpServerStats& sum) const {
  sum.connections_open += open();
  sum.connections_upgraded += upgraded_open_.load(std::memory_order_relaxed);
  sum.connections_accepted += accepted_.load(std::memory_order_relaxed);
  sum.connections_evicted += evicted_.load(std::memory_order_relaxed);
  sum.requests += requests_.load(std::memory_order_relaxed);
  sum.requests_rejected += rejected_.load(std::memory_order_relaxed);
}

}  // namespace curfew
