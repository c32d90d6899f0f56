#include "protocol/json/writer.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "base/text.hpp"

namespace curfew {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

void append_escaped(std::string& out, char c) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  out += "\\u00";
  out += kHexDigits[static_cast<unsigned char>(c) >> 4U];
  out += kHexDigits[static_cast<unsigned char>(c) & 0xfU];
}

bool must_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

constexpr std::uint64_t kEachByte = 0x0101010101010101;
constexpr std::uint64_t kHighBits = 0x80 * kEachByte;

// The high bit of each byte that is zero; perhaps also of bytes above a zero one.
constexpr std::uint64_t zero_bytes(std::uint64_t eight) { return (eight - kEachByte) & ~eight; }

// Not zero where one of the eight bytes is not ASCII or must_escape().
constexpr std::uint64_t unusual(std::uint64_t eight) {
  const std::uint64_t control = eight - 0x20 * kEachByte;
  const std::uint64_t quote = zero_bytes(eight ^ ('"' * kEachByte));
  const std::uint64_t backslash = zero_bytes(eight ^ ('\\' * kEachByte));
  return (eight | (control & ~eight) | quote | backslash) & kHighBits;
}

std::uint64_t eight_at(const char* bytes) {
  std::uint64_t eight = 0;
  std::memcpy(&eight, bytes, sizeof eight);
  return eight;
}

// Whether every byte is ASCII and none must_escape(). Looks at every byte whatever it finds, eight
// at a time; the last eight overlap those before.
bool is_ordinary(std::string_view text) {
  if (text.size() < sizeof(std::uint64_t)) {
    std::array<char, sizeof(std::uint64_t)> padded{' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '};
    text.copy(padded.data(), text.size());
    return unusual(eight_at(padded.data())) == 0;
  }
  const std::size_t last = text.size() - sizeof(std::uint64_t);
  std::uint64_t found = unusual(eight_at(text.data() + last));
  for (std::size_t at = 0; at < last; at += sizeof(std::uint64_t)) {
    found |= unusual(eight_at(text.data() + at));
  }
  return found == 0;
}

// The length of the UTF-8 character at the front, 0 if there is none. Precondition: not ASCII.
std::size_t character_bytes(std::string_view rest) {
  for (const std::size_t size : {2UL, 3UL, 4UL}) {
    if (rest.size() >= size && is_utf8(rest.substr(0, size))) return size;
  }
  return 0;
}

void append_repaired(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const char c = text.front();
    std::size_t size = 1;
    if (must_escape(c)) {
      append_escaped(out, c);
    } else if (static_cast<unsigned char>(c) < 0x80) {
      out += c;
    } else if (const std::size_t whole = character_bytes(text); whole != 0) {
      out += text.substr(0, whole);
      size = whole;
    } else {
      out += kReplacement;
    }
    text.remove_prefix(size);
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (is_ordinary(text)) {  // nearly everything is
    const std::size_t at = out.size();
    out.append(text.size() + 2, '"');
    text.copy(out.data() + at + 1, text.size());
    return;
  }
  out += '"';
  append_repaired(out, text);
  out += '"';
}

void JsonObjectWriter::name(std::string_view name) {
  if (!first_) out_ += ',';
  first_ = false;
  append_json_string(out_, name);
  out_ += ':';
}

JsonObjectWriter& JsonObjectWriter::string(std::string_view name, std::string_view value) {
  this->name(name);
  append_json_string(out_, value);
  return *this;
}

JsonObjectWriter& JsonObjectWriter::integer(std::string_view name, std::int64_t value) {
  this->name(name);
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out_.append(digits.data(), end);
  return *this;
}

JsonObjectWriter& JsonObjectWriter::boolean(std::string_view name, bool value) {
  this->name(name);
  out_ += value ? "true" : "false";
  return *this;
}

JsonObjectWriter& JsonObjectWriter::strings(std::string_view name,
                                            const std::vector<std::string>& values) {
  this->name(name);
  out_ += '[';
  bool first = true;
  for (const std::string& value : values) {
    if (!first) out_ += ',';
    first = false;
    append_json_string(out_, value);
  }
  out_ += ']';
  return *this;
}

JsonObjectWriter& JsonObjectWriter::raw(std::string_view name, std::string_view json) {
  this->name(name);
  out_ += json;
  return *this;
}

}  // namespace curfew
