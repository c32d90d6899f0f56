// io/connection_table.hpp: the connections of one I/O thread of an HTTP server, and their clocks.
//
// Each connection is in one of four lists, in the order in which it got there: what it waits for
// decides whether it may be given up when room is needed. One coarse sweep per thread enforces
// every time limit of HTTP; a timer per operation would cost more than the operations. What a
// connection was upgraded to keeps its own time.
//
// Thread: all functions on the table's own I/O thread, except those marked "any thread".
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/http_parser.hpp"
#include "io/http_server.hpp"
#include "io/runtime.hpp"
#include "io/tls_context.hpp"
#include "io/unique_fd.hpp"

namespace curfew {

class ConnectionTable;
class HttpConnection;

// What all threads of one server share. Connections keep it alive, so that a handler that outlives
// HttpServer::stop finds its table when it returns.
struct HttpServerCore {
  HttpLimits limits;
  HttpParserLimits parser_limits;
  HttpHandler handler;
  bool forwarded_for = false;  // HttpServerOptions::forwarded_for
  std::vector<std::unique_ptr<ConnectionTable>> tables;

  // Guards the wait for the last connection's end.
  std::mutex mutex;
  std::condition_variable connection_ended;
};

class ConnectionTable {
 public:
  enum class Phase {
    idle,      // between requests, or before the first byte: the first to go
    opening,   // in the handshake or sending its request: next to go
    busy,      // its request is being handled or answered: stays
    upgraded,  // no longer HTTP: stays, and stays this
  };
  using List = std::list<std::unique_ptr<HttpConnection>>;

  // `core`, which owns the table, and `runtime` outlive it; `index` is the thread.
  ConnectionTable(HttpServerCore& core, Runtime& runtime, std::size_t index,
                  std::size_t connections_max, std::size_t upgrades_max);
  ~ConnectionTable();
  ConnectionTable(const ConnectionTable&) = delete;
  ConnectionTable& operator=(const ConnectionTable&) = delete;

  // Starts the sweep.
  void start();
  // Serves a new connection; at the limit another one is given up for it, or it is refused. The
  // limit is the network's: whoever administers this machine gets in through the Unix socket all
  // the same, and is not given up. `tls` is empty for a plain one. `core` is the owner again, as
  // shared.
  void adopt(std::shared_ptr<HttpServerCore> core, UniqueFd fd, HttpPeer peer,
             const TlsContext& tls);
  // Gives up the connection that has been idle longest, or else the oldest that is still sending
  // its request. False if there is none.
  bool evict_one();
  // No further request on any connection; idle ones end, streams end.
  void drain();
  // Every connection ends now.
  void cut();
  // Ends the sweep. Nothing of the table runs by itself afterwards.
  void stop();

  // For connections.
  void move(HttpConnection& connection, Phase phase);
  void remove(HttpConnection& connection);
  [[nodiscard]] bool draining() const { return draining_; }
  [[nodiscard]] bool has_room_for_upgrade() const {
    return upgraded_open_.load(std::memory_order_relaxed) < upgrades_max_;
  }
  // When `limit` from now has surely passed, on the table's coarse clock.
  [[nodiscard]] Duration deadline_after(Duration limit) const { return now_ + limit + tick_; }
  [[nodiscard]] std::string_view date() const { return date_; }
  [[nodiscard]] Executor& executor() const { return executor_; }
  [[nodiscard]] Runtime& runtime() const { return runtime_; }
  // Shared buffers: their content does not survive a co_await.
  [[nodiscard]] std::vector<char>& read_buffer() { return read_buffer_; }
  [[nodiscard]] std::string& write_buffer() { return write_buffer_; }
  void count_request() { add_one(requests_); }
  void count_rejected() { add_one(rejected_); }
  void count_evicted() { add_one(evicted_); }

  // Any thread.
  [[nodiscard]] std::size_t open() const { return open_.load(std::memory_order_acquire); }
  void add_to(HttpServerStats& sum) const;

 private:
  // One writer, so a plain store does; an atomic increment would cost a locked cache line.
  static void add_one(std::atomic<std::uint64_t>& counter) {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  List& list_of(Phase phase) { return lists_.at(static_cast<std::size_t>(phase)); }
  void count_upgraded() {
    upgraded_open_.store(list_of(Phase::upgraded).size(), std::memory_order_relaxed);
  }
  void sweep();
  void arm();

  HttpServerCore& core_;
  Runtime& runtime_;
  Executor& executor_;
  const std::size_t index_;
  const std::size_t connections_max_;
  const std::size_t upgrades_max_;
  const Duration tick_;
  Duration now_{0};
  std::string date_;
  Timer timer_;
  bool draining_ = false;
  bool stopped_ = false;
  std::array<List, 4> lists_;  // by Phase
  std::vector<char> read_buffer_;
  std::string write_buffer_;
  std::atomic<std::size_t> open_{0};
  std::atomic<std::size_t> upgraded_open_{0};
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::uint64_t> evicted_{0};
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> rejected_{0};
};

}  // namespace curfew
