// gate/session/cookie_keys.hpp: the keys that a site's cookies are sealed with.
//
// The first seals, all open, so that a key can be changed while browsers hold what the one before
// sealed. The key's id stands in front of what it sealed. Immutable; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/seal.hpp"

namespace curfew {

class CookieKeys {
 public:
  // invalid_argument: there is none, there are more than kCookieKeysMax, or one has not
  // kSealKeyBytes bytes.
  [[nodiscard]] static Result<CookieKeys> from(const std::vector<Secret>& keys);

  // The text of a site's key file: base64url, one a line; empty lines do not count. Errors: as
  // from(), and the message says what a line must be.
  [[nodiscard]] static Result<CookieKeys> parse(std::string_view text);

  // "ID.base64url": good as a cookie's value. `context` says what it is and whose: it is sealed in
  // and not stored.
  [[nodiscard]] std::string seal(std::string_view plain, std::string_view context) const;
  // Nothing for whatever was not sealed with one of the keys for this context.
  [[nodiscard]] std::optional<Secret> open(std::string_view text, std::string_view context) const;

 private:
  struct Named {
    std::string id;
    SealKey key;
  };
  explicit CookieKeys(std::vector<Named> keys) : keys_(std::move(keys)) {}
  std::vector<Named> keys_;
};

}  // namespace curfew
