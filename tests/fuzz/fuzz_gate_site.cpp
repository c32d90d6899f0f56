// tests/fuzz/fuzz_gate_site.cpp: whole requests to a gate's own paths at a site: nobody is let on
// or signed in who brought nothing for it, and nobody is sent to anywhere else.
//
// "METHOD TARGET", header lines, an empty line and a body. {token}, {session}, {sign_in}, {state}
// and {logout} stand for what an input cannot know: a live access token, a session's cookie, the
// cookie and the state of a sign-in that is under way, and a logout token.
//
// Covers: gate/session/site_handler.cpp gate/session/forward_auth.cpp
//   gate/session/session_pages.cpp gate/session/session_cookies.cpp gate/session/code_flow.cpp
//   gate/session/logout_watch.cpp gate/session/forwarded_request.cpp
#define DOCTEST_CONFIG_IMPLEMENT
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/text.hpp"
#include "gate/session/test_site.hpp"
#include "io/http_writer.hpp"
#include "tests/fuzz/whole_request.hpp"

using namespace curfew;
using namespace curfew::testing;

namespace {

std::string pair_of(std::string_view set_cookie) {
  return std::string{set_cookie.substr(0, set_cookie.find(';'))};
}

struct World {
  ServedSite served;
  std::map<std::string, std::string> names;

  World() {
    // Each look at the clock is a second later, so that nobody waits long for a logout.
    served.advances_by = std::chrono::seconds{1};
    const std::string token = served.issuer.token(good_claims());
    names["{token}"] = token;
    names["{session}"] = pair_of(session_cookie(test_site(), {token, "id"}).value());
    const SiteSignIn begun = new_sign_in("/page", kGateNow);
    names["{state}"] = begun.id;
    names["{sign_in}"] = pair_of(sign_in_cookies(test_site(), begun, {}, kGateNow).back());
    served.endpoint.nonce = begun.nonce;
    names["{logout}"] = served.issuer.token(
        {{"iss", "https://id.contoso.com"},
         {"aud", "app-1"},
         {"sub", "user-1"},
         {"jti", "j"},
         {"iat", to_unix_seconds(kGateNow)},
         {"exp", to_unix_seconds(kGateNow) + 300},
         {"events",
          {{"http://schemas.openid.net/event/backchannel-logout", boost::json::object{}}}}},
        "logout+jwt");
  }

  [[nodiscard]] std::string expanded(std::string_view text) const {
    std::string out{text};
    for (const auto& [name, value] : names) {
      for (std::size_t at = out.find(name); at != std::string::npos;
           at = out.find(name, at + value.size())) {
        out.replace(at, name.size(), value);
      }
    }
    return out;
  }

  [[nodiscard]] HttpResponse answer(HttpRequest request) {
    served.at.time = {kTestBoot, std::chrono::hours{1}, kGateNow};
    served.endpoint.asked.clear();
    request.peer.transport = Transport::plain_loopback;
    return served.ask(std::move(request));
  }
};

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A token where tokens are presented. One that stands in the address that was asked for is no
// secret any more, and comes back in the address to return to.
bool is_presented(std::string_view asked) {
  for (const std::string_view line : split(asked, '\n')) {
    const std::string lower = ascii_lower(line);
    const bool is_credential = lower.starts_with("authorization:") || lower.starts_with("cookie:");
    if (!is_credential && has(line, "{token}")) return false;
  }
  return true;
}

void check_location(const World& world, std::string_view asked, std::string_view location) {
  const auto uri = parse_uri(location);
  CURFEW_CHECK(uri.ok());
  CURFEW_CHECK(uri->origin() == kSiteOrigin || uri->origin() == "https://id.contoso.com");
  CURFEW_CHECK(!is_presented(asked) || !has(location, world.names.at("{token}")));
}

void check_cookies(const HttpResponse& response, std::string_view asked) {
  for (const std::string_view line : response.headers.all("Set-Cookie")) {
    const std::string pair = pair_of(line);
    CURFEW_CHECK(pair.starts_with("__Host-curfew-"));
    const bool is_session = pair.starts_with(std::string{kSessionCookie} + "=");
    const bool is_over = pair.ends_with('=');
    // Whoever completes a sign-in began it: its cookie and its state are there.
    CURFEW_CHECK(!is_session || is_over || (has(asked, "{sign_in}") && has(asked, "{state}")));
  }
}

void check_answer(const World& world, const HttpRequest& request, std::string_view asked,
                  const HttpResponse& response) {
  constexpr std::array<int, 10> kStatuses{200, 302, 303, 400, 401, 403, 404, 405, 502, 503};
  CURFEW_CHECK(std::ranges::find(kStatuses, response.status) != kStatuses.end());
  std::string wire;
  CURFEW_CHECK(append_response(wire, response, HttpFraming{}).ok());
  check_cookies(response, asked);
  const bool is_question = request.path().starts_with("/.curfew/auth");
  if (is_question) CURFEW_CHECK(response.body.empty());
  const bool brought_something = has(asked, "{token}") || has(asked, "{session}");
  const bool is_let_on = is_question && response.status == 200;
  CURFEW_CHECK(!is_let_on || brought_something);
  CURFEW_CHECK(is_let_on == response.headers.has("X-Curfew-Subject"));
  const std::string location = header_of(response, "Location");
  CURFEW_CHECK(location.empty() == (response.status != 302 && response.status != 303));
  if (!location.empty()) check_location(world, asked, location);
  const std::string sign_in = header_of(response, "X-Curfew-Sign-In");
  if (!sign_in.empty()) check_location(world, asked, sign_in);
  const bool is_logout = request.path() == "/.curfew/backchannel-logout";
  CURFEW_CHECK(!is_logout || response.status != 200 || has(asked, "{logout}"));
  CURFEW_CHECK(!is_presented(asked) || !has(response.body, world.names.at("{token}")));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::unique_ptr<World> world = [] {
    fail_on_doctest();
    return std::make_unique<World>();
  }();
  const std::string_view asked{reinterpret_cast<const char*>(data), size};
  const auto request = read_whole_request(world->expanded(asked), kSiteHost);
  if (!request) return 0;
  check_answer(*world, *request, asked, world->answer(*request));
  return 0;
}
