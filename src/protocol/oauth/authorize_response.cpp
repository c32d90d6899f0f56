#include "protocol/oauth/authorize_response.hpp"

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "protocol/html/page.hpp"
#include "protocol/http/form.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/json/writer.hpp"

namespace curfew {

namespace {

// The only script of ours. It cannot be changed without its hash in the policy.
constexpr std::string_view kSubmitScript = "document.forms[0].submit();";

void add_safety_headers(HttpResponse& response) {
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Referrer-Policy", "no-referrer");
  response.headers.set("X-Content-Type-Options", "nosniff");
}

HttpResponse redirect_to(std::string_view location) {
  HttpResponse response = HttpResponse::redirect(303, location);
  add_safety_headers(response);
  return response;
}

std::string form_post_html(std::string_view redirect_uri, const Form& form) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
      "<title>Returning to the application</title></head>\n<body>\n<form method=\"post\"";
  html += html_attribute("action", redirect_uri);
  html += ">\n";
  for (const FormField& field : form.fields()) {
    html += hidden_input(field.name, field.value);
    html += '\n';
  }
  html += "<noscript><button type=\"submit\">Continue to the application</button></noscript>\n";
  html += "</form>\n<script>";
  html += kSubmitScript;
  html += "</script>\n</body>\n</html>\n";
  return html;
}

// There is no form-action: Chromium applies it to redirects that follow the form too, and where
// the application sends the person next is its own affair.
HttpResponse post_to(std::string_view redirect_uri, const Form& form) {
  HttpResponse response = HttpResponse::html(200, form_post_html(redirect_uri, form));
  add_safety_headers(response);
  response.headers.set("Content-Security-Policy",
                       "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
                       "script-src 'sha256-" +
                           base64_encode(as_view(sha256(kSubmitScript))) + "'");
  response.headers.set("X-Frame-Options", "DENY");
  return response;
}

WayBack way_with(const AuthorizeTarget& target, std::string_view issuer, Form form) {
  if (!target.state.empty()) form.add("state", target.state);
  form.add("iss", issuer);
  switch (target.response_mode) {
    case ResponseMode::query: return {with_query(target.redirect_uri, form.encode()), {}};
    case ResponseMode::fragment: return {target.redirect_uri + "#" + form.encode(), {}};
    case ResponseMode::form_post: return {target.redirect_uri, std::move(form)};
  }
  CURFEW_CHECK(false);
}

HttpResponse answer(const AuthorizeTarget& target, std::string_view issuer, Form form) {
  const WayBack way = way_with(target, issuer, std::move(form));
  if (target.response_mode == ResponseMode::form_post) return post_to(way.location, way.posted);
  return redirect_to(way.location);
}

Form failure_of(const OAuthError& error) {
  Form form;
  form.add("error", to_string(error.code));
  form.add("error_description", error.full_description());
  return form;
}

}  // namespace

HttpResponse authorize_success(const AuthorizeTarget& target, std::string_view issuer,
                               const AuthorizeSuccess& success) {
  Form form;
  form.add("code", success.code);
  if (!success.client_info.empty()) form.add("client_info", success.client_info);
  return answer(target, issuer, std::move(form));
}

HttpResponse authorize_failure(const AuthorizeTarget& target, std::string_view issuer,
                               const OAuthError& error) {
  return answer(target, issuer, failure_of(error));
}

WayBack way_back(const AuthorizeTarget& target, std::string_view issuer, const OAuthError& error) {
  return way_with(target, issuer, failure_of(error));
}

std::string client_info_of(std::string_view oid, std::string_view tid) {
  std::string json;
  JsonObjectWriter writer{json};
  writer.string("uid", oid).string("utid", tid);
  writer.end();
  return base64url_encode(json);
}

}  // namespace curfew
