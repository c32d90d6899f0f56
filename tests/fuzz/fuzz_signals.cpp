// tests/fuzz/fuzz_signals.cpp: what receivers of shared signals send is read within its limits.
//
// Covers: protocol/ssf/stream_requests.cpp protocol/ssf/subject.cpp
#include <algorithm>
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/signal_limits.hpp"
#include "base/text.hpp"
#include "protocol/ssf/stream_requests.hpp"
#include "protocol/ssf/subject.hpp"

using namespace curfew;

namespace {

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

void check_stream(std::string_view text) {
  const auto wish = read_stream_wish(text);
  if (!wish.ok()) {
    CURFEW_CHECK(is_utf8(wish.error().message()));
    return;
  }
  if (wish->description) {
    CURFEW_CHECK(wish->description->size() <= limits::kStreamTextBytesMax);
    CURFEW_CHECK(is_utf8(*wish->description));
  }
  if (wish->events_requested) {
    CURFEW_CHECK(wish->events_requested->size() <= limits::kStreamEventsMax);
  }
  if (!wish->delivery) return;
  const std::string& header = wish->delivery->authorization_header;
  CURFEW_CHECK(is_one_line(header) && header.size() <= limits::kStreamHeaderBytesMax);
  CURFEW_CHECK(wish->delivery->method == StreamDelivery::push || header.empty());
}

void check_subject(std::string_view text) {
  const auto wish = read_subject_wish(text);
  if (!wish.ok()) return;
  const auto names = read_subject(wish->subject);
  if (!names.ok()) return;
  for (const auto& name : names->iss_subs) CURFEW_CHECK(!name.iss.empty() && !name.sub.empty());
  for (const std::string& id : names->opaques) CURFEW_CHECK(!id.empty());
}

void check_poll(std::string_view text) {
  const auto wish = read_poll_wish(text);
  if (!wish.ok()) return;
  CURFEW_CHECK(wish->max_events <= limits::kPollEventsMax);
  CURFEW_CHECK(wish->acks.size() + wish->errors.size() <= limits::kPollAcksMax);
  for (const SignalError& error : wish->errors) CURFEW_CHECK(is_one_line(error.text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_stream(text);
  check_subject(text);
  check_poll(text);
  const auto status = read_status_wish(text);
  if (status.ok()) CURFEW_CHECK(status->reason.size() <= limits::kStreamTextBytesMax);
  const auto verification = read_verification_wish(text);
  if (verification.ok() && verification->state) {
    CURFEW_CHECK(verification->state->size() <= limits::kVerificationStateBytesMax);
  }
  return 0;
}
