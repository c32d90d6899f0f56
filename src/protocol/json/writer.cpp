#include "protocol/json/writer.hpp"

#include <array>
#include <charconv>
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

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighBits = 0x80 * kOnes;

// Whether any of eight bytes is not ASCII, or one that must_escape(). A byte that equals a wanted
// one becomes 0 by the exclusive or; subtracting borrows into the high bit of what is too small.
bool has_unusual(std::uint64_t eight) {
  const std::uint64_t control = eight - 0x20 * kOnes;
  const std::uint64_t quote = (eight ^ ('"' * kOnes)) - kOnes;
  const std::uint64_t backslash = (eight ^ ('\\' * kOnes)) - kOnes;
  return ((eight | control | quote | backslash) & kHighBits) != 0;
}

// Bytes at the front that are ordinary for certain: eight are looked at together, the last ones
// singly.
std::size_t ordinary_prefix(std::string_view text) {
  std::size_t size = 0;
  for (; size + sizeof kOnes <= text.size(); size += sizeof kOnes) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + size, sizeof eight);
    if (has_unusual(eight)) break;
  }
  while (size < text.size() && !must_escape(text[size]) &&
         static_cast<unsigned char>(text[size]) < 0x80) {
    ++size;
  }
  return size;
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
  out += '"';
  // Runs of ordinary ASCII, which is nearly everything, are copied as they are.
  const std::size_t run = ordinary_prefix(text);
  out += text.substr(0, run);
  if (run < text.size()) append_repaired(out, text.substr(run));
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
