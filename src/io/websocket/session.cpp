#include "io/websocket/session.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "io/connection_sizes.hpp"

namespace curfew {

using Step = Socket::Step;

namespace {

// Counted for each frame that waits, beside its bytes.
constexpr std::size_t kFrameCost = 64;
// Then the other work of the thread gets its turn.
constexpr unsigned kReadsPerTurn = 4;
// An idle session keeps no queue of more frames.
constexpr std::size_t kIdleQueueFramesMax = 16;
// Who gets so little at once has most likely got all that there is.
constexpr std::size_t kWholeReadBytesMax = 4096;

std::size_t cost_of(const WebsocketFrame& frame) { return frame->size() + kFrameCost; }

WebsocketOpcode opcode_of(const WebsocketFrame& frame) {
  return static_cast<WebsocketOpcode>(static_cast<unsigned char>(frame->front()) & 0x0FU);
}

bool is_data(const WebsocketFrame& frame) {
  const WebsocketOpcode opcode = opcode_of(frame);
  return opcode == WebsocketOpcode::text || opcode == WebsocketOpcode::binary;
}

WebsocketOpcode opcode_of(const WebsocketMessage& message) {
  return message.is_text ? WebsocketOpcode::text : WebsocketOpcode::binary;
}

// Shared by all sessions of a thread: its content does not survive a co_await.
std::array<char, kReadBufferBytes>& read_buffer() {
  thread_local std::array<char, kReadBufferBytes> buffer;
  return buffer;
}

Duration since_boot() { return SystemClock{}.since_boot(); }

// Of random bytes that are fetched many at once, and used once. By the thread alone, so that it
// takes no lock.
WebsocketMask fresh_mask(RandomSource random) {
  struct Pool {
    RandomSource random = nullptr;
    std::array<WebsocketMask, 64> masks{};
    std::size_t used = 0;
  };
  thread_local Pool pool;
  if (pool.random != random || pool.used == pool.masks.size()) {
    random(std::as_writable_bytes(std::span{pool.masks}));
    pool.random = random;
    pool.used = 0;
  }
  return std::exchange(pool.masks[pool.used++], WebsocketMask{});
}

}  // namespace

WebsocketFrame make_frame(const WebsocketMessage& message) {
  return std::make_shared<const std::string>(encode_frame(opcode_of(message), message.payload));
}

std::shared_ptr<WebsocketSession> WebsocketSession::open(Parts parts) {
  CURFEW_CHECK(&current_executor() == &parts.executor);
  std::shared_ptr<WebsocketSession> session{new WebsocketSession(std::move(parts))};
  session->arm();
  return session;
}

WebsocketSession::WebsocketSession(Parts parts)
    : runtime_(parts.runtime),
      executor_(parts.executor),
      own_socket_(std::move(parts.own_socket)),
      socket_(own_socket_ ? own_socket_.get() : parts.socket),
      role_(parts.role),
      random_(parts.random),
      limits_(parts.limits),
      subprotocol_(std::move(parts.subprotocol)),
      decoder_(parts.role, parts.limits.message_bytes_max),
      keepalive_(parts.limits.times, since_boot()),
      pending_(std::move(parts.received)),
      written_(parts.executor),
      drained_(parts.executor) {
  CURFEW_CHECK(socket_ != nullptr && (role_ == WebsocketRole::server || random_ != nullptr));
}

WebsocketSession::~WebsocketSession() = default;

// What other threads may ask.

WebsocketSession::Taken WebsocketSession::enqueue(WebsocketFrame frame) {
  std::vector<WebsocketFrame> dropped;  // freed without the lock
  const std::size_t cost = cost_of(frame);
  const std::lock_guard lock(mutex_);
  if (mailbox_.is_shut) return {};
  if (queued_bytes_.load() + cost > limits_.queue_bytes_max) {
    mailbox_.is_shut = true;
    mailbox_.frames.swap(dropped);
    mailbox_.close = CloseRequest{.code = kCloseTryAgainLater,
                                  .reason = "what was sent is not read fast enough",
                                  .drops_queue = true};
    return {.is_queued = false, .has_become_noted = mailbox_.becomes_noted()};
  }
  queued_bytes_ += cost;
  mailbox_.frames.push_back(std::move(frame));
  return {.is_queued = true, .has_become_noted = mailbox_.becomes_noted()};
}

void WebsocketSession::note() {
  executor_.post([self = shared_from_this()] { self->collect(); });
}

bool WebsocketSession::send(WebsocketFrame frame) {
  CURFEW_CHECK(role_ == WebsocketRole::server);
  return put(std::move(frame));
}

bool WebsocketSession::send(const WebsocketMessage& message) {
  return put(encode(opcode_of(message), message.payload));
}

bool WebsocketSession::put(WebsocketFrame frame) {
  const Taken taken = enqueue(std::move(frame));
  if (taken.has_become_noted) note();
  return taken.is_queued;
}

void WebsocketSession::close(std::uint16_t code, std::string_view reason) {
  CURFEW_CHECK(is_close_code(code));
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(mailbox_.is_shut, true)) return;
    mailbox_.close = CloseRequest{.code = code, .reason = std::string{reason}};
    if (!mailbox_.becomes_noted()) return;
  }
  note();
}

