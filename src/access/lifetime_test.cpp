#include "access/lifetime.hpp"

#include <doctest/doctest.h>

namespace curfew {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("an access token lives one hour unless something says otherwise") {
  CHECK(access_token_lifetime({}, App{}, nullptr, true, 7) == hours{1});
}

TEST_CASE("only client, resource and request together get the continuous lifetime") {
  LifetimePolicy policy;
  policy.continuous_access_token = hours{28};
  for (unsigned bits = 0; bits < 8; ++bits) {
    App client;
    App resource;
    client.continuous_evaluation = (bits & 1U) != 0;
    resource.continuous_evaluation = (bits & 2U) != 0;
    const bool asked = (bits & 4U) != 0;
    const Duration expected = bits == 7 ? hours{28} : hours{1};
    CHECK(access_token_lifetime(policy, client, &resource, asked, 0) == expected);
    CHECK(access_token_lifetime(policy, client, nullptr, asked, 0) == hours{1});
  }
}

TEST_CASE("a random lifetime is between 60 and 90 minutes, both reached") {
  LifetimePolicy policy;
  policy.access_token_random = true;
  bool least = false;
  bool most = false;
  for (std::uint64_t random = 0; random < 4'000; ++random) {
    const Duration lifetime = access_token_lifetime(policy, App{}, nullptr, false, random);
    CHECK(lifetime >= minutes{60});
    CHECK(lifetime <= minutes{90});
    least = least || lifetime == minutes{60};
    most = most || lifetime == minutes{90};
  }
  CHECK(least);
  CHECK(most);
}

TEST_CASE("no token lives longer than the longest lifetime says, whatever a resource asks for") {
  for (const std::int64_t asked : {-1L, 0L, 1L, 300L, 3'600L, 200'000L, 1L << 40}) {
    for (const bool random_lifetime : {false, true}) {
      for (const auto continuous : {hours{1}, hours{24}, hours{1'000}}) {
        LifetimePolicy policy;
        policy.access_token_random = random_lifetime;
        policy.continuous_access_token = continuous;
        App client;
        App resource;
        client.continuous_evaluation = resource.continuous_evaluation = true;
        resource.access_token_lifetime_seconds = asked;
        const Duration lifetime = access_token_lifetime(policy, client, &resource, true, ~0ULL);
        CHECK(lifetime <= longest_access_token_lifetime(policy));
        CHECK(lifetime >= seconds{60});
        CHECK(longest_access_token_lifetime(policy) <= hours{28});
      }
    }
  }
}

TEST_CASE("a resource keeps the lifetime that it asked for") {
  App resource;
  resource.continuous_evaluation = true;
  resource.access_token_lifetime_seconds = 300;
  App client;
  client.continuous_evaluation = true;
  CHECK(access_token_lifetime({}, client, &resource, true, 0) == minutes{5});
}

}  // namespace
}  // namespace curfew
