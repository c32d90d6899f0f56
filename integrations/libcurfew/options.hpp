// integrations/libcurfew/options.hpp: the C structures of curfew.h, read into ours. Nothing of the
// caller's memory is kept.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "curfew/curfew.h"
#include "gate/session/session_cookies.hpp"
#include "gate/token/token_gate.hpp"

namespace curfew::c_api {

// A structure that begins with its size, as far as this library knows it. invalid_argument: it is
// shorter than any version was, or has members set that this library does not know.
//
// It is `given` itself where that has our size, else `copy`.
template <typename Sized>
[[nodiscard]] Result<const Sized*> as_known(const Sized& given, std::size_t size_min, Sized& copy) {
  std::size_t size = 0;
  std::memcpy(&size, &given, sizeof size);
  if (size == sizeof given) return &given;
  if (size < size_min) {
    return Error::permanent(ErrorCode::invalid_argument, "a structure's size is not set");
  }
  const auto* const bytes = reinterpret_cast<const unsigned char*>(&given);
  for (std::size_t at = sizeof copy; at < size; ++at) {
    if (bytes[at] == 0) continue;
    return Error::permanent(ErrorCode::invalid_argument,
                            "a structure has members set that this version does not know");
  }
  copy = {};
  std::memcpy(&copy, &given, std::min(size, sizeof copy));
  return &copy;
}
template <typename Sized>
[[nodiscard]] Result<Sized> as_known(const Sized& given, std::size_t size_min) {
  Sized copy{};
  CURFEW_TRY(const Sized* const known, as_known(given, size_min, copy));
  return *known;
}

[[nodiscard]] Result<TokenGateConfig> read_options(const curfew_gate_options& given);
// In their order.
[[nodiscard]] Result<std::vector<SessionPlace>> read_sites(const curfew_gate_options& given);

// The rules of requests, which are mostly those of requests before. One thread.
class KnownRules {
 public:
  // Valid until the next call. Errors: as a gate's rules.
  [[nodiscard]] Result<const FixedRules*> read(const curfew_rules& given);

 private:
  struct Known {
    FixedRules rules;
    std::uint64_t flags = 0;  // as the caller gave them
  };
  // By where the caller has them: they count while the same is still there.
  std::unordered_map<const curfew_rules*, Known> known_;
};

// A request with what its views lead to.
struct ReadRequest {
  GateRequest request;
  std::string x5t_s256;
  std::string from_cookie;
  // Where this request is to be sent to sign in, if it must; null: nowhere. Of the caller's gate
  // and request.
  const SessionPlace* signs_in_at = nullptr;
  std::string_view uri;
};
// Into `read`, which stays where it is: the request points into it, and into `rules`.
[[nodiscard]] Status read_request(const curfew_request& given,
                                  const std::vector<SessionPlace>& sites, KnownRules& rules,
                                  ReadRequest& read);

}  // namespace curfew::c_api
