#include "io/http_connection.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"
#include "io/connection_sizes.hpp"
#include "io/forwarded_for.hpp"
#include "io/turn.hpp"

namespace curfew {

using Phase = ConnectionTable::Phase;
using Step = Socket::Step;

namespace {

// How long what a refused peer still sends is read, up to kLingerBytesMax.
constexpr Duration kLingerTimeMax{2000};
// A slow but honest reader of a long answer gets the write time again for each of these.
constexpr std::size_t kWriteProgressBytes = 256UL * 1024;
// Sent by the client while a stream goes on: the next requests, if it is honest.
constexpr std::size_t kStreamPendingBytesMax = 16UL * 1024;

}  // namespace

// One streamed answer. Shared with the source's pending call, which may outlive the connection.
struct HttpConnection::Pull {
  explicit Pull(Executor& home, HttpStream stream)
      : executor(home), source(std::move(stream)), wake_up(home) {}

  Executor& executor;
  HttpStream source;
  std::optional<std::string> piece;
  bool asked = false;  // a call of `source` is under way, or its piece is not yet sent
  bool has_piece = false;
  bool watching = false;  // a wait for the peer is pending
  bool peer_gone = false;
  bool stopping = false;
  WakeUp wake_up;  // of something of the above

  static void ask(const std::shared_ptr<Pull>& pull) {
    start<std::optional<std::string>>(pull->source(), [pull](std::optional<std::string> next) {
      CURFEW_CHECK(&current_executor() == &pull->executor);
      pull->piece = std::move(next);
      pull->has_piece = true;
      pull->wake_up.wake();
    });
  }
};

HttpConnection::HttpConnection(ConnectionTable& table, std::shared_ptr<HttpServerCore> core,
                               boost::asio::io_context& context, UniqueFd fd, SslPtr ssl,
                               HttpPeer peer)
    : table_(table),
      core_(std::move(core)),
      socket_(context, fd.release(), std::move(ssl)),
      peer_(std::move(peer)) {}

HttpConnection::~HttpConnection() = default;

void HttpConnection::expire() {
  deadline.reset();
  timed_out_ = true;
  socket_.cancel_waits();
}

void HttpConnection::give_up() {
  ended_ = true;
  socket_.cancel_waits();
}

void HttpConnection::drain() {
  if (phase == Phase::idle) give_up();
  if (pull_) {
    pull_->stopping = true;
    pull_->wake_up.wake();
  }
  if (upgrade_) upgrade_->drain();
}

void HttpConnection::cut() {
  ended_ = true;
  socket_.cut();
  drain();
}

Task<Done> HttpConnection::run() {
  bool open = !socket_.is_tls() || co_await handshake();
  while (open) {
    open = co_await wait_for_request();
    if (open) open = co_await serve_one();
  }
  if (upgrade_) {
    co_await upgrade_->run({.runtime = table_.runtime(),
                            .executor = table_.executor(),
                            .socket = socket_,
                            .received = std::exchange(pending_, {})});
  }
  deadline.reset();
  socket_.finish_sending();
  co_return Done{};
}

Task<bool> HttpConnection::handshake() {
  allow(core_->limits.handshake_time_max);
  for (;;) {
    const Step step = socket_.try_handshake();
    if (step == Step::done) {
      note_certificates();
      co_return true;
    }
    if (step == Step::closed || step == Step::failed) co_return false;
    const bool waited = co_await socket_.wait_for(step);
    if (!goes_on(waited)) co_return false;
  }
}

// Only where the listener has asked.
void HttpConnection::note_certificates() {
  if (!peer_.certificates) return;
  peer_.certificates =
      std::make_shared<const std::vector<std::string>>(socket_.peer_certificates());
}

// Until the first byte of the next request is there; holds no buffer meanwhile.
Task<bool> HttpConnection::wait_for_request() {
  if (table_.draining()) co_return false;
  if (!pending_.empty() || socket_.has_buffered()) {
    // Pipelined: a peer that never pauses must not keep the thread for itself.
    const Turn turn{table_.executor()};
    co_await turn;
    co_return !ended_;
  }
  if (pending_.capacity() > kIdleBufferBytesMax) pending_ = std::string{};
  const HttpLimits& limits = core_->limits;
  allow(std::exchange(first_request_, false) ? limits.header_time_max : limits.idle_time_max);
  table_.move(*this, Phase::idle);
  const bool waited = co_await socket_.readable();
  co_return goes_on(waited);
}

Task<bool> HttpConnection::serve_one() {
  table_.move(*this, Phase::opening);
  Exchange exchange;
  const ReadOutcome outcome = co_await read_request(exchange);
  deadline.reset();
  table_.move(*this, Phase::busy);
  if (outcome == ReadOutcome::closed) co_return false;
  if (outcome == ReadOutcome::rejected) {
    co_await reject(exchange.rejection);
    co_return false;
  }
  table_.count_request();
  HttpFraming framing = exchange.framing;
  HttpResponse response = co_await core_->handler(std::move(exchange.request));
  // A handler that comes back on another thread would make a race of everything below.
  CURFEW_CHECK(&current_executor() == &table_.executor());
  if (ended_) co_return false;
  if (table_.draining()) framing.keep_alive = false;
  if (response.upgrade) admit_upgrade(response, framing);
  std::optional<std::string> unsent = begin_answer(response, framing);
  if (!unsent) co_return false;
  if (!unsent->empty()) {
    const bool written = co_await write_all(std::move(*unsent));
    if (!written) co_return false;
  }
  if (response.upgrade) {
    // run() goes on with it.
    upgrade_ = std::move(response.upgrade);
    if (table_.draining()) upgrade_->drain();
    co_return false;
  }
  if (response.stream && framing.method != HttpMethod::head) {
    const bool whole = co_await send_stream(std::move(response.stream), framing);
    co_return whole&& is_chunked(framing) && framing.keep_alive;
  }
  co_return framing.keep_alive;
}

// Where it cannot be, both become the refusal's.
void HttpConnection::admit_upgrade(HttpResponse& response, HttpFraming& framing) {
  CURFEW_CHECK(response.status == 101);
  if (framing.http_1_1 && !table_.draining() && table_.has_room_for_upgrade()) {
    table_.move(*this, Phase::upgraded);
    return;
  }
  framing.keep_alive = false;
  response = framing.http_1_1 ? HttpResponse::invalid_request(
                                    503,
                                    "there are too many connections of this kind, or the "
                                    "server is about to stop; try later")
                              : HttpResponse::invalid_request(400, "an upgrade needs HTTP/1.1");
}

// Takes the request from what was received before, then from the socket.
Task<HttpConnection::ReadOutcome> HttpConnection::read_request(Exchange& exchange) {
  HttpParser parser(core_->parser_limits);
  allow(core_->limits.header_time_max);
  bool in_body = false;
  std::string_view input = pending_;
  for (;;) {
    if (!input.empty()) {
      keep_rest(input, parser.feed(input));
      if (parser.state() == HttpParser::State::complete) break;
      if (parser.state() == HttpParser::State::rejected) {
        exchange.rejection = parser.rejection();
        co_return ReadOutcome::rejected;
      }
    }
    if (parser.state() == HttpParser::State::body && !std::exchange(in_body, true)) {
      const bool open = co_await begin_body(parser.expects_continue());
      if (!open) co_return ReadOutcome::closed;
    }
    const Step step = read_more(input);
    if (step == Step::closed || step == Step::failed) co_return ReadOutcome::closed;
    if (step == Step::done) continue;
    input = {};
    const bool waited = co_await socket_.wait_for(step);
    if (goes_on(waited)) continue;
    if (ended_ || !std::exchange(timed_out_, false)) co_return ReadOutcome::closed;
    exchange.rejection = {.status = 408, .description = "the request came too slowly"};
    co_return ReadOutcome::rejected;
  }
  co_return take_request(parser, exchange);
}

HttpConnection::ReadOutcome HttpConnection::take_request(HttpParser& parser,
                                                         Exchange& exchange) const {
  exchange.request = parser.take();
  if (!name_peer(exchange)) return ReadOutcome::rejected;
  exchange.framing = {.method = exchange.request.method,
                      .http_1_1 = parser.is_http_1_1(),
                      .keep_alive = parser.keep_alive(),
                      .date = {}};
  return ReadOutcome::complete;
}

// False, and the exchange's rejection, if the proxy in front does not say whom it serves.
bool HttpConnection::name_peer(Exchange& exchange) const {
  HttpPeer& peer = exchange.request.peer;
  peer = peer_;
  if (!core_->forwarded_for || peer.transport != Transport::plain_loopback) return true;
  std::optional<std::string> address = forwarded_address(exchange.request.headers);
  if (!address) {
    exchange.rejection = {
        .status = 400,
        .description = "the proxy in front must name the client's IP address in X-Forwarded-For"};
    return false;
  }
  peer.address = std::move(*address);
  peer.port = 0;
  peer.address_is_shared = false;
  return true;
}

Task<bool> HttpConnection::begin_body(bool expects_continue) {
  if (expects_continue && pending_.empty()) {
    const bool written = co_await write_all("HTTP/1.1 100 Continue\r\n\r\n");
    if (!written) co_return false;
  }
  allow(core_->limits.body_time_max);
  co_return true;
}

// On success `input` is all that is received and not yet used, old bytes before new ones.
Step HttpConnection::read_more(std::string_view& input) {
  std::vector<char>& buffer = table_.read_buffer();
  std::size_t size = 0;
  const Step step = socket_.try_read(buffer.data(), buffer.size(), size);
  if (step != Step::done) return step;
  input = {buffer.data(), size};
  if (!pending_.empty()) {
    pending_.append(input);
    input = pending_;
  }
  return step;
}

// The shared read buffer does not survive a wait: what is left over is copied.
void HttpConnection::keep_rest(std::string_view input, std::size_t used) {
  if (input.data() == pending_.data()) {
    pending_.erase(0, used);
  } else {
    pending_.assign(input.substr(used));
  }
}

// Head and body in one write, as far as the socket takes them. The rest is returned; nothing if the
// connection is lost.
std::optional<std::string> HttpConnection::begin_answer(const HttpResponse& response,
                                                        HttpFraming framing) {
  framing.date = table_.date();
  std::string& out = table_.write_buffer();
  out.clear();
  const Status appended = append_response(out, response, framing);
  if (!appended.ok()) {
    log(LogLevel::error, "http.response_unsendable", {{"reason", appended.error().message()}});
    framing.keep_alive = false;
    const HttpResponse apology = HttpResponse::json(500, R"({"error":"server_error"})");
    CURFEW_CHECK(append_response(out, apology, framing).ok());
  }
  std::string_view bytes = out;
  while (!bytes.empty()) {
    std::size_t size = 0;
    const Step step = socket_.try_write(bytes, size);
    if (step == Step::closed || step == Step::failed) return std::nullopt;
    if (step != Step::done) break;
    bytes.remove_prefix(size);
  }
  if (!appended.ok() && bytes.empty()) return std::nullopt;
  return std::string{bytes};
}

Task<bool> HttpConnection::write_all(std::string bytes) {
  std::string_view rest = bytes;
  std::size_t progress = 0;
  allow(core_->limits.write_time_max);
  while (!rest.empty()) {
    std::size_t size = 0;
    const Step step = socket_.try_write(rest, size);
    if (step == Step::closed || step == Step::failed) co_return false;
    if (step == Step::done) {
      rest.remove_prefix(size);
      progress += size;
      if (progress >= kWriteProgressBytes) {
        progress = 0;
        allow(core_->limits.write_time_max);
      }
      continue;
    }
    const bool waited = co_await socket_.wait_for(step);
    if (!goes_on(waited)) co_return false;
  }
  deadline.reset();
  co_return true;
}

Task<Done> HttpConnection::reject(HttpRejection rejection) {
  table_.count_rejected();
  const HttpResponse response =
      HttpResponse::invalid_request(rejection.status, rejection.description);
  const HttpFraming framing{
      .method = HttpMethod::get, .http_1_1 = true, .keep_alive = false, .date = {}};
  std::optional<std::string> unsent = begin_answer(response, framing);
  if (!unsent) co_return Done{};
  if (!unsent->empty()) {
    const bool written = co_await write_all(std::move(*unsent));
    if (!written) co_return Done{};
  }
  socket_.finish_sending();
  allow(kLingerTimeMax);
  std::size_t discarded = 0;
  while (discarded < kLingerBytesMax) {
    std::vector<char>& buffer = table_.read_buffer();
    std::size_t size = 0;
    const Step step = socket_.try_read(buffer.data(), buffer.size(), size);
    if (step == Step::closed || step == Step::failed) break;
    if (step == Step::done) {
      discarded += size;
      continue;
    }
    const bool waited = co_await socket_.wait_for(step);
    if (!goes_on(waited)) break;
  }
  co_return Done{};
}

// True if the stream came to its own end, or to the server's.
Task<bool> HttpConnection::send_stream(HttpStream source, HttpFraming framing) {
  const auto pull = std::make_shared<Pull>(table_.executor(), std::move(source));
  pull->stopping = table_.draining();
  pull_ = pull;
  watch_peer(pull);
  const bool whole = co_await send_pieces(pull, framing);
  // The watch refers to this connection: it must have ended before we go on.
  if (pull->watching) socket_.cancel_waits();
  while (pull->watching) co_await pull->wake_up;
  pull_ = nullptr;
  co_return whole && !pull->peer_gone;
}

Task<bool> HttpConnection::send_pieces(std::shared_ptr<Pull> pull, HttpFraming framing) {
  for (;;) {
    if (!std::exchange(pull->asked, true)) Pull::ask(pull);
    while (!pull->has_piece && !pull->peer_gone && !pull->stopping) co_await pull->wake_up;
    if (pull->peer_gone || ended_) co_return false;
    if (!pull->has_piece) break;
    std::optional<std::string> piece = std::exchange(pull->piece, std::nullopt);
    if (!piece) break;
    std::string bytes;
    if (is_chunked(framing)) {
      append_chunk(bytes, *piece);
    } else {
      bytes = *std::move(piece);
    }
    const bool written = co_await write_all(std::move(bytes));
    if (!written) co_return false;
    pull->has_piece = false;
    pull->asked = false;
    if (pull->stopping) break;
    // A source that is always ready must not keep the thread for itself.
    const Turn turn{table_.executor()};
    co_await turn;
  }
  if (!is_chunked(framing)) co_return true;
  const bool written = co_await write_all(std::string{kLastChunk});
  co_return written;
}

// Learns that the peer has left while there is nothing to write. A peer that closes only its
// sending side counts as gone.
void HttpConnection::watch_peer(const std::shared_ptr<Pull>& pull) {
  for (;;) {
    std::string_view input;
    const Step step = read_more(input);
    if (step == Step::wants_read || step == Step::wants_write) break;
    if (step == Step::done) keep_rest(input, 0);
    if (step != Step::done || pending_.size() > kStreamPendingBytesMax) {
      pull->peer_gone = true;
      return;
    }
  }
  pull->watching = true;
  socket_.when_readable([this, pull](bool ready) {
    pull->watching = false;
    if (ready) {
      watch_peer(pull);
    } else {
      pull->peer_gone = pull->peer_gone || ended_ || timed_out_;
    }
    pull->wake_up.wake();
  });
}

}  // namespace curfew
