// base/text.hpp: encodings and comparisons of text that more than one module needs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew {

// RFC 4648 5 without padding. Decoding refuses padding, white space, other alphabets and non-zero
// trailing bits, so that one value has one spelling.
[[nodiscard]] std::string base64url_encode(std::string_view bytes);
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view text);

// RFC 4648 4 with padding; the same strictness.
[[nodiscard]] std::string base64_encode(std::string_view bytes);
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

[[nodiscard]] std::string hex_encode(std::string_view bytes);  // lower case
// Both cases of the letters; nothing for an odd length or any other character.
[[nodiscard]] std::optional<std::string> hex_decode(std::string_view text);

// RFC 3629: no overlong forms, no surrogates, at most U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

[[nodiscard]] char ascii_lower(char c);
[[nodiscard]] char ascii_upper(char c);
[[nodiscard]] std::string ascii_lower(std::string_view text);
[[nodiscard]] bool ascii_iequals(std::string_view a, std::string_view b);

// The parts between the separators, empty ones included; one empty part for empty text.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
// The words between runs of SP; no empty ones. The form of OAuth's scope (RFC 6749 3.3).
[[nodiscard]] std::vector<std::string> split_words(std::string_view text);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);
[[nodiscard]] std::string_view trim_ascii(std::string_view text);  // SP and HTAB at both ends

// Visible form of untrusted text for logs and terminals: control characters, quotes, backslash,
// invisible and direction-changing characters and invalid UTF-8 become \xNN for each byte. At most
// `bytes_max` bytes of it, cut between characters, then "..." if something is missing.
[[nodiscard]] std::string escape_for_display(std::string_view text, std::size_t bytes_max = 256);
// Whether the UTF-8 has control, invisible or direction-changing characters, or a soft hyphen: then
// it may read as another name than it is.
[[nodiscard]] bool has_unseen_characters(std::string_view text);

}  // namespace curfew
