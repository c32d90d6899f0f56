#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace curfew {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64UrlAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// For each place in a group of four characters, what a character there adds to the group's 24 bits;
// with kNoDigit in it where it is no digit.
using DigitTables = std::array<std::array<std::uint32_t, 256>, 4>;
constexpr std::uint32_t kNoDigit = 1U << 24U;

constexpr DigitTables digits_of(std::string_view alphabet) {
  DigitTables tables{};
  for (std::size_t place = 0; place < tables.size(); ++place) {
    for (std::uint32_t& digit : tables[place]) digit = kNoDigit;
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
      tables[place][static_cast<unsigned char>(alphabet[i])] =
          static_cast<std::uint32_t>(i << (18 - 6 * place));
    }
  }
  return tables;
}

// The two characters for each twelve bits.
using DigitPairs = std::array<std::array<char, 2>, 4096>;

constexpr DigitPairs pairs_of(std::string_view alphabet) {
  DigitPairs pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {alphabet[i / 64], alphabet[i % 64]};
  return pairs;
}

constexpr DigitPairs kBase64Pairs = pairs_of(kBase64Alphabet);
constexpr DigitPairs kBase64UrlPairs = pairs_of(kBase64UrlAlphabet);
constexpr DigitTables kBase64Digits = digits_of(kBase64Alphabet);
constexpr DigitTables kBase64UrlDigits = digits_of(kBase64UrlAlphabet);

std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

// Without padding: two characters for one trailing byte, three for two. Every token goes through
// here: plain pointers, whose bounds `whole` and `rest` are.
std::string encode64(std::string_view bytes, const DigitPairs& pairs) {
  const std::size_t whole = bytes.size() / 3;
  const std::size_t rest = bytes.size() % 3;
  std::string text(whole * 4 + (rest == 0 ? 0 : rest + 1), '\0');
  const char* in = bytes.data();
  char* out = text.data();
  const auto byte = [&in](std::size_t i) -> std::uint32_t {
    return static_cast<unsigned char>(in[i]);
  };
  for (std::size_t i = 0; i < whole; ++i, in += 3, out += 4) {
    const std::uint32_t group = byte(0) << 16U | byte(1) << 8U | byte(2);
    std::memcpy(out, pairs[group >> 12U].data(), 2);
    std::memcpy(out + 2, pairs[group & 0xfffU].data(), 2);
  }
  if (rest != 0) {
    const std::uint32_t group = byte(0) << 16U | (rest == 2 ? byte(1) << 8U : 0U);
    std::memcpy(out, pairs[group >> 12U].data(), 2);
    if (rest == 2) out[2] = pairs[group & 0xfffU][0];
  }
  return text;
}

// The reverse of encode64, and as fast. A single trailing character encodes nothing, and bits below
// the last whole byte must be zero: otherwise several texts would stand for one value.
std::optional<std::string> decode64(std::string_view text, const DigitTables& digits) {
  const std::size_t whole = text.size() / 4;
  const std::size_t rest = text.size() % 4;
  if (rest == 1) return std::nullopt;
  std::string bytes(whole * 3 + (rest == 0 ? 0 : rest - 1), '\0');
  const char* in = text.data();
  char* out = bytes.data();
  const auto digit = [&](std::size_t place) {
    return digits[place][static_cast<unsigned char>(in[place])];
  };
  const auto byte = [](std::uint32_t group, unsigned shift) {
    return static_cast<char>(group >> shift & 0xffU);
  };
  std::uint32_t seen = 0;
  for (std::size_t i = 0; i < whole; ++i, in += 4, out += 3) {
    const std::uint32_t group = digit(0) | digit(1) | digit(2) | digit(3);
    seen |= group;
    out[0] = byte(group, 16);
    out[1] = byte(group, 8);
    out[2] = byte(group, 0);
  }
  if (rest != 0) {
    const std::uint32_t group = digit(0) | digit(1) | (rest == 3 ? digit(2) : 0U);
    seen |= group;
    if ((group & (rest == 3 ? 0xffU : 0xffffU)) != 0) return std::nullopt;
    out[0] = byte(group, 16);
    if (rest == 3) out[1] = byte(group, 8);
  }
  if ((seen & kNoDigit) != 0) return std::nullopt;
  return bytes;
}

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