void WebsocketSession::cut() {
  {
    const std::lock_guard lock(mutex_);
    mailbox_.is_shut = true;
    mailbox_.cut = true;
    if (!mailbox_.becomes_noted()) return;
  }
  note();
}

// Writing.

void WebsocketSession::collect() {
  std::vector<WebsocketFrame> dropped;  // freed without the lock
  std::optional<CloseRequest> close;
  bool is_cut = false;
  {
    const std::lock_guard lock(mutex_);
    mailbox_.is_noted = false;
    is_cut = std::exchange(mailbox_.cut, false);
    close.swap(mailbox_.close);
    if (is_over_ || is_closing_ || is_cut) {
      dropped.swap(mailbox_.frames);
    } else {
      take_frames();
    }
  }
  if (is_over_) return;
  if (is_cut) return over("it was cut from this side");
  if (close) begin_close(*close);
  flush();
}

// Under the lock. Both vectors keep their memory for the next ones.
void WebsocketSession::take_frames() {
  if (queue_at_ == queue_.size()) {
    queue_.clear();
    queue_at_ = 0;
    queue_.swap(mailbox_.frames);
    return;
  }
  // What is sent already: a queue that is never empty must not grow by it.
  if (queue_at_ > queue_.size() / 2) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(queue_at_));
    queue_at_ = 0;
  }
  queue_.insert(queue_.end(), std::make_move_iterator(mailbox_.frames.begin()),
                std::make_move_iterator(mailbox_.frames.end()));
  mailbox_.frames.clear();
  if (mailbox_.frames.capacity() > kIdleQueueFramesMax) mailbox_.frames = {};
}

WebsocketFrame WebsocketSession::encode(WebsocketOpcode opcode, std::string_view payload) const {
  std::optional<WebsocketMask> mask;
  if (role_ == WebsocketRole::client) mask = fresh_mask(random_);
  return std::make_shared<const std::string>(encode_frame(opcode, payload, mask));
}

// Whether current_ is something to write.
bool WebsocketSession::has_next() {
  if (current_) return true;
  if (close_sent_) return false;
  current_at_ = 0;
  if (pong_) {
    current_ = std::exchange(pong_, nullptr);
  } else if (ping_) {
    current_ = std::exchange(ping_, nullptr);
  } else if (queue_at_ < queue_.size()) {
    current_ = std::move(queue_[queue_at_++]);
  } else {
    queue_.clear();
    queue_at_ = 0;
    if (queue_.capacity() > kIdleQueueFramesMax) queue_ = std::vector<WebsocketFrame>{};
    current_ = std::exchange(close_, nullptr);
  }
  return current_ != nullptr;
}

void WebsocketSession::flush() {
  if (is_over_ || is_writing_) return;
  while (has_next()) {
    std::size_t size = 0;
    const Step step = socket_->try_write(std::string_view{*current_}.substr(current_at_), size);
    if (step == Step::closed || step == Step::failed) return over("the connection was lost");
    if (step != Step::done) return wait_to_write(step);
    current_at_ += size;
    keepalive_.wrote(size, since_boot());
    if (current_at_ == current_->size()) finish_frame();
    if (is_over_) return;
  }
  keepalive_.written();
  drained_.wake();
}

