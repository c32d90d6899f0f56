#include "io/listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

namespace curfew {

namespace {

constexpr int kBacklog = 4096;
// Beyond it nothing more is taken into the kernel that is not on its way yet: over a slow link
// megabytes would stand there before what is sent later and is urgent, an answer, or a ping.
constexpr int kUnsentBytesMax = 128 * 1024;
constexpr mode_t kUnixSocketMode = 0600;

struct TcpAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

const sockaddr* generic(const sockaddr_storage& storage) {
  return reinterpret_cast<const sockaddr*>(&storage);
}

std::optional<TcpAddress> parse_address(const std::string& text, std::uint16_t port) {
  TcpAddress address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.size = sizeof(sockaddr_in);
    return address;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.size = sizeof(sockaddr_in6);
    return address;
  }
  return std::nullopt;
}

bool is_loopback(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
    return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
  return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

std::pair<std::string, std::uint16_t> address_text(const sockaddr_storage& storage) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
    inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
    return {text.data(), ntohs(v4->sin_port)};
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
  if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
    // One client, one spelling, whichever listener it came through.
    inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], text.data(), text.size());
  } else {
    inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
  }
  return {text.data(), ntohs(v6->sin6_port)};
}

Error bind_error(const std::string& where, int number) {
  const std::string reason = std::strerror(number);
  switch (number) {  // errno values
    case EADDRINUSE:
      return Error{ErrorCode::conflict, Retry::after_human,
                   where + " is in use by another program"};
    case EADDRNOTAVAIL:
    case EINVAL:
      return Error::permanent(ErrorCode::invalid_argument,
                              "cannot listen on " + where + ": " + reason);
    case EACCES:
    case EPERM:
      return Error{ErrorCode::denied, Retry::after_human,
                   "cannot listen on " + where + ": " + reason};
    default:
      return Error::transient(ErrorCode::unavailable, "cannot listen on " + where + ": " + reason);
  }
}

Result<Listening> listen_tcp(const std::string& address, std::uint16_t port, Transport transport) {
  const bool is_v6 = address.find(':') != std::string::npos;
  const std::string where = (is_v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
  const std::optional<TcpAddress> parsed = parse_address(address, port);
  if (!parsed) {
    return Error::permanent(ErrorCode::invalid_argument, where + " is not a numeric address");
  }
  if (transport == Transport::plain_loopback && !is_loopback(parsed->storage)) {
    return Error::permanent(
        ErrorCode::invalid_argument,
        where + " is not a loopback address, and without TLS only those are served");
  }
  UniqueFd fd{::socket(parsed->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const int on = 1;
  if (!fd.valid() || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      // Accepted sockets inherit both. An answer is one write, so there is nothing to coalesce.
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytesMax,
                   sizeof kUnsentBytesMax) != 0 ||
      ::bind(fd.get(), generic(parsed->storage), parsed->size) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    return bind_error(where, errno);
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    return bind_error(where, errno);
  }
  return Listening{.fd = std::move(fd),
                   .where = {.address = address, .port = address_text(bound).second},
                   .transport = transport};
}

// Removes what a dead server left; conflict if somebody listens there or it is not a socket.
Status clear_path(const std::string& path, const sockaddr_un& address) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return Done{};
    return bind_error(path, errno);
  }
  if (!S_ISSOCK(found.st_mode)) {
    return Error{ErrorCode::conflict, Retry::after_human, path + " exists and is not a socket"};
  }
  const UniqueFd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!probe.valid()) return bind_error(path, errno);
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      errno == EAGAIN) {
    return bind_error(path, EADDRINUSE);
  }
  if (errno != ECONNREFUSED) return bind_error(path, errno);
  if (::unlink(path.c_str()) != 0) return bind_error(path, errno);
  return Done{};
}

Result<Listening> listen_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path ||
      path.find('\0') != std::string::npos) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "the path of a Unix socket has 1 to " +
                                std::to_string(sizeof address.sun_path - 1) + " bytes");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  CURFEW_TRY_STATUS(clear_path(path, address));
  UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  // On Linux bind(2) gives the file the mode of the socket, less the umask: so there is no moment
  // in which the file is there with another mode, as there would be with chmod(2) afterwards.
  if (!fd.valid() || ::fchmod(fd.get(), kUnixSocketMode) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    return bind_error(path, errno);
  }
  return Listening{.fd = std::move(fd),
                   .where = {.address = path, .port = 0},
                   .transport = Transport::unix_socket};
}

}  // namespace

Result<Listening> listen_on(const HttpListener& listener) {
  if (const auto* tls = std::get_if<TlsListener>(&listener)) {
    CURFEW_TRY(Listening made, listen_tcp(tls->address, tls->port, Transport::tls));
    made.asks_for_certificate = tls->asks_for_certificate;
    return made;
  }
  if (const auto* plain = std::get_if<PlainListener>(&listener)) {
    return listen_tcp(plain->address, plain->port, Transport::plain_loopback);
  }
  return listen_unix(std::get<UnixListener>(listener).path);
}

HttpPeer peer_of(int fd, const sockaddr_storage& address, Transport transport) {
  HttpPeer peer;
  peer.transport = transport;
  if (transport == Transport::unix_socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
      peer.uid = credentials.uid;
    }
    return peer;
  }
  std::tie(peer.address, peer.port) = address_text(address);
  peer.address_is_shared = transport == Transport::plain_loopback;
  return peer;
}

}  // namespace curfew
