#include "io/http_server.hpp"

#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <future>
#include <mutex>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"
#include "io/connection_table.hpp"
#include "io/listener.hpp"
#include "io/socket.hpp"

namespace curfew {

namespace {

// Listeners, the store, logs and outgoing connections need descriptors too.
constexpr std::size_t kReservedDescriptors = 256;
constexpr Duration kAcceptPause{50};
// Then the other work of the thread gets its turn.
constexpr int kAcceptsPerTurn = 64;
// After a cut only a handler that is still running can hold a connection.
constexpr Duration kCutTimeMax{200};
constexpr std::chrono::seconds kThreadAnswerTimeMax{5};

// Raises the soft limit of open files to the hard one; returns what holds then.
std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  if (limit.rlim_cur < limit.rlim_max) {
    const rlim_t before = std::exchange(limit.rlim_cur, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  }
  return static_cast<std::size_t>(limit.rlim_cur);
}

// The current context, exchangeable while connections come in.
class TlsSlot {
 public:
  void set(TlsContext context) {
    const std::lock_guard lock(mutex_);
    context_ = std::move(context);
  }
  [[nodiscard]] TlsContext get() const {
    const std::lock_guard lock(mutex_);
    return context_;
  }

 private:
  mutable std::mutex mutex_;
  TlsContext context_;
};

// Accepts on the first I/O thread and gives each connection to the thread that has fewest. One
// acceptor balances long-lived connections better than the kernel's hash over several.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(std::shared_ptr<HttpServerCore> core, Runtime& runtime, Listening listening,
           std::shared_ptr<TlsSlot> tls)
      : core_(std::move(core)),
        runtime_(runtime),
        where_(std::move(listening.where)),
        transport_(listening.transport),
        asks_for_certificate_(listening.asks_for_certificate),
        fd_(listening.fd.get()),
        socket_(std::make_unique<Socket>(runtime.context(0), listening.fd.release(), SslPtr{})),
        tls_(std::move(tls)) {}

  void wait() {
    if (!socket_) return;
    socket_->when_readable([self = shared_from_this()](bool ready) {
      if (ready && self->socket_) self->accept_some();
    });
  }

  void stop() {
    pause_.cancel();
    if (!socket_) return;
    socket_.reset();
    if (transport_ == Transport::unix_socket) ::unlink(where_.address.c_str());
  }

 private:
  void accept_some() {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
      sockaddr_storage address{};
      socklen_t size = sizeof address;
      UniqueFd fd{::accept4(fd_, reinterpret_cast<sockaddr*>(&address), &size,
                            SOCK_NONBLOCK | SOCK_CLOEXEC)};
      if (fd.valid()) {
        hand_over(std::move(fd), address);
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        return make_room();
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        break;
      }
      // Anything else is the end of that one connection (accept(2), "Error handling").
    }
    wait();
  }

  void hand_over(UniqueFd fd, const sockaddr_storage& address) {
    HttpPeer peer = peer_of(fd.get(), address, transport_);
    if (asks_for_certificate_) {
      peer.certificates = std::make_shared<const std::vector<std::string>>();
    }
    const auto fewest =
        std::min_element(core_->tables.begin(), core_->tables.end(),
                         [](const auto& a, const auto& b) { return a->open() < b->open(); });
    ConnectionTable& table = **fewest;
    TlsContext tls = transport_ == Transport::tls ? tls_->get() : nullptr;
    if (&table.executor() == &current_executor()) {
      table.adopt(core_, std::move(fd), std::move(peer), tls);
      return;
    }
    // std::function wants a copyable closure.
    auto shared_fd = std::make_shared<UniqueFd>(std::move(fd));
    table.executor().post(
        [core = core_, &table, shared_fd, peer = std::move(peer), tls = std::move(tls)] {
          table.adopt(core, std::move(*shared_fd), peer, tls);
        });
  }

  // Out of descriptors or memory: gives up idle connections and tries again shortly.
  void make_room() {
    log(LogLevel::warning, "http.accept_failed", {{"errno", errno}});
    for (const auto& table : core_->tables) {
      table->executor().post([core = core_, &table = *table] { table.evict_one(); });
    }
    pause_ = call_after(runtime_, current_executor(), kAcceptPause,
                        [self = shared_from_this()] { self->wait(); });
  }

  const std::shared_ptr<HttpServerCore> core_;
  Runtime& runtime_;
  const BoundListener where_;
  const Transport transport_;
  const bool asks_for_certificate_;
  const int fd_;
  std::unique_ptr<Socket> socket_;  // empty once stopped
  const std::shared_ptr<TlsSlot> tls_;
  Timer pause_;
};

// Runs `work` on an I/O thread and waits for its end.
void run_on(Executor& executor, const std::function<void()>& work) {
  auto ended = std::make_shared<std::promise<void>>();
  std::future<void> end = ended->get_future();
  executor.post([ended, work] {
    work();
    ended->set_value();
  });
  // A runtime that was stopped first runs nothing any more; then there is nothing to wait for.
  end.wait_for(kThreadAnswerTimeMax);
}

}  // namespace

