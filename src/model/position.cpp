#include "model/position.hpp"

#include <charconv>

#include "base/check.hpp"

namespace curfew {

namespace {

constexpr unsigned kSequenceBits = 44;

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t max) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value > max) return std::nullopt;
  return value;
}

}  // namespace

std::string to_string(Position position) {
  return std::to_string(position.generation) + "." + std::to_string(position.sequence);
}

std::optional<Position> parse_position(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto generation = parse_number(text.substr(0, dot), kGenerationMax);
  const auto sequence = parse_number(text.substr(dot + 1), kSequenceMax);
  if (!generation || !sequence) return std::nullopt;
  const Position position{*generation, *sequence};
  // No generation has the number 0: only the position that is not set.
  if (!position.is_set() && position != Position{}) return std::nullopt;
  return position;
}

std::int64_t pack(Position position) {
  CURFEW_CHECK(position.generation <= kGenerationMax && position.sequence <= kSequenceMax);
  return static_cast<std::int64_t>((position.generation << kSequenceBits) | position.sequence);
}

Position unpack_position(std::int64_t packed) {
  const auto bits = static_cast<std::uint64_t>(packed);
  return {bits >> kSequenceBits, bits & kSequenceMax};
}

}  // namespace curfew
