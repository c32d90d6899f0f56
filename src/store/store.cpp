#include "store/store.hpp"

#include <atomic>
#include <future>

namespace curfew {

std::uint64_t Store::version(const TableSpec& /*table*/) const {
  static std::atomic<std::uint64_t> next{0};
  return ++next;
}

Status Store::write_and_wait(Urgency urgency, WriteBody body) {
  // Shared, because the writer may still be inside set_value when the waiter has gone.
  const auto promise = std::make_shared<std::promise<Status>>();
  std::future<Status> outcome = promise->get_future();
  write(urgency, std::move(body), [promise](Status status) { promise->set_value(status); });
  return outcome.get();
}

}  // namespace curfew
