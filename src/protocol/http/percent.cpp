#include "protocol/http/percent.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace curfew {

namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
  // Most of what is decoded holds nothing to decode, and tokens are long.
  const std::size_t percent = std::min(text.find('%'), text.size());
  const std::size_t first = plus_is_space ? std::min(text.find('+'), percent) : percent;
  std::string bytes{text.substr(0, first)};
  if (first == text.size()) return bytes;
  bytes.reserve(text.size());
  for (std::size_t i = first; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      bytes += ' ';
    } else if (text[i] == '%') {
      const std::optional<std::string> byte = hex_decode(text.substr(i + 1, 2));
      if (!byte || byte->size() != 1) return std::nullopt;
      bytes += *byte;
      i += 2;
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) { return decode(text, false); }

std::optional<std::string> form_decode(std::string_view text) { return decode(text, true); }

std::string percent_encode(std::string_view bytes) { return percent_encode(bytes, is_unreserved); }

std::string percent_encode(std::string_view bytes, bool (*is_plain)(char)) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    if (is_plain(c)) {
      text += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    text += '%';
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text;
}

}  // namespace curfew
