#include "protocol/oauth/client_assertion.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "crypto/random.hpp"
#include "protocol/jose/jws.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

using Problem = std::optional<OAuthError>;

// Of those that we make.
constexpr std::int64_t kOurSeconds = 60;
constexpr std::size_t kOurJtiBytes = 16;

// RFC 7523 leaves the type open; 7523bis has one of its own.
constexpr std::array<std::string_view, 3> kTypes{"", "jwt", "client-authentication+jwt"};

OAuthError refused(std::string description, Aadsts aadsts = Aadsts::invalid_assertion) {
  return oauth_error(OAuthErrorCode::invalid_client, aadsts,
                     "The client assertion " + std::move(description) + ".");
}

template <typename T>
OAuthResult<T> in_oauth(Result<T> result) {
  if (!result.ok()) return refused("is malformed: " + result.error().message());
  return std::move(result).value();
}

OAuthResult<std::string> text_or_empty(const boost::json::object& members, std::string_view name) {
  CURFEW_TRY(auto text, in_oauth(get_optional_string(members, name)));
  return std::move(text).value_or("");
}

struct Reading {
  const AssertionExpectation& expected;
  const boost::json::object& claims;
  AcceptedAssertion accepted{};
};

Problem issuer_and_subject_are_the_client(Reading& reading) {
  for (const std::string_view name : {"iss", "sub"}) {
    const auto text = get_string(reading.claims, name);
    if (text.ok() && *text == reading.expected.client_id.str()) continue;
    return refused("does not name the client as its " + std::string{name},
                   Aadsts::assertion_client_mismatch);
  }
  return std::nullopt;
}

Problem audience_is_this_server(Reading& reading) {
  const AssertionExpectation& expected = reading.expected;
  const bool only_issuer = expected.audience == AssertionAudience::issuer;
  if (only_issuer) {
    const auto audience = get_string(reading.claims, "aud");
    if (audience.ok() && *audience == expected.issuer) return std::nullopt;
    return refused("must have the issuer, alone, as its aud", Aadsts::assertion_audience_mismatch);
  }
  const auto audiences = get_string_or_strings(reading.claims, "aud");
  const bool is_ours = audiences.ok() && !audiences->empty() &&
                       std::ranges::all_of(*audiences, [&](const auto& aud) {
                         return aud == expected.issuer || aud == expected.token_endpoint;
                       });
  if (is_ours) return std::nullopt;
  return refused("must have the issuer or the token endpoint, and nobody else, as its aud",
                 Aadsts::assertion_audience_mismatch);
}

Problem it_ends_soon(Reading& reading) {
  const auto exp = get_numeric_date(reading.claims, "exp");
  const TimePoint now = reading.expected.now;
  if (!exp.ok()) return refused("has no exp that could be read");
  if (now >= *exp + limits::kClientAssertionSkewMax) {
    return refused("has expired", Aadsts::assertion_not_in_time);
  }
  if (*exp > now + limits::kClientAssertionTimeMax) {
    return refused("may be valid for 15 minutes at the most", Aadsts::assertion_not_in_time);
  }
  reading.accepted.expires_at = *exp + limits::kClientAssertionSkewMax;
  return std::nullopt;
}

Problem it_has_begun(Reading& reading) {
  for (const std::string_view name : {"nbf", "iat"}) {
    const auto time = get_optional_numeric_date(reading.claims, name);
    if (!time.ok()) return refused("has no " + std::string{name} + " that could be read");
    if (*time && **time > reading.expected.now + limits::kClientAssertionSkewMax) {
      return refused("has an " + std::string{name} + " in the future",
                     Aadsts::assertion_not_in_time);
    }
  }
  return std::nullopt;
}

Problem it_has_a_number(Reading& reading) {
  auto jti = get_string(reading.claims, "jti");
  if (!jti.ok() || jti->empty() || jti->size() > limits::kJtiBytesMax) {
    return refused("must have a jti of 1 to 256 characters, so that it can be used once");
  }
  reading.accepted.jti = std::move(jti).value();
  return std::nullopt;
}

constexpr std::array kChecks{
    issuer_and_subject_are_the_client,  // RFC 7523 3, 1. and 2.
    audience_is_this_server,            // RFC 7523 3, 3.
    it_ends_soon,                       // RFC 7523 3, 4.
    it_has_begun,                       // RFC 7523 3, 5. and 6.
    it_has_a_number,                    // RFC 7523 3, 7.
};

OAuthError wrong_alg(const AssertionExpectation& expectation) {
  std::string names;
  for (const SignatureAlg alg : expectation.algs) {
    names += (names.empty() ? "" : ", ") + std::string{to_string(alg)};
  }
  return refused("must be signed with one of " + names);
}

}  // namespace

OAuthResult<ClientAssertion> parse_client_assertion(std::string_view compact) {
  CURFEW_TRY(const UnverifiedJws jws, in_oauth(parse_jws(compact)));
  if (std::ranges::find(kTypes, jws.header.typ) == kTypes.end()) {
    return refused("has the typ of another kind of token");
  }
  CURFEW_TRY(const boost::json::object claims, in_oauth(parse_json_object(jws.payload)));
  ClientAssertion assertion;
  CURFEW_TRY(std::string subject, text_or_empty(claims, "sub"));
  if (subject.empty()) {
    return refused("does not name the client as its sub", Aadsts::assertion_client_mismatch);
  }
  assertion.claimed_client = AppId{std::move(subject)};
  assertion.compact = compact;
  assertion.kid = jws.header.kid;
  CURFEW_TRY(assertion.x5t, text_or_empty(jws.header.members, "x5t"));
  CURFEW_TRY(assertion.x5t_s256, text_or_empty(jws.header.members, "x5t#S256"));
  return assertion;
}

bool names_key(const ClientAssertion& assertion, const ClientKey& key) {
  if (!assertion.x5t_s256.empty()) return assertion.x5t_s256 == key.x5t_s256;
  if (!assertion.x5t.empty()) return assertion.x5t == key.x5t;
  return assertion.kid.empty() || assertion.kid == key.kid;
}

bool names_certificate(const ClientAssertion& assertion) {
  return !assertion.x5t.empty() || !assertion.x5t_s256.empty();
}

OAuthResult<AcceptedAssertion> check_client_assertion(const ClientAssertion& assertion,
                                                      const JwsKey& key,
                                                      const AssertionExpectation& expectation) {
  CURFEW_TRY(const UnverifiedJws jws, in_oauth(parse_jws(assertion.compact)));
  if (std::ranges::find(expectation.algs, jws.header.alg) == expectation.algs.end()) {
    return wrong_alg(expectation);
  }
  if (!key.verify(jws.header.alg, jws.signing_input, jws.signature)) {
    return refused("has a wrong signature, or that of another key",
                   Aadsts::assertion_signature_wrong);
  }
  CURFEW_TRY(const boost::json::object claims, in_oauth(parse_json_object(jws.payload)));
  Reading reading{expectation, claims};
  for (const auto check : kChecks) {
    if (Problem problem = check(reading)) return *std::move(problem);
  }
  return std::move(reading.accepted);
}

std::string client_assertion_claims(std::string_view client_id, std::string_view audience,
                                    TimePoint now) {
  const std::int64_t seconds = to_unix_seconds(now);
  return serialize_json(boost::json::object{{"iss", client_id},
                                            {"sub", client_id},
                                            {"aud", audience},
                                            {"jti", random_token(kOurJtiBytes)},
                                            {"iat", seconds},
                                            {"exp", seconds + kOurSeconds}});
}

}  // namespace curfew
