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
  // How it knows our people: a format of protocol/global_revocation: the address (`email`), our
  // issuer with `sub` (`iss_sub`), or our id alone (`opaque`).
  std::string subject_format = "email";
  TargetAuthentication authentication = TargetAuthentication::signed_jwt;
  // signed_jwt: `sub` of the token, by which the target knows whose it is.
  std::string client_id;
  std::string sealed_token;  // bearer
  bool is_enabled = true;
  TimePoint created_at{};
};

}  // namespace curfew
