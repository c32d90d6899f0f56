// gate/session/test_site.hpp: for tests only: a site at a gate with a replica of its own, the
// server's token endpoint, and a browser that keeps cookies.
#pragma once

#include <doctest/doctest.h>

#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "crypto/random.hpp"
#include "gate/replica/reader_table.hpp"
#include "gate/session/site_handler.hpp"
#include "gate/token/test_gate.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/jose/jwt_signer.hpp"
#include "protocol/oauth/pkce.hpp"

namespace curfew::testing {

inline const std::string kSiteOrigin = "https://files.contoso.com";
inline const std::string kSiteHost = "files.contoso.com";

inline SiteSettings test_settings() { return {"files", kSiteOrigin, "app-1", kAudience}; }

inline CookieKeys test_cookie_keys(char fill = 'k') {
  return CookieKeys::from({Secret{std::string(kSealKeyBytes, fill)}}).value();
}

inline Site test_site(SiteSettings settings = test_settings(),
                      CookieKeys keys = test_cookie_keys()) {
  static const SigningKey key = SigningKey::generate(SignatureAlg::es256).value();
  return make_site(settings, JwtSigner{key, "site-key"}, std::move(keys)).value();
}

inline Provider test_provider() {
  const std::string base = "https://id.contoso.com/tenant-1/oauth2/v2.0";
  return {"https://id.contoso.com", base + "/authorize", base + "/token", base + "/logout"};
}

inline std::string header_of(const HttpResponse& response, std::string_view name) {
  const auto all = response.headers.all(name);
  return all.empty() ? std::string{} : std::string{all.front()};
}

inline Form query_of(const std::string& location) {
  const auto uri = parse_uri(location);
  REQUIRE(uri.ok());
  return parse_form(uri->query.value_or("")).value();
}

// What the server answers to a code.
class TestTokenEndpoint {
 public:
  explicit TestTokenEndpoint(const TestIssuer& issuer) : issuer_(issuer) {}

  AccessTokenClaims access = good_claims();
  boost::json::object id_claims = {{"iss", "https://id.contoso.com"},
                                   {"aud", "app-1"},
                                   {"sub", "user-1"},
                                   {"iat", to_unix_seconds(kGateNow)},
                                   {"exp", to_unix_seconds(kGateNow) + 300}};
  std::string id_typ = "JWT";
  std::optional<Error> error;
  int status = 200;
  std::string nonce;        // of the authorization request
  std::vector<Form> asked;  // the forms that came

  [[nodiscard]] Result<HttpAnswer> answer(const std::string& form) {
    asked.push_back(parse_form(form).value());
    if (error) return *error;
    const std::string token = issuer_.token(access);
    boost::json::object id = id_claims;
    if (!id.contains("nonce")) id["nonce"] = nonce;
    if (!id.contains("at_hash")) id["at_hash"] = token_hash_claim(SignatureAlg::es256, token);
    HttpAnswer answer;
    answer.status = status;
    answer.body = boost::json::serialize(
        boost::json::object{{"token_type", "Bearer"},
                            {"access_token", token},
                            {"expires_in", 3600},
                            {"id_token", issuer_.sign(boost::json::serialize(id), id_typ)}});
    return answer;
  }

 private:
  const TestIssuer& issuer_;
};

inline Task<Result<HttpAnswer>> answered(TestTokenEndpoint& endpoint, std::string form) {
  co_return endpoint.answer(form);
}

// A site that is served, and a request at a time.
class ServedSite {
 public:
  explicit ServedSite(std::vector<Site> sites = {test_site()}, bool answers_web_servers = true)
      : endpoint(issuer), at(issuer), gate(made_gate()) {
    configure_log(LogLevel::error, -1);
    table.note_uncut_requests_told();
    handler =
        std::make_unique<SiteHandler>(SiteParts{std::move(sites), test_provider(), *gate, runtime,
                                                [this](std::string url, std::string form) {
                                                  CHECK(url == test_provider().token_endpoint);
                                                  return answered(endpoint, std::move(form));
                                                },
                                                answers_web_servers});
  }
  ~ServedSite() { runtime.stop_and_wait(); }

