#include "protocol/json/members.hpp"

#include <doctest/doctest.h>

#include "protocol/json/json.hpp"

namespace curfew {

namespace {

boost::json::object object_of(std::string_view text) { return parse_json_object(text).value(); }

const boost::json::object& sample() {
  static const boost::json::object object = object_of(R"({
    "s": "text", "e": "", "i": -5, "big": 18446744073709551615, "half": 2.5, "exp": 1e3,
    "t": true, "f": false, "n": null, "quoted": "true", "one": "1",
    "list": ["a", "b"], "empty": [], "mixed": ["a", 1], "o": {"x": 1}})");
  return object;
}

template <typename T>
void check_error(const Result<T>& result, std::string_view message) {
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code() == ErrorCode::invalid_argument);
  CHECK(result.error().message() == message);
}

}  // namespace

TEST_CASE("members of the right type are returned") {
  CHECK(get_string(sample(), "s").value() == "text");
  CHECK(get_string(sample(), "e").value().empty());
  const auto object = sample();
  CHECK(get_string_view(object, "s").value() == "text");
  CHECK(get_optional_string_view(object, "e").value() == "");
  CHECK(get_int64(sample(), "i").value() == -5);
  CHECK(get_bool(sample(), "t").value());
  CHECK_FALSE(get_bool(sample(), "f").value());
  CHECK(get_strings(sample(), "list").value() == std::vector<std::string>{"a", "b"});
  CHECK(get_strings(sample(), "empty").value().empty());
  CHECK(get_string_or_strings(sample(), "s").value() == std::vector<std::string>{"text"});
  CHECK(get_string_or_strings(sample(), "list").value().size() == 2);
  CHECK(get_object(sample(), "o").value()->size() == 1);
  CHECK(get_array(sample(), "list").value()->size() == 2);
}

TEST_CASE("a missing member is an error that names it, unless it is optional") {
  check_error(get_string(sample(), "iss"), "iss is missing");
  check_error(get_string_view(sample(), "iss"), "iss is missing");
  check_error(get_int64(sample(), "iss"), "iss is missing");
  check_error(get_bool(sample(), "iss"), "iss is missing");
  check_error(get_numeric_date(sample(), "iss"), "iss is missing");
  check_error(get_strings(sample(), "iss"), "iss is missing");
  check_error(get_string_or_strings(sample(), "iss"), "iss is missing");
  check_error(get_object(sample(), "iss"), "iss is missing");
  check_error(get_array(sample(), "iss"), "iss is missing");
  CHECK_FALSE(get_optional_string(sample(), "iss").value());
  CHECK_FALSE(get_optional_int64(sample(), "iss").value());
  CHECK_FALSE(get_optional_bool(sample(), "iss").value());
  CHECK_FALSE(get_optional_numeric_date(sample(), "iss").value());
  CHECK_FALSE(get_optional_strings(sample(), "iss").value());
  CHECK(get_optional_object(sample(), "iss").value() == nullptr);
  CHECK(get_optional_array(sample(), "iss").value() == nullptr);
}

TEST_CASE("nothing is converted from another type, null included") {
  check_error(get_optional_string(sample(), "i"), "i is not a string");
  check_error(get_optional_string_view(sample(), "i"), "i is not a string");
  check_error(get_optional_string(sample(), "n"), "n is not a string");
  check_error(get_optional_bool(sample(), "quoted"), "quoted is not true or false");
  check_error(get_optional_bool(sample(), "i"), "i is not true or false");
  for (const char* name : {"one", "half", "exp", "big", "t", "n"}) {
    check_error(get_optional_int64(sample(), name), std::string{name} + " is not a whole number");
  }
  check_error(get_strings(sample(), "mixed"), "mixed is not an array of strings");
  check_error(get_strings(sample(), "s"), "s is not an array of strings");
  check_error(get_string_or_strings(sample(), "i"), "i is not a string or an array of strings");
  check_error(get_string_or_strings(sample(), "mixed"),
              "mixed is not a string or an array of strings");
  check_error(get_optional_object(sample(), "list"), "list is not an object");
  check_error(get_optional_object(sample(), "n"), "n is not an object");
  check_error(get_optional_array(sample(), "o"), "o is not an array");
}

TEST_CASE("a NumericDate is a number of seconds, whole or not") {
  const auto date = [](std::string_view json) {
    return get_numeric_date(object_of("{\"exp\":" + std::string{json} + "}"), "exp");
  };
  CHECK(to_unix_millis(date("1700000000").value()) == 1'700'000'000'000);
  CHECK(to_unix_millis(date("1700000000.25").value()) == 1'700'000'000'250);
  CHECK(to_unix_millis(date("1.7e9").value()) == 1'700'000'000'000);
  CHECK(to_unix_millis(date("-1").value()) == -1000);
  CHECK(date("253402300799").ok());
  for (const char* json : {"\"1700000000\"", "null", "true", "[1]"}) {
    CHECK(date(json).error().message() == "exp is not a number of seconds");
  }
  for (const char* json : {"253402300800", "1e300", "-1e300", "9223372036854775807"}) {
    CHECK(date(json).error().message() == "exp is not a possible time");
  }
  CHECK_FALSE(date("18446744073709551615").ok());
}

}  // namespace curfew
