#include "protocol/global_revocation/revocation_call.hpp"

#include <utility>

#include "base/target_limits.hpp"
#include "protocol/http/answer_status.hpp"
#include "protocol/json/writer.hpp"

namespace curfew {

namespace {

std::string_view name_of(SubjectFormat format) {
  switch (format) {
    case SubjectFormat::email: return "address";
    case SubjectFormat::iss_sub: return "issuer and sub";
    case SubjectFormat::opaque: return "id";
  }
  return "name";
}

}  // namespace

std::string_view without_query(std::string_view url) {
  return url.substr(0, url.find_first_of("?#"));
}

std::string revocation_token_claims(const RevocationToken& token) {
  std::string claims;
  JsonObjectWriter writer{claims};
  writer.string("iss", token.issuer)
      .string("sub", token.client_id)
      .string("aud", without_query(token.url))
      .string("jti", token.id)
      .integer("iat", to_unix_seconds(token.now))
      .integer("nbf", to_unix_seconds(token.now - limits::kTargetClockSkew))
      .integer("exp", to_unix_seconds(token.now + limits::kTargetTokenTime));
  writer.end();
  return claims;
}

Result<std::string> judge_revocation_answer(int status, SubjectFormat format, bool has_answered) {
  const std::string said = "the server answered HTTP " + std::to_string(status);
  if (status == 204 || status == 202) {
    return "HTTP " + std::to_string(status) +
           ": the revocation has begun there; nobody can see from here what is left";
  }
  if (status == 404) {
    const std::string unknown = "HTTP 404: it knows nobody by this " + std::string{name_of(format)};
    if (has_answered) return unknown;
    return Error{ErrorCode::not_found, Retry::after_human,
                 unknown +
                     ", or the address is not its endpoint, which has never answered so far; "
                     "end what the person has there by hand, or close the step"};
  }
  if (is_passing_status(status)) return Error::transient(ErrorCode::unavailable, said);
  if (status == 401 || status == 403) {
    return Error{ErrorCode::denied, Retry::after_human,
                 said + ": it does not accept who we say we are; look at the target's settings"};
  }
  if (status == 422) {
    return Error{ErrorCode::conflict, Retry::after_human,
                 said + ": it cannot log this person out; end what they have at that server"};
  }
  return Error::permanent(ErrorCode::protocol,
                          said +
                              ", which does not say that anything ends; look at the target's "
                              "address, subject format and member");
}

}  // namespace curfew
