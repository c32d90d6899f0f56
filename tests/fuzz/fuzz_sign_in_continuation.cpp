// tests/fuzz/fuzz_sign_in_continuation.cpp: the state that a sign-in form carries has one spelling.
//
// Covers: api/sign_in/continuation.cpp api/sign_in/sealed_fields.cpp
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/sign_in/continuation.hpp"
#include "api/sign_in/sealed_fields.hpp"
#include "base/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto fields = curfew::unpack_fields(text, 3)) {
    CURFEW_CHECK(curfew::pack_fields(*fields) == text);
  }
  if (const auto continuation = curfew::parse_continuation(text)) {
    // Lists and times may be spelled in more than one way; what we write back is stable.
    const std::string plain = curfew::to_plain(*continuation);
    const auto again = curfew::parse_continuation(plain);
    CURFEW_CHECK(again.has_value());
    CURFEW_CHECK(curfew::to_plain(*again) == plain);
  }
  return 0;
}
