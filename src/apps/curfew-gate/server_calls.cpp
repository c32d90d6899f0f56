#include "apps/curfew-gate/server_calls.hpp"

#include <chrono>
#include <utility>

#include "apps/curfew/terminal.hpp"
#include "protocol/http/form.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/jose/jwt_signer.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"
#include "protocol/oauth/client_assertion.hpp"

namespace curfew {

namespace {

constexpr Duration kEnrolTimeMax = std::chrono::seconds{30};
// As long as a lease: a gate that runs has other addresses to try.
constexpr Duration kCallTimeMax = std::chrono::seconds{10};
constexpr std::size_t kAnswerBytesMax = 256UL * 1024;
constexpr std::size_t kSentenceBytesMax = 1024;
constexpr std::int64_t kTokenSecondsMax = 10L * 366 * 24 * 3600;  // else it is nonsense

// What the transport says, with what to do about it.
Error unreachable(const Error& error, const std::string& where) {
  if (error.code() != ErrorCode::denied) return error.within("asking " + where);
  return Error{
      ErrorCode::unavailable, Retry::after_human,
      "asking " + where + ": " + error.message() +
          "; nothing was sent. Name the authority to trust with --ca FILE (on the server's "
          "machine, `curfew ca export` prints it)"};
}

// The OAuth error of an answer: its description, if it has one.
std::string sentence_of(const HttpAnswer& answer) {
  const auto body = parse_json_object(answer.body, {.bytes_max = kAnswerBytesMax});
  if (body.ok()) {
    for (const char* const member : {"error_description", "error"}) {
      const auto text = get_optional_string(*body, member);
      if (text.ok() && *text) return visible_text(**text, kSentenceBytesMax);
    }
  }
  return "the server answered " + std::to_string(answer.status);
}

Error refusal_of(const HttpAnswer& answer, std::string_view next) {
  std::string said = sentence_of(answer);
  if (said.ends_with('.')) said.pop_back();  // it goes on below
  if (answer.status >= 500 || answer.status == 429) {
    return Error::transient(ErrorCode::unavailable, said + "; try again in a moment");
  }
  const ErrorCode code = answer.status == 401 ? ErrorCode::unauthenticated : ErrorCode::denied;
  return Error{code, Retry::after_human, said + "; " + std::string{next}};
}

Result<HttpAnswer> send(HttpClient& client, HttpCall call, Duration time_max) {
  call.answer_bytes_max = kAnswerBytesMax;
  auto answer = client.send(call, time_max);
  if (!answer.ok()) return unreachable(answer.error(), call.url);
  return answer;
}

Result<boost::json::object> json_of(const HttpAnswer& answer) {
  auto body = parse_json_object(answer.body, {.bytes_max = kAnswerBytesMax});
  if (body.ok()) return body;
  return Error::permanent(ErrorCode::protocol,
                          "the server's answer is not one that this program understands; is "
                          "--server the address of a Curfew server of the same version?");
}

Result<FeedToken> token_of(const HttpAnswer& answer) {
  CURFEW_TRY(const boost::json::object json, json_of(answer));
  CURFEW_TRY(std::string token, get_string(json, "access_token"));
  CURFEW_TRY(const std::int64_t lifetime, get_int64(json, "expires_in"));
  if (token.empty() || lifetime <= 0 || lifetime > kTokenSecondsMax) {
    return Error::permanent(ErrorCode::protocol, "the server's answer has no access token");
  }
  return FeedToken{Secret{std::move(token)}, std::chrono::seconds{lifetime}};
}

}  // namespace

Result<boost::json::object> ask_to_enrol(HttpClient& client, const Enrolling& enrolling,
                                         const GateKey& key) {
  HttpCall call;
  call.method = HttpMethod::post;
  call.url = enrolling.server + "/curfew/v1/gate-enrolment";
  call.headers = {{"Content-Type", "application/json"}};
  call.bearer = enrolling.code;
  call.body =
      R"({"jwk":)" + serialize_jwk(key.key.verify_key(), SignatureAlg::es256, key.kid) + "}";
  call.ca_file = enrolling.ca_file;
  CURFEW_TRY(const HttpAnswer answer, send(client, std::move(call), kEnrolTimeMax));
  if (answer.status != 201) {
    return refusal_of(answer,
                      "the key of this try is kept: the same command goes on with it, with this "
                      "code or a new one");
  }
  CURFEW_TRY(boost::json::object json, json_of(answer));
  const auto identity = read_identity(json);
  if (!identity.ok()) return identity.error().within("reading the server's answer");
  return json;
}

Result<std::string> client_assertion(const GateIdentity& identity, const GateKey& key,
                                     TimePoint now) {
  return JwtSigner{key.key, key.kid}.sign(
      "JWT", client_assertion_claims(identity.client_id, identity.issuer, now));
}

GateIdentity identity_at(const std::string& server, GateIdentity identity) {
  for (std::string* const url : {&identity.token_endpoint, &identity.jwks_uri}) {
    const std::size_t host = url->find("://") + 3;
    const std::size_t path = url->find('/', host);
    *url = server + (path == std::string::npos ? std::string{} : url->substr(path));
  }
  return identity;
}

Result<FeedToken> ask_for_token(HttpClient& client, const GateIdentity& identity,
                                const GateKey& key, const std::string& ca_file, TimePoint now) {
  CURFEW_TRY(const std::string assertion, client_assertion(identity, key, now));
  HttpCall call;
  call.method = HttpMethod::post;
  call.url = identity.token_endpoint;
  call.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  call.body = Form{{{"grant_type", "client_credentials"},
                    {"client_id", identity.client_id},
                    {"client_assertion_type", std::string{kClientAssertionType}},
                    {"client_assertion", assertion},
                    {"resource", identity.resource}}}
                  .encode();
  call.ca_file = ca_file;
  CURFEW_TRY(const HttpAnswer answer, send(client, std::move(call), kCallTimeMax));
  if (answer.status == 200) return token_of(answer);
  return refusal_of(answer, "the gate " + identity.name +
                                " was removed, disabled or enrolled on another machine, or this "
                                "machine's clock is wrong; `curfew gate show " +
                                identity.name + "` at the server says which");
}

Result<std::string> ask_for_keys(HttpClient& client, const GateIdentity& identity,
                                 const std::string& ca_file) {
  HttpCall call;
  call.url = identity.jwks_uri;
  call.ca_file = ca_file;
  CURFEW_TRY(HttpAnswer answer, send(client, std::move(call), kCallTimeMax));
  if (answer.status != 200) return refusal_of(answer, "the server's keys are needed to believe it");
  const auto keys = parse_jwks(answer.body);
  if (!keys.ok()) return keys.error().within("the server's keys");
  return std::move(answer.body);
}

}  // namespace curfew
