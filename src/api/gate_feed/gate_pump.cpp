// The journal's news: taken over from the store's writer, judged, encoded once, told to everybody.
#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "api/gate_feed/gate_hub.hpp"
#include "api/metrics.hpp"
#include "base/fence_limits.hpp"
#include "base/log.hpp"
#include "store/mapping.hpp"
#include "store/schema_gates.hpp"

namespace curfew {

namespace {

// Takes access away, of one thing.
bool is_urgent(const ReplicaEntry& entry) {
  const bool takes = entry.effect == Effect::block || entry.effect == Effect::reauth;
  return takes && entry.key.kind != KeyKind::tenant;
}

}  // namespace

void GateHub::published(const JournalEntry& entry, const Watermark& watermark) {
  {
    const std::lock_guard lock{news_mutex_};
    news_.push_back({to_replica_entry(entry, watermark), entry.chain_hash});
    if (std::exchange(is_noted_, true)) return;
  }
  executor_.post([weak = weak_from_this()] {
    if (const auto hub = weak.lock()) hub->pump();
  });
}

void GateHub::pump() {
  std::vector<Published> news;
  {
    const std::lock_guard lock{news_mutex_};
    is_noted_ = false;
    news.swap(news_);
  }
  if (news.empty()) return;
  // Whoever is not let in any more is not told of it.
  judge_links(news);
  tell_urgent(news);
  untold_.insert(untold_.end(), std::make_move_iterator(news.begin()),
                 std::make_move_iterator(news.end()));
  tell_all();
}

void GateHub::tell_all() {
  // The end of a round, and the timer, look again.
  if (untold_.empty() || pace_.is_telling() || is_telling_armed_) return;
  const Duration wait = pace_.wait(context_.clock.since_boot());
  if (wait > Duration{0}) {
    is_telling_armed_ = true;
    telling_timer_ = call_after(context_.runtime, executor_, wait, [weak = weak_from_this()] {
      const auto hub = weak.lock();
      if (!hub) return;
      hub->is_telling_armed_ = false;
      hub->tell_all();
    });
    return;
  }
  pace_.begin(context_.clock.since_boot());
  room_.tell_settings(feed_settings());
  tell(std::exchange(untold_, {}));
}

void GateHub::round_ended() {
  pace_.end(context_.clock.since_boot(), room_.connected());
  tell_all();
}

void GateHub::judge_links(const std::vector<Published>& news) {
  std::set<Key> touched;
  std::set<AppId> applications;
  for (const Published& one : news) {
    touched.insert(one.entry.key);
    if (one.entry.key.kind == KeyKind::application) applications.insert(AppId{one.entry.key.id});
  }
  for (const FeedLinkPtr& link : room_.links_naming(touched)) end_if_dead(link);
  for (const AppId& app : applications) {
    if (!room_.has_gate(app)) continue;
    const Status read = read_gate(app, GateOrigin::enrolled_now);
    if (!read.ok()) log(LogLevel::warning, "gate.unreadable", {{"why", read.error().message()}});
  }
}

void GateHub::tell_urgent(const std::vector<Published>& news) {
  FeedEntries urgent;
  urgent.is_urgent = true;
  for (const Published& one : news) {
    if (is_urgent(one.entry)) urgent.entries.push_back(one.entry);
  }
  if (urgent.entries.empty() || urgent.entries.size() > kUrgentEntriesMax) return;
  urgent.floor = floor().position;
  room_.send_urgent([&] { return frame_of(urgent); });
}

void GateHub::tell(const std::vector<Published>& news) {
  std::vector<EntriesFrame> frames;
  for (std::size_t at = 0; at < news.size();) {
    FeedEntries feed;
    feed.floor = floor().position;
    feed.ack_pause = std::min<Duration>(pace_.ack_pause(), gate_limits::kAckPauseMax);
    const Position first = news[at].entry.position;
    const Published* last = nullptr;
    // A generation begins a message, and ends every connection of before.
    for (; at < news.size() && feed.entries.size() < kFeedPageEntries &&
           news[at].entry.position.generation == first.generation;
         ++at) {
      feed.entries.push_back(news[at].entry);
      last = &news[at];
    }
    auto head = heads_.of({last->entry.position, last->chain_hash});
    if (!head.ok()) {
      log(LogLevel::error, "gate.head_not_signed", {{"why", head.error().message()}});
      break;  // who lives on what is published falls behind, and comes again
    }
    feed.head = std::move(head).value();
    frames.push_back({first, last->entry.position, frame_of(feed)});
  }
  // Through the event loop: it may be called within this call, or on another thread.
  const std::function<void()> sent = [weak = weak_from_this(), &executor = executor_] {
    executor.post([weak] {
      if (const auto hub = weak.lock()) hub->round_ended();
    });
  };
  const ToldEntries told = room_.publish(frames, sent);
  context_.metrics.add(Counter::gate_entries_told, told.entries);
  for (const FeedLinkPtr& link : told.fallen) begin_feeding(link, false);
}

void GateHub::tick() {
  const Duration now = context_.clock.since_boot();
  room_.forget_ended(now);
  wake_due(now);
  const std::uint64_t gates = context_.store.version(table_of<Gate>());
  if (gates != seen_gates_) {
    const Status read = read_gates(GateOrigin::enrolled_now);
    if (read.ok()) seen_gates_ = gates;
    if (!read.ok()) log(LogLevel::warning, "gate.unreadable", {{"why", read.error().message()}});
  }
  for (const FeedLinkPtr& link : room_.links()) {
    if (end_if_dead(link)) continue;
    if (room_.is_greeting(link) && now - link->began > kGateHelloTimeMax) {
      refuse(link, Error::permanent(ErrorCode::protocol, "the gate did not say hello"));
    } else if (const auto asked = room_.blocks_asked(link);
               asked && now - *asked > limits::kGateBlocksTimeMax) {
      refuse(link, Error::permanent(ErrorCode::protocol, "the gate did not hand over its blocks"));
    }
  }
  room_.tell_settings(feed_settings());
  const Position before = floor().position;
  if (!context_.live().head().position.is_set()) return;
  const auto floor = floor_now();
  if (!floor.ok() || floor->position == before) return;
  FeedEntries feed;
  feed.floor = floor->position;
  room_.send_to_live(frame_of(feed));
}

}  // namespace curfew
