// tests/fuzz/fuzz_gate_session.cpp: what browsers and web servers send a gate: wherever a return
// path leads, it is at the site; no cookie that was not sealed here is a session or a sign-in; what
// is read of forwarded headers is one host, one path and one method.
//
// Lines: return_to, the Cookie header, X-Forwarded-Host, X-Forwarded-Uri, X-Forwarded-Method,
// X-Original-URL, the query of the callback.
//
// Covers: gate/session/return_to.cpp gate/session/session_cookies.cpp
//   gate/session/forwarded_request.cpp gate/session/code_flow.cpp gate/session/cookie_keys.cpp
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "base/text.hpp"
#include "crypto/sign_key.hpp"
#include "gate/session/code_flow.hpp"
#include "gate/session/forward_auth.hpp"
#include "gate/session/forwarded_request.hpp"
#include "gate/session/return_to.hpp"
#include "gate/session/session_cookies.hpp"
#include "protocol/http/uri.hpp"

using namespace curfew;

namespace {

const Site& site() {
  static const Site made = [] {
    const SiteSettings settings{"wiki", "https://app.example", "client", "api://wiki"};
    return make_site(settings, JwtSigner{SigningKey::generate(SignatureAlg::es256).value(), "k"},
                     CookieKeys::from({Secret{std::string(kSealKeyBytes, 'k')}}).value())
        .value();
  }();
  return made;
}

void use_return_to(std::string_view given) {
  const std::string path = return_path_of(given);
  CURFEW_CHECK(path.starts_with('/') && !path.starts_with("//"));
  CURFEW_CHECK(path.find_first_of("\\#\r\n\t ") == std::string::npos);
  CURFEW_CHECK(return_path_of(path) == path);
  const auto uri = parse_uri(site().origin + path);
  CURFEW_CHECK(!uri.ok() || uri->origin() == site().origin);
  const auto address = parse_uri(sign_in_address(site().origin, given));
  CURFEW_CHECK(address.ok() && address->origin() == site().origin);
}

void use_cookies(std::string_view header, std::string_view callback) {
  const auto cookies = parse_cookies(header);
  if (!cookies.ok()) return;
  const TimePoint now = from_unix_seconds(1'800'000'000);
  CURFEW_CHECK(!session_of(site(), *cookies));
  const SiteSignIn begun = new_sign_in("/", now);
  std::size_t bytes = 0;
  for (const std::string& line : sign_in_cookies(site(), begun, *cookies, now)) {
    CURFEW_CHECK(line.starts_with(kSignInCookiePrefix));
    CURFEW_CHECK(line.find_first_of("\r\n") == std::string::npos);
    bytes += line.size();
  }
  CURFEW_CHECK(bytes < 16UL * 1024);
  const auto query = parse_form(callback);
  if (!query.ok()) return;
  const Provider provider{"https://id.example", "", "", ""};
  CURFEW_CHECK(!read_authorization_answer(site(), provider, *query, *cookies, now).ok());
}

void use_forwarded(const std::vector<std::string_view>& lines) {
  HttpRequest request;
  request.headers.add("X-Forwarded-Host", lines[2]);
  request.headers.add("X-Forwarded-Uri", lines[3]);
  request.headers.add("X-Forwarded-Method", lines[4]);
  request.headers.add("X-Original-URL", lines[5]);
  for (const ForwardedBy by : {ForwardedBy::forwarded_headers, ForwardedBy::original_url}) {
    const auto read = read_forwarded(request, by);
    if (!read.ok()) continue;
    CURFEW_CHECK(read->host.find_first_of("/@,?# \\") == std::string::npos);
    CURFEW_CHECK(read->uri.starts_with('/'));
    CURFEW_CHECK(read->uri.find_first_of(" \r\n\t") == std::string::npos);
    CURFEW_CHECK(!read->method.empty() &&
                 read->method.find_first_of(" ,:\r\n") == std::string::npos);
    use_return_to(read->uri);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  std::vector<std::string_view> lines = split(text, '\n');
  lines.resize(7);
  use_return_to(lines[0]);
  use_cookies(lines[1], lines[6]);
  use_forwarded(lines);
  return 0;
}
