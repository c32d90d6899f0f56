#include "gate/token/open_connections.hpp"

#include <algorithm>
#include <utility>

#include "gate/replica/lease.hpp"

namespace curfew {

namespace {

// Takes an announcement back, unless a connection is open now: also where memory is short.
class Announcement {
 public:
  Announcement(ReaderSeat& seat, Position contiguous) : seat_(&seat) { seat.opening(contiguous); }
  ~Announcement() {
    if (seat_ != nullptr) seat_->closed();
  }
  Announcement(const Announcement&) = delete;
  Announcement& operator=(const Announcement&) = delete;
  void keep() { seat_ = nullptr; }

 private:
  ReaderSeat* seat_;
};

}  // namespace

OpenConnections::OpenConnections(TokenGate& gate, ReaderSeat seat)
    : gate_(gate), follower_(gate.follower()), seat_(std::move(seat)) {}

OpenConnections::~OpenConnections() {
  for (std::size_t left = count(); left != 0; --left) seat_.closed();
  for (Connections* const list : {&open_, &dead_, &unused_}) list->clear();
}

Result<std::unique_ptr<OpenConnections>> OpenConnections::open(TokenGate& gate) {
  CURFEW_TRY(ReaderSeat seat, ReaderSeat::take(reader_table_path(gate.config().replica_path)));
  return std::unique_ptr<OpenConnections>{new OpenConnections{gate, std::move(seat)}};
}

OpenConnections::Connection* OpenConnections::check(const GateRequest& request, void* user,
                                                    GateAnswer& answer) {
  const auto view = follower_.current();
  if (!view.ok()) {
    answer = unavailable_answer(view.error().message());
    return nullptr;
  }
  // Before it is judged: an entry that is applied from now on waits until it was looked at.
  Announcement announcement{seat_, (*view)->contiguous()};
  // By the file that look() compares as well: a lane may be at the one of a gate that was killed.
  gate_.check(request, &follower_, answer);
  if (!answer.is_live()) return nullptr;
  if (unused_.empty()) unused_.push_front(all_.emplace_back());
  Connection& connection = unused_.front();
  unused_.pop_front();
  open_.push_front(connection);
  connection.home = this;
  connection.user = user;
  connection.token = answer.token;
  connection.need = gate_.rules_of(request)->lease;
  next_expiry_ = std::min(next_expiry_, connection.token->expires_at());
  if (connection.need == LeaseNeed::always) need_ = LeaseNeed::always;
  announcement.keep();
  return &connection;
}

void OpenConnections::leave(Connection& connection) {
  Connections& from = connection.why ? dead_ : open_;
  from.erase(from.iterator_to(connection));
  unused_.push_front(connection);
  // The next one has nothing of it.
  connection.token = nullptr;
  connection.hashed = {};
  connection.why = std::nullopt;
  seat_.closed();
}

Result<const ReplicaView*> OpenConnections::current() {
  CURFEW_TRY(const ReplicaView* const view, follower_.current());
  const HeldLease lease{*view};
  if (lease_state(lease, gate_.time()) == LeaseState::valid) return view;
  // A gate that was killed, or whose file was removed, leaves one that does not say so.
  follower_.look_again();
  return follower_.current();
}

void OpenConnections::end(Connection& connection, GateAnswer why) {
  connection.why = std::move(why);
  open_.erase(open_.iterator_to(connection));
  dead_.push_back(connection);
}

void OpenConnections::end_all(const GateAnswer& why) {
  while (!open_.empty()) end(open_.front(), why);
}

void OpenConnections::judge_all() {
  TimePoint next_expiry = TimePoint::max();
  LeaseNeed need = LeaseNeed::as_the_gate;
  for (auto at = open_.begin(); at != open_.end();) {
    Connection& connection = *at++;
    GateAnswer answer =
        gate_.judge_again(follower_, connection.token, connection.hashed, connection.need);
    if (answer.is_live()) {
      next_expiry = std::min(next_expiry, connection.token->expires_at());
      if (connection.need == LeaseNeed::always) need = LeaseNeed::always;
      continue;
    }
    end(connection, std::move(answer));
  }
  next_expiry_ = next_expiry;
  need_ = need;
}

bool OpenConnections::is_as_judged(const ReplicaView& view, LeaseNeed need, TimePoint expires) {
  // The lease before the words, the clock last.
  const HeldLease lease{view};
  const bool is_same = judged_by_ == view.look();
  const MachineTime time = gate_.time();
  return is_same && may_judge_by(lease, time, need) && time.now < expires;
}

const GateAnswer* OpenConnections::must_end(Connection& connection) {
  if (connection.why) return &*connection.why;
  const auto view = current();
  if (!view.ok()) {
    end(connection, unavailable_answer(view.error().message()));
    return &*connection.why;
  }
  if (is_as_judged(**view, connection.need, connection.token->expires_at())) return nullptr;
  GateAnswer answer =
      gate_.judge_again(follower_, connection.token, connection.hashed, connection.need);
  if (answer.is_live()) return nullptr;
  end(connection, std::move(answer));
  return &*connection.why;
}

void OpenConnections::look() {
  seat_.follow();
  const auto view = current();
  if (!view.ok()) {
    judged_by_.reset();
    end_all(unavailable_answer(view.error().message()));
    return;
  }
  // In this order: what is counted as applied is looked at afterwards.
  const Position contiguous = (*view)->contiguous();
  const ReplicaLook now = (*view)->look();
  const HeldLease lease{**view};
  const MachineTime time = gate_.time();  // the clock last
  const bool may_go_on = may_judge_by(lease, time, need_);
  if (judged_by_ != now || !may_go_on || time.now >= next_expiry_) {
    judge_all();
    judged_by_ = now;
  }
  unsettled_ = contiguous;
}

OpenConnections::Dead OpenConnections::review() {
  if (dead_.empty() && !unsettled_) look();
  if (!dead_.empty()) return {&dead_.front(), *dead_.front().why};
  if (unsettled_) seat_.closed_through(*std::exchange(unsettled_, std::nullopt));
  return {};
}

}  // namespace curfew
