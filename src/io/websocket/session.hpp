// io/websocket/session.hpp: one open WebSocket, either end: messages in, a bounded queue out.
//
// One task on the session's I/O thread reads: it awaits receive() again and again until there is
// nothing. Pings are answered, and peers that are gone are noticed, while receive() is awaited: so
// nothing slow belongs between two calls.
//
// Sending never waits and never blocks anybody. What is sent stands in a queue until the kernel
// takes it; a peer that lets the queue grow over its limit, or takes nothing of it for too long, is
// closed, and what was in the queue is let go. Frames are shared: one that goes to a thousand
// sessions is in memory once (make_frame).
//
// A session ends by an orderly close of either side (RFC 6455 7), or is cut. Afterwards sends are
// refused and receive() returns nothing.
//
// Thread: receive() and drained() on the session's I/O thread, one call of each at a time; all
// others on any thread. Lifetime: shared; the Runtime outlives it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "base/task.hpp"
#include "io/runtime.hpp"
#include "io/socket.hpp"
#include "io/turn.hpp"
#include "io/websocket/frame.hpp"
#include "io/websocket/keepalive.hpp"

namespace curfew {

struct WebsocketLimits {
  std::size_t message_bytes_max = limits::kWebsocketMessageBytesMax;  // of the peer's messages
  // Of frames that wait, counted in full for each session although they are shared. No single frame
  // may be larger.
  std::size_t queue_bytes_max = limits::kWebsocketQueueBytesMax;
  WebsocketTimes times;
};

// A whole unmasked frame, as servers send them.
using WebsocketFrame = std::shared_ptr<const std::string>;
[[nodiscard]] WebsocketFrame make_frame(const WebsocketMessage& message);

// Fills with unpredictable bytes; from any thread (fill_random of crypto/random.hpp). A client
// masks with them.
using RandomSource = void (*)(std::span<std::byte>);

// How a session ended.
struct WebsocketEnding {
  std::uint16_t code = kCloseLost;  // of the close frame that came first; kCloseLost: of none
  bool by_peer = false;
  std::string reason;  // if by_peer, the peer's own words: hostile
};

class WebsocketSession : public std::enable_shared_from_this<WebsocketSession> {
 public:
  // What it is made of. A server's peer owns the socket, which outlives release(); a client gives
  // its own away. `executor` is the one that `socket` belongs to.
  struct Parts {
    Runtime& runtime;
    Executor& executor;
    Socket* socket = nullptr;
    std::unique_ptr<Socket> own_socket = nullptr;  // or this
    WebsocketRole role = WebsocketRole::server;
    RandomSource random = nullptr;  // of a client
    WebsocketLimits limits;
    std::string received;  // bytes after the handshake that were read with it
    std::string subprotocol;
  };
  // For io/websocket/*.cpp. On the I/O thread.
  [[nodiscard]] static std::shared_ptr<WebsocketSession> open(Parts parts);
  ~WebsocketSession();
  WebsocketSession(const WebsocketSession&) = delete;
  WebsocketSession& operator=(const WebsocketSession&) = delete;

  // The next message; nothing once the session is over, and its socket is no longer used. After a
  // close of ours, messages that were still on their way are dropped.
  [[nodiscard]] Task<std::optional<WebsocketMessage>> receive();
  // Once the kernel has taken all that was sent before: true; false if the session is over or
  // closing.
  [[nodiscard]] Task<bool> drained();

  // False, and nothing is sent: the session is over or closing, or it is closed now because its
  // queue is full (kCloseTryAgainLater).
  bool send(const WebsocketMessage& message);
  // Servers only: clients mask each frame differently.
  bool send(WebsocketFrame frame);
  // Sends what stands in the queue, then a close frame, and waits for the peer's for a while. A
  // reason is at most kWebsocketReasonBytesMax of UTF-8.
  void close(std::uint16_t code, std::string_view reason);
  // Ends now; nothing more is sent, nothing more is read.
  void cut();

  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_.load(); }
  // Its I/O thread.
  [[nodiscard]] Executor& executor() const { return executor_; }
  [[nodiscard]] const std::string& subprotocol() const { return subprotocol_; }
  // After receive() has returned nothing; on its thread.
  [[nodiscard]] const WebsocketEnding& ending() const { return ending_; }

 private:
  friend class WebsocketRound;
  explicit WebsocketSession(Parts parts);

  struct CloseRequest {
    std::uint16_t code = kCloseNormal;
    std::string reason;
    bool drops_queue = false;
  };
  // What other threads leave for the I/O thread.
  struct Mailbox {
    std::vector<WebsocketFrame> frames;
    std::optional<CloseRequest> close;
    bool cut = false;
    bool is_noted = false;  // the I/O thread will look
    bool is_shut = false;   // nothing is taken any more

    // True if it was not noted: then the caller sees to it that collect() runs there.
    [[nodiscard]] bool becomes_noted() { return !std::exchange(is_noted, true); }
  };
  struct Taken {
    bool is_queued = false;         // otherwise refused
    bool has_become_noted = false;  // Mailbox::becomes_noted
  };

  // Any thread.
  Taken enqueue(WebsocketFrame frame);
  bool put(WebsocketFrame frame);
  void note();

  // The I/O thread.
  void collect();
  void take_frames();
  void flush();
  bool has_next();
  void wait_to_write(Socket::Step step);
  void finish_frame();
  void drop_queue();
  void begin_close(const CloseRequest& request);
  void over(std::string_view why);
  void look_at_clock();
  void arm();
  [[nodiscard]] WebsocketFrame encode(WebsocketOpcode opcode, std::string_view payload) const;
  std::optional<WebsocketMessage> decode();
  std::optional<WebsocketMessage> act_on(WebsocketDecoder::Event event);
  void got_close();
  void keep(std::string_view bytes);
  // False if the session is over.
  Task<bool> read_more();
  Task<Done> release();

  Runtime& runtime_;
  Executor& executor_;
  std::unique_ptr<Socket> own_socket_;
  Socket* socket_;  // null once released
  const WebsocketRole role_;
  const RandomSource random_;
  const WebsocketLimits limits_;
  const std::string subprotocol_;

  std::mutex mutex_;  // of the mailbox
  Mailbox mailbox_;
  std::atomic<std::size_t> queued_bytes_{0};

  WebsocketDecoder decoder_;
  WebsocketKeepalive keepalive_;
  Timer timer_;
  Duration armed_for_{Duration::max()};
  std::string pending_;  // received, and not yet decoded from pending_at_ on
  std::size_t pending_at_ = 0;
  std::vector<WebsocketFrame> queue_;
  std::size_t queue_at_ = 0;
  WebsocketFrame pong_;  // to the latest ping: older ones need none (RFC 6455 5.5.3)
  WebsocketFrame ping_;
  WebsocketFrame close_;
  WebsocketFrame current_;  // being written, from current_at_ on
  std::size_t current_at_ = 0;
  std::size_t discarded_ = 0;
  unsigned reads_ = 0;         // since a wait
  bool has_read_all_ = false;  // it seems: to wait is more than to try
  WebsocketEnding ending_;
  bool is_receiving_ = false;
  bool is_writing_ = false;  // a wait to write is pending
  bool is_closing_ = false;
  bool is_discarding_ = false;  // the peer has broken the protocol: nothing of it is read
  bool close_sent_ = false;
  bool close_received_ = false;
  bool is_over_ = false;
  WakeUp written_;  // is_writing_ has become false
  WakeUp drained_;  // the queue has become empty, or the session is over
};

}  // namespace curfew
