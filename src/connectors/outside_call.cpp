#include "connectors/outside_call.hpp"

#include <memory>
#include <utility>

namespace curfew {

Task<Result<OutsideAnswer>> call_outside(const OutsidePost& post, Executor& executor,
                                         OutsideCall call) {
  const auto held = std::make_shared<OutsideCall>(std::move(call));
  std::function<void(std::function<void(Result<OutsideAnswer>)>)> ask =
      [&post, held](std::function<void(Result<OutsideAnswer>)> done) {
        post(std::move(*held), std::move(done));
      };
  co_return co_await await_callback<Result<OutsideAnswer>>(executor, std::move(ask));
}

}  // namespace curfew
