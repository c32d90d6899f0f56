// gate/feed/hello_outcome.hpp: what the hello of a gate leads to at the server; pure.
#pragma once

#include <optional>
#include <string>

#include "gate/feed/message.hpp"
#include "model/chain_mark.hpp"

namespace curfew {

// What the server's journal is, beside what a hello says. Read together.
struct JournalBesideHello {
  Position head;
  Position floor;
  // The chain hashes at the two positions that the hello names; nothing where the journal has no
  // such entry.
  std::optional<std::string> hash_at_has;
  std::optional<std::string> hash_at_shown;
};

enum class FeedStart {
  // Go on after what the gate has.
  position,
  // It has nothing, or something of another generation or journal, or is below the floor.
  snapshot,
  // Our own signature says that the journal was elsewhere: an older database took its place. Grant
  // and issue nothing from now on until an operator fences, and refuse the connection with
  // FeedRefusal::is_rolled_back.
  rollback_proved,
};

struct HelloOutcome {
  FeedStart start = FeedStart::snapshot;
  // Its replica is of before the fence, or may be (ServerHello::wants_blocks): its blocks are
  // taken, and those written that is_lost() says, before anything of the new generation is sent to
  // it.
  bool hands_over_blocks = false;

  friend bool operator==(const HelloOutcome&, const HelloOutcome&) = default;
};

// `has`: what the gate says, which proves nothing. `shown`: what the head that it shows says, if
// our own key signed that; else nothing.
[[nodiscard]] HelloOutcome judge_hello(const ChainMark& has, const std::optional<ChainMark>& shown,
                                       const JournalBesideHello& journal);

// Whether the journal, whose entry at the block's position this is, does not have the entry that
// blocked it: an older database took its place. Nothing: there is no entry. A snapshot tells a
// block by its key's newest entry, which may be a `reauth`: the journal has that block where a hold
// stood on the key after it (`is_blocked_after`). Else that entry proves nothing: whoever was
// revoked makes one of their own where the lost block stood, by signing out everywhere.
[[nodiscard]] bool is_lost(const GateBlock& block, const std::optional<ReplicaEntry>& at_position);

}  // namespace curfew
