#include "protocol/json/writer.hpp"

#include <array>
#include <charconv>

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

// Whether every byte is ASCII and none must_escape(). Looks at every byte whatever it finds: then
// many are looked at together.
bool is_ordinary(std::string_view text) {
  unsigned unusual = 0;
  for (const char c : text) {
    unusual |= static_cast<unsigned>(must_escape(c) || static_cast<unsigned char>(c) >= 0x80);
  }
  return unusual == 0;
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
  if (is_ordinary(text)) {  // nearly everything is
    out += text;
  } else {
    append_repaired(out, text);
  }
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
