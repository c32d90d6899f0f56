// gate/token/open_connections.hpp: requests that go on after they were judged, and must end when an
// entry outdates their token (docs/replica-format.md, "Open connections").
//
// Each is announced in the reader's seat before it is judged; what was applied is acknowledged by
// the seat only when everything that must be closed has been left. One thread at a time.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "gate/replica/reader_table.hpp"
#include "gate/token/token_gate.hpp"

namespace curfew {

class OpenConnections {
 public:
  using Link =
      boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::normal_link>>;
  struct Connection : Link {
    OpenConnections* home = nullptr;
    void* user = nullptr;
    std::shared_ptr<const GateToken> token = nullptr;
    HashedKeys hashed = {};
    LeaseNeed need = LeaseNeed::as_the_gate;
    std::optional<GateAnswer> why = std::nullopt;  // it is dead
  };

  // Takes a seat. `gate` outlives this. Errors: as ReaderSeat::take().
  [[nodiscard]] static Result<std::unique_ptr<OpenConnections>> open(TokenGate& gate);
  // What is still open counts as closed after this.
  ~OpenConnections();
  OpenConnections(const OpenConnections&) = delete;
  OpenConnections& operator=(const OpenConnections&) = delete;

  // `answer` is put in the place of what it was; where it is live there is a connection, until
  // leave().
  [[nodiscard]] Connection* check(const GateRequest& request, void* user, GateAnswer& answer);
  // It is closed.
  void leave(Connection& connection);

  // Before each piece that is passed on: why this one must be closed now; null: it may go on, by
  // what the replica, its lease and the clocks are now. Acknowledges nothing: review() does, and
  // hands out what was found here as well.
  [[nodiscard]] const GateAnswer* must_end(Connection& connection);

  // One that must be closed now, and why; null: there is none, and everything up to what the
  // replica had at the last look was closed. The same one again until it was left.
  struct Dead {
    Connection* connection = nullptr;
    GateAnswer why = {};
  };
  [[nodiscard]] Dead review();

  [[nodiscard]] std::size_t count() const { return open_.size() + dead_.size(); }

 private:
  using Connections = boost::intrusive::list<Connection>;

  OpenConnections(TokenGate& gate, ReaderSeat seat);
  void look();
  void judge_all();
  void end(Connection& connection, GateAnswer why);
  void end_all(const GateAnswer& why);
  [[nodiscard]] Result<const ReplicaView*> current();
  // Whether nothing has changed since all were judged, and no lease is lacking.
  [[nodiscard]] bool is_as_judged(const ReplicaView& view, LeaseNeed need, TimePoint expires);

  TokenGate& gate_;
  ReplicaFollower follower_;
  ReaderSeat seat_;
  std::deque<Connection> all_;  // in one of the lists each
  Connections open_;
  Connections dead_;
  Connections unused_;                    // that were left, for the next ones
  std::optional<ReplicaLook> judged_by_;  // none: judge them all at the next look
  std::optional<Position> unsettled_;     // to be said closed when nothing is dead
  TimePoint next_expiry_ = TimePoint::max();
  LeaseNeed need_ = LeaseNeed::as_the_gate;  // `always` where one that is open asks for it
};

}  // namespace curfew
