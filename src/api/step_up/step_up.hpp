// api/step_up/step_up.hpp: which calls of our own resource APIs want a sign-in of just now (RFC
// 9470), where the operator has set how old one may be (LifetimePolicy::giving_sign_in_age).
//
// Asked of are people only, when they give: accounts, passwords, roles, memberships, assignments,
// secrets, keys, consents, and what was taken away before. Who holds somebody's token from an hour
// ago can then not turn it into something that lasts. Taking away is never held up by it.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <span>
#include <string_view>

#include "api/authn.hpp"
#include "api/context.hpp"
#include "api/router.hpp"

namespace curfew {

struct Operation {
  std::string_view name;                                     // of the router's or of Graph's table
  WhenRolledBack when_rolled_back = WhenRolledBack::serves;  // what is refused then is giving
  const boost::json::object& body;
};

// A change of an object is giving, unless all that it says is `accountEnabled: false`.
[[nodiscard]] bool gives(const Operation& operation);

// What gives beside what is refused after a rollback: for tests.
[[nodiscard]] std::span<const std::string_view> named_as_giving();

// Nothing: the call may go on.
[[nodiscard]] std::optional<Denial> check_recent_sign_in(const ServerContext& context,
                                                         const Caller& caller,
                                                         const Operation& operation);

}  // namespace curfew
