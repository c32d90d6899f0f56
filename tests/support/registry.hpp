// tests/support/registry.hpp: a server where applications register themselves, an administrator who
// hands out tokens for it, and people whom the applications ask.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "tests/support/admin_office.hpp"
#include "tests/support/test_browser.hpp"

namespace curfew::test::registry {

namespace bj = boost::json;
using namespace std::chrono_literals;

inline const std::string kCallback = "https://new.contoso.test/callback";

inline bj::object portal() {
  return {{"client_name", "Portal"}, {"redirect_uris", bj::array{kCallback}}};
}

// John is an administrator; other tokens are made as he makes them.
struct Registry : Office {
  std::string admin = token_of_john(Role::global_administrator);
  std::string path = server.path("/oauth2/v2.0/register");

  Registry() {
    server.context->registers_clients = true;
    server.clock.advance(1s);
  }

  TokenAnswer send(HttpMethod method, const std::string& target, const std::string& bearer,
                   const std::string& body = "", const std::string& type = "application/json") {
    Fields headers{{"Content-Type", type}};
    if (!bearer.empty()) headers.emplace_back("Authorization", "Bearer " + bearer);
    HttpRequest request = server.get(target, headers);
    request.method = method;
    request.body = body;
    return ServerFixture::taken_apart(server.send(std::move(request)));
  }
  bj::object made_token(const bj::object& wish = {}) {
    const HttpResponse made =
        call(admin, HttpMethod::post, "/registration-tokens", bj::serialize(wish));
    CAPTURE(made.body);
    REQUIRE(made.status == 201);
    return parse_json_object(made.body).value();
  }
  std::string new_token(const bj::object& wish = {{"uses", 10}}) {
    return std::string{made_token(wish).at("tokenText").as_string()};
  }
  TokenAnswer register_with(const std::string& token, const bj::object& metadata) {
    return send(HttpMethod::post, path, token, bj::serialize(metadata));
  }
  TokenAnswer registered(const bj::object& metadata = portal()) {
    TokenAnswer answer = register_with(new_token(), metadata);
    CAPTURE(answer.http.body);
    REQUIRE(answer.status == 201);
    server.clock.advance(1s);  // what people agree to is later than the registration
    return answer;
  }
  // As the client that `made` was answered to.
  TokenAnswer manage(HttpMethod method, const TokenAnswer& made, const bj::object& body = {}) {
    return send(method, path + "/" + made.text("client_id"), made.text("registration_access_token"),
                method == HttpMethod::put ? bj::serialize(body) : "");
  }
  bj::object replacement(const TokenAnswer& made, const std::string& callback = kCallback) {
    return {{"client_id", made.text("client_id")},
            {"client_name", "Portal"},
            {"redirect_uris", bj::array{callback}}};
  }
  App app_of(const TokenAnswer& made) { return server.row<App>(AppId{made.text("client_id")}); }
  std::size_t app_count() { return server.all<App>().size(); }

  // --- a person at the authorization endpoint

  std::string target(const std::string& client, const Fields& more = {}) {
    Fields fields{{"client_id", client},
                  {"response_type", "code"},
                  {"redirect_uri", kCallback},
                  {"scope", "openid profile"},
                  {"state", "s"},
                  {"code_challenge", code_challenge_of(server.verifier)},
                  {"code_challenge_method", "S256"}};
    for (const auto& [name, value] : more) {
      std::erase_if(fields, [&](const auto& known) { return known.first == name; });
      fields.emplace_back(name, value);
    }
    return server.path("/oauth2/v2.0/authorize?") + form_text(fields);
  }
  TestBrowser signed_in_browser() { return server.browser_of(server.add_session(server.john)); }
  HttpResponse accept(TestBrowser& browser, const HttpResponse& page) {
    return browser.post(
        server.path("/login/continue"),
        {{"continuation", input_value(page.body, "continuation")}, {"action", "accept"}});
  }
  static bool asks(const HttpResponse& page) {
    return page.status == 200 && page.body.find("asks for your permission") != std::string::npos;
  }
  std::string code_for(const std::string& client, const Fields& more = {}) {
    TestBrowser browser = signed_in_browser();
    HttpResponse answer = browser.get(target(client, more));
    if (asks(answer)) answer = accept(browser, answer);
    return field(answer_in(answer), "code");
  }
  TokenAnswer redeem_as(const TokenAnswer& client, const std::string& code) {
    return server.token({{"grant_type", "authorization_code"},
                         {"code", code},
                         {"redirect_uri", kCallback},
                         {"code_verifier", server.verifier},
                         {"client_id", client.text("client_id")},
                         {"client_secret", client.text("client_secret")}});
  }
};

}  // namespace curfew::test::registry
