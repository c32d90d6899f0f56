// protocol/oauth/device_authorization.hpp: a sign-in on a device without a browser: its request,
// its answer, and the code that a person types.
//
// Pure; any thread. The client is read by oauth/client_auth.hpp. Spec: RFC 8628 3.1, 3.2, 6.1.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/oauth/error.hpp"
#include "protocol/oauth/params.hpp"
#include "protocol/oauth/scope.hpp"

namespace curfew {

struct DeviceAuthorizationRequest {
  ScopeRequest scope;
  std::vector<std::string> resources;
  std::string claims;  // the `claims` parameter, which was found to be one; or empty
};

// invalid_request for a repeated parameter or bad claims, else as parse_scope(), parse_resources().
[[nodiscard]] OAuthResult<DeviceAuthorizationRequest> parse_device_authorization_request(
    const OAuthParams& params);

struct DeviceAuthorizationAnswer {
  std::string device_code;
  std::string user_code;
  std::string verification_uri;
  std::chrono::seconds expires_in{};
  std::chrono::seconds interval{};
};
// With verification_uri_complete, and the sentence for the person that MSAL shows.
[[nodiscard]] std::string to_json(const DeviceAuthorizationAnswer& answer);

// "BCDF-GHJK": eight of twenty consonants, so that no word comes out and no letter is taken for
// another; 20^8 = 2.56e10 of them, as evenly distributed as `random` is.
[[nodiscard]] std::string make_user_code(std::uint64_t random);

// The code as make_user_code() writes it, from whatever a person typed: small letters, spaces and
// dashes anywhere. Nothing for what can be no user code.
[[nodiscard]] std::optional<std::string> read_user_code(std::string_view typed);

}  // namespace curfew
