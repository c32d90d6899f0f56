// api/gate_feed/feed_link.hpp: one open connection of a gate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "gate/feed/handed_blocks.hpp"
#include "gate/feed/message.hpp"
#include "gate/ledger/lease_ledger.hpp"
#include "io/websocket/session.hpp"
#include "model/gate.hpp"
#include "model/validity.hpp"
#include "protocol/jose/jws_key.hpp"

namespace curfew {

// As gates read it.
[[nodiscard]] inline WebsocketFrame frame_of(const ServerMessage& message) {
  return make_frame({.is_text = true, .payload = to_json(message)});
}

// Who came, as the endpoint found out.
struct FeedPeer {
  AppId gate;
  CredentialFacts facts;  // of the token that it came with
  std::string address;
};

enum class LinkPhase {
  greeting,      // gets nothing but the answer to its hello
  handing_over,  // of before a fence: gets nothing until its blocks are written
  writing,       // they have all come: it is the server's turn
  catching_up,   // is told what it lacks out of the store; what is urgent overtakes that
  live,          // has everything that was told, and gets what comes
};

struct FeedLink {
  FeedLink(std::shared_ptr<WebsocketSession> the_socket, FeedPeer the_peer, Duration now,
           TimePoint the_since)
      : socket(std::move(the_socket)), peer(std::move(the_peer)), began(now), since(the_since) {}

  const std::shared_ptr<WebsocketSession> socket;
  const FeedPeer peer;
  const Duration began;  // since boot
  const TimePoint since;

  // On the socket's I/O thread.
  Duration window_began{};
  std::size_t messages = 0;  // in this window
  std::int64_t last_request = -1;
  HandedBlocks handed;

  // Under the room's lock.
  LinkPhase phase = LinkPhase::greeting;
  bool is_over = false;
  Duration blocks_asked{};  // since boot
  bool has_proof = false;   // of a lost journal; for those that hand over
  GateInstanceId instance;
  std::string program_version;  // as its hello said; empty: it did not
  std::optional<FeedConnection> connection;
  Position sent;  // everything up to it
  std::optional<TimePoint> acknowledged_at;
  Position acknowledged;
  Duration lease_end{};  // of the last that it was given, as the server counts
  std::optional<FeedPolicy> told_policy;
  std::shared_ptr<const KeySet> told_keys;
};

using FeedLinkPtr = std::shared_ptr<FeedLink>;

}  // namespace curfew
