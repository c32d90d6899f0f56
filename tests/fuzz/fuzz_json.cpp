// tests/fuzz/fuzz_json.cpp: what the JSON reader accepts, it writes and reads again as the same.
//
// Covers: protocol/json/json.cpp protocol/json/members.cpp protocol/json/writer.cpp
#include <algorithm>
#include <boost/json/parse.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/text.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/json_memory.hpp"
#include "protocol/json/members.hpp"
#include "protocol/json/writer.hpp"

using namespace curfew;

namespace {

// A text of ours is read as it was meant, whatever the bytes.
void check_writer(std::string_view bytes) {
  std::string written;
  append_json_string(written, bytes);
  const auto read = parse_json(written, {.bytes_max = written.size()});
  CURFEW_CHECK(read.ok() && read->is_string());
  if (is_utf8(bytes)) CURFEW_CHECK(std::string_view{read->get_string()} == bytes);
}

void check_members(const boost::json::object& object) {
  for (const auto& member : object) {
    const std::string_view name{member.key().data(), member.key().size()};
    const auto date = get_optional_numeric_date(object, name);
    if (date.ok()) CURFEW_CHECK(date->has_value());
    CURFEW_CHECK(get_string(object, name).ok() == member.value().is_string());
    CURFEW_CHECK(get_bool(object, name).ok() == member.value().is_bool());
    CURFEW_CHECK(get_array(object, name).ok() == member.value().is_array());
    static_cast<void>(get_string_or_strings(object, name).ok());
  }
}

// Stricter than the library, never more liberal.
void check_stricter(std::string_view text) {
  boost::json::error_code ec;
  boost::json::parse_options options;
  options.max_depth = limits::kJsonDepthMax;
  static_cast<void>(boost::json::parse(text, ec, {}, options));
  CURFEW_CHECK(!ec);
}

// The library rounds some decimal fractions in the last place, so they may change in writing.
bool has_fraction(const boost::json::value& value) {
  if (value.is_double()) return true;
  if (const auto* array = value.if_array()) return std::ranges::any_of(*array, has_fraction);
  const auto* object = value.if_object();
  return object != nullptr && std::ranges::any_of(*object, [](const auto& member) {
           return has_fraction(member.value());
         });
}

void check_round_trip(const boost::json::value& value) {
  if (has_fraction(value)) return;
  const std::string written = serialize_json(value);
  const auto again = parse_json(written, {.bytes_max = written.size()});
  CURFEW_CHECK(again.ok() && serialize_json(*again) == written);
}

// Where an object is put changes nothing.
void check_memory(std::string_view text) {
  JsonMemory memory;
  const auto here = parse_json_object(text, memory);
  const auto elsewhere = parse_json_object(text);
  CURFEW_CHECK(here.ok() == elsewhere.ok());
  if (here.ok()) CURFEW_CHECK(*here == *elsewhere);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_writer(text);
  check_memory(text);
  const auto value = parse_json(text);
  if (!value.ok()) return 0;
  CURFEW_CHECK(is_utf8(text));
  check_stricter(text);
  check_round_trip(*value);
  if (value->is_object()) check_members(value->get_object());
  return 0;
}
