// gate/follower/test_desk.hpp: one gate over a map, and what a server might say to it.
#pragma once

#include <doctest/doctest.h>

#include "base/text.hpp"
#include "gate/follower/follower.hpp"
#include "gate/follower/test_map_replica.hpp"

namespace curfew {

using namespace std::chrono_literals;

inline const TimePoint kWall = from_unix_millis(1'700'000'000'000);

inline GateTime at(Duration boot) { return {boot, kWall + boot}; }

inline std::string hash_at(std::uint64_t sequence) { return "h" + std::to_string(sequence); }

inline ReplicaEntry entry_of(std::uint64_t sequence, Effect effect = Effect::reauth,
                             std::string user = "") {
  if (user.empty()) user = "user-" + std::to_string(sequence);
  return {{KeyKind::user, std::move(user)}, effect, {1, sequence}, kWall, effect == Effect::block};
}

inline CredentialFacts credential_of(const std::string& user) {
  return {CredentialClass::access, {{1, 1}, {1, 1}}, kWall + 24h, {{KeyKind::user, user}}};
}

inline std::string head_of(Position position, const std::string& hash) {
  return "signed " + to_string(position) + " " + hash;
}
inline std::string head_of(std::uint64_t sequence) {
  return head_of({1, sequence}, hash_at(sequence));
}

inline Result<ChainMark> read_head(std::string_view jws) {
  const auto words = split_words(jws);
  if (words.size() == 3 && words[0] == "signed")
    return ChainMark{*parse_position(words[1]), std::string{words[2]}};
  return Error::permanent(ErrorCode::unauthenticated, "not signed");
}

inline FeedEntries urgent(ReplicaEntry entry) { return {true, {std::move(entry)}, "", {}}; }

inline SnapshotPart whole_snapshot(Position position, const std::string& hash) {
  return {position, {}, {}, {}, 0, true, head_of(position, hash), {}};
}
inline SnapshotPart whole_snapshot(std::uint64_t sequence) {
  return whole_snapshot({1, sequence}, hash_at(sequence));
}

inline LeaseAnswer answer_to(std::int64_t request, std::uint64_t sequence,
                             Duration duration = 10s) {
  return {request, {1, sequence}, duration, head_of(sequence)};
}

inline ServerHello hello(Position head, const std::string& hash, std::string yours = "") {
  return {kGateProtocolVersion, "node", {}, head_of(head, hash), std::move(yours)};
}

// One gate and what a server might say to it.
struct Desk {
  MapReplica replica;
  std::size_t verified = 0;
  std::uint64_t chance = 0;  // whatever is drawn
  Follower follower;

  explicit Desk(MapReplica::File file = {}, FollowerMemory memory = {})
      : replica(std::move(file)),
        follower(
            {.instance = GateInstanceId{"instance-instance"}}, replica, std::move(memory),
            [this](std::string_view jws) {
              ++verified;
              return read_head(jws);
            },
            [this] { return chance; }) {}

  GateHello connect(Duration boot) { return follower.connected(at(boot)); }
  FollowerStep get(const ServerMessage& message, Duration boot) {
    return follower.received(message, at(boot));
  }
  FollowerStep get_entries(std::uint64_t first, std::uint64_t last, Duration boot) {
    FeedEntries feed{false, {}, head_of(last), {}};
    for (std::uint64_t each = first; each <= last; ++each) feed.entries.push_back(entry_of(each));
    return get(feed, boot);
  }
  // Connected, greeted at the head, and a snapshot of it installed; all at `boot`.
  FollowerStep start(std::uint64_t head, Duration boot) {
    CHECK_FALSE(follower.connected(at(boot)).has.position.is_set());
    FollowerStep step = get(hello({1, head}, hash_at(head)), boot);
    const FollowerStep more = get(whole_snapshot(head), boot);
    CHECK_FALSE(more.close.has_value());
    step.send.insert(step.send.end(), more.send.begin(), more.send.end());
    return step;
  }
  bool accepts(const std::string& user, Duration boot) const {
    return replica.accepts(credential_of(user), at(boot));
  }
};

template <typename Message>
std::vector<Message> all_of(const FollowerStep& step) {
  std::vector<Message> found;
  for (const GateMessage& message : step.send) {
    if (const auto* const one = std::get_if<Message>(&message)) found.push_back(*one);
  }
  return found;
}

inline std::int64_t asked(const FollowerStep& step) {
  const auto requests = all_of<LeaseRequest>(step);
  REQUIRE(requests.size() == 1);
  return requests[0].request;
}

inline Position acknowledged(const FollowerStep& step) {
  const auto acks = all_of<FeedAck>(step);
  return acks.empty() ? Position{} : acks.back().position;
}

}  // namespace curfew
