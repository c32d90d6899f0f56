// What a gate lacks, out of the store: never more in its queue than a page, however much it is.
#include <utility>

#include "api/gate_feed/gate_hub.hpp"
#include "api/gate_feed/snapshot_reader.hpp"
#include "api/metrics.hpp"
#include "base/log.hpp"
#include "io/turn.hpp"

namespace curfew {

void GateHub::begin_feeding(const FeedLinkPtr& link, bool with_snapshot) {
  link->socket->executor().post([self = shared_from_this(), link, with_snapshot] {
    start<Done>(self->feed(link, with_snapshot), [](Done) {});
  });
}

Task<Done> GateHub::feed(FeedLinkPtr link, bool with_snapshot) {
  const auto self = shared_from_this();
  Status done = Done{};
  if (with_snapshot) done = co_await send_snapshot(link);
  while (done.ok()) {
    const bool is_open = co_await link->socket->drained();
    if (!is_open) co_return Done{};
    const Result<bool> has_more = send_page(link);
    if (!has_more.ok()) {
      done = has_more.error();
    } else if (!*has_more) {
      if (room_.become_live(link)) co_return Done{};
    }
  }
  // `unavailable` where it has gone meanwhile.
  if (room_.phase_of(link)) refuse(link, done.error());
  co_return Done{};
}

Result<bool> GateHub::send_page(const FeedLinkPtr& link) {
  const Position after = room_.sent_to(link);
  CURFEW_TRY(JournalPage page, read_value<JournalPage>(context_.store, [&](ReadTx& tx) {
               return read_journal_after(tx, context_.tenant_id, after);
             }));
  if (page.is_of_newer_generation) {
    return Error::transient(ErrorCode::unavailable, "a new generation of the journal began");
  }
  if (page.entries.empty()) return false;
  FeedEntries feed;
  feed.entries = std::move(page.entries);
  feed.floor = floor().position;
  CURFEW_TRY(feed.head, heads_.of(page.end));
  const bool is_sent = room_.send_page(link, page.end.position, frame_of(feed));
  if (is_sent) context_.metrics.add(Counter::gate_entries_told, feed.entries.size());
  return is_sent;
}

// The position before the content.
Task<Status> GateHub::send_snapshot(const FeedLinkPtr& link) {
  const JournalHead head = context_.live().head();
  CURFEW_CO_TRY(const JournalFloor floor, floor_now());
  SnapshotReader reader{
      context_.store, context_.tenant_id, {head.position, head.chain_hash}, floor};
  SnapshotPart part;
  part.position = head.position;
  part.floor = floor.position;
  part.floor_at = floor.at;
  if (context_.live().rollback().is_raised()) part.newest_stamp = context_.live().newest_stamp();
  while (!part.is_last) {
    CURFEW_CO_TRY(part.entries, reader.step());
    part.is_last = reader.is_done();
    if (part.entries.empty() && !part.is_last) {
      const Turn turn{link->socket->executor()};
      co_await turn;
      continue;
    }
    const Position reached = part.is_last ? head.position : Position{};
    if (part.is_last) {
      CURFEW_CO_TRY(part.head, heads_.of(reader.head()));
    }
    const bool is_sent = room_.send_page(link, reached, frame_of(part));
    ++part.part;
    const bool is_open = co_await link->socket->drained();
    if (!is_sent || !is_open) {
      co_return Error::transient(ErrorCode::unavailable, "the gate has gone");
    }
  }
  context_.metrics.add(Counter::gate_snapshots_sent);
  co_return Done{};
}

}  // namespace curfew
