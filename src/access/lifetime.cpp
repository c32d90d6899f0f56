#include "access/lifetime.hpp"

#include <algorithm>

namespace curfew {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes kRandomLeast{60};
constexpr minutes kRandomMost{90};
// A lifetime under a minute would be spent before the token arrives at a loaded resource.
constexpr Duration kLeast = seconds{60};

Duration bounded(Duration lifetime, Duration most) { return std::clamp(lifetime, kLeast, most); }

Duration default_lifetime(const LifetimePolicy& policy, std::uint64_t random) {
  if (!policy.access_token_random) return policy.access_token;
  const auto choices = static_cast<std::uint64_t>(seconds{kRandomMost - kRandomLeast}.count()) + 1;
  return kRandomLeast + seconds{static_cast<std::int64_t>(random % choices)};
}

}  // namespace

Duration access_token_lifetime(const LifetimePolicy& policy, const App& client, const App* resource,
                               bool client_handles_challenges, std::uint64_t random) {
  const Duration most = longest_access_token_lifetime(policy);
  const bool own = resource != nullptr && resource->access_token_lifetime_seconds.has_value();
  const Duration plain =
      own ? seconds{*resource->access_token_lifetime_seconds} : default_lifetime(policy, random);

  const bool continuous = client_handles_challenges && client.continuous_evaluation &&
                          resource != nullptr && resource->continuous_evaluation;
  // A resource that asked for a lifetime of its own keeps it: it knows why.
  return bounded(continuous && !own ? policy.continuous_access_token : plain, most);
}

Duration longest_access_token_lifetime(const LifetimePolicy& policy) {
  const Duration plain = policy.access_token_random ? kRandomMost : policy.access_token;
  return bounded(std::max(plain, policy.continuous_access_token), kAccessTokenLifetimeMax);
}

}  // namespace curfew
