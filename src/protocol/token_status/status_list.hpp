// protocol/token_status/status_list.hpp: a status list as the JWT that readers fetch.
//
// One bit for each token: 0 VALID, 1 INVALID. What we refuse we never take back for this very token
// (model/validity.hpp: a block is a reauth too), so there is no SUSPENDED to tell apart.
//
// Pure; any thread. Spec: Token Status List (draft-ietf-oauth-status-list) 4.1, 4.2, 5.1, 8.1; RFC
// 1950.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/token_status.hpp"

namespace curfew {

inline constexpr std::string_view kStatusListTyp = "statuslist+jwt";
inline constexpr std::string_view kStatusListMediaType = "application/statuslist+jwt";
// Below /{tenant}; behind it the resource's id and the list: "/<app id>/<generation>.<number>".
inline constexpr std::string_view kStatusListsPath = "/status-lists";

// The byte array of 4.1: packed from the least significant bit of each byte.
class StatusBits {
 public:
  // All VALID. `count` is a multiple of 8.
  explicit StatusBits(std::size_t count);
  // `idx` < count, checked.
  void set_invalid(std::size_t idx);
  void set_all_invalid();
  [[nodiscard]] bool is_invalid(std::size_t idx) const;
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// The value of `lst`: zlib at its best level, in base64url. `internal`: zlib failed.
[[nodiscard]] Result<std::string> compressed_list(const StatusBits& bits);

struct StatusListClaims {
  std::string sub;  // the list's own address, as in the tokens
  std::int64_t iat = 0;
  std::int64_t exp = 0;
  std::int64_t ttl = 0;  // seconds
  std::string lst;
};
// The payload of the JWT.
[[nodiscard]] std::string to_json(const StatusListClaims& claims);

// The list's address: `base_url` is "https://host[:port]".
[[nodiscard]] std::string status_list_uri(std::string_view base_url, const TenantId& tenant_id,
                                          const StatusListName& name);

// "<generation>.<number>" in an address, and back; nothing for what no list of ours can be called.
[[nodiscard]] std::string list_segment(const StatusListName& name);
[[nodiscard]] std::optional<StatusListName> parse_list_segment(const AppId& app_id,
                                                               std::string_view segment);

// Whether a value of the Accept header lets us answer with a JWT (8.1; RFC 9110 12.5.1).
[[nodiscard]] bool accepts_status_list(std::string_view accept);

}  // namespace curfew
