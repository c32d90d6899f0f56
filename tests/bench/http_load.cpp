// tests/bench/http_load.cpp: as many requests as a web server answers over connections that are
// kept.
//
//   http_load PORT PATH AUTHORIZATION CONNECTIONS SECONDS [tls]     prints the number of answers
//
// It never sleeps: on a virtual machine, waking a processor that sleeps takes the one that wakes it
// several microseconds, and the server would be charged for them, the more of them the slower it
// is. Every answer must be 200 and as long as the first one; anything else ends it with 1. With
// `tls` any certificate is good.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view kGood = "HTTP/1.1 200 ";

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "http_load: %s\n", what);
  std::exit(1);
}

double seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

unsigned number(std::string_view text) {
  unsigned value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{}) {
    fail("an argument is no number");
  }
  return value;
}

int connected(unsigned port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("the server cannot be reached");
  }
  return fd;
}

struct FreeTls {
  void operator()(SSL* tls) const { SSL_free(tls); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTls>;

// Does not wait, once it is there.
class Connection {
 public:
  Connection(unsigned port, SSL_CTX* context) : fd_(connected(port)) {
    if (context != nullptr) {
      tls_.reset(SSL_new(context));
      if (SSL_set_fd(tls_.get(), fd_) != 1 || SSL_connect(tls_.get()) != 1) fail("no TLS");
    }
    ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
  }
  [[nodiscard]] int fd() const { return fd_; }

  void send(std::string_view bytes) {
    const auto size = static_cast<int>(bytes.size());
    const ssize_t sent = tls_ ? SSL_write(tls_.get(), bytes.data(), size)
                              : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent != size) fail("a request could not be sent");
  }
  // How much there was; 0: nothing for us yet.
  std::size_t receive(char* into, std::size_t size) {
    if (tls_) {
      std::size_t count = 0;
      if (SSL_read_ex(tls_.get(), into, size, &count) == 1) return count;
      if (SSL_get_error(tls_.get(), 0) != SSL_ERROR_WANT_READ) fail("a connection was closed");
      return 0;
    }
    const ssize_t count = ::recv(fd_, into, size, 0);
    if (count < 0 && errno == EAGAIN) return 0;
    if (count <= 0) fail("a connection was closed");
    return static_cast<std::size_t>(count);
  }

 private:
  int fd_;
  std::unique_ptr<SSL, FreeTls> tls_;
};

class Load {
 public:
  Load(unsigned port, std::string request, TlsContext context)
      : port_(port), request_(std::move(request)), context_(std::move(context)) {
    Connection connection{port_, context_.get()};
    connection.send(request_);
    std::string answer;
    std::size_t head = std::string::npos;
    while (head == std::string::npos || answer.size() < head + 4 + body_bytes(answer)) {
      answer += receive(connection);
      head = answer.find("\r\n\r\n");
    }
    check(answer);
    answer_bytes_ = answer.size();
  }

  std::size_t run(unsigned connections, unsigned time) {
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<std::size_t> received(connections, 0);
    std::vector<Connection> open;
    for (unsigned at = 0; at < connections; ++at) {
      open.emplace_back(port_, context_.get());
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u32 = at;
      ::epoll_ctl(epoll, EPOLL_CTL_ADD, open.back().fd(), &event);
      open.back().send(request_);
    }
    std::size_t answers = 0;
    std::array<epoll_event, 128> events{};
    for (const double end = seconds() + time; seconds() < end;) {
      const int count = ::epoll_wait(epoll, events.data(), events.size(), 0);
      for (int i = 0; i < count; ++i) {
        const std::uint32_t at = events[static_cast<std::size_t>(i)].data.u32;
        const std::string_view piece = receive(open[at]);
        if (piece.empty()) continue;
        if (received[at] == 0) check(piece);
        received[at] += piece.size();
        if (received[at] > answer_bytes_) fail("an answer is longer than the first one");
        if (received[at] < answer_bytes_) continue;
        ++answers;
        received[at] = 0;
        open[at].send(request_);
      }
    }
    return answers;
  }

 private:
  static void check(std::string_view answer) {
    if (!answer.starts_with(kGood)) fail("an answer is not 200");
  }
  static std::size_t body_bytes(const std::string& answer) {
    constexpr std::string_view kName = "\r\nContent-Length: ";
    const std::size_t at = answer.find(kName);
    return at == std::string::npos ? 0 : number(std::string_view{answer}.substr(at + kName.size()));
  }
  std::string_view receive(Connection& connection) {
    return {buffer_.data(), connection.receive(buffer_.data(), buffer_.size())};
  }

  unsigned port_;
  std::string request_;
  TlsContext context_;
  std::size_t answer_bytes_ = 0;
  std::array<char, 65536> buffer_{};
};

}  // namespace

int main(int count, char** arguments) {
  const bool is_tls = count == 7 && std::string_view{arguments[6]} == "tls";
  if (count != 6 && !is_tls) fail("PORT PATH AUTHORIZATION CONNECTIONS SECONDS [tls]");
  Load load{number(arguments[1]),
            std::string{"GET "} + arguments[2] +
                " HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + arguments[3] + "\r\n\r\n",
            TlsContext{is_tls ? SSL_CTX_new(TLS_client_method()) : nullptr}};
  std::printf("%zu\n", load.run(number(arguments[4]), number(arguments[5])));
}
