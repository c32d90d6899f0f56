// integrations/libcurfew/options.hpp: the C structures of curfew.h, read into ours. Nothing of the
// caller's memory is kept.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "curfew/curfew.h"
#include "gate/session/session_cookies.hpp"
#include "gate/token/token_gate.hpp"

namespace curfew::c_api {

// A structure that begins with its size, as far as this library knows it. invalid_argument: it is
// shorter than any version was, or has members set that this library does not know.
template <typename Sized>
[[nodiscard]] Result<Sized> as_known(const Sized& given, std::size_t size_min) {
  std::size_t size = 0;
  std::memcpy(&size, &given, sizeof size);
  if (size < size_min) {
    return Error::permanent(ErrorCode::invalid_argument, "a structure's size is not set");
  }
  Sized known{};
  std::memcpy(&known, &given, size < sizeof known ? size : sizeof known);
  const auto* const bytes = reinterpret_cast<const unsigned char*>(&given);
  for (std::size_t at = sizeof known; at < size; ++at) {
    if (bytes[at] == 0) continue;
    return Error::permanent(ErrorCode::invalid_argument,
                            "a structure has members set that this version does not know");
  }
  return known;
}

[[nodiscard]] Result<TokenGateConfig> read_options(const curfew_gate_options& given);
// In their order.
[[nodiscard]] Result<std::vector<SessionPlace>> read_sites(const curfew_gate_options& given);

// A request with what its views lead to; `rules` is only used where the request has some.
struct ReadRequest {
  GateRequest request;
  TokenRules rules;
  std::string x5t_s256;
  std::string from_cookie;
  // Where this request is to be sent to sign in, if it must; null: nowhere. Of the caller's gate
  // and request.
  const SessionPlace* signs_in_at = nullptr;
  std::string_view uri;
};
// Into `read`, which stays where it is: the request points into it.
[[nodiscard]] Status read_request(const curfew_request& given,
                                  const std::vector<SessionPlace>& sites, ReadRequest& read);

}  // namespace curfew::c_api
