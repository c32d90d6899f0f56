#include "protocol/jose/jws.hpp"

#include <algorithm>
#include <array>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

// A header of ours has 70 bytes; DPoP's with an RSA key about 500.
constexpr std::size_t kHeaderBytesMax = 4096;
constexpr std::size_t kHeaderDepthMax = 4;

Error malformed(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

Error refused(std::string message) {
  return Error::permanent(ErrorCode::unauthenticated, std::move(message));
}

struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signing_input;
};

Result<Parts> split_compact(std::string_view compact) {
  if (compact.size() > limits::kJwtBytesMax) {
    return Error::permanent(ErrorCode::exhausted, "a token of more than 16 KiB");
  }
  const std::size_t first = compact.find('.');
  const std::size_t second = first == compact.npos ? first : compact.find('.', first + 1);
  if (second == compact.npos || compact.find('.', second + 1) != compact.npos) {
    return malformed("a compact JWS has three parts");
  }
  return Parts{compact.substr(0, first), compact.substr(first + 1, second - first - 1),
               compact.substr(second + 1), compact.substr(0, second)};
}

// RFC 7515 4.1.9: "application/" may be left out, and media types ignore case.
std::string normal_type(std::string_view typ) {
  constexpr std::string_view kPrefix = "application/";
  std::string lower = ascii_lower(typ);
  if (lower.starts_with(kPrefix) && lower.find('/', kPrefix.size()) == lower.npos) {
    lower.erase(0, kPrefix.size());
  }
  return lower;
}

Result<JwsHeader> parse_header(std::string_view encoded) {
  const auto text = base64url_decode(encoded);
  if (!text) return malformed("the JWS header is not base64url");
  JwsHeader header;
  CURFEW_TRY(header.members, parse_json_object(*text, {kHeaderBytesMax, kHeaderDepthMax}));
  // An extension that we do not know changes what the signature means (RFC 7515 4.1.11); one that
  // is named outside `crit`, as `b64` might be by mistake, is refused as well.
  if (header.members.contains("crit")) return malformed("the JWS header has crit");
  if (header.members.contains("b64")) return malformed("the JWS header has b64");
  CURFEW_TRY(const std::string alg, get_string(header.members, "alg"));
  const auto known = parse_signature_alg(alg);
  if (!known) return malformed("the JWS header has an unknown alg");
  header.alg = *known;
  CURFEW_TRY(auto kid, get_optional_string(header.members, "kid"));
  CURFEW_TRY(const auto typ, get_optional_string(header.members, "typ"));
  if (kid && kid->empty()) return malformed("the JWS header has an empty kid");
  if (typ && typ->empty()) return malformed("the JWS header has an empty typ");
  header.kid = std::move(kid).value_or("");
  header.typ = normal_type(typ.value_or(""));
  return header;
}

}  // namespace

Result<UnverifiedJws> parse_jws(std::string_view compact) {
  CURFEW_TRY(const Parts parts, split_compact(compact));
  CURFEW_TRY(JwsHeader header, parse_header(parts.header));
  auto payload = base64url_decode(parts.payload);
  if (!payload) return malformed("the JWS payload is not base64url");
  auto signature = base64url_decode(parts.signature);
  if (!signature) return malformed("the JWS signature is not base64url");
  return UnverifiedJws{std::move(header), std::move(*payload), std::move(*signature),
                       parts.signing_input};
}

Result<VerifiedJws> verify_jws(std::string_view compact, const KeySet& keys,
                               const std::vector<std::string>& types) {
  CURFEW_TRY(UnverifiedJws jws, parse_jws(compact));
  if (std::ranges::find(types, jws.header.typ) == types.end()) {
    return refused("the token's typ is not the expected one");
  }
  const JwsKey* const key = keys.find(jws.header.kid);
  if (key == nullptr) return refused("the token's key is not known");
  if (!key->supports(jws.header.alg)) return refused("the token's alg is not its key's");
  if (!key->verify(jws.header.alg, jws.signing_input, jws.signature)) {
    return refused("the token's signature is wrong");
  }
  return VerifiedJws{std::move(jws.header), std::move(jws.payload)};
}

}  // namespace curfew
