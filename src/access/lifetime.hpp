// access/lifetime.hpp: how long what we issue may live. Pure; the server's settings are an
// argument.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.hpp"
#include "model/application.hpp"

namespace curfew {

struct LifetimePolicy {
  Duration access_token = std::chrono::hours{1};
  // If set, each access token lives 60 to 90 minutes at random, so that renewals spread out.
  bool access_token_random = false;
  // For clients that handle claims challenges at resources that send them (28 hours at the most).
  Duration continuous_access_token = std::chrono::hours{24};
  Duration id_token = std::chrono::hours{1};
  Duration authorization_code = std::chrono::seconds{60};
  Duration refresh_token_idle = std::chrono::hours{24 * 90};
  Duration refresh_token_spa = std::chrono::hours{24};  // fixed, not sliding
  Duration refresh_grace = std::chrono::seconds{30};    // a lost answer may be asked for again
  Duration session_idle = std::chrono::hours{24};
  Duration persistent_session_idle = std::chrono::hours{24 * 90};
  // How old the sign-in may be of a person who gives something away through one of our own APIs
  // (api/step_up/step_up.hpp); zero: any.
  Duration giving_sign_in_age{0};
};

inline constexpr Duration kAccessTokenLifetimeMax = std::chrono::hours{28};

// The resource's own lifetime if it has one; else the continuous one where the client was allowed
// it (App::continuous_evaluation), says that it handles challenges, and the resource sends them;
// else the default. At least a minute, at most longest_access_token_lifetime(). `resource` null:
// our own userinfo. `random`: uniform over all values; used where the policy asks for a random
// lifetime.
[[nodiscard]] Duration access_token_lifetime(const LifetimePolicy& policy, const App& client,
                                             const App* resource, bool client_handles_challenges,
                                             std::uint64_t random);

// The longest that any access token issued now could live: the bound of a cut.
[[nodiscard]] Duration longest_access_token_lifetime(const LifetimePolicy& policy);

}  // namespace curfew
