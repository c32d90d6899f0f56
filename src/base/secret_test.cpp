#include "base/secret.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <functional>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

namespace curfew {

namespace {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
template <typename T>
concept Hashable = requires(const T& value) { std::hash<T>{}(value); };

static_assert(Printable<std::string> && Hashable<std::string>);
static_assert(!Printable<Secret> && !Hashable<Secret>);
static_assert(!std::convertible_to<Secret, std::string>);
static_assert(!std::convertible_to<Secret, std::string_view>);
static_assert(!std::convertible_to<std::string, Secret>);

}  // namespace

TEST_CASE("wiping overwrites exactly the given bytes") {
  std::array<char, 4> bytes{'a', 'b', 'c', 'd'};
  wipe(bytes.data() + 1, 2);
  CHECK(bytes == std::array<char, 4>{'a', '\0', '\0', 'd'});
  wipe(nullptr, 0);
}

TEST_CASE("a string given to a secret is wiped where it was") {
  std::string source(40, 'p');  // longer than what a string keeps inside itself
  const char* const place = source.data();
  const Secret secret{std::move(source)};
  CHECK(secret.reveal() == std::string(40, 'p'));
  // NOLINTNEXTLINE(bugprone-use-after-move): what is left behind is the point.
  const std::string& left_behind = source;
  CHECK((left_behind.data() != place || std::ranges::count(left_behind, 'p') == 0));
}

TEST_CASE("a moved-from secret is empty, a copied one is not") {
  Secret first{std::string_view{"one"}};
  const Secret copy = first;
  const Secret moved = std::move(first);
  CHECK(copy.reveal() == "one");
  CHECK(moved.reveal() == "one");
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): the contract says so.

  Secret target{std::string_view{"two"}};
  target = copy;
  CHECK(target.reveal() == "one");
  Secret other{std::string_view{"three"}};
  target = std::move(other);
  CHECK(target.reveal() == "three");
  CHECK(other.empty());  // NOLINT(bugprone-use-after-move): the contract says so.
}

TEST_CASE("assigning a secret to itself keeps it") {
  Secret secret{std::string_view{"kept"}};
  Secret& same = secret;
  secret = same;
  CHECK(secret.reveal() == "kept");
  secret = std::move(same);
  CHECK(secret.reveal() == "kept");
}

TEST_CASE("the comparison in constant time is equality") {
  CHECK(equal_constant_time("", ""));
  CHECK(equal_constant_time("abc", "abc"));
  CHECK_FALSE(equal_constant_time("abc", "abd"));
  CHECK_FALSE(equal_constant_time("abc", "xbc"));
  CHECK_FALSE(equal_constant_time("abc", "ab"));
  CHECK_FALSE(equal_constant_time("abc", ""));
  CHECK_FALSE(equal_constant_time("", "a"));
  const std::string secret(67, 's');
  CHECK(equal_constant_time(secret, std::string(67, 's')));
  for (std::size_t at = 0; at < secret.size(); ++at) {
    std::string other = secret;
    other[at] ^= 1;
    CHECK_FALSE(equal_constant_time(secret, other));
  }
}

TEST_CASE("repeating or extending the expected bytes is not equal to them") {
  CHECK_FALSE(equal_constant_time("abab", "ab"));
  CHECK_FALSE(equal_constant_time("ab", "abab"));
  CHECK_FALSE(equal_constant_time("aaaa", "a"));
  CHECK_FALSE(equal_constant_time(std::string(2, '\0'), ""));
}

TEST_CASE("a secret matches its own bytes only") {
  const Secret secret{std::string_view{"correct horse"}};
  CHECK(secret.matches("correct horse"));
  CHECK_FALSE(secret.matches("correct horsf"));
  CHECK_FALSE(secret.matches(""));
}

}  // namespace curfew
