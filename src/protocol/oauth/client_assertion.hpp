// protocol/oauth/client_assertion.hpp: a JWT with which a client proves itself (private_key_jwt).
//
// Read in two steps, because the key depends on who it claims to be: first what names client and
// key, believed by nobody; then, with the key that the caller looked up, the signature and each
// rule. The caller sees to it that none is accepted twice that must not be.
//
// A signature says nothing about whom it was made for, so the audience is all that keeps an
// assertion for another server from being good here: every member of `aud` must be a name of ours.
//
// Pure, but for the jti of an assertion of ours; any thread.
// Limits: kClientAssertionTimeMax and the two after it.
// Spec: RFC 7521 4.2 and 5.2, RFC 7523 2.2 and 3, OIDC Core 9, RFC 7515 4.1.7 and 4.1.8.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "crypto/signature_alg.hpp"
#include "model/application.hpp"
#include "protocol/jose/jws_key.hpp"
#include "protocol/oauth/error.hpp"

namespace curfew {

inline constexpr std::string_view kClientAssertionType =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

// What an assertion may be signed with. No secret of ours is ever a key for it, so no HMAC.
inline constexpr std::array kClientAssertionAlgs{SignatureAlg::es256, SignatureAlg::ps256,
                                                 SignatureAlg::rs256};

// An assertion of which nothing was checked.
struct ClientAssertion {
  std::string compact;
  AppId claimed_client;  // its `sub`; never empty
  // How its header names the key; empty where it does not.
  std::string kid;
  std::string x5t;
  std::string x5t_s256;
};

// invalid_client for what is no JWT, a typ of another kind of token, or no sub.
[[nodiscard]] OAuthResult<ClientAssertion> parse_client_assertion(std::string_view compact);

// Whether the header means this key. A certificate's digest comes first (MSAL sends nothing else),
// then the kid; an assertion that names none means any, and is tried with the only one.
[[nodiscard]] bool names_key(const ClientAssertion& assertion, const ClientKey& key);

// Whether it names a certificate, as MSAL's do.
[[nodiscard]] bool names_certificate(const ClientAssertion& assertion);

struct AssertionExpectation {
  AppId client_id;
  std::string issuer;
  std::string token_endpoint;
  AssertionAudience audience = AssertionAudience::issuer_or_token_endpoint;
  TimePoint now{};
  std::span<const SignatureAlg> algs = kClientAssertionAlgs;
};

struct AcceptedAssertion {
  std::string jti;
  TimePoint expires_at{};  // after it, the assertion is refused in any case
};

// invalid_client with the rule that was broken.
[[nodiscard]] OAuthResult<AcceptedAssertion> check_client_assertion(
    const ClientAssertion& assertion, const JwsKey& key, const AssertionExpectation& expectation);

// The claims of an assertion by which a client of ours proves itself: good for a minute, with a
// `jti` of its own.
[[nodiscard]] std::string client_assertion_claims(std::string_view client_id,
                                                  std::string_view audience, TimePoint now);

}  // namespace curfew
