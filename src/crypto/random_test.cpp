#include "crypto/random.hpp"

#include <doctest/doctest.h>

#include <set>
#include <thread>
#include <vector>

#include "base/text.hpp"

namespace curfew {

TEST_CASE("random values of every size are drawn whole and never repeat") {
  std::set<std::string> seen;
  for (std::size_t size = 16; size < 1200; size += 7) {
    const std::string bytes = random_bytes(size);
    CHECK(bytes.size() == size);
    CHECK(seen.insert(bytes.substr(0, 16)).second);
    CHECK(seen.insert(bytes.substr(size - 16)).second == (size > 16));
  }
  CHECK(random_bytes(0).empty());
}

TEST_CASE("a token is base64url of as many bytes as asked for") {
  for (const std::size_t bytes : {1UL, 16UL, 32UL, 64UL}) {
    CHECK(base64url_decode(random_token(bytes)).value().size() == bytes);
  }
  CHECK(random_token().size() == 43);
  CHECK(random_secret(32).reveal().size() == 32);
}

TEST_CASE("a new GUID is version 4 in lower case, and all its other bits vary") {
  std::vector<std::set<char>> seen(36);
  for (int i = 0; i < 2000; ++i) {
    const std::string guid = new_guid();
    REQUIRE(guid.size() == 36);
    for (std::size_t at = 0; at < 36; ++at) seen[at].insert(guid[at]);
  }
  for (std::size_t at = 0; at < 36; ++at) {
    CAPTURE(at);
    if (at == 8 || at == 13 || at == 18 || at == 23) {
      CHECK(seen[at] == std::set<char>{'-'});
    } else if (at == 14) {
      CHECK(seen[at] == std::set<char>{'4'});
    } else if (at == 19) {
      CHECK(seen[at] == std::set<char>{'8', '9', 'a', 'b'});
    } else {
      CHECK(seen[at].size() == 16);
    }
  }
}

TEST_CASE("threads draw different values") {
  std::vector<std::string> mine;
  std::vector<std::string> theirs;
  std::thread other{[&] {
    for (int i = 0; i < 1000; ++i) theirs.push_back(random_token(16));
  }};
  for (int i = 0; i < 1000; ++i) mine.push_back(random_token(16));
  other.join();
  std::set<std::string> all{mine.begin(), mine.end()};
  all.insert(theirs.begin(), theirs.end());
  CHECK(all.size() == 2000);
}

}  // namespace curfew
