#include "gate/session/session_pages.hpp"

#include "protocol/html/page.hpp"

namespace curfew {

namespace {

HttpResponse page_of(const Site& site, int status, std::string_view title,
                     std::string_view inside) {
  const std::string body = "<div class=\"card\">\n<p class=\"brand\">" + escape_html(site.host) +
                           "</p>\n<h1>" + escape_html(title) + "</h1>\n" + std::string{inside} +
                           "</div>";
  const std::string stylesheet = std::string{kGatePaths} + "curfew.css";
  HttpResponse response = HttpResponse::html(
      status, render({.title = title, .body = body, .stylesheet_path = stylesheet}));
  response.headers.add("Content-Security-Policy", page_content_security_policy());
  response.headers.add("X-Frame-Options", "DENY");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("Referrer-Policy", "no-referrer");
  response.headers.add("Cache-Control", "no-store");
  return response;
}

std::string link(std::string_view address, std::string_view text) {
  return "<div class=\"actions\"><a class=\"button\"" + html_attribute("href", address) + ">" +
         escape_html(text) + "</a></div>\n";
}

}  // namespace

HttpResponse problem_page(const Site& site, const ProblemPage& page) {
  std::string inside = "<div class=\"error\" role=\"alert\">" + escape_html(page.text) + "</div>\n";
  if (!page.again.empty()) inside += link(page.again, "Try again");
  return page_of(site, page.status, page.heading, inside);
}

HttpResponse sign_out_page(const Site& site) {
  const std::string action = std::string{kGatePaths} + "sign-out";
  return page_of(site, 200, "Sign out",
                 "<p>This ends your session here and at the sign-in page.</p>\n"
                 "<form method=\"post\"" +
                     html_attribute("action", action) +
                     ">\n<div class=\"actions\"><button type=\"submit\" class=\"button\">Sign "
                     "out</button></div>\n</form>\n");
}

HttpResponse signed_out_page(const Site& site) {
  return page_of(site, 200, "You are signed out",
                 "<p>Your session here has ended.</p>\n" + link("/", "Sign in again"));
}

HttpResponse stylesheet_answer() {
  HttpResponse response;
  response.headers.add("Content-Type", "text/css; charset=utf-8");
  response.headers.add("Cache-Control", "max-age=3600");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.body = stylesheet();
  return response;
}

}  // namespace curfew
