#include "api/sign_in/sealed_fields.hpp"

#include <cstdint>

#include "base/check.hpp"
#include "base/text.hpp"
#include "crypto/seal.hpp"

namespace curfew {

namespace {

constexpr std::size_t kLengthBytes = 4;

SealKey key_of(const ServerContext& context) {
  Result<SealKey> key = SealKey::from(context.sealing_key);
  CURFEW_CHECK(key.ok());  // wiring derives it with the right size
  return std::move(key).value();
}

std::string sealed_for(const ServerContext& context, std::string_view purpose) {
  return std::string{purpose} + ":" + context.tenant_id.str();
}

}  // namespace

std::string pack_fields(const std::vector<std::string>& fields) {
  std::string bytes;
  for (const std::string& field : fields) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes += static_cast<char>((field.size() >> shift) & 0xFF);
    }
    bytes += field;
  }
  return bytes;
}

std::optional<std::vector<std::string>> unpack_fields(std::string_view bytes, std::size_t count) {
  std::vector<std::string> fields;
  while (!bytes.empty()) {
    if (fields.size() == count || bytes.size() < kLengthBytes) return std::nullopt;
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < kLengthBytes; ++i) {
      size = (size << 8) | static_cast<std::uint8_t>(bytes[i]);
    }
    bytes.remove_prefix(kLengthBytes);
    if (bytes.size() < size) return std::nullopt;
    fields.emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  if (fields.size() != count) return std::nullopt;
  return fields;
}

std::string seal_text(const ServerContext& context, std::string_view purpose,
                      std::string_view plain) {
  return base64url_encode(key_of(context).seal(plain, sealed_for(context, purpose)));
}

std::optional<std::string> open_text(const ServerContext& context, std::string_view purpose,
                                     std::string_view sealed) {
  const std::optional<std::string> bytes = base64url_decode(sealed);
  if (!bytes) return std::nullopt;
  const Result<Secret> plain = key_of(context).open(*bytes, sealed_for(context, purpose));
  if (!plain.ok()) return std::nullopt;
  return std::string{plain.value().reveal()};
}

}  // namespace curfew
