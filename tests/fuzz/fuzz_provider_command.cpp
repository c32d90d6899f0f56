// tests/fuzz/fuzz_provider_command.cpp: an answer to a command is about the account that it was
// sent for, with a state that is known, or it is none; and nothing of it is shown as it came.
//
// Covers: protocol/provider_commands/provider_command.cpp
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "protocol/provider_commands/provider_command.hpp"

using namespace curfew;

namespace {

void check_shown(const std::string& text) {
  CURFEW_CHECK(!text.empty() && text.size() < 200);
  CURFEW_CHECK(std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body{reinterpret_cast<const char*>(data), size};
  for (const int status : {200, 204, 302, 400, 401, 409, 503}) {
    const auto answer = judge_command_answer(status, body, "u");
    if (!answer.ok()) {
      check_shown(answer.error().message());
      continue;
    }
    CURFEW_CHECK(status == 200 || status == 204 || status == 409);
    CURFEW_CHECK(status == 204 || body.empty() || answer->state);
    // Said of one account, it is not of another.
    CURFEW_CHECK(!answer->state || !judge_command_answer(status, body, "v").ok());
    check_shown(describe(AccountCommand::audit, *answer));
  }
  return 0;
}
