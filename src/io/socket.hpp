// io/socket.hpp: one connected non-blocking socket, plain or TLS, on one event loop.
//
// The try_ functions never wait. When they say so, the caller awaits readable() or writable() and
// tries again. Waiting needs no buffer, so an idle connection holds none.
//
// Thread: the event loop's own only. Lifetime: it must not be destroyed while a coroutine
// waits on it.
#pragma once

#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/tls_context.hpp"

namespace boost::asio {
class io_context;  // NOLINT(readability-identifier-naming): Asio's own name
}

namespace curfew {

class Socket {
 public:
  enum class Step {
    done,
    wants_read,   // nothing happened yet: await readable(), then try again
    wants_write,  // nothing happened yet: await writable(), then try again
    closed,       // the peer ended the connection in an orderly way
    failed,
  };

  // Owns `fd`, which is non-blocking. `ssl` is empty for a plain connection.
  Socket(boost::asio::io_context& context, int fd, SslPtr ssl);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] bool is_tls() const { return ssl_ != nullptr; }

  Step try_handshake();
  // After it; empty for a plain connection.
  [[nodiscard]] std::vector<std::string> peer_certificates() const;
  // After one that failed: why the peer's certificate is not believed; empty if that was not the
  // reason.
  [[nodiscard]] std::string certificate_problem() const;
  // Up to `capacity` > 0 bytes into `buffer`; `size` says how many when done.
  Step try_read(char* buffer, std::size_t capacity, std::size_t& size);
  // At least one byte of `bytes` (not empty) when done; `size` says how many.
  Step try_write(std::string_view bytes, std::size_t& size);
  // Bytes that were received and not yet read: readable() would not report them.
  [[nodiscard]] bool has_buffered() const;

  // co_await readable(): true when it is worth to try again, false if cancel_waits() was called.
  class Wait {
   public:
    Wait(Socket& socket, bool for_write) : socket_(socket), for_write_(for_write) {}
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
      socket_.resume_on(for_write_, waiting, &ok_);
    }
    bool await_resume() { return ok_; }

   private:
    Socket& socket_;
    bool for_write_;
    bool ok_ = false;
  };
  [[nodiscard]] Wait readable() { return {*this, false}; }
  [[nodiscard]] Wait writable() { return {*this, true}; }
  // For a `step` that wants one of the two.
  [[nodiscard]] Wait wait_for(Step step) { return {*this, step == Step::wants_write}; }
  // Calls `ready` once, with false after cancel_waits(). Not inside this call.
  void when_readable(std::function<void(bool)> ready);
  // The same for a `step` that wants one of the two.
  void when_ready_for(Step step, std::function<void(bool)> ready);
  // Pending waits end with false, soon, through the event loop.
  void cancel_waits();

  // Says goodbye: TLS close_notify if the state allows it, then no more sending. The peer may still
  // send.
  void finish_sending();
  // Both directions end at once; pending and later operations fail.
  void cut();

 private:
  void resume_on(bool for_write, std::coroutine_handle<> waiting, bool* ok);
  Step ssl_step(int outcome);

  struct Impl;
  std::unique_ptr<Impl> impl_;
  int fd_;
  SslPtr ssl_;
  bool ssl_usable_ = false;  // handshake done and no fatal error since
};

}  // namespace curfew
