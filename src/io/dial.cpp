#include "io/dial.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "io/unique_fd.hpp"

namespace curfew {

namespace asio = boost::asio;
using boost::system::error_code;
using Endpoint = asio::ip::tcp::endpoint;
using Addresses = std::vector<std::string>;
using Step = Socket::Step;

namespace {

constexpr std::size_t kAddressesMax = 8;

Duration since_boot() { return SystemClock{}.since_boot(); }
Duration time_left(Duration until) { return std::max(Duration{1}, until - since_boot()); }

Error too_late(std::string_view what) {
  return Error::transient(ErrorCode::timeout, std::string{what} + " took too long");
}
Error unavailable(const std::string& what, const std::string& why) {
  return Error::transient(ErrorCode::unavailable, what + ": " + why);
}

// One look-up and its deadline: whichever is first delivers.
struct LookUp {
  explicit LookUp(asio::io_context& context) : resolver(context) {}
  asio::ip::tcp::resolver resolver;
  Timer timer;
  bool is_over = false;
};

Result<Addresses> addresses_of(const error_code& error,
                               const asio::ip::tcp::resolver::results_type& found) {
  if (error) return unavailable("the host name cannot be resolved", error.message());
  Addresses addresses;
  for (const auto& one : found) {
    if (addresses.size() < kAddressesMax) {
      addresses.push_back(one.endpoint().address().to_string());
    }
  }
  return addresses;
}

bool is_numeric(const std::string& host) {
  error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

Task<Result<Addresses>> resolve(Runtime& runtime, std::string host, Duration until) {
  Executor& executor = current_executor();
  auto begin = [&runtime, &executor, &host, until](std::function<void(Result<Addresses>)> deliver) {
    const auto look_up = std::make_shared<LookUp>(current_context());
    look_up->timer = call_after(runtime, executor, time_left(until), [look_up, deliver] {
      if (std::exchange(look_up->is_over, true)) return;
      look_up->resolver.cancel();
      deliver(too_late("the look-up of the host name"));
    });
    look_up->resolver.async_resolve(
        host, std::string{},
        [look_up, deliver](const error_code& error,
                           const asio::ip::tcp::resolver::results_type& found) {
          look_up->timer.cancel();
          if (!std::exchange(look_up->is_over, true)) deliver(addresses_of(error, found));
        });
  };
  Result<Addresses> addresses =
      co_await await_callback<Result<Addresses>>(executor, std::move(begin));
  co_return addresses;
}

// The connection's own error, once it is known.
int pending_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

Error handshake_error(const Socket& socket) {
  const std::string problem = socket.certificate_problem();
  if (problem.empty()) {
    return Error::transient(ErrorCode::protocol, "the TLS handshake failed");
  }
  return Error{ErrorCode::denied, Retry::after_human,
               "the server's certificate is not trusted: " + problem};
}

Task<Status> shake_hands(Runtime& runtime, Socket& socket, Duration until) {
  for (;;) {
    const Step step = socket.try_handshake();
    if (step == Step::done) co_return Done{};
    if (step == Step::closed || step == Step::failed) co_return handshake_error(socket);
    const bool waited = co_await wait_until(runtime, socket, step, until);
    if (!waited) co_return too_late("the TLS handshake");
  }
}

Task<Result<std::unique_ptr<Socket>>> dial_one(Runtime& runtime, DialTarget target,
                                               std::string address, Duration until) {
  const std::string what = "connecting to " + address;
  error_code not_numeric;
  const Endpoint endpoint{asio::ip::make_address(address, not_numeric), target.port};
  if (not_numeric) co_return unavailable(what, not_numeric.message());
  UniqueFd fd{::socket(endpoint.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const int on = 1;
  if (!fd.valid() || ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
    co_return unavailable(what, std::strerror(errno));
  }
  const bool is_pending =
      ::connect(fd.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0;
  if (is_pending && errno != EINPROGRESS) co_return unavailable(what, std::strerror(errno));
  const int number = fd.get();
  CURFEW_CO_TRY(SslPtr ssl, make_client_ssl(target.trust, number, target.host));
  auto socket = std::make_unique<Socket>(current_context(), fd.release(), std::move(ssl));
  if (is_pending) {
    const bool waited = co_await wait_until(runtime, *socket, Step::wants_write, until);
    if (!waited) co_return too_late(what);
    const int error = pending_error(number);
    if (error != 0) co_return unavailable(what, std::strerror(error));
  }
  const Status shaken = co_await shake_hands(runtime, *socket, until);
  if (!shaken.ok()) co_return shaken.error().within(what);
  co_return std::move(socket);
}

}  // namespace

Task<bool> wait_until(Runtime& runtime, Socket& socket, Step step, Duration until) {
  const Timer timer = call_after(runtime, current_executor(), time_left(until),
                                 [&socket] { socket.cancel_waits(); });
  const bool ready = co_await socket.wait_for(step);
  co_return ready&& since_boot() < until;
}

Task<Result<std::unique_ptr<Socket>>> dial_addresses(Runtime& runtime, DialTarget target,
                                                     Addresses addresses, Duration until) {
  Error last = unavailable("the host name cannot be resolved", "it has no address");
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto left = static_cast<Duration::rep>(addresses.size() - i);
    const Duration share = since_boot() + time_left(until) / left;
    Result<std::unique_ptr<Socket>> socket =
        co_await dial_one(runtime, target, addresses[i], std::min(until, share));
    if (socket.ok()) co_return socket;
    last = socket.error();
  }
  co_return last;
}

Task<Result<std::unique_ptr<Socket>>> dial(Runtime& runtime, DialTarget target, Duration until) {
  Addresses addresses;
  if (is_numeric(target.host)) {
    addresses.push_back(target.host);
  } else {
    CURFEW_CO_TRY(addresses, co_await resolve(runtime, target.host, until));
  }
  Result<std::unique_ptr<Socket>> socket =
      co_await dial_addresses(runtime, std::move(target), std::move(addresses), until);
  co_return socket;
}

}  // namespace curfew