void WebsocketSession::wait_to_write(Step step) {
  keepalive_.writing(since_boot());
  arm();
  is_writing_ = true;
  socket_->when_ready_for(step, [self = shared_from_this()](bool ready) {
    self->is_writing_ = false;
    self->written_.wake();
    if (ready) self->flush();
  });
}

void WebsocketSession::finish_frame() {
  const WebsocketFrame frame = std::exchange(current_, nullptr);
  if (is_data(frame)) queued_bytes_ -= cost_of(frame);
  if (opcode_of(frame) != WebsocketOpcode::close) return;
  close_sent_ = true;
  if (close_received_) return over({});
  // RFC 6455 7.1.7: an honest peer then leaves, and nothing that it still says is heard.
  if (is_discarding_) socket_->finish_sending();
}

void WebsocketSession::drop_queue() {
  for (; queue_at_ < queue_.size(); ++queue_at_) queued_bytes_ -= cost_of(queue_[queue_at_]);
  queue_ = std::vector<WebsocketFrame>{};
  queue_at_ = 0;
}

// Ending.

void WebsocketSession::begin_close(const CloseRequest& request) {
  if (is_over_ || std::exchange(is_closing_, true)) return;
  {
    const std::lock_guard lock(mutex_);
    mailbox_.is_shut = true;
  }
  if (request.drops_queue) drop_queue();
  ping_ = nullptr;
  ending_ = {.code = request.code, .by_peer = false, .reason = request.reason};
  close_ = encode(WebsocketOpcode::close, close_payload(request.code, request.reason));
  keepalive_.closing(since_boot());
  arm();
  drained_.wake();
}

void WebsocketSession::got_close() {
  close_received_ = true;
  if (!is_closing_) {
    begin_close({.code = decoder_.close_code(), .reason = {}, .drops_queue = true});
    ending_.by_peer = true;
    ending_.reason = decoder_.payload();
  }
  if (close_sent_) over({});
}

// `why`: if neither side has said so.
void WebsocketSession::over(std::string_view why) {
  if (std::exchange(is_over_, true)) return;
  std::vector<WebsocketFrame> dropped;  // freed without the lock
  {
    const std::lock_guard lock(mutex_);
    mailbox_.is_shut = true;
    mailbox_.frames.swap(dropped);
    queued_bytes_ = 0;
  }
  queue_ = std::vector<WebsocketFrame>{};
  queue_at_ = 0;
  pong_ = ping_ = close_ = current_ = nullptr;
  timer_.cancel();
  if (!is_closing_) ending_.reason = why;
  if (close_sent_ && close_received_) {
    socket_->finish_sending();
    socket_->cancel_waits();
  } else {
    socket_->cut();
  }
  drained_.wake();
}

// When nothing waits on the socket any more it goes back to its owner.
Task<Done> WebsocketSession::release() {
  if (socket_ == nullptr) co_return Done{};
  socket_->cancel_waits();
  while (is_writing_) co_await written_;
  socket_ = nullptr;
  own_socket_ = nullptr;
  co_return Done{};
}

// Time.

void WebsocketSession::arm() {
  const Duration next = keepalive_.next();
  if (is_over_ || next >= armed_for_) return;
  armed_for_ = next;
  const Duration delay = std::max(Duration{1}, next - since_boot());
  timer_ = call_after(runtime_, executor_, delay, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->look_at_clock();
  });
}

void WebsocketSession::look_at_clock() {
  armed_for_ = Duration::max();
  if (is_over_) return;
  const Duration now = since_boot();
  if (!is_receiving_) keepalive_.excuse_silence(now);
  switch (keepalive_.judge(now)) {
    case WebsocketKeepalive::Due::nothing: break;
    case WebsocketKeepalive::Due::ping:
      ping_ = encode(WebsocketOpcode::ping, keepalive_.ping_payload());
      flush();
      break;
    case WebsocketKeepalive::Due::silent: return over("the peer does not answer pings");
    case WebsocketKeepalive::Due::unread: return over("the peer does not read what it is sent");
    case WebsocketKeepalive::Due::never_closed: return over({});
  }
  arm();
}

