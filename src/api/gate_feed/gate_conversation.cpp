// What one gate says, and what it is answered.
#include <utility>

#include "access/liveness.hpp"
#include "api/gate_feed/gate_hub.hpp"
#include "api/metrics.hpp"
#include "api/token_keys.hpp"
#include "base/log.hpp"
#include "gate/feed/handed_blocks.hpp"
#include "gate/feed/hello_outcome.hpp"
#include "gate/feed/signed_head.hpp"
#include "io/runtime.hpp"
#include "store/schema.hpp"
#include "store/schema_gates.hpp"

namespace curfew {

namespace {

constexpr std::uint16_t kCloseDenied = 1008;  // RFC 6455 7.4.1: a policy was violated

std::string shortened(std::string_view reason) {
  return std::string{reason.substr(0, gate_limits::kRefusalBytesMax)};
}

Error broke(std::string message) {
  return Error::permanent(ErrorCode::protocol, std::move(message));
}

// What no honest gate does; the rest is the server's own condition.
bool is_misbehaviour(const Error& error) {
  switch (error.code()) {
    case ErrorCode::invalid_argument:
    case ErrorCode::protocol:
    case ErrorCode::denied:
    case ErrorCode::exhausted: return true;
    default: return false;
  }
}

bool says_uncut_requests(const GateMessage& message) {
  const auto* const request = std::get_if<LeaseRequest>(&message);
  const auto* const ack = std::get_if<FeedAck>(&message);
  return (request != nullptr && request->has_uncut_requests) ||
         (ack != nullptr && ack->has_uncut_requests);
}

}  // namespace

Task<Done> GateHub::serve(std::shared_ptr<WebsocketSession> socket, FeedPeer peer) {
  const auto self = shared_from_this();
  const auto link = std::make_shared<FeedLink>(std::move(socket), std::move(peer),
                                               context_.clock.since_boot(), context_.clock.now());
  const Status admitted = room_.admit(link);
  if (!admitted.ok()) refuse(link, admitted.error());
  const Status begun = co_await begin_journal();
  if (!begun.ok()) refuse(link, begun.error());
  // From here on whatever ends its token finds the link; what did before is seen now.
  end_if_dead(link);
  for (;;) {
    std::optional<WebsocketMessage> message = co_await link->socket->receive();
    if (!message) break;
    Status heard = broke("a message of the gate is no text");
    if (message->is_text) heard = co_await hear(link, std::move(message->payload));
    if (!heard.ok()) refuse(link, heard.error());
  }
  room_.leave(link, context_.clock.since_boot(), context_.clock.now());
  co_return Done{};
}

// The next message is not looked at before this one is dealt with.
Task<Status> GateHub::hear(FeedLinkPtr link, std::string text) {
  const std::optional<LinkPhase> phase = room_.phase_of(link);
  if (!phase) co_return Done{};  // it was on its way
  const Result<GateMessage> message = admitted(link, *phase, text);
  if (!message.ok()) co_return message.error();
  if (end_if_dead(link)) co_return Done{};
  if (const auto* const hello = std::get_if<GateHello>(&*message)) {
    co_return co_await begin_with(link, *hello);
  }
  if (const auto* const blocks = std::get_if<GateBlocks>(&*message)) {
    co_return co_await take_blocks(link, *blocks);
  }
  if (says_uncut_requests(*message)) {
    const Status stored = co_await remember_uncut(link, true);
    if (!room_.phase_of(link)) co_return Done{};
    // What could not be stored was not heard: it asks again.
    if (!stored.ok() && stored.error().retry() == Retry::later) co_return Done{};
    CURFEW_CO_TRY_STATUS(stored);
  }
  if (const auto* const request = std::get_if<LeaseRequest>(&*message)) {
    co_return on(link, *request);
  }
  co_return on(link, std::get<FeedAck>(*message));
}

// Read, and one that may come now.
Result<GateMessage> GateHub::admitted(const FeedLinkPtr& link, LinkPhase phase,
                                      const std::string& text) {
  const bool is_handing_over = phase == LinkPhase::handing_over;
  const Duration now = context_.clock.since_boot();
  if (now - link->window_began >= std::chrono::seconds{1}) {
    link->window_began = now;
    link->messages = 0;
  }
  // Blocks come all at once, and in no more parts than there can be.
  if (!is_handing_over && ++link->messages > kGateMessagesPerSecond) {
    return broke("the gate sends more messages than any has reason to");
  }
  CURFEW_TRY(GateMessage message, read_gate_message(text));
  const bool is_hello = std::holds_alternative<GateHello>(message);
  if (is_hello != (phase == LinkPhase::greeting)) {
    return broke(is_hello ? "the gate says hello twice" : "the gate did not say hello first");
  }
  if (std::holds_alternative<GateBlocks>(message) != is_handing_over) {
    return broke(is_handing_over ? "the gate did not hand over its blocks first"
                                 : "the gate hands over blocks that nobody asked for");
  }
  return message;
}

bool GateHub::end_if_dead(const FeedLinkPtr& link) {
  const Verdict verdict = verdict_now(context_.live(), link->peer.facts, context_.clock.now());
  if (verdict == Verdict::live) return false;
  end(link, "the gate's access token is not valid any more");
  return true;
}

// Whatever ends its token, as where the key was stolen, may have come while the writer waited.
Result<Gate> GateHub::gate_that_may(ReadTx& tx, const FeedPeer& peer) const {
  CURFEW_TRY(const Verdict verdict,
             verdict_in(tx, context_.journal, peer.facts, context_.clock.now()));
  if (verdict != Verdict::live) {
    return Error::permanent(ErrorCode::denied, "the gate's access token is not valid any more");
  }
  return require<Gate>(tx, "such gate", context_.tenant_id, peer.gate);
}

// Its link may be over afterwards, whatever is answered.
Task<Status> GateHub::remember_uncut(FeedLinkPtr link, std::optional<bool> has_some) {
  if (!room_.is_news(link->peer.gate, has_some)) co_return Done{};
  std::function<Result<Done>(WriteTx&)> body = [this, link, has_some](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(Gate gate, gate_that_may(tx, link->peer));
    const UncutRequests uncut = uncut_after(gate.uncut_requests, has_some);
    if (uncut == gate.uncut_requests) return Done{};
    gate.uncut_requests = uncut;
    CURFEW_TRY_STATUS(save(tx, gate));
    return Done{};
  };
  const Result<Done> written = co_await write_value<Done>(context_.store, current_executor(),
                                                          Urgency::emergency, std::move(body));
  if (!room_.phase_of(link) || end_if_dead(link)) co_return Done{};
  if (!written.ok()) co_return written.error();
  room_.note_uncut_requests(link->peer.gate, has_some);
  co_return Done{};
}

// Positions begin with an entry, and a gate of a new tenant has to be somewhere. It is about
// nothing that anybody has.
Task<Status> GateHub::begin_journal() {
  if (context_.live().head().position.is_set()) co_return Done{};
  std::function<Result<Done>(WriteTx&)> body = [this](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(const JournalHead head, journal_head(tx, context_.tenant_id));
    if (head.position.is_set()) return Done{};
    const NewEntry entry{credential_key("gate-feed"), Effect::reevaluate, "", std::nullopt,
                         "gate_feed_begins"};
    CURFEW_TRY_STATUS(context_.journal.append(tx, entry, context_.clock.now()));
    return Done{};
  };
  const Result<Done> written = co_await write_value<Done>(context_.store, current_executor(),
                                                          Urgency::normal, std::move(body));
  if (!written.ok()) co_return written.error();
  co_return Done{};
}

// Hello.

// What our own key signed of what the gate shows.
std::optional<ChainMark> GateHub::shown_by(const FeedLinkPtr& link, const GateHello& hello) {
  if (hello.head.empty()) return std::nullopt;
  const auto verified =
      verify_head(hello.head, *context_.token_keys.verify_keys(), context_.issuer());
  if (verified.ok()) return *verified;
  // It may be of a key that was withdrawn: no reason to turn an honest gate away.
  room_.count_refused(link->peer.gate);
  log(LogLevel::warning, "gate.head_not_ours",
      {{"gate", link->peer.gate.str()}, {"why", verified.error().message()}});
  return std::nullopt;
}

Task<Status> GateHub::begin_with(FeedLinkPtr link, GateHello hello) {
  CURFEW_CO_TRY_STATUS(agreed_version(hello));
  const std::optional<ChainMark> shown = shown_by(link, hello);
  CURFEW_CO_TRY(const JournalFloor floor, floor_now());
  CURFEW_CO_TRY(
      const JournalBesideHello journal,
      read_value<JournalBesideHello>(context_.store, [&](ReadTx& tx) -> Result<JournalBesideHello> {
        JournalBesideHello read;
        CURFEW_TRY(const JournalHead head, journal_head(tx, context_.tenant_id));
        read.head = head.position;
        read.floor = floor.position;
        CURFEW_TRY(read.hash_at_has, chain_hash_at(tx, context_.tenant_id, hello.has.position));
        const Position at_shown = shown ? shown->position : Position{};
        CURFEW_TRY(read.hash_at_shown, chain_hash_at(tx, context_.tenant_id, at_shown));
        return read;
      }));
  const HelloOutcome outcome = judge_hello(hello.has, shown, journal);
  if (outcome.start == FeedStart::rollback_proved) {
    suspect_rollback(link, *shown);
    co_return Done{};
  }
  const bool goes_on = outcome.start == FeedStart::position;
  const Position from = goes_on ? hello.has.position : Position{};
  CURFEW_CO_TRY_STATUS(co_await remember_uncut(link, hello.has_uncut_requests));
  if (!room_.phase_of(link)) co_return Done{};
  CURFEW_CO_TRY_STATUS(read_gate(link->peer.gate, GateOrigin::enrolled_now));
  // What it has of our own journal it may acknowledge at once, also where a snapshot follows.
  const bool is_ours =
      hello.has.position.generation == journal.head.generation &&
      judge_mark(hello.has, journal.head, journal.hash_at_has) == MarkVerdict::consistent;
  const Position has = is_ours ? hello.has.position : Position{};
  CURFEW_CO_TRY(const FeedLinkPtr replaced,
                room_.connect(link, hello, has, context_.clock.since_boot()));
  if (replaced) end(replaced, "the instance has a newer connection");
  const bool wants_blocks = outcome.hands_over_blocks;
  const bool has_proof = shown && proves_lost_journal(*shown, journal.head, journal.hash_at_shown);
  if (wants_blocks) {
    CURFEW_CO_TRY_STATUS(room_.ask_for_blocks(link, has_proof, context_.clock.since_boot()));
  }
  // Our hello takes the place of what it shows: that is remembered first.
  if (wants_blocks && has_proof) {
    CURFEW_CO_TRY_STATUS(co_await note_proof(link, shown->position));
    if (!room_.phase_of(link)) co_return Done{};
  }
  CURFEW_CO_TRY_STATUS(greet(link, hello, journal.hash_at_has.value_or(""), wants_blocks));
  log(LogLevel::info, "gate.connected",
      {{"gate", link->peer.gate.str()},
       {"instance", hello.instance.str()},
       {"address", link->peer.address},
       {"goes_on", goes_on}});
  if (!wants_blocks) feed_from(link, from);
  co_return Done{};
}

Status GateHub::greet(const FeedLinkPtr& link, const GateHello& hello,
                      const std::string& hash_at_has, bool wants_blocks) {
  ServerHello answer;
  answer.node = settings_.node;
  answer.floor = floor().position;
  answer.wants_blocks = wants_blocks;
  CURFEW_TRY(answer.head, heads_.newest());
  if (hello.has.position.is_set()) answer.chain_hash_at_yours = hash_at_has;
  room_.send(link, frame_of(answer));
  return Done{};
}

// Nothing: with a snapshot.
void GateHub::feed_from(const FeedLinkPtr& link, Position from) {
  room_.tell_settings(link, feed_settings());
  room_.begin(link, from);
  begin_feeding(link, !from.is_set());
}

// The alarm looks again, as always; nothing is granted by this server's journal until it is over.
void GateHub::suspect_rollback(const FeedLinkPtr& link, const ChainMark& shown) {
  log(LogLevel::error, "gate.proves_rollback",
      {{"gate", link->peer.gate.str()}, {"shown", to_string(shown.position)}});
  context_.live().rollback().suspect(
      {shown.position, to_string(key_of(link->peer.gate)), shown.chain_hash});
  FeedRefusal refusal;
  refusal.reason = "the journal of this server was rolled back: an operator must act";
  refusal.is_rolled_back = true;
  room_.send(link, frame_of(refusal));
  link->socket->close(kCloseTryAgainLater, "rolled back");
  room_.leave(link, context_.clock.since_boot(), context_.clock.now());
}

// The rest.

Status GateHub::on(const FeedLinkPtr& link, const LeaseRequest& request) {
  if (request.request <= link->last_request) {
    return broke("the gate asks again with the number of an earlier request");
  }
  link->last_request = request.request;
  const HeadReader head = [this]() -> std::optional<Position> {
    const LiveJournal& live = context_.live();
    if (live.rollback().is_raised()) return std::nullopt;
    return live.head().position;
  };
  const LedgerSettings& ledger = settings_.ledger;
  auto answer =
      room_.grant(link, request, head, context_.clock.since_boot(), ledger.lease + ledger.drift);
  // It asks again.
  if (!answer.ok() && answer.error().retry() == Retry::later) return Done{};
  if (!answer.ok()) return answer.error();
  CURFEW_TRY(answer->head, heads_.newest());
  room_.send(link, frame_of(*answer));
  return Done{};
}

Status GateHub::on(const FeedLinkPtr& link, const FeedAck& ack) {
  CURFEW_TRY_STATUS(
      room_.acknowledge(link, ack, context_.clock.since_boot(), context_.clock.now()));
  context_.metrics.add(Counter::gate_acknowledgements);
  progressed(link->peer.gate);
  return Done{};
}

// Ends.

void GateHub::refuse(const FeedLinkPtr& link, const Error& why) {
  if (is_misbehaviour(why)) {
    room_.count_refused(link->peer.gate);
    log(LogLevel::warning, "gate.refused",
        {{"gate", link->peer.gate.str()}, {"address", link->peer.address}, {"why", why.message()}});
  } else {
    log(LogLevel::error, "gate.not_served", {{"why", why.message()}});
  }
  end(link, is_misbehaviour(why) ? why.message() : "the server cannot serve it now");
}

void GateHub::end(const FeedLinkPtr& link, std::string_view why) {
  FeedRefusal refusal;
  refusal.reason = shortened(why);
  room_.send(link, frame_of(refusal));
  link->socket->close(kCloseDenied, "");
  room_.leave(link, context_.clock.since_boot(), context_.clock.now());
}

}  // namespace curfew
