#include "crypto/ecdsa_encoding.hpp"

namespace curfew {

namespace {

constexpr char kSequence = 0x30;
constexpr char kInteger = 0x02;

bool high_bit(char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; }

void append_integer(std::string& out, std::string_view big_endian) {
  while (big_endian.size() > 1 && big_endian[0] == 0) big_endian.remove_prefix(1);
  const bool pad = high_bit(big_endian[0]);
  out += kInteger;
  out += static_cast<char>(big_endian.size() + (pad ? 1 : 0));
  if (pad) out += '\0';
  out += big_endian;
}

// Takes tag and length off the front and returns the contents. Lengths here are below 256, so only
// the short form and 0x81 occur, the latter only where the short form does not do.
std::optional<std::string_view> take(std::string_view& rest, char tag) {
  if (rest.size() < 2 || rest[0] != tag) return std::nullopt;
  std::size_t length = static_cast<unsigned char>(rest[1]);
  std::size_t head = 2;
  if (length == 0x81) {
    if (rest.size() < 3) return std::nullopt;
    length = static_cast<unsigned char>(rest[2]);
    head = 3;
    if (length < 0x80) return std::nullopt;
  } else if (length > 0x7f) {
    return std::nullopt;
  }
  if (rest.size() - head < length) return std::nullopt;
  const std::string_view contents = rest.substr(head, length);
  rest.remove_prefix(head + length);
  return contents;
}

// The contents of a non-negative INTEGER in its shortest form, without the sign byte.
std::optional<std::string_view> take_integer(std::string_view& rest) {
  auto contents = take(rest, kInteger);
  if (!contents || contents->empty() || high_bit(contents->front())) return std::nullopt;
  if (contents->size() > 1 && contents->front() == 0) {
    if (!high_bit((*contents)[1])) return std::nullopt;
    contents->remove_prefix(1);
  }
  return contents;
}

}  // namespace

std::optional<std::string> ecdsa_raw_to_der(std::string_view raw, std::size_t field_bytes) {
  if (raw.size() != 2 * field_bytes || raw.empty()) return std::nullopt;
  std::string integers;
  integers.reserve(raw.size() + 8);
  append_integer(integers, raw.substr(0, field_bytes));
  append_integer(integers, raw.substr(field_bytes));
  std::string der;
  der.reserve(integers.size() + 3);
  der += kSequence;
  if (integers.size() > 0x7f) der += static_cast<char>(0x81);
  der += static_cast<char>(integers.size());
  der += integers;
  return der;
}

std::optional<std::string> ecdsa_der_to_raw(std::string_view der, std::size_t field_bytes) {
  auto sequence = take(der, kSequence);
  if (!sequence || !der.empty()) return std::nullopt;
  const auto r = take_integer(*sequence);
  if (!r) return std::nullopt;
  const auto s = take_integer(*sequence);
  if (!s || !sequence->empty()) return std::nullopt;
  if (r->size() > field_bytes || s->size() > field_bytes) return std::nullopt;
  std::string raw(field_bytes - r->size(), '\0');
  raw += *r;
  raw.append(field_bytes - s->size(), '\0');
  raw += *s;
  return raw;
}

}  // namespace curfew
