// tests/support/sign_in_site.hpp: the server of server_fixture.hpp as a browser comes to it: nobody
// has agreed to anything yet, no browser is registered; and what a person does at its pages.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/oauth/pkce.hpp"
#include "tests/support/server_fixture.hpp"
#include "tests/support/test_browser.hpp"

namespace curfew::test {

inline const std::string kTenant = "11111111-1111-4111-8111-111111111111";
inline const std::string kUser = "22222222-2222-4222-8222-222222222222";
inline const std::string kClient = "33333333-3333-4333-8333-333333333333";
inline const std::string kFiles = "44444444-4444-4444-8444-444444444444";
inline const std::string kUpn = "johndoe@contoso.com";
inline const std::string kPassword = "correct horse battery staple";
inline const std::string kCallback = "https://app.contoso.test/callback";
inline const std::string kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
inline const std::string kAuthorize = "/" + kTenant + "/oauth2/v2.0/authorize";
inline const std::string kLogin = "/" + kTenant + "/login";
inline const std::string kAccount = "/" + kTenant + "/account";
inline const std::string kLogout = "/" + kTenant + "/oauth2/v2.0/logout";

// Fast hashes: what Argon2 costs is not what these tests are about.
inline std::string fast_hash(std::string_view password) {
  return hash_password(Secret{password}, {.iterations = 1, .memory_kib = 64}).value();
}

class SignInSite : public ServerFixture {
 public:
  SignInSite() {
    change_app(kClient, [](App& app) { app.admin_consented_scopes.clear(); });
    write([this](WriteTx& tx) -> Status {
      CURFEW_TRY(const bool removed, remove<Device>(tx, tenant, laptop));
      static_cast<void>(removed);
      return Done{};
    });
  }
  void change_user(const std::function<void(User&)>& how) { change<User>(john, how); }
  void change_app(const std::string& id, const std::function<void(App&)>& how) {
    change<App>(AppId{id}, how);
  }
};

// An authorization request of the registered client, with `more` in place of or beside its fields.
inline Fields authorize_fields(const Fields& more = {}) {
  Fields fields{{"client_id", kClient},
                {"response_type", "code"},
                {"redirect_uri", kCallback},
                {"scope", "openid profile"},
                {"state", "abc"},
                {"nonce", "n-1"},
                {"code_challenge", code_challenge_of(kVerifier)},
                {"code_challenge_method", "S256"}};
  for (const auto& [name, value] : more) {
    std::erase_if(fields, [&](const auto& known) { return known.first == name; });
    if (!value.empty()) fields.emplace_back(name, value);
  }
  return fields;
}
inline std::string authorize_target(const Fields& more = {}) {
  return kAuthorize + "?" + form_text(authorize_fields(more));
}

// Fills the sign-in form that `page` shows.
inline HttpResponse submit_password(TestBrowser& browser, const HttpResponse& page,
                                    const std::string& password = kPassword,
                                    const std::string& username = kUpn, bool keep = false) {
  Fields fields{{"continuation", input_value(page.body, "continuation")},
                {"username", username},
                {"password", password}};
  if (keep) fields.emplace_back("keep", "1");
  return browser.post(kLogin, fields);
}
// The whole way to the client's redirect.
inline HttpResponse sign_in(TestBrowser& browser, const Fields& more = {}, bool keep = false) {
  return submit_password(browser, browser.get(authorize_target(more)), kPassword, kUpn, keep);
}

inline bool shows_sign_in(const HttpResponse& response) {
  return response.body.find("name=\"password\"") != std::string::npos;
}

}  // namespace curfew::test
