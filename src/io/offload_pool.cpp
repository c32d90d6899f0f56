#include "io/offload_pool.hpp"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/check.hpp"

namespace curfew {

struct OffloadPool::Impl {
  explicit Impl(OffloadOptions given) : options(std::move(given)) {}

  const OffloadOptions options;
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> queue;
  std::size_t reserved = 0;  // places promised and not yet used
  std::size_t working = 0;
  bool stopping = false;
  std::vector<std::thread> threads;

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      std::function<void()> job = std::move(queue.front());
      queue.pop_front();
      ++working;
      lock.unlock();
      job();
      job = nullptr;
      lock.lock();
      --working;
    }
  }
};

OffloadPool::OffloadPool(OffloadOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {
  CURFEW_CHECK(impl_->options.threads > 0);
  for (std::size_t i = 0; i < impl_->options.threads; ++i) {
    impl_->threads.emplace_back([impl = impl_.get()] {
      pthread_setname_np(pthread_self(), impl->options.name.substr(0, 15).c_str());
      impl->work();
    });
  }
}

OffloadPool::~OffloadPool() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_all();
  for (std::thread& thread : impl_->threads) thread.join();
}

Status OffloadPool::reserve() {
  const std::lock_guard lock(impl_->mutex);
  // A job that an idle thread will take at once does not count as waiting.
  const std::size_t pending = impl_->queue.size() + impl_->reserved + impl_->working;
  if (pending >= impl_->options.waiting_max + impl_->options.threads) {
    return Error::transient(ErrorCode::exhausted,
                            "the queue of pool " + impl_->options.name + " is full");
  }
  ++impl_->reserved;
  return Done{};
}

void OffloadPool::submit_reserved(std::function<void()> work) {
  {
    const std::lock_guard lock(impl_->mutex);
    CURFEW_CHECK(impl_->reserved > 0);
    --impl_->reserved;
    impl_->queue.push_back(std::move(work));
  }
  impl_->changed.notify_one();
}

Status OffloadPool::submit(std::function<void()> work) {
  CURFEW_TRY_STATUS(reserve());
  submit_reserved(std::move(work));
  return Done{};
}

std::size_t OffloadPool::waiting() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->queue.size();
}

}  // namespace curfew
