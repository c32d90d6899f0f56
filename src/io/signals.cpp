#include "io/signals.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <future>
#include <utility>

#include "base/check.hpp"

namespace curfew {

struct SignalWatch::Impl : std::enable_shared_from_this<SignalWatch::Impl> {
  Impl(Runtime& runtime, std::function<void(int)> function)
      : set(runtime.context(0)), on_signal(std::move(function)) {}

  boost::asio::signal_set set;
  std::function<void(int)> on_signal;

  void wait() {
    set.async_wait([self = shared_from_this()](const boost::system::error_code& error, int number) {
      if (error) return;
      self->on_signal(number);
      self->wait();
    });
  }
};

SignalWatch::SignalWatch(Runtime& runtime, std::vector<int> signals,
                         std::function<void(int)> on_signal)
    : impl_(std::make_shared<Impl>(runtime, std::move(on_signal))) {
  for (const int signal : signals) {
    boost::system::error_code error;
    error = impl_->set.add(signal, error);
    CURFEW_CHECK(!error);
  }
  runtime.executor(0).post([impl = impl_] { impl->wait(); });
}

SignalWatch::~SignalWatch() {
  CURFEW_CHECK(!on_io_thread());
  // On the set's own thread, and waited for: afterwards on_signal does not run any more.
  std::promise<void> ended;
  boost::asio::post(impl_->set.get_executor(), [impl = impl_, &ended] {
    boost::system::error_code ignored;
    ignored = impl->set.cancel(ignored);
    ignored = impl->set.clear(ignored);
    impl->on_signal = [](int) {};
    ended.set_value();
  });
  ended.get_future().wait();
}

int wait_for_termination(Runtime& runtime, const std::function<void()>& begin) {
  std::promise<int> arrived;
  bool first = true;
  const SignalWatch watch(runtime, {SIGTERM, SIGINT}, [&arrived, &first](int number) {
    if (std::exchange(first, false)) arrived.set_value(number);
  });
  begin();
  return arrived.get_future().get();
}

}  // namespace curfew
