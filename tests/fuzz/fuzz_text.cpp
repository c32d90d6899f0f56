// tests/fuzz/fuzz_text.cpp: one value has one spelling; what is shown of foreign text is harmless.
//
// Covers: base/text.cpp base/clock.cpp model/position.cpp protocol/http/percent.cpp
//   api/sign_in/words.cpp protocol/html/page.cpp
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/sign_in/words.hpp"
#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"
#include "model/position.hpp"
#include "protocol/html/page.hpp"
#include "protocol/http/percent.hpp"

using namespace curfew;

namespace {

void check_encodings(std::string_view text) {
  if (const auto bytes = base64url_decode(text)) CURFEW_CHECK(base64url_encode(*bytes) == text);
  if (const auto bytes = base64_decode(text)) CURFEW_CHECK(base64_encode(*bytes) == text);
  if (const auto bytes = hex_decode(text)) CURFEW_CHECK(hex_encode(*bytes) == ascii_lower(text));
  CURFEW_CHECK(base64url_decode(base64url_encode(text)) == text);
  CURFEW_CHECK(base64_decode(base64_encode(text)) == text);
  CURFEW_CHECK(percent_decode(percent_encode(text)) == text);
  CURFEW_CHECK(form_decode(percent_encode(text)) == text);
  if (const auto bytes = percent_decode(text)) {
    CURFEW_CHECK(percent_decode(percent_encode(*bytes)) == *bytes && bytes->size() <= text.size());
  }
}

void check_values(std::string_view text) {
  if (const auto at = parse_rfc3339(text)) {
    CURFEW_CHECK(parse_rfc3339(to_rfc3339(*at)) == *at);
    CURFEW_CHECK(!utc_words(*at).empty());
  }
  if (const auto position = parse_position(text)) {
    CURFEW_CHECK(to_string(*position) == text);
    CURFEW_CHECK(unpack_position(pack(*position)) == *position);
  }
}

void check_shown(std::string_view text) {
  const std::string shown = escape_for_display(text, 4 * text.size());
  CURFEW_CHECK(is_utf8(shown));
  CURFEW_CHECK(shown.find('\n') == std::string::npos);
  CURFEW_CHECK(!is_utf8(text) || shown.size() >= text.size());
  CURFEW_CHECK(escape_for_display(text, 8).size() <= 8 + 3);

  const std::string html = escape_html(text);
  CURFEW_CHECK(is_utf8(html) && html.find_first_of("<>\"'") == std::string::npos);
  const std::string agent = to_words(browser_words(text));
  CURFEW_CHECK(agent.size() < 60 && is_utf8(agent));
  CURFEW_CHECK(permission_words(text).size() <= text.size() + 25);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_encodings(text);
  check_values(text);
  check_shown(text);
  return 0;
}
