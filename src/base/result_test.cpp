#include "base/result.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "base/task.hpp"

namespace curfew {

namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error::permanent(ErrorCode::invalid_argument, "the number is odd");
  return number / 2;
}

Result<int> quarter(int number) {
  CURFEW_TRY(const int once, half(number));
  CURFEW_TRY(const int twice, half(once));
  return twice;
}

Status must_be_even(int number, int& calls) {
  CURFEW_TRY_STATUS(half(number));
  ++calls;
  return Done{};
}

Task<Result<int>> quarter_task(int number) {
  CURFEW_CO_TRY(const int once, half(number));
  CURFEW_CO_TRY_STATUS(half(once));
  co_return once / 2;
}

Result<int> run_inline(Task<Result<int>> task) {
  Result<int> ended;
  start<Result<int>>(std::move(task), [&](Result<int> value) { ended = std::move(value); });
  return ended;
}

}  // namespace

TEST_CASE("a result is a value or an error") {
  const Result<int> value = half(8);
  REQUIRE(value.ok());
  CHECK(*value == 4);
  const Result<int> error = half(7);
  REQUIRE_FALSE(error.ok());
  CHECK(error.error().code() == ErrorCode::invalid_argument);
}

TEST_CASE("a result that was never set is not a success") {
  const Result<int> unset;
  CHECK_FALSE(unset.ok());
  CHECK_FALSE(static_cast<bool>(unset));
}

TEST_CASE("trying goes on with the value and returns the first error") {
  REQUIRE(quarter(8).ok());
  CHECK(*quarter(8) == 2);
  CHECK_FALSE(quarter(6).ok());
  CHECK(quarter(7).error().message() == "the number is odd");
}

TEST_CASE("trying a status leaves before the next statement") {
  int calls = 0;
  CHECK(must_be_even(2, calls).ok());
  CHECK_FALSE(must_be_even(3, calls).ok());
  CHECK(calls == 1);
}

TEST_CASE("trying works the same in a coroutine") {
  const Result<int> value = run_inline(quarter_task(8));
  REQUIRE(value.ok());
  CHECK(*value == 2);
  CHECK_FALSE(run_inline(quarter_task(7)).ok());
  CHECK_FALSE(run_inline(quarter_task(6)).ok());
}

TEST_CASE("a value that cannot be copied moves through") {
  const auto make = []() -> Result<std::unique_ptr<std::string>> {
    return std::make_unique<std::string>("owned");
  };
  const auto use = [&]() -> Result<std::string> {
    CURFEW_TRY(const std::unique_ptr<std::string> owned, make());
    return *owned;
  };
  REQUIRE(use().ok());
  CHECK(*use() == "owned");
}

}  // namespace curfew
