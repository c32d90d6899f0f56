#include "protocol/global_revocation/global_revocation.hpp"

#include <utility>

#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"
#include "protocol/json/writer.hpp"

namespace curfew {

namespace {

Error refused(std::string why) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(why));
}

Result<std::string> member_of(const boost::json::object& identifier, std::string_view name) {
  CURFEW_TRY(std::string text, get_string(identifier, name));
  if (text.empty() || text.size() > kSubjectMemberBytesMax) {
    return refused("the subject's " + std::string{name} + " has 1 to " +
                   std::to_string(kSubjectMemberBytesMax) + " bytes");
  }
  return text;
}

Result<const boost::json::object*> identifier_in(const boost::json::object& body) {
  CURFEW_TRY(const boost::json::object* const current, get_optional_object(body, "sub_id"));
  CURFEW_TRY(const boost::json::object* const older, get_optional_object(body, "subject"));
  if ((current == nullptr) == (older == nullptr)) {
    return refused("the body has one of sub_id and subject");
  }
  return current != nullptr ? current : older;
}

}  // namespace

Result<RevokedSubject> parse_global_revocation(std::string_view body) {
  if (body.size() > kRevocationBodyBytesMax) return refused("the body is too long");
  CURFEW_TRY(const boost::json::object members, parse_json_object(body));
  CURFEW_TRY(const boost::json::object* const identifier, identifier_in(members));
  CURFEW_TRY(const std::string format, get_string(*identifier, "format"));
  RevokedSubject subject;
  if (!parse_enum(format, subject.format)) {
    return refused("the subject's format is email, iss_sub or opaque");
  }
  switch (subject.format) {
    case SubjectFormat::email: {
      CURFEW_TRY(subject.value, member_of(*identifier, "email"));
      break;
    }
    case SubjectFormat::iss_sub: {
      CURFEW_TRY(subject.issuer, member_of(*identifier, "iss"));
      CURFEW_TRY(subject.value, member_of(*identifier, "sub"));
      break;
    }
    case SubjectFormat::opaque: {
      CURFEW_TRY(subject.value, member_of(*identifier, "id"));
      break;
    }
  }
  return subject;
}

std::string global_revocation_body(const RevokedSubject& subject, std::string_view member) {
  std::string identifier;
  JsonObjectWriter inner{identifier};
  inner.string("format", to_string(subject.format));
  switch (subject.format) {
    case SubjectFormat::email: inner.string("email", subject.value); break;
    case SubjectFormat::iss_sub:
      inner.string("iss", subject.issuer).string("sub", subject.value);
      break;
    case SubjectFormat::opaque: inner.string("id", subject.value); break;
  }
  inner.end();
  std::string body;
  JsonObjectWriter outer{body};
  outer.raw(member, identifier);
  outer.end();
  return body;
}

}  // namespace curfew
