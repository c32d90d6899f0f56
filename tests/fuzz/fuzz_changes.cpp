// tests/fuzz/fuzz_changes.cpp: what a delta token says, and what a subscription is to and where it
// is told of, have one meaning.
//
// Covers: api/changes/delta_token.cpp api/notify/subscription_resource.cpp
//   api/notify/receiver_calls.cpp
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/changes/delta_token.hpp"
#include "api/notify/receiver_calls.hpp"
#include "api/notify/subscription_resource.hpp"
#include "base/check.hpp"
#include "base/limits.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  if (const auto token = curfew::unpack_delta_token(text)) {
    const auto again = curfew::unpack_delta_token(curfew::pack_delta_token(*token));
    CURFEW_CHECK(again == token);
  }
  if (const auto resource = curfew::parse_subscribed(text); resource.ok()) {
    const auto again = curfew::parse_subscribed(resource->text());
    CURFEW_CHECK(again.ok() && again->text() == resource->text());
    CURFEW_CHECK(!resource->is_members || resource->object_id);
  }
  if (curfew::check_receiver_url(text).ok()) {
    const std::size_t end = text.find_first_of("/?#", 8);
    const std::string host = text.substr(8, end == std::string::npos ? end : end - 8);
    CURFEW_CHECK(size <= curfew::limits::kReceiverUrlBytesMax);
    CURFEW_CHECK(!host.empty() && host.find('@') == std::string::npos);
    for (const char c : text) CURFEW_CHECK(c > 0x20 && c < 0x7F);
  }
  return 0;
}
