// protocol/json/json_memory.hpp: read a JSON object that is looked at and forgotten at once.
//
// parse_json_object() asks for memory for each text and object in it, which takes longer than
// reading. Here they are put one behind the other into memory of the reader's, on its stack as far
// as it does.
#pragma once

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <cstddef>
#include <string_view>

#include "base/result.hpp"
#include "protocol/json/json.hpp"

namespace curfew {

// Not cleared before and not after: no secrets. For one thread.
// NOLINTBEGIN(cppcoreguidelines-pro-type-member-init): it is work space.
class JsonMemory {
 public:
  JsonMemory() = default;
  JsonMemory(const JsonMemory&) = delete;
  JsonMemory& operator=(const JsonMemory&) = delete;

  [[nodiscard]] boost::json::storage_ptr storage() { return &resource_; }

 private:
  std::array<unsigned char, 8192> bytes_;
  boost::json::monotonic_resource resource_{bytes_.data(), bytes_.size()};
};
// NOLINTEND(cppcoreguidelines-pro-type-member-init)

// As parse_json_object() of json.hpp. What it returns, and every copy that does not name other
// memory, lives as long as `memory`.
[[nodiscard]] Result<boost::json::object> parse_json_object(std::string_view text,
                                                            JsonMemory& memory,
                                                            const JsonLimits& limits = {});

}  // namespace curfew
