// model/revocation_target.hpp: another server that is asked to end everything of a person when we
// do (Global Token Revocation). Values only.
//
// A target is the tenant's: every run asks each that is enabled. Unlike a stream of shared signals,
// which tells a fact, this is a command; unlike back-channel logout it ends refresh tokens as well.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/id.hpp"

namespace curfew {

// What the request's member is called: `sub_id`, or `subject` as it was until the draft's version
// 02, which some still want.
enum class SubjectMember { sub_id, subject };

// How we prove who we are: a JWT of our own for each call (Okta's profile), or a token that the
// target gave us.
enum class TargetAuthentication { signed_jwt, bearer };

// How it knows our people, in the words of RFC 9493: by address, by our issuer with `sub`, or by
// our id alone.
enum class SubjectFormat { email, iss_sub, opaque };

[[nodiscard]] std::string_view to_string(SubjectFormat format);
[[nodiscard]] bool parse_enum(std::string_view text, SubjectFormat& out);
[[nodiscard]] std::string_view to_string(SubjectMember member);
[[nodiscard]] bool parse_enum(std::string_view text, SubjectMember& out);
[[nodiscard]] std::string_view to_string(TargetAuthentication authentication);
[[nodiscard]] bool parse_enum(std::string_view text, TargetAuthentication& out);

struct RevocationTarget {
  TenantId tenant_id;
  std::string id;
  std::string display_name;  // what people call it, and what runs say
  std::string url;           // https
  SubjectMember subject_member = SubjectMember::sub_id;
  SubjectFormat subject_format = SubjectFormat::email;
  TargetAuthentication authentication = TargetAuthentication::signed_jwt;
  // signed_jwt: `sub` of the token, by which the target knows whose it is.
  std::string client_id;
  std::string sealed_token;  // bearer
  bool is_enabled = true;
  TimePoint created_at{};
  // When this address first said that it had begun to revoke: it is such an endpoint, and accepts
  // who we say we are. Nothing: never so far.
  std::optional<TimePoint> answered_at;
};

}  // namespace curfew
