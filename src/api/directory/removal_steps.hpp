// api/directory/removal_steps.hpp: taking objects out of the directory, in an order that a crash
// between the transactions cannot turn into access: first all access is taken away, as disabling
// does it and under the same guard; then the rows go.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "api/api_call.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/directory.hpp"
#include "model/position.hpp"
#include "revocation/removal.hpp"
#include "store/store.hpp"

namespace curfew {

// The first transaction. The position after which everything that it ends is refused.
[[nodiscard]] Task<Result<Position>> take_away(const ApiCall& call, Removal removal, Requester by);

// One removal of several that `rest` makes. Its caller was judged in the removal's transaction,
// before what this wrote: so what they take from themselves, such as a membership of their own,
// does not keep them from the others. Whatever is written later does.
[[nodiscard]] Task<Result<Position>> take_step(ApiCall& rest, Removal removal);

// The second: `drop` erases the rows, and the audit says so.
[[nodiscard]] Task<Status> drop_rows(const ApiCall& call, std::string action, std::string id,
                                     std::string name, std::function<Status(WriteTx&)> drop);

// A group, for good: its members lose what they had through it, and nothing else.
[[nodiscard]] Task<Status> remove_group_of(const ApiCall& call, const Group& group);

}  // namespace curfew
