#include "protocol/json/members.hpp"

#include <boost/json/value.hpp>
#include <cmath>

namespace curfew {

namespace {

namespace bj = boost::json;

Error missing(std::string_view name) {
  return Error::permanent(ErrorCode::invalid_argument, std::string{name} + " is missing");
}

Error is_not(std::string_view name, std::string_view what) {
  return Error::permanent(ErrorCode::invalid_argument,
                          std::string{name} + " is not " + std::string{what});
}

// A required member from the function that reads an optional one.
template <typename T>
Result<T> required(Result<std::optional<T>> found, std::string_view name) {
  if (!found.ok()) return found.error();
  if (!found->has_value()) return missing(name);
  return std::move(**found);
}

Result<std::vector<std::string>> strings_of(const bj::array& array, std::string_view name,
                                            std::string_view what) {
  std::vector<std::string> strings;
  strings.reserve(array.size());
  for (const bj::value& element : array) {
    const bj::string* const string = element.if_string();
    if (string == nullptr) return is_not(name, what);
    strings.emplace_back(string->data(), string->size());
  }
  return strings;
}

constexpr std::string_view kStrings = "an array of strings";
constexpr std::string_view kStringOrStrings = "a string or an array of strings";

// The years 0000 to 9999, which every date format that we write can show.
constexpr double kDateMin = -62'167'219'200.0;
constexpr double kDateMax = 253'402'300'799.0;

}  // namespace

Result<std::optional<std::string_view>> get_optional_string_view(const bj::object& object,
                                                                 std::string_view name) {
  const bj::value* const member = object.if_contains(name);
  if (member == nullptr) return std::optional<std::string_view>{};
  const bj::string* const string = member->if_string();
  if (string == nullptr) return is_not(name, "a string");
  return std::optional<std::string_view>{std::in_place, string->data(), string->size()};
}

Result<std::string_view> get_string_view(const bj::object& object, std::string_view name) {
  return required(get_optional_string_view(object, name), name);
}

Result<std::optional<std::string>> get_optional_string(const bj::object& object,
                                                       std::string_view name) {
  CURFEW_TRY(const std::optional<std::string_view> text, get_optional_string_view(object, name));
  return text ? std::optional<std::string>{*text} : std::nullopt;
}

Result<std::string> get_string(const bj::object& object, std::string_view name) {
  return required(get_optional_string(object, name), name);
}

Result<std::optional<std::int64_t>> get_optional_int64(const bj::object& object,
                                                       std::string_view name) {
  const bj::value* const member = object.if_contains(name);
  if (member == nullptr) return std::optional<std::int64_t>{};
  const std::int64_t* const number = member->if_int64();
  if (number == nullptr) return is_not(name, "a whole number");
  return std::optional<std::int64_t>{*number};
}

Result<std::int64_t> get_int64(const bj::object& object, std::string_view name) {
  return required(get_optional_int64(object, name), name);
}

Result<std::optional<bool>> get_optional_bool(const bj::object& object, std::string_view name) {
  const bj::value* const member = object.if_contains(name);
  if (member == nullptr) return std::optional<bool>{};
  const bool* const truth = member->if_bool();
  if (truth == nullptr) return is_not(name, "true or false");
  return std::optional<bool>{*truth};
}

Result<bool> get_bool(const bj::object& object, std::string_view name) {
  return required(get_optional_bool(object, name), name);
}

Result<std::optional<TimePoint>> get_optional_numeric_date(const bj::object& object,
                                                           std::string_view name) {
  const bj::value* const member = object.if_contains(name);
  if (member == nullptr) return std::optional<TimePoint>{};
  double seconds = 0;
  if (const std::int64_t* const whole = member->if_int64()) {
    seconds = static_cast<double>(*whole);
  } else if (const double* const fraction = member->if_double()) {
    seconds = *fraction;
  } else {
    return is_not(name, "a number of seconds");
  }
  if (!(seconds >= kDateMin && seconds <= kDateMax)) return is_not(name, "a possible time");
  // Every whole second and millisecond of these years is exact in a double to well under 1 ms.
  const auto millis = static_cast<std::int64_t>(std::floor(seconds * 1000.0));
  return std::optional<TimePoint>{from_unix_millis(millis)};
}

Result<TimePoint> get_numeric_date(const bj::object& object, std::string_view name) {
  return required(get_optional_numeric_date(object, name), name);
}

Result<std::optional<std::vector<std::string>>> get_optional_strings(const bj::object& object,
                                                                     std::string_view name) {
  const bj::value* const member = object.if_contains(name);
  if (member == nullptr) return std::optional<std::vector<std::string>>{};
  const bj::array* const array = member->if_array();
  if (array == nullptr) return is_not(name, kStrings);
  CURFEW_TRY(std::vector<std::string> strings, strings_of(*array, name, kStrings));
  return std::optional{std::move(strings)};
}

Result<std::vector<std::string>> get_strings(const bj::object& object, std::string_view name) {
  return required(get_optional_strings(object, name), name);
}

Result<std::vector<std::string>> get_string_or_strings(const bj::object& object,
                                                       std::string_view name) {
  const bj::value* const member = object.if_contains(name);
  if (member == nullptr) return missing(name);
  if (const bj::string* const string = member->if_string()) {
    return std::vector<std::string>{std::string{string->data(), string->size()}};
  }
  const bj::array* const array = member->if_array();
  if (array == nullptr) return is_not(name, kStringOrStrings);
  return strings_of(*array, name, kStringOrStrings);
}

Result<const bj::object*> get_optional_object(const bj::object& object, std::string_view name) {
  const bj::value* const member = object.if_contains(name);
  if (member == nullptr) return nullptr;
  const bj::object* const inner = member->if_object();
  if (inner == nullptr) return is_not(name, "an object");
  return inner;
}

Result<const bj::object*> get_object(const bj::object& object, std::string_view name) {
  CURFEW_TRY(const bj::object* const inner, get_optional_object(object, name));
  if (inner == nullptr) return missing(name);
  return inner;
}

Result<const bj::array*> get_optional_array(const bj::object& object, std::string_view name) {
  const bj::value* const member = object.if_contains(name);
  if (member == nullptr) return nullptr;
  const bj::array* const inner = member->if_array();
  if (inner == nullptr) return is_not(name, "an array");
  return inner;
}

Result<const bj::array*> get_array(const bj::object& object, std::string_view name) {
  CURFEW_TRY(const bj::array* const inner, get_optional_array(object, name));
  if (inner == nullptr) return missing(name);
  return inner;
}

}  // namespace curfew
