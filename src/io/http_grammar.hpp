// io/http_grammar.hpp: characters of HTTP (RFC 9110 5), for whoever reads or writes its lines.
//
// For io/*.cpp. Pure.
#pragma once

#include <algorithm>
#include <string_view>

namespace curfew {

// tchar of RFC 9110 5.6.2.
inline bool is_token_char(char c) {
  constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         kPunctuation.find(c) != std::string_view::npos;
}

inline bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

// Of a field's value: no control character but HTAB. Looks at every byte whatever it finds: then
// many are looked at together.
inline bool is_field_text(std::string_view text) {
  unsigned refused = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    refused |= static_cast<unsigned>((byte < 0x20 && c != '\t') || byte == 0x7f);
  }
  return refused == 0;
}

// Visible ASCII without a fragment.
inline bool is_target_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

}  // namespace curfew
