// tests/matrix/provers.hpp: how each kind of credential is presented at each endpoint, and how one
// sees that it was accepted.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "api/router.hpp"
#include "tests/matrix/fate.hpp"
#include "tests/matrix/matrix_world.hpp"

namespace curfew::matrix {

// What is told to the receivers of subscriptions: no endpoint of ours, but a way in all the same.
inline constexpr std::string_view kNotifications = "notifications";

// What is pushed to receivers of shared signals.
inline constexpr std::string_view kSignals = "signals";

// What resources look up in a status list: they judge by themselves, and we say what of.
inline constexpr std::string_view kTokenStatus = "token_status";

// The endpoints' table, and what is a way in without being an endpoint.
[[nodiscard]] std::vector<EndpointSpec> all_ways_in();

// A credential that was issued before the removal, ready to be presented.
struct Presented {
  Use use = Use::plain;
  // Presents it; true if it was accepted. A single-use credential presents another one, issued at
  // the same moment in the same way, each time.
  std::function<bool()> try_it;
  // Presenting it changes it: acceptance is proved in a world of its own.
  bool changes_by_use = false;
};

// Nothing: nobody has said how this credential is presented there, which fails the matrix.
[[nodiscard]] std::optional<Presented> present(MatrixWorld& world, const EndpointSpec& endpoint,
                                               CredentialKind credential);

}  // namespace curfew::matrix
