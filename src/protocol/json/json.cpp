#include "protocol/json/json.hpp"

#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_stack.hpp>
#include <cmath>
#include <exception>
#include <utility>

#include "protocol/json/json_memory.hpp"

namespace curfew {

namespace {

namespace bj = boost::json;

// Builds the value, and counts the members as they are written in the text. An object that names a
// member twice keeps one of the two, so afterwards the value has fewer members than were counted.
// The parser prescribes the names and parameters of the functions.
struct CountingHandler {
  static constexpr std::size_t max_array_size = bj::array::max_size();
  // Nothing we read comes near it; it bounds the work of colliding names.
  static constexpr std::size_t max_object_size = 4096;
  static constexpr std::size_t max_key_size = bj::string::max_size();
  static constexpr std::size_t max_string_size = bj::string::max_size();

  CountingHandler(unsigned char* buffer, std::size_t size, bj::storage_ptr storage)
      : stack({}, buffer, size) {
    stack.reset(std::move(storage));
  }

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }
  bool on_object_begin(bj::error_code&) { return true; }
  bool on_object_end(std::size_t n, bj::error_code&) {
    members += n;
    stack.push_object(n);
    return true;
  }
  bool on_array_begin(bj::error_code&) { return true; }
  bool on_array_end(std::size_t n, bj::error_code&) {
    stack.push_array(n);
    return true;
  }
  bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) {
    stack.push_chars(part);
    return true;
  }
  bool on_key(bj::string_view rest, std::size_t, bj::error_code&) {
    stack.push_key(rest);
    return true;
  }
  bool on_string_part(bj::string_view part, std::size_t, bj::error_code&) {
    stack.push_chars(part);
    return true;
  }
  bool on_string(bj::string_view rest, std::size_t, bj::error_code&) {
    stack.push_string(rest);
    return true;
  }
  bool on_number_part(bj::string_view, bj::error_code&) { return true; }
  bool on_int64(std::int64_t number, bj::string_view, bj::error_code&) {
    stack.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, bj::string_view, bj::error_code&) {
    stack.push_uint64(number);
    return true;
  }
  bool on_double(double number, bj::string_view, bj::error_code& ec) {
    if (!std::isfinite(number)) {
      ec = bj::error::exponent_overflow;
      return false;
    }
    stack.push_double(number);
    return true;
  }
  bool on_bool(bool truth, bj::error_code&) {
    stack.push_bool(truth);
    return true;
  }
  bool on_null(bj::error_code&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }

  bj::value_stack stack;
  std::size_t members = 0;
};

// Depth is limited by the parser, so the recursion is.
std::size_t count_members(const bj::value& value) {
  std::size_t count = 0;
  if (const auto* object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object) count += count_members(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const auto& element : *array) count += count_members(element);
  }
  return count;
}

Error bad_json(std::string reason) {
  return Error::permanent(ErrorCode::invalid_argument, "not valid JSON: " + std::move(reason));
}

Result<bj::value> parse(std::string_view text, std::size_t depth_max,
                        const bj::storage_ptr& storage) {
  std::array<unsigned char, 4096> buffer;  // NOLINT: uninitialised on purpose, it is work space
  bj::parse_options options;
  options.max_depth = depth_max;
  bj::basic_parser<CountingHandler> parser{options, buffer.data(), buffer.size(), storage};
  bj::error_code ec;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
  if (ec) return bad_json(ec.message());
  if (!parser.done()) return bad_json("incomplete");
  if (used != text.size()) return bad_json("text after the value");
  bj::value value = parser.handler().stack.release();
  if (count_members(value) != parser.handler().members) return bad_json("a name is repeated");
  return value;
}

Result<bj::value> parse_within(std::string_view text, const JsonLimits& limits,
                               const bj::storage_ptr& storage) {
  if (text.size() > limits.bytes_max) {
    return Error::permanent(ErrorCode::exhausted, "JSON text of more than " +
                                                      std::to_string(limits.bytes_max) + " bytes");
  }
  try {
    return parse(text, limits.depth_max, storage);
  } catch (const std::exception&) {
    return Error::transient(ErrorCode::exhausted, "no memory to read JSON");
  }
}

Result<bj::object> object_of(Result<bj::value> read) {
  CURFEW_TRY(bj::value value, std::move(read));
  if (!value.is_object()) return bad_json("not an object");
  return std::move(value.get_object());
}

}  // namespace

Result<bj::value> parse_json(std::string_view text, const JsonLimits& limits) {
  return parse_within(text, limits, {});
}

Result<bj::object> parse_json_object(std::string_view text, const JsonLimits& limits) {
  return object_of(parse_within(text, limits, {}));
}

Result<bj::object> parse_json_object(std::string_view text, JsonMemory& memory,
                                     const JsonLimits& limits) {
  return object_of(parse_within(text, limits, memory.storage()));
}

std::string serialize_json(const bj::value& value) { return bj::serialize(value); }
std::string serialize_json(const bj::object& object) { return bj::serialize(object); }

boost::json::array list_of(const std::vector<std::string>& texts) {
  return boost::json::array(texts.begin(), texts.end());
}

}  // namespace curfew
