#include "gate/feed/fields.hpp"

#include <boost/json/object.hpp>

#include "gate/feed/gate_limits.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

constexpr std::int64_t kMillisMax = 253'402'300'799'999;  // the last of the year 9999

Error refused(std::string_view name, std::string_view why) {
  return Error::permanent(ErrorCode::invalid_argument, std::string{name} + " " + std::string{why});
}

}  // namespace

Result<std::string> get_bounded(const boost::json::object& object, std::string_view name,
                                std::size_t bytes_min, std::size_t bytes_max) {
  CURFEW_TRY(std::string text, get_string(object, name));
  if (text.size() >= bytes_min && text.size() <= bytes_max) return text;
  return Error::permanent(ErrorCode::exhausted,
                          std::string{name} + " has " + std::to_string(text.size()) +
                              " bytes; it must have " + std::to_string(bytes_min) + " to " +
                              std::to_string(bytes_max));
}

Result<Position> get_position(const boost::json::object& object, std::string_view name) {
  CURFEW_TRY(const std::string text, get_string(object, name));
  const auto position = parse_position(text);
  if (!position) return refused(name, "is not a position such as \"1.42\"");
  return *position;
}

Result<Position> get_set_position(const boost::json::object& object, std::string_view name) {
  CURFEW_TRY(const Position position, get_position(object, name));
  if (!position.is_set()) return refused(name, "is 0.0, where a real position is needed");
  return position;
}

Result<TimePoint> get_millis(const boost::json::object& object, std::string_view name) {
  CURFEW_TRY(const std::int64_t millis, get_int64(object, name));
  if (millis < 0 || millis > kMillisMax) {
    return refused(name, "is not a time in milliseconds since 1970");
  }
  return from_unix_millis(millis);
}

Result<ChainMark> get_mark(const boost::json::object& object) {
  ChainMark mark;
  CURFEW_TRY(mark.position, get_position(object, "position"));
  CURFEW_TRY(mark.chain_hash,
             get_bounded(object, "chain_hash", 0, gate_limits::kChainHashBytesMax));
  if ((mark.position.sequence != 0) == mark.chain_hash.empty()) {
    return refused("chain_hash", "must be there exactly if the journal has an entry at position");
  }
  return mark;
}

void write_mark(JsonObjectWriter& object, const ChainMark& mark) {
  object.string("position", to_string(mark.position)).string("chain_hash", mark.chain_hash);
}

}  // namespace curfew
