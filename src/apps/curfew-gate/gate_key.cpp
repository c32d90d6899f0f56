#include "apps/curfew-gate/gate_key.hpp"

#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "protocol/jose/jwk.hpp"

namespace curfew {

namespace {

constexpr std::size_t kPemColumns = 64;
constexpr std::string_view kPemBegin = "-----BEGIN PRIVATE KEY-----\n";
constexpr std::string_view kPemEnd = "-----END PRIVATE KEY-----\n";

GateKey named(SigningKey key) {
  std::string kid = jwk_thumbprint(key.verify_key());
  return {std::move(key), std::move(kid)};
}

}  // namespace

Result<GateKey> new_key() {
  CURFEW_TRY(SigningKey key, SigningKey::generate(SignatureAlg::es256));
  return named(std::move(key));
}

std::string pem_of(const GateKey& key) {
  const std::string text = base64_encode(key.key.to_pkcs8().reveal());
  std::string pem{kPemBegin};
  for (std::size_t at = 0; at < text.size(); at += kPemColumns) {
    pem += text.substr(at, kPemColumns) + "\n";
  }
  return pem + std::string{kPemEnd};
}

std::optional<GateKey> key_of_pem(const std::string& pem) {
  const bool is_whole = pem.size() > kPemBegin.size() + kPemEnd.size() &&
                        pem.starts_with(kPemBegin) && pem.ends_with(kPemEnd);
  if (!is_whole) return std::nullopt;
  std::string text;
  for (const char c : std::string_view{pem}.substr(
           kPemBegin.size(), pem.size() - kPemBegin.size() - kPemEnd.size())) {
    if (c != '\n') text += c;
  }
  auto der = base64_decode(text);
  if (!der) return std::nullopt;
  auto key = SigningKey::from_pkcs8(SignatureAlg::es256, Secret{std::move(*der)});
  if (!key.ok()) return std::nullopt;
  return named(std::move(key).value());
}

}  // namespace curfew
