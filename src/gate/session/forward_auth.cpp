#include "gate/session/forward_auth.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "gate/session/return_to.hpp"
#include "gate/session/session_cookies.hpp"
#include "model/session_control.hpp"
#include "protocol/http/percent.hpp"

namespace curfew {

namespace {

// As a header's value: what is no visible ASCII would be refused by who reads it, or be misread.
std::string header_text(std::string_view text) {
  const bool is_plain = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
  return is_plain ? std::string{text} : percent_encode(text);
}

void add_identity(HttpResponse& response, const GateToken& token) {
  const AccessTokenClaims& claims = token.claims;
  const std::array<std::pair<std::string_view, std::string_view>, 7> headers{{
      {"X-Curfew-Subject", claims.sub},
      {"X-Curfew-Object-Id", claims.oid},
      {"X-Curfew-Client-Id", claims.client_id.str()},
      {"X-Curfew-Scopes", claims.scp},
      {"X-Curfew-Roles", token.roles_text},
      {"X-Curfew-Session", claims.sid.str()},
      {"X-Curfew-Tenant", claims.tid.str()},
  }};
  for (const auto& [name, value] : headers) response.headers.add(name, header_text(value));
}

}  // namespace

GateAnswer judge_request(TokenGate& gate, const Site& site, const ForwardedRequest& request) {
  GateRequest question;
  question.rules = &site.rules;
  question.has_repeated_header = request.has_repeated_header;
  const std::string url = site.origin + request.uri;
  question.sender.method = request.method;
  question.sender.url = url;
  question.authorization = request.authorization;
  question.sender.dpop = request.dpop;
  const auto session = request.has_repeated_header
                           ? std::nullopt
                           : session_authorization(site, request.authorization, request.cookie);
  if (session) {
    question.authorization = *session;
    question.sender.dpop.reset();
  }
  return gate.check(question);
}

std::string sign_in_address(std::string_view origin, std::string_view return_to) {
  return std::string{origin} + std::string{kGatePaths} +
         "sign-in?return_to=" + percent_encode(return_path_of(return_to));
}

HttpResponse auth_answer(const GateAnswer& answer, const Site& site,
                         const ForwardedRequest& request, AuthMode mode) {
  HttpResponse response = HttpResponse::empty(answer.status);
  response.headers.add("Cache-Control", "no-store");
  if (answer.is_live() && answer.token != nullptr) {
    const auto& controls = answer.token->claims.session_controls;
    if (read_session_controls(controls).any()) {
      // Whoever asks here sees requests alone: it cannot hold an answer back, nor write the log.
      response.status = 403;
      response.headers.add("X-Curfew-Session-Control", header_text(join(controls, " ")));
      return response;
    }
    add_identity(response, *answer.token);
    return response;
  }
  if (answer.is_live()) response.status = 503;  // cannot be; nobody is let in without a token
  if (answer.retry_after) {
    response.headers.add("Retry-After", std::to_string(*answer.retry_after));
  }
  if (answer.status == 401 && request.is_navigation) {
    const std::string address = sign_in_address(site.origin, request.uri);
    response.headers.add("X-Curfew-Sign-In", address);
    if (mode == AuthMode::browser) {
      response.status = 302;
      response.headers.add("Location", address);
      return response;
    }
  }
  if (!answer.www_authenticate.empty()) {
    response.headers.add("WWW-Authenticate", answer.www_authenticate);
  }
  return response;
}

}  // namespace curfew
