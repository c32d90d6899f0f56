// protocol/jose/jws.hpp: JSON Web Signatures in compact form (RFC 7515 3.1, 7.1), strictly.
//
// Exactly three parts of canonical base64url; a header that is a JSON object without repeated
// names, with a known `alg`; no `crit` (we know no extension, `b64` neither), no `none`. Keys come
// from the caller alone: jku, jwk, x5u and x5c in a header are never followed.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "crypto/signature_alg.hpp"
#include "protocol/jose/jws_key.hpp"

namespace curfew {

struct JwsHeader {
  SignatureAlg alg = SignatureAlg::es256;
  std::string kid;              // empty if absent
  std::string typ;              // lower case, without "application/"; empty if absent
  boost::json::object members;  // the whole header
};

// Parsed, not verified: nothing in it may be believed.
struct UnverifiedJws {
  JwsHeader header;
  std::string payload;             // decoded
  std::string signature;           // decoded
  std::string_view signing_input;  // lives as long as the text that was parsed
};

struct VerifiedJws {
  JwsHeader header;
  std::string payload;
};

// Errors: invalid_argument; exhausted over kJwtBytesMax.
[[nodiscard]] Result<UnverifiedJws> parse_jws(std::string_view compact);

// `types`: the `typ` values that this receiver takes, lower case without "application/"; "" stands
// for a header without typ. One kind of token must never pass for another, so nobody may leave the
// question open: an empty list accepts nothing.
// Errors: as parse_jws; unauthenticated for another typ, an unknown key, an algorithm that is not
// the key's, or a signature that is wrong.
[[nodiscard]] Result<VerifiedJws> verify_jws(std::string_view compact, const KeySet& keys,
                                             const std::vector<std::string>& types);

}  // namespace curfew
