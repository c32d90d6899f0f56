#include "gate/feed/signed_head.hpp"

#include <boost/json/object.hpp>

#include "base/check.hpp"
#include "gate/feed/fields.hpp"
#include "protocol/jose/jws.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

Result<SignedHead> sign_head(std::string_view issuer, const ChainMark& head,
                             const SignPayload& sign) {
  CURFEW_CHECK(head.position.is_set());
  std::string payload;
  JsonObjectWriter object{payload};
  object.string("iss", issuer);
  write_mark(object, head);
  object.end();
  CURFEW_TRY(std::string jws, sign(kSignedHeadType, payload));
  return SignedHead{head, std::move(jws)};
}

Result<SignedHead> sign_head(std::string_view issuer, const ChainMark& head,
                             const JwtSigner& signer) {
  const SignPayload sign = [&](std::string_view typ, std::string_view payload) {
    return signer.sign(typ, payload);
  };
  return sign_head(issuer, head, sign);
}

Result<ChainMark> verify_head(std::string_view jws, const KeySet& keys, std::string_view issuer) {
  CURFEW_TRY(const VerifiedJws verified, verify_jws(jws, keys, {std::string{kSignedHeadType}}));
  CURFEW_TRY(const boost::json::object object, parse_json_object(verified.payload));
  CURFEW_TRY(const std::string signed_by, get_string(object, "iss"));
  if (signed_by != issuer) {
    return Error::permanent(ErrorCode::unauthenticated, "the head is of another issuer");
  }
  CURFEW_TRY_STATUS(get_set_position(object, "position"));
  return get_mark(object);
}

}  // namespace curfew
