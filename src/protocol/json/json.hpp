// protocol/json/json.hpp: read JSON strictly (RFC 8259, I-JSON of RFC 7493), write it.
//
// Readers differ on what a repeated name means, so an attacker could show one subject to us and
// another to an enforcement point: a repeated name at any level is an error here. So are invalid
// UTF-8, lone surrogates, numbers that no double can hold, text after the value, and sizes over the
// limits. Whole numbers are exact; fractions may be off in the last place of a double.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "base/result.hpp"

namespace curfew {

struct JsonLimits {
  std::size_t bytes_max = limits::kHttpBodyBytesMax;
  std::size_t depth_max = limits::kJsonDepthMax;  // arrays and objects inside each other
};

// Errors: invalid_argument (what is wrong, never the text itself), exhausted over bytes_max.
[[nodiscard]] Result<boost::json::value> parse_json(std::string_view text,
                                                    const JsonLimits& limits = {});
// The same for a text whose value must be an object.
[[nodiscard]] Result<boost::json::object> parse_json_object(std::string_view text,
                                                            const JsonLimits& limits = {});

[[nodiscard]] std::string serialize_json(const boost::json::value& value);
[[nodiscard]] std::string serialize_json(const boost::json::object& object);

[[nodiscard]] boost::json::array list_of(const std::vector<std::string>& texts);

}  // namespace curfew
