// base/result.hpp: a value or an `Error`; how every function of ours that can fail returns.
//
// No exception crosses a module: the one file that calls a throwing library catches. A
// default-constructed Result is "never set" (Task needs the state); no function returns it.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "base/check.hpp"
#include "base/error.hpp"

namespace curfew {

// The value of an operation that has none: Result<Done> is success or an error.
struct Done {
  friend bool operator==(Done, Done) = default;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  using Value = T;

  Result() = default;
  // NOLINTBEGIN(google-explicit-constructor): `return value;` and `return error;` are the point.
  Result(T value) : state_(std::in_place_index<1>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<2>, std::move(error)) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return state_.index() == 1; }
  explicit operator bool() const { return ok(); }

  // Precondition of both: ok() is as the name says. Checked.
  [[nodiscard]] T& value() & {
    CURFEW_CHECK(ok());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    CURFEW_CHECK(ok());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] T&& value() && {
    CURFEW_CHECK(ok());
    return std::move(*std::get_if<1>(&state_));
  }
  [[nodiscard]] const Error& error() const {
    CURFEW_CHECK(state_.index() == 2);
    return *std::get_if<2>(&state_);
  }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<std::monostate, T, Error> state_;
};

using Status = Result<Done>;

}  // namespace curfew

#define CURFEW_CONCAT_INNER(a, b) a##b
#define CURFEW_CONCAT(a, b) CURFEW_CONCAT_INNER(a, b)
#define CURFEW_TRY_IMPL(temporary, declaration, expression, leave) \
  auto temporary = (expression);                                   \
  if (!temporary.ok()) leave temporary.error();                    \
  declaration = std::move(temporary).value()
#define CURFEW_TRY_STATUS_IMPL(temporary, expression, leave) \
  auto temporary = (expression);                             \
  if (!temporary.ok()) leave temporary.error()

// CURFEW_TRY(const User user, tx.user(id)): declares `user`, or returns the error to our caller.
// The CO_ forms are for coroutines. Several statements: needs braces around it.
#define CURFEW_TRY(declaration, expression) \
  CURFEW_TRY_IMPL(CURFEW_CONCAT(curfew_try_, __LINE__), declaration, expression, return)
#define CURFEW_CO_TRY(declaration, expression) \
  CURFEW_TRY_IMPL(CURFEW_CONCAT(curfew_try_, __LINE__), declaration, expression, co_return)
#define CURFEW_TRY_STATUS(expression) \
  CURFEW_TRY_STATUS_IMPL(CURFEW_CONCAT(curfew_try_, __LINE__), expression, return)
#define CURFEW_CO_TRY_STATUS(expression) \
  CURFEW_TRY_STATUS_IMPL(CURFEW_CONCAT(curfew_try_, __LINE__), expression, co_return)
