#include "store/store.hpp"

#include <future>

namespace curfew {

Status Store::write_and_wait(Urgency urgency, WriteBody body) {
  // Shared, because the writer may still be inside set_value when the waiter has gone.
  const auto promise = std::make_shared<std::promise<Status>>();
  std::future<Status> outcome = promise->get_future();
  write(urgency, std::move(body), [promise](Status status) { promise->set_value(status); });
  return outcome.get();
}

}  // namespace curfew
