// protocol/json/members.hpp: take typed members out of a JSON object; errors name the member.
//
// The plain form requires the member, the `optional_` form allows its absence. A member of another
// type is an error in both, null included: nothing is ever converted ("true" is not true, "1" is
// not 1). All errors are invalid_argument / never: "iss is missing", "iss is not a string".
// Pointers and views into the object live as long as it is not changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "protocol/json/json_fwd.hpp"

namespace curfew {

[[nodiscard]] Result<std::string> get_string(const boost::json::object& object,
                                             std::string_view name);
[[nodiscard]] Result<std::optional<std::string>> get_optional_string(
    const boost::json::object& object, std::string_view name);
// The same without a copy: as long as the object lives and the member stays.
[[nodiscard]] Result<std::string_view> get_string_view(const boost::json::object& object,
                                                       std::string_view name);
[[nodiscard]] Result<std::optional<std::string_view>> get_optional_string_view(
    const boost::json::object& object, std::string_view name);

// Whole numbers only: 3.5 and 1e3 are refused.
[[nodiscard]] Result<std::int64_t> get_int64(const boost::json::object& object,
                                             std::string_view name);
[[nodiscard]] Result<std::optional<std::int64_t>> get_optional_int64(
    const boost::json::object& object, std::string_view name);

[[nodiscard]] Result<bool> get_bool(const boost::json::object& object, std::string_view name);
[[nodiscard]] Result<std::optional<bool>> get_optional_bool(const boost::json::object& object,
                                                            std::string_view name);

// NumericDate (RFC 7519 2): seconds since 1970, fractions allowed and kept to the millisecond.
// Between the years 0000 and 9999.
[[nodiscard]] Result<TimePoint> get_numeric_date(const boost::json::object& object,
                                                 std::string_view name);
[[nodiscard]] Result<std::optional<TimePoint>> get_optional_numeric_date(
    const boost::json::object& object, std::string_view name);

// An array of strings.
[[nodiscard]] Result<std::vector<std::string>> get_strings(const boost::json::object& object,
                                                           std::string_view name);
[[nodiscard]] Result<std::optional<std::vector<std::string>>> get_optional_strings(
    const boost::json::object& object, std::string_view name);

// One string, or an array of strings: the form of `aud` (RFC 7519 4.1.3).
[[nodiscard]] Result<std::vector<std::string>> get_string_or_strings(
    const boost::json::object& object, std::string_view name);

// Never null in a result; the optional form gives nullptr for an absent member.
[[nodiscard]] Result<const boost::json::object*> get_object(const boost::json::object& object,
                                                            std::string_view name);
[[nodiscard]] Result<const boost::json::object*> get_optional_object(
    const boost::json::object& object, std::string_view name);
[[nodiscard]] Result<const boost::json::array*> get_array(const boost::json::object& object,
                                                          std::string_view name);
[[nodiscard]] Result<const boost::json::array*> get_optional_array(
    const boost::json::object& object, std::string_view name);

}  // namespace curfew
