#include "crypto/password_hash.hpp"

#include <argon2.h>

#include <charconv>
#include <optional>
#include <vector>

#include "base/check.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"

namespace curfew {

namespace {

constexpr std::uint32_t kIterationsMax = 64;
constexpr std::uint32_t kMemoryKibMin = 8;
constexpr std::uint32_t kMemoryKibMax = 1024 * 1024;
constexpr std::uint32_t kLanesMax = 16;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;

struct ParsedHash {
  PasswordHashParams params;
  std::string salt;
  std::string hash;
};

bool in_bounds(const PasswordHashParams& p) {
  return p.iterations >= 1 && p.iterations <= kIterationsMax && p.lanes >= 1 &&
         p.lanes <= kLanesMax && p.memory_kib >= kMemoryKibMin * p.lanes &&
         p.memory_kib <= kMemoryKibMax;
}

bool hashable(const Secret& password) {
  return !password.empty() && password.reveal().size() <= kPasswordBytesMax;
}

// PHC strings use the standard alphabet of base64 without padding.
std::string phc_encode(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::optional<std::string> phc_decode(std::string_view text) {
  if (text.find('=') != std::string_view::npos) return std::nullopt;
  std::string padded{text};
  padded.append((4 - text.size() % 4) % 4, '=');
  return base64_decode(padded);
}

// "m=19456" for the letter m; canonical decimal only.
std::optional<std::uint32_t> parse_param(std::string_view text, char letter) {
  if (text.size() < 3 || text[0] != letter || text[1] != '=' || text[2] == '0') return std::nullopt;
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 2, end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<PasswordHashParams> parse_params(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, ',');
  if (parts.size() != 3) return std::nullopt;
  const auto memory = parse_param(parts[0], 'm');
  const auto iterations = parse_param(parts[1], 't');
  const auto lanes = parse_param(parts[2], 'p');
  if (!memory || !iterations || !lanes) return std::nullopt;
  const PasswordHashParams params{
      .iterations = *iterations, .memory_kib = *memory, .lanes = *lanes};
  if (!in_bounds(params)) return std::nullopt;
  return params;
}

std::optional<ParsedHash> parse_phc(std::string_view phc) {
  const std::vector<std::string_view> parts = split(phc, '$');
  if (parts.size() != 6 || !parts[0].empty() || parts[1] != "argon2id" || parts[2] != "v=19") {
    return std::nullopt;
  }
  const auto params = parse_params(parts[3]);
  auto salt = phc_decode(parts[4]);
  auto hash = phc_decode(parts[5]);
  if (!params || !salt || !hash) return std::nullopt;
  if (salt->size() < 8 || salt->size() > 64 || hash->size() < 16 || hash->size() > 64) {
    return std::nullopt;
  }
  return ParsedHash{*params, std::move(*salt), std::move(*hash)};
}

Result<std::string> argon2id(std::string_view password, std::string_view salt,
                             const PasswordHashParams& params, std::size_t bytes) {
  std::string hash(bytes, '\0');
  const int status =
      argon2id_hash_raw(params.iterations, params.memory_kib, params.lanes, password.data(),
                        password.size(), salt.data(), salt.size(), hash.data(), hash.size());
  if (status == ARGON2_OK) return hash;
  if (status == ARGON2_MEMORY_ALLOCATION_ERROR) {
    return Error::transient(ErrorCode::exhausted, "no memory to hash a password");
  }
  return Error::permanent(ErrorCode::internal,
                          std::string{"hashing a password: "} + argon2_error_message(status));
}

std::string phc_of(const PasswordHashParams& params, std::string_view salt, std::string_view hash) {
  return "$argon2id$v=19$m=" + std::to_string(params.memory_kib) +
         ",t=" + std::to_string(params.iterations) + ",p=" + std::to_string(params.lanes) + "$" +
         phc_encode(salt) + "$" + phc_encode(hash);
}

}  // namespace

Result<std::string> hash_password(const Secret& password, const PasswordHashParams& params) {
  if (!hashable(password)) {
    return Error::permanent(ErrorCode::invalid_argument, "a password has 1 to 1024 bytes");
  }
  if (!in_bounds(params)) {
    return Error::permanent(ErrorCode::invalid_argument, "password hash parameters out of bounds");
  }
  const std::string salt = random_bytes(kSaltBytes);
  CURFEW_TRY(const std::string hash, argon2id(password.reveal(), salt, params, kHashBytes));
  return phc_of(params, salt, hash);
}

std::string unknown_password_hash(const PasswordHashParams& params) {
  return phc_of(params, random_bytes(kSaltBytes), random_bytes(kHashBytes));
}

Result<bool> verify_password(const Secret& password, std::string_view phc) {
  const auto parsed = parse_phc(phc);
  if (!parsed) {
    return Error::permanent(ErrorCode::corrupted, "a stored password hash is unreadable");
  }
  if (!hashable(password)) {
    // As slow as any other wrong password.
    spend_password_check(Secret{std::string_view{"x"}}, parsed->params);
    return false;
  }
  CURFEW_TRY(const std::string hash,
             argon2id(password.reveal(), parsed->salt, parsed->params, parsed->hash.size()));
  return equal_constant_time(parsed->hash, hash);
}

bool needs_rehash(std::string_view phc, const PasswordHashParams& params) {
  const auto parsed = parse_phc(phc);
  return !parsed || parsed->params != params || parsed->salt.size() != kSaltBytes ||
         parsed->hash.size() != kHashBytes;
}

void spend_password_check(const Secret& password, const PasswordHashParams& params) {
  if (!in_bounds(params)) return;
  const std::string_view bytes = hashable(password) ? password.reveal() : "x";
  static_cast<void>(argon2id(bytes, "no such user ...", params, kHashBytes));
}

}  // namespace curfew