  [[nodiscard]] HttpResponse ask(HttpRequest request) {
    std::promise<HttpResponse> promise;
    runtime.executor(0).post([&] {
      start<HttpResponse>(handler->handle(std::move(request)),
                          [&](HttpResponse response) { promise.set_value(std::move(response)); });
    });
    return promise.get_future().get();
  }

  // By so much time goes on with each look at the clock.
  std::chrono::nanoseconds advances_by{};
  TestIssuer issuer;
  TestTokenEndpoint endpoint;
  TestGate at;
  ReaderTable table = ReaderTable::open(reader_table_path(at.replica.path()), std::nullopt).value();
  std::unique_ptr<TokenGate> gate;
  Runtime runtime{1};
  std::unique_ptr<SiteHandler> handler;

 private:
  [[nodiscard]] std::unique_ptr<TokenGate> made_gate() {
    return TokenGate::make(at.config(),
                           [this] {
                             at.time.since_boot += advances_by;
                             return at.time;
                           })
        .value();
  }
};

// One person's browser, behind a web server that hands /.curfew/ on and asks about the rest.
class TestBrowser {
 public:
  explicit TestBrowser(ServedSite& served) : served_(served) {}

  std::map<std::string, std::string> cookies;
  std::string host = kSiteHost;
  std::string site = "files";  // as the web server's configuration names it

  [[nodiscard]] HttpRequest request(const std::string& target,
                                    HttpMethod method = HttpMethod::get) const {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.peer.transport = Transport::plain_loopback;
    request.headers.add("Host", host);
    request.headers.add("X-Forwarded-Proto", "https");
    std::string header;
    for (const auto& [name, value] : cookies) {
      header += (header.empty() ? "" : "; ") + name + "=" + value;
    }
    if (!header.empty()) request.headers.add("Cookie", header);
    return request;
  }
  HttpResponse send(HttpRequest request) {
    HttpResponse response = served_.ask(std::move(request));
    for (const std::string_view line : response.headers.all("Set-Cookie")) keep(line);
    return response;
  }
  HttpResponse open(const std::string& target) { return send(request(target)); }

  // What nginx asks about a page of the site.
  [[nodiscard]] HttpRequest question(const std::string& uri, bool is_navigation = true) const {
    HttpRequest asked = request("/.curfew/auth?site=" + site);
    asked.headers.add("X-Forwarded-Method", "GET");
    asked.headers.add("X-Forwarded-Host", host);
    asked.headers.add("X-Forwarded-Uri", uri);
    asked.headers.add("Sec-Fetch-Mode", is_navigation ? "navigate" : "cors");
    asked.headers.add("Sec-Fetch-Dest", is_navigation ? "document" : "empty");
    return asked;
  }
  [[nodiscard]] int may_see(const std::string& uri) { return send(question(uri)).status; }

  // To the server; its query.
  Form begin(const std::string& return_to = "/page") {
    const HttpResponse response = open("/.curfew/sign-in?return_to=" + return_to);
    REQUIRE(response.status == 303);
    Form query = query_of(header_of(response, "Location"));
    served_.endpoint.nonce = query.single("nonce").value_or("");
    return query;
  }
  // And back, as the server says it.
  HttpResponse come_back(const Form& began, const std::string& more = "&code=the-code") {
    return open("/.curfew/callback?state=" + std::string{began.single("state").value_or("")} +
                "&iss=https%3A%2F%2Fid.contoso.com" + more);
  }
  HttpResponse sign_in(const std::string& return_to = "/page") {
    return come_back(begin(return_to));
  }

 private:
  void keep(std::string_view line) {
    const std::string_view pair = line.substr(0, line.find(';'));
    const std::size_t equals = pair.find('=');
    const std::string name{pair.substr(0, equals)};
    if (line.find("Max-Age=0") != std::string_view::npos) {
      cookies.erase(name);
    } else {
      cookies[name] = pair.substr(equals + 1);
    }
  }
  ServedSite& served_;
};

}  // namespace curfew::testing
