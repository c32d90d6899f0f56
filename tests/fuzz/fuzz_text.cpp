// tests/fuzz/fuzz_text.cpp: one value has one spelling; what is shown of foreign text is harmless.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto bytes = curfew::base64url_decode(text)) {
    CURFEW_CHECK(curfew::base64url_encode(*bytes) == text);
  }
  if (const auto bytes = curfew::base64_decode(text)) {
    CURFEW_CHECK(curfew::base64_encode(*bytes) == text);
  }
  if (const auto bytes = curfew::hex_decode(text)) {
    CURFEW_CHECK(curfew::hex_encode(*bytes) == curfew::ascii_lower(text));
  }
  const std::string shown = curfew::escape_for_display(text, 4 * size);
  CURFEW_CHECK(curfew::is_utf8(shown));
  CURFEW_CHECK(shown.find('\n') == std::string::npos);
  CURFEW_CHECK(!curfew::is_utf8(text) || shown.size() >= size);
  return 0;
}
