#include "gate/session/code_flow.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "base/check.hpp"
#include "base/text.hpp"
#include "gate/session/id_token_check.hpp"
#include "gate/session/session_limits.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"
#include "protocol/oauth/client_assertion.hpp"
#include "protocol/oauth/pkce.hpp"
#include "protocol/oidc/claims_parameter.hpp"

namespace curfew {

namespace {

constexpr std::size_t kErrorBytesMax = 64;

// A challenge to the server on the browser's behalf, and that we understand challenges ourselves.
std::string claims_of(Position as_of, TimePoint now) {
  auto challenge = parse_json_object(claims_challenge_json(to_unix_seconds(now), as_of));
  CURFEW_CHECK(challenge.ok());  // ours
  (*challenge)["access_token"].as_object()["xms_cc"] =
      boost::json::object{{"values", boost::json::array{"cp1"}}};
  return serialize_json(*challenge);
}

// The value of a parameter that may be absent; a repeated one is an error.
Result<std::string> parameter(const Form& query, std::string_view name) {
  if (query.count(name) > 1) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "the parameter " + std::string{name} + " is repeated");
  }
  return std::string{query.single(name).value_or(std::string_view{})};
}

std::string visible(std::string_view error) {
  std::string text{error.substr(0, kErrorBytesMax)};
  std::erase_if(text, [](char c) { return c <= 0x20 || c >= 0x7F; });
  return text;
}

}  // namespace

std::string authorization_location(const Site& site, const Provider& provider,
                                   const SiteSignIn& sign_in, Position as_of, TimePoint now) {
  const Form query{{{"client_id", site.client_id},
                    {"response_type", "code"},
                    {"response_mode", "query"},
                    {"redirect_uri", site.redirect_uri()},
                    {"scope", site.scope},
                    {"state", sign_in.id},
                    {"nonce", sign_in.nonce},
                    {"code_challenge", code_challenge_of(sign_in.code_verifier)},
                    {"code_challenge_method", "S256"},
                    {"claims", claims_of(as_of, now)}}};
  return with_query(provider.authorization_endpoint, query.encode());
}

Result<AuthorizationAnswer> read_authorization_answer(const Site& site, const Provider& provider,
                                                      const Form& query,
                                                      const std::vector<Cookie>& cookies,
                                                      TimePoint now) {
  CURFEW_TRY(const std::string state, parameter(query, "state"));
  CURFEW_TRY(const std::string issuer, parameter(query, "iss"));
  CURFEW_TRY(std::string code, parameter(query, "code"));
  CURFEW_TRY(const std::string error, parameter(query, "error"));
  auto sign_in = sign_in_of(site, state, cookies, now);
  if (!sign_in) {
    return Error::permanent(ErrorCode::conflict,
                            "this browser has no such sign-in under way, or it took too long");
  }
  if (issuer != provider.issuer) {
    return Error::permanent(ErrorCode::invalid_argument, "the answer is of another issuer");
  }
  if (code.empty() == error.empty()) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "the answer has neither a code nor an error, or both");
  }
  return AuthorizationAnswer{*std::move(sign_in), std::move(code), visible(error)};
}

Result<std::string> token_form(const Site& site, const Provider& provider,
                               const AuthorizationAnswer& answer, TimePoint now) {
  CURFEW_TRY(
      std::string assertion,
      site.client_key.sign("JWT", client_assertion_claims(site.client_id, provider.issuer, now)));
  return Form{{{"grant_type", "authorization_code"},
               {"code", answer.code},
               {"redirect_uri", site.redirect_uri()},
               {"code_verifier", answer.sign_in.code_verifier},
               {"client_id", site.client_id},
               {"client_assertion_type", std::string{kClientAssertionType}},
               {"client_assertion", std::move(assertion)}}}
      .encode();
}

Result<RedeemedSession> read_token_answer(const Site& site, const Provider& provider,
                                          const SiteSignIn& sign_in, std::string_view body,
                                          const KeySet& keys, TimePoint now) {
  const auto answer = parse_json_object(body, {.bytes_max = session_limits::kTokenAnswerBytesMax});
  if (!answer.ok()) return answer.error().within("the token response");
  const auto text = [&](std::string_view name) { return get_string(*answer, name); };
  RedeemedSession made;
  CURFEW_TRY(const std::string type, text("token_type"));
  CURFEW_TRY(made.session.access_token, text("access_token"));
  CURFEW_TRY(made.session.id_token, text("id_token"));
  if (!ascii_iequals(type, "Bearer")) {
    return Error::permanent(ErrorCode::protocol, "the token is of another type than Bearer");
  }
  CURFEW_TRY(made.sub, check_id_token(made.session.id_token, keys,
                                      {provider.issuer, site.client_id, sign_in.nonce,
                                       made.session.access_token, now}));
  return made;
}

std::string end_session_location(const Site& site, const Provider& provider,
                                 const std::optional<BrowserSession>& session) {
  Form query{{{"client_id", site.client_id}, {"post_logout_redirect_uri", site.signed_out_uri()}}};
  if (session && !session->id_token.empty()) query.add("id_token_hint", session->id_token);
  return with_query(provider.end_session_endpoint, query.encode());
}

}  // namespace curfew
