// tests/support/redeem_race.hpp: one code that several redeem at the same moment.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <future>
#include <utility>
#include <vector>

#include "tests/support/server_fixture.hpp"

namespace curfew::test {

// Twenty codes, each redeemed by four requests at once: one makes a grant, and the others, who show
// that the code was stolen, end it. `fields_of_new_code`: the form of a token request with a code
// that nobody used. The server needs four threads.
inline void check_one_grant_of_many(ServerFixture& server,
                                    const std::function<Fields()>& fields_of_new_code) {
  for (int round = 0; round < 20; ++round) {
    const Fields fields = fields_of_new_code();
    std::vector<std::future<HttpResponse>> answers;
    for (int i = 0; i < 4; ++i) {
      answers.push_back(server.begin(server.post(server.path("/oauth2/v2.0/token"), fields)));
    }
    std::vector<TokenAnswer> issued;
    for (auto& answer : answers) {
      TokenAnswer taken = ServerFixture::taken_apart(answer.get());
      if (taken.ok()) issued.push_back(std::move(taken));
    }
    REQUIRE(issued.size() == 1);
    CHECK_FALSE(ServerFixture::is_active(server.introspect(issued[0].access())));
    CHECK_FALSE(server.refresh(issued[0].refresh()).ok());
  }
}

}  // namespace curfew::test