// One character of UTF-8 at the front of a text; `bytes` is 0 where the bytes are not UTF-8.
struct Utf8Character {
  std::size_t bytes = 0;
  char32_t code_point = 0;
};

Utf8Character take_utf8(std::string_view rest) {
  const std::uint32_t lead = byte_at(rest, 0);
  if (lead < 0x80) return {1, lead};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || rest.size() < bytes) return {};
  char32_t code_point = lead & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const std::uint32_t next = byte_at(rest, i);
    if ((next & 0xc0U) != 0x80) return {};
    code_point = code_point << 6U | (next & 0x3fU);
  }
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  if (code_point < kLeast[bytes] || surrogate || code_point > 0x10ffff) return {};
  return {bytes, code_point};
}

// Bytes at the front that are ASCII for certain: eight are looked at together.
std::size_t ascii_prefix(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t size = 0;
  for (; size + sizeof kHighBits <= text.size(); size += sizeof kHighBits) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + size, sizeof eight);
    if ((eight & kHighBits) != 0) break;
  }
  return size;
}

// Control characters, and what makes a reader see other text than is there (bidirectional
// overrides, invisible characters).
bool is_unseen(char32_t c) {
  if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) return true;
  if (c == 0x061c || c == 0xfeff) return true;
  return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f);
}

// Beside these, what could end a quoted text.
bool is_unsafe_to_show(char32_t c) { return c == '"' || c == '\'' || c == '\\' || is_unseen(c); }

std::string escape_bytes(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    text += "\\x";
    text += hex_encode({&c, 1});
  }
  return text;
}

}  // namespace

std::string base64url_encode(std::string_view bytes) { return encode64(bytes, kBase64UrlPairs); }

std::optional<std::string> base64url_decode(std::string_view text) {
  return decode64(text, kBase64UrlDigits);
}

std::string base64_encode(std::string_view bytes) {
  std::string text = encode64(bytes, kBase64Pairs);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  return decode64(text, kBase64Digits);
}

std::string hex_encode(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text += kHexDigits[byte_at(bytes, i) >> 4U];
    text += kHexDigits[byte_at(bytes, i) & 15U];
  }
  return text;
}

std::optional<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = hex_digit(text[i]);
    const auto low = hex_digit(text[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes += static_cast<char>(*high << 4U | *low);
  }
  return bytes;
}

bool is_utf8(std::string_view text) {
  text.remove_prefix(ascii_prefix(text));
  while (!text.empty()) {
    const Utf8Character character = take_utf8(text);
    if (character.bytes == 0) return false;
    text.remove_prefix(character.bytes);
  }
  return true;
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string ascii_lower(std::string_view text) {
  std::string lower{text};
  for (char& c : lower) c = ascii_lower(c);
  return lower;
}

bool ascii_iequals(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  parts.reserve(static_cast<std::size_t>(std::count(text.begin(), text.end(), separator)) + 1);
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  for (const std::string_view part : split(text, ' ')) {
    if (!part.empty()) words.emplace_back(part);
  }
  return words;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) text += separator;
    text += part;
  }
  return text;
}

std::string_view trim_ascii(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool has_unseen_characters(std::string_view text) {
  constexpr char32_t kSoftHyphen = 0xad;
  while (!text.empty()) {
    const Utf8Character character = take_utf8(text);
    const char32_t c = character.code_point;
    if (character.bytes != 0 && (c == kSoftHyphen || is_unseen(c))) return true;
    text.remove_prefix(std::max<std::size_t>(character.bytes, 1));
  }
  return false;
}

std::string escape_for_display(std::string_view text, std::size_t bytes_max) {
  std::string shown;
  while (!text.empty()) {
    const Utf8Character character = take_utf8(text);
    const std::string_view bytes = text.substr(0, std::max<std::size_t>(character.bytes, 1));
    const bool safe = character.bytes != 0 && !is_unsafe_to_show(character.code_point);
    const std::string piece = safe ? std::string{bytes} : escape_bytes(bytes);
    if (shown.size() + piece.size() > bytes_max) return shown + "...";
    shown += piece;
    text.remove_prefix(bytes.size());
  }
  return shown;
}

}  // namespace curfew
