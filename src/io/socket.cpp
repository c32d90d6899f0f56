#include "io/socket.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <limits>
#include <utility>

#include "base/check.hpp"

namespace curfew {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// With the concrete executor; any_io_executor costs an indirection per operation.
using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

int int_size(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

struct Socket::Impl {
  Impl(asio::io_context& context, int fd) : descriptor(context, fd) {}
  Descriptor descriptor;
};

Socket::Socket(asio::io_context& context, int fd, SslPtr ssl)
    : impl_(std::make_unique<Impl>(context, fd)), fd_(fd), ssl_(std::move(ssl)) {}

Socket::~Socket() = default;

Socket::Step Socket::ssl_step(int outcome) {
  switch (SSL_get_error(ssl_.get(), outcome)) {  // OpenSSL's int constants
    case SSL_ERROR_WANT_READ: return Step::wants_read;
    case SSL_ERROR_WANT_WRITE: return Step::wants_write;
    case SSL_ERROR_ZERO_RETURN: return Step::closed;
    default:
      // The queue belongs to the thread: what is left there would poison the next connection.
      ERR_clear_error();
      ssl_usable_ = false;
      return Step::failed;
  }
}

Socket::Step Socket::try_handshake() {
  ERR_clear_error();
  const int outcome = SSL_do_handshake(ssl_.get());
  if (outcome != 1) return ssl_step(outcome);
  ssl_usable_ = true;
  return Step::done;
}

std::vector<std::string> Socket::peer_certificates() const {
  return ssl_usable_ ? curfew::peer_certificates(*ssl_) : std::vector<std::string>{};
}

std::string Socket::certificate_problem() const {
  return ssl_ ? curfew::certificate_problem(*ssl_) : std::string{};
}

Socket::Step Socket::try_read(char* buffer, std::size_t capacity, std::size_t& size) {
  if (ssl_) {
    ERR_clear_error();
    const int outcome = SSL_read(ssl_.get(), buffer, int_size(capacity));
    if (outcome <= 0) return ssl_step(outcome);
    size = static_cast<std::size_t>(outcome);
    return Step::done;
  }
  for (;;) {
    const ssize_t outcome = ::recv(fd_, buffer, capacity, 0);
    if (outcome > 0) {
      size = static_cast<std::size_t>(outcome);
      return Step::done;
    }
    if (outcome == 0) return Step::closed;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return Step::wants_read;
    if (errno != EINTR) return Step::failed;
  }
}

Socket::Step Socket::try_write(std::string_view bytes, std::size_t& size) {
  CURFEW_CHECK(!bytes.empty());
  if (ssl_) {
    if (!ssl_usable_) return Step::failed;
    ERR_clear_error();
    const int outcome = SSL_write(ssl_.get(), bytes.data(), int_size(bytes.size()));
    if (outcome <= 0) return ssl_step(outcome);
    size = static_cast<std::size_t>(outcome);
    return Step::done;
  }
  for (;;) {
    const ssize_t outcome = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (outcome >= 0) {
      size = static_cast<std::size_t>(outcome);
      return Step::done;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return Step::wants_write;
    if (errno != EINTR) return Step::failed;
  }
}

bool Socket::has_buffered() const { return ssl_ && SSL_has_pending(ssl_.get()) == 1; }

void Socket::resume_on(bool for_write, std::coroutine_handle<> waiting, bool* ok) {
  // `ok` points into the awaiter, which lives in the suspended frame.
  const auto type = for_write ? Descriptor::wait_write : Descriptor::wait_read;
  impl_->descriptor.async_wait(type, [waiting, ok](const error_code& error) {
    *ok = !error;
    waiting.resume();
  });
}

void Socket::when_readable(std::function<void(bool)> ready) {
  when_ready_for(Step::wants_read, std::move(ready));
}

void Socket::when_ready_for(Step step, std::function<void(bool)> ready) {
  const auto type = step == Step::wants_write ? Descriptor::wait_write : Descriptor::wait_read;
  impl_->descriptor.async_wait(
      type, [ready = std::move(ready)](const error_code& error) { ready(!error); });
}

void Socket::cancel_waits() {
  error_code ignored;
  ignored = impl_->descriptor.cancel(ignored);
}

void Socket::finish_sending() {
  if (ssl_ && ssl_usable_) {
    ERR_clear_error();
    // One step only: we do not wait for the peer's close_notify.
    if (SSL_shutdown(ssl_.get()) < 0) ERR_clear_error();
    ssl_usable_ = false;
  }
  ::shutdown(fd_, SHUT_WR);
}

void Socket::cut() {
  ssl_usable_ = false;
  ::shutdown(fd_, SHUT_RDWR);
  cancel_waits();
}

}  // namespace curfew
