#include "io/runtime.hpp"

#include <pthread.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace curfew {

namespace asio = boost::asio;

namespace {

class Reactor final : public Executor {
 public:
  void post(std::function<void()> work) override { asio::post(context_, std::move(work)); }
  asio::io_context& context() { return context_; }

  void start(std::size_t index);
  void stop() { context_.stop(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  // One thread runs each context; the hint saves Asio some locking.
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> keep_running_{context_.get_executor()};
  std::thread thread_;
};

// Which event loop the calling thread runs; set once at the start of each I/O thread.
thread_local Reactor* this_thread_reactor = nullptr;

void Reactor::start(std::size_t index) {
  thread_ = std::thread([this, index] {
    const std::string name = "curfew-io-" + std::to_string(index);
    pthread_setname_np(pthread_self(), name.c_str());
    this_thread_reactor = this;
    context_.run();
  });
}

}  // namespace

struct Runtime::Impl {
  std::vector<std::unique_ptr<Reactor>> reactors;
  std::atomic<std::size_t> turn{0};
};

Runtime::Runtime(std::size_t threads) : impl_(std::make_unique<Impl>()) {
  CURFEW_CHECK(threads > 0);
  // A peer that left must be an error code of write(), never the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  // So must be a limit on the size of files (RLIMIT_FSIZE), as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
  for (std::size_t i = 0; i < threads; ++i) {
    impl_->reactors.push_back(std::make_unique<Reactor>());
  }
  for (std::size_t i = 0; i < threads; ++i) impl_->reactors[i]->start(i);
}

Runtime::~Runtime() { stop_and_wait(); }

void Runtime::stop_and_wait() {
  CURFEW_CHECK(!on_io_thread());
  stop();
  for (const auto& reactor : impl_->reactors) reactor->join();
}

std::size_t Runtime::thread_count() const { return impl_->reactors.size(); }

Executor& Runtime::executor(std::size_t index) { return *impl_->reactors.at(index); }

Executor& Runtime::next_executor() {
  return *impl_->reactors[impl_->turn.fetch_add(1) % impl_->reactors.size()];
}

void Runtime::stop() {
  for (const auto& reactor : impl_->reactors) reactor->stop();
}

asio::io_context& Runtime::context(std::size_t index) {
  return impl_->reactors.at(index)->context();
}

Executor& current_executor() {
  CURFEW_CHECK(this_thread_reactor != nullptr);
  return *this_thread_reactor;
}

asio::io_context& current_context() {
  CURFEW_CHECK(this_thread_reactor != nullptr);
  return this_thread_reactor->context();
}

bool on_io_thread() { return this_thread_reactor != nullptr; }

// The Asio timer is touched on its home thread only; `cancelled` from any.
struct Timer::State {
  State(Reactor& reactor, Executor& target, std::function<void()> function)
      : home(reactor), executor(target), work(std::move(function)), timer(reactor.context()) {}

  Reactor& home;
  Executor& executor;
  std::function<void()> work;
  std::atomic<bool> cancelled{false};
  asio::steady_timer timer;

  void run() {
    if (cancelled.exchange(true)) return;
    // The function may destroy its own Timer.
    const std::function<void()> function = std::move(work);
    function();
  }

  static void arm(const std::shared_ptr<State>& state, Duration delay) {
    on_home(state->home, [state, delay] {
      if (state->cancelled) return;
      state->timer.expires_after(delay);
      state->timer.async_wait([state](const boost::system::error_code& error) {
        if (error) return;
        if (&state->executor == &state->home) {
          state->run();
        } else {
          state->executor.post([state] { state->run(); });
        }
      });
    });
  }

  static void disarm(const std::shared_ptr<State>& state) {
    if (state->cancelled.exchange(true)) return;
    on_home(state->home, [state] { state->timer.cancel(); });
  }

 private:
  static void on_home(Reactor& home, std::function<void()> function) {
    if (this_thread_reactor == &home) {
      function();
    } else {
      home.post(std::move(function));
    }
  }
};

Timer::Timer(std::shared_ptr<State> state) : state_(std::move(state)) {}

Timer& Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    cancel();
    state_ = std::move(other.state_);
  }
  return *this;
}

Timer::~Timer() { cancel(); }

void Timer::cancel() {
  if (state_) State::disarm(std::exchange(state_, nullptr));
}

Timer call_after(Runtime& runtime, Executor& executor, Duration delay, std::function<void()> work) {
  auto* home = dynamic_cast<Reactor*>(&executor);
  if (home == nullptr) home = static_cast<Reactor*>(&runtime.executor(0));
  auto state = std::make_shared<Timer::State>(*home, executor, std::move(work));
  Timer::State::arm(state, delay);
  return Timer{std::move(state)};
}

Task<Done> sleep_for(Runtime& runtime, Executor& executor, Duration delay) {
  Timer timer;  // lives in this frame until the delivery resumes it
  auto begin = [&runtime, &executor, &timer, delay](std::function<void(Done)> deliver) {
    timer =
        call_after(runtime, executor, delay, [deliver = std::move(deliver)] { deliver(Done{}); });
  };
  const Done done = co_await await_callback<Done>(executor, std::move(begin));
  co_return done;
}

}  // namespace curfew
