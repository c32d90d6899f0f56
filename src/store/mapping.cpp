#include "store/mapping.hpp"

#include <cstdint>

#include "base/text.hpp"

namespace curfew::detail {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// A strict reader of one JSON text (RFC 8259). Bytes outside of escapes are taken as they are, so
// that whatever encode_list wrote comes back bit by bit.
class ListReader {
 public:
  explicit ListReader(std::string_view text) : text_(text) {}

  std::optional<std::vector<std::string>> read() {
    std::vector<std::string> items;
    if (!take_token('[')) return std::nullopt;
    if (!take_token(']')) {
      do {
        skip_space();
        std::optional<std::string> item = read_string();
        if (!item) return std::nullopt;
        items.push_back(std::move(*item));
      } while (take_token(','));
      if (!take_token(']')) return std::nullopt;
    }
    skip_space();
    return at_ == text_.size() ? std::optional{std::move(items)} : std::nullopt;
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && std::string_view{" \t\r\n"}.find(text_[at_]) != text_.npos) ++at_;
  }

  bool take(char expected) {
    if (at_ == text_.size() || text_[at_] != expected) return false;
    ++at_;
    return true;
  }

  bool take_token(char expected) {
    skip_space();
    return take(expected);
  }

  std::optional<std::string> read_string() {
    if (!take('"')) return std::nullopt;
    std::string out;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return out;
      if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
      if (c != '\\') {
        out.push_back(c);
      } else if (!read_escape(out)) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  bool read_escape(std::string& out) {
    if (at_ == text_.size()) return false;
    const char c = text_[at_++];
    switch (c) {
      case '"':
      case '\\':
      case '/': out.push_back(c); return true;
      case 'b': out.push_back('\b'); return true;
      case 'f': out.push_back('\f'); return true;
      case 'n': out.push_back('\n'); return true;
      case 'r': out.push_back('\r'); return true;
      case 't': out.push_back('\t'); return true;
      case 'u': return read_code_point(out);
      default: return false;
    }
  }

  bool read_code_point(std::string& out) {
    const auto first = read_four_digits();
    if (!first || (*first >= 0xDC00 && *first <= 0xDFFF)) return false;
    if (*first < 0xD800 || *first > 0xDBFF) return append_utf8(out, *first);
    if (!take('\\') || !take('u')) return false;
    const auto second = read_four_digits();
    if (!second || *second < 0xDC00 || *second > 0xDFFF) return false;
    return append_utf8(out, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
  }

  std::optional<std::uint32_t> read_four_digits() {
    std::uint32_t value = 0;
    for (int digit = 0; digit < 4; ++digit) {
      if (at_ == text_.size()) return std::nullopt;
      const std::size_t nibble = kHexDigits.find(ascii_lower(text_[at_++]));
      if (nibble == kHexDigits.npos) return std::nullopt;
      value = value * 16 + static_cast<std::uint32_t>(nibble);
    }
    return value;
  }

  static bool append_utf8(std::string& out, std::uint32_t point) {
    const auto tail = [&](int shift) {
      out.push_back(static_cast<char>(0x80 | ((point >> shift) & 0x3F)));
    };
    if (point < 0x80) {
      out.push_back(static_cast<char>(point));
    } else if (point < 0x800) {
      out.push_back(static_cast<char>(0xC0 | (point >> 6)));
      tail(0);
    } else if (point < 0x10000) {
      out.push_back(static_cast<char>(0xE0 | (point >> 12)));
      tail(6), tail(0);
    } else {
      out.push_back(static_cast<char>(0xF0 | (point >> 18)));
      tail(12), tail(6), tail(0);
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void append_string(std::string& out, std::string_view item) {
  out.push_back('"');
  for (const char c : item) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20) {
      out += "\\u00";
      out.push_back(kHexDigits[byte >> 4]);
      out.push_back(kHexDigits[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

}  // namespace

std::string encode_list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) {
    if (out.size() > 1) out.push_back(',');
    append_string(out, item);
  }
  out.push_back(']');
  return out;
}

std::optional<std::vector<std::string>> decode_list(const std::string& text) {
  return ListReader{text}.read();
}

}  // namespace curfew::detail