// Reading.

Task<std::optional<WebsocketMessage>> WebsocketSession::receive() {
  const auto self = shared_from_this();
  CURFEW_CHECK(!std::exchange(is_receiving_, true));
  std::optional<WebsocketMessage> message;
  while (!is_over_) {
    message = decode();
    flush();
    if (message) break;
    const bool goes_on = co_await read_more();
    if (!goes_on) break;
  }
  if (!message) co_await release();
  is_receiving_ = false;
  co_return message;
}

Task<bool> WebsocketSession::drained() {
  const auto self = shared_from_this();
  while (!is_over_ && !is_closing_ && queued_bytes_.load() > 0) co_await drained_;
  co_return !is_over_ && !is_closing_;
}

// Nothing: all that was received is used up. Answers to it are put in their places, unsent.
std::optional<WebsocketMessage> WebsocketSession::decode() {
  while (pending_at_ < pending_.size()) {
    std::string_view rest = std::string_view{pending_}.substr(pending_at_);
    const WebsocketDecoder::Event event = decoder_.next(rest);
    pending_at_ = pending_.size() - rest.size();
    // An ended decoder takes nothing: what follows a close is not read.
    if (event == WebsocketDecoder::Event::need_more) break;
    std::optional<WebsocketMessage> message = act_on(event);
    if (message) return message;
  }
  pending_.clear();
  pending_at_ = 0;
  return std::nullopt;
}

std::optional<WebsocketMessage> WebsocketSession::act_on(WebsocketDecoder::Event event) {
  switch (event) {
    case WebsocketDecoder::Event::need_more: break;
    case WebsocketDecoder::Event::message: {
      WebsocketMessage message = decoder_.take_message();
      if (!is_closing_) return message;
      break;
    }
    case WebsocketDecoder::Event::ping:
      pong_ = encode(WebsocketOpcode::pong, decoder_.payload());
      break;
    case WebsocketDecoder::Event::pong:
      keepalive_.got_pong(decoder_.payload(), since_boot());
      arm();
      break;
    case WebsocketDecoder::Event::close: got_close(); break;
    case WebsocketDecoder::Event::failed:
      is_discarding_ = true;
      if (close_sent_) over({});
      begin_close({.code = decoder_.failure().code,
                   .reason = std::string{decoder_.failure().description},
                   .drops_queue = true});
      break;
  }
  return std::nullopt;
}

void WebsocketSession::keep(std::string_view bytes) {
  if (!is_discarding_) {
    pending_.assign(bytes);
    return;
  }
  discarded_ += bytes.size();
  if (discarded_ > kLingerBytesMax) over({});
}

Task<bool> WebsocketSession::read_more() {
  // A peer that never pauses must not keep the thread for itself.
  if (++reads_ % kReadsPerTurn == 0) {
    const Turn turn{executor_};
    co_await turn;
  }
  while (!is_over_) {
    std::size_t size = 0;
    const Step step = std::exchange(has_read_all_, false)
                          ? Step::wants_read
                          : socket_->try_read(read_buffer().data(), read_buffer().size(), size);
    if (step == Step::done) {
      has_read_all_ = size <= kWholeReadBytesMax && !socket_->has_buffered();
      keep({read_buffer().data(), size});
      // A server whom we chose, and which sends: what it has sent before its pong is on its way.
      if (role_ == WebsocketRole::client) keepalive_.excuse_silence(since_boot());
      co_return !is_over_;
    }
    if (step == Step::closed || step == Step::failed) {
      over("the connection was lost");
      break;
    }
    if (pending_.capacity() > kIdleBufferBytesMax) pending_ = std::string{};
    const bool waited = co_await socket_->wait_for(step);
    reads_ = 0;
    if (!waited) over("the connection was cut");
  }
  co_return false;
}

}  // namespace curfew