struct HttpServer::Impl {
  explicit Impl(Runtime& io) : runtime(io) {}

  Runtime& runtime;
  std::shared_ptr<HttpServerCore> core = std::make_shared<HttpServerCore>();
  std::shared_ptr<TlsSlot> tls = std::make_shared<TlsSlot>();
  std::shared_ptr<TlsSlot> asking_tls = std::make_shared<TlsSlot>();
  std::vector<std::shared_ptr<Acceptor>> acceptors;
  std::vector<BoundListener> bound;
  bool stopped = false;

  Status set_tls(const TlsIdentity& identity);
  void make_tables();
  void on_each_table(void (ConnectionTable::*function)());
  bool wait_for_end(Duration time);
};

// Both, or neither.
Status HttpServer::Impl::set_tls(const TlsIdentity& identity) {
  CURFEW_TRY(TlsContext context, make_tls_context(identity));
  CURFEW_TRY(TlsContext asking, make_tls_context(identity, PeerCertificate::asked));
  tls->set(std::move(context));
  asking_tls->set(std::move(asking));
  return Done{};
}

void HttpServer::Impl::make_tables() {
  const std::size_t descriptors = raise_descriptor_limit();
  const std::size_t usable =
      descriptors > 2 * kReservedDescriptors ? descriptors - kReservedDescriptors : descriptors / 2;
  const std::size_t threads = runtime.thread_count();
  const std::size_t total = std::min(core->limits.connections_max, usable);
  const auto share = [threads](std::size_t count) {
    return std::max<std::size_t>(1, (count + threads - 1) / threads);
  };
  // Requests must always find a connection that can be had.
  const std::size_t upgrades = std::min(core->limits.upgrades_max, total / 2);
  for (std::size_t i = 0; i < threads; ++i) {
    core->tables.push_back(
        std::make_unique<ConnectionTable>(*core, runtime, i, share(total), share(upgrades)));
  }
}

void HttpServer::Impl::on_each_table(void (ConnectionTable::*function)()) {
  for (const auto& table : core->tables) {
    run_on(table->executor(), [core = core, &table = *table, function] { (table.*function)(); });
  }
}

bool HttpServer::Impl::wait_for_end(Duration time) {
  std::unique_lock lock(core->mutex);
  return core->connection_ended.wait_for(lock, time, [this] {
    return std::all_of(core->tables.begin(), core->tables.end(),
                       [](const auto& table) { return table->open() == 0; });
  });
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(Runtime& runtime, HttpServerOptions options,
                                                      HttpHandler handler) {
  auto impl = std::make_unique<Impl>(runtime);
  const bool wants_tls = std::any_of(
      options.listeners.begin(), options.listeners.end(),
      [](const auto& listener) { return std::holds_alternative<TlsListener>(listener); });
  if (wants_tls) {
    CURFEW_TRY_STATUS(impl->set_tls(options.tls));
  }
  std::vector<Listening> listening;
  for (const HttpListener& listener : options.listeners) {
    CURFEW_TRY(Listening one, listen_on(listener));
    impl->bound.push_back(one.where);
    listening.push_back(std::move(one));
  }
  HttpServerCore& core = *impl->core;
  core.limits = options.limits;
  core.parser_limits = {.header_bytes_max = core.limits.header_bytes_max,
                        .body_bytes_max = core.limits.body_bytes_max};
  core.handler = std::move(handler);
  core.forwarded_for = options.forwarded_for;
  impl->make_tables();
  impl->on_each_table(&ConnectionTable::start);
  for (Listening& one : listening) {
    const auto& tls = one.asks_for_certificate ? impl->asking_tls : impl->tls;
    impl->acceptors.push_back(std::make_shared<Acceptor>(impl->core, runtime, std::move(one), tls));
  }
  run_on(runtime.executor(0), [acceptors = impl->acceptors] {
    for (const auto& acceptor : acceptors) acceptor->wait();
  });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  if (!impl_->stopped) stop(Duration{0});
}

const std::vector<BoundListener>& HttpServer::bound() const { return impl_->bound; }

HttpServerStats HttpServer::stats() const {
  HttpServerStats sum;
  for (const auto& table : impl_->core->tables) table->add_to(sum);
  return sum;
}

Status HttpServer::replace_tls(const TlsIdentity& identity) { return impl_->set_tls(identity); }

bool HttpServer::stop(Duration drain_time) {
  CURFEW_CHECK(!on_io_thread());
  if (std::exchange(impl_->stopped, true)) return true;
  run_on(impl_->runtime.executor(0), [acceptors = impl_->acceptors] {
    for (const auto& acceptor : acceptors) acceptor->stop();
  });
  impl_->on_each_table(&ConnectionTable::drain);
  const bool in_time = impl_->wait_for_end(drain_time);
  if (!in_time) {
    impl_->on_each_table(&ConnectionTable::cut);
    impl_->wait_for_end(kCutTimeMax);
  }
  impl_->on_each_table(&ConnectionTable::stop);
  return in_time;
}

}  // namespace curfew
