// protocol/http/answer_status.hpp: what the status of another server's answer says of trying again.
#pragma once

namespace curfew {

// The same call may succeed later without anybody changing anything (RFC 9110 15.5.9, 15.6;
// RFC 8470 5.2; RFC 6585 4).
[[nodiscard]] constexpr bool is_passing_status(int status) {
  return status >= 500 || status == 408 || status == 425 || status == 429;
}

}  // namespace curfew
