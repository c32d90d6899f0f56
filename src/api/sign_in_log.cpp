#include "api/sign_in_log.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "store/schema_signins.hpp"

namespace curfew {

namespace {

using Batch = std::vector<SignIn>;

Status insert_all(WriteTx& tx, const Batch& batch) {
  for (const SignIn& line : batch) {
    CURFEW_TRY_STATUS(add(tx, line));
  }
  return Done{};
}

}  // namespace

// Shared with the write that is under way: a store that ends later than the log may still call.
struct SignInLog::Impl : std::enable_shared_from_this<Impl> {
  explicit Impl(Store& s) : store(s) {}

  Store& store;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<SignIn> waiting;
  bool writing = false;
  std::uint64_t dropped = 0;
  Status last = Done{};

  // Hands what waits, up to one group, to the writer; the end of that write hands over the next.
  void write_next();
  void end_write(const std::shared_ptr<Batch>& batch, Status status);
};

void SignInLog::Impl::write_next() {
  auto batch = std::make_shared<Batch>();
  {
    const std::lock_guard lock{mutex};
    if (writing || waiting.empty()) return;
    const std::size_t count = std::min(waiting.size(), kSignInsWrittenAtOnce);
    const auto end = std::next(waiting.begin(), static_cast<std::ptrdiff_t>(count));
    batch->assign(std::make_move_iterator(waiting.begin()), std::make_move_iterator(end));
    waiting.erase(waiting.begin(), end);
    writing = true;
  }
  store.write(
      Urgency::normal, [batch](WriteTx& tx) { return insert_all(tx, *batch); },
      [self = shared_from_this(), batch](Status status) {
        self->end_write(batch, std::move(status));
      });
}

void SignInLog::Impl::end_write(const std::shared_ptr<Batch>& batch, Status status) {
  const bool stored = status.ok();
  if (!stored) log(LogLevel::error, "sign_in_log.not_written", {{"why", status.error().message()}});
  {
    const std::lock_guard lock{mutex};
    writing = false;
    if (!stored) {  // kept in order; the next add() or flush() tries again
      waiting.insert(waiting.begin(), std::make_move_iterator(batch->begin()),
                     std::make_move_iterator(batch->end()));
    }
    last = std::move(status);
    changed.notify_all();
  }
  if (stored) write_next();
}

SignInLog::SignInLog(Store& store) : impl_(std::make_shared<Impl>(store)) {}
SignInLog::~SignInLog() = default;

void SignInLog::add(SignIn line) {
  {
    const std::lock_guard lock{impl_->mutex};
    if (impl_->waiting.size() >= kSignInsBufferedMax) {
      ++impl_->dropped;
      return;
    }
    impl_->waiting.push_back(std::move(line));
  }
  impl_->write_next();
}

Status SignInLog::flush() {
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->last = Done{};
  }
  impl_->write_next();
  std::unique_lock lock{impl_->mutex};
  impl_->changed.wait(
      lock, [this] { return !impl_->writing && (impl_->waiting.empty() || !impl_->last.ok()); });
  return impl_->last;
}

std::uint64_t SignInLog::dropped() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->dropped;
}

}  // namespace curfew
