#include "base/error.hpp"

#include <doctest/doctest.h>

#include <array>
#include <set>

namespace curfew {

TEST_CASE("an error keeps code, cure and message") {
  const Error error{ErrorCode::denied, Retry::after_human, "the key is withdrawn"};
  CHECK(error.code() == ErrorCode::denied);
  CHECK(error.retry() == Retry::after_human);
  CHECK(error.message() == "the key is withdrawn");
}

TEST_CASE("permanent means never, transient means later") {
  CHECK(Error::permanent(ErrorCode::protocol, "x").retry() == Retry::never);
  CHECK(Error::transient(ErrorCode::timeout, "x").retry() == Retry::later);
}

TEST_CASE("context goes in front and changes nothing else") {
  const Error inner = Error::transient(ErrorCode::unavailable, "no such file");
  const Error outer = inner.within("reading ca.pem").within("starting");
  CHECK(outer.message() == "starting: reading ca.pem: no such file");
  CHECK(outer.code() == inner.code());
  CHECK(outer.retry() == inner.retry());
}

TEST_CASE("every code and cure has a name of its own") {
  constexpr std::array kCodes{
      ErrorCode::invalid_argument, ErrorCode::unauthenticated, ErrorCode::denied,
      ErrorCode::not_found,        ErrorCode::conflict,        ErrorCode::exhausted,
      ErrorCode::unavailable,      ErrorCode::timeout,         ErrorCode::protocol,
      ErrorCode::corrupted,        ErrorCode::internal};
  std::set<std::string_view> names;
  for (const ErrorCode code : kCodes) names.insert(to_string(code));
  CHECK(names.size() == kCodes.size());
  CHECK(to_string(ErrorCode::invalid_argument) == "invalid_argument");
  CHECK(to_string(ErrorCode::internal) == "internal");
  CHECK(to_string(Retry::never) == "never");
  CHECK(to_string(Retry::later) == "later");
  CHECK(to_string(Retry::after_human) == "after_human");
}

}  // namespace curfew
