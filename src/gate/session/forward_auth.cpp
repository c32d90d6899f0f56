#include "gate/session/forward_auth.hpp"

#include <optional>
#include <string>

#include "base/text.hpp"
#include "gate/session/return_to.hpp"
#include "gate/session/session_cookies.hpp"
#include "model/session_control.hpp"
#include "protocol/http/percent.hpp"

namespace curfew {

namespace {

// As headers' values: what is no visible ASCII would be refused by who reads it, or be misread. Two
// texts never look alike: integrations/nginx/identity.c tells applications the same.

bool is_plain(char c) { return c > 0x20 && c < 0x7F && c != '%'; }

std::string header_text(std::string_view text) { return percent_encode(text, is_plain); }

// With a space between its members.
std::string header_list(std::string_view words) {
  return percent_encode(words, [](char c) { return is_plain(c) || c == ' '; });
}

// GateToken::roles_text, where a '%' is of an encoding already.
std::string header_roles(std::string_view roles) {
  return percent_encode(roles, [](char c) { return is_plain(c) || c == ' ' || c == '%'; });
}

void add_identity(HttpResponse& response, const GateToken& token) {
  const AccessTokenClaims& claims = token.claims;
  response.headers.add("X-Curfew-Subject", header_text(claims.sub));
  response.headers.add("X-Curfew-Object-Id", header_text(claims.oid));
  response.headers.add("X-Curfew-Client-Id", header_text(claims.client_id.str()));
  response.headers.add("X-Curfew-Scopes", header_list(claims.scp));
  response.headers.add("X-Curfew-Roles", header_roles(token.roles_text));
  response.headers.add("X-Curfew-Session", header_text(claims.sid.str()));
  response.headers.add("X-Curfew-Tenant", header_text(claims.tid.str()));
}

// By the cookie, where that decides.
std::optional<std::string> session_shown(const Site& site, const ForwardedRequest& request) {
  if (request.has_repeated_header) return std::nullopt;
  return session_authorization(site, request.authorization, request.cookie);
}

}  // namespace

bool shows_a_token(const Site& site, const ForwardedRequest& request) {
  return request.authorization || session_shown(site, request);
}

GateAnswer judge_request(TokenGate& gate, const Site& site, const ForwardedRequest& request) {
  GateRequest question;
  question.rules = &site.rules;
  question.has_repeated_header = request.has_repeated_header;
  const std::string url = site.origin + request.uri;
  question.sender.method = request.method;
  question.sender.url = url;
  question.authorization = request.authorization;
  question.sender.dpop = request.dpop;
  const auto session = session_shown(site, request);
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
      response.headers.add("X-Curfew-Session-Control", header_list(join(controls, " ")));
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
