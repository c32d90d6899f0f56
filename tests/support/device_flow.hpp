// tests/support/device_flow.hpp: a device without a browser, and the person who lets it sign in, at
// the server of server_fixture.hpp.
#pragma once

#include <optional>
#include <string>

#include "api/sign_in/pages.hpp"
#include "model/device_code.hpp"
#include "store/schema_device_codes.hpp"
#include "tests/support/server_fixture.hpp"

namespace curfew::test {

inline constexpr std::string_view kDeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

class DeviceFlow {
 public:
  // The web application may do it from now on.
  explicit DeviceFlow(ServerFixture& server) : server_(server) {
    server_.change<App>(server_.web, [](App& app) { app.allow_device_code = true; });
  }

  // --- the device

  TokenAnswer begin(const std::string& scope = "openid offline_access api://files/Files.Read") {
    return begin_as(server_.as_web({{"scope", scope}}));
  }
  TokenAnswer begin_as(const Fields& fields) {
    return ServerFixture::taken_apart(server_.send(server_.post(
        server_.path("/oauth2/v2.0/devicecode"), fields, {{"User-Agent", "television/1.0"}})));
  }
  [[nodiscard]] Fields poll_fields(const std::string& device_code) const {
    return server_.as_web(
        {{"grant_type", std::string{kDeviceGrant}}, {"device_code", device_code}});
  }
  TokenAnswer poll(const std::string& device_code) {
    return server_.token(poll_fields(device_code));
  }
  TokenAnswer poll_as_msal(const std::string& device_code) {
    Fields fields = poll_fields(device_code);
    fields.emplace_back("x-client-SKU", "msal.js.node");
    return server_.token(fields);
  }

  // --- the person

  [[nodiscard]] std::string page_path() const { return server_.path("/oauth2/v2.0/deviceauth"); }
  HttpResponse type(TestBrowser& browser, const std::string& user_code) {
    const HttpResponse page = browser.get(page_path());
    return browser.post(page_path(), {{"continuation", input_value(page.body, "continuation")},
                                      {"user_code", user_code},
                                      {"action", "next"}});
  }
  // The second form, ready to be sent.
  std::string confirmation(TestBrowser& browser, const std::string& user_code) {
    const HttpResponse page = type(browser, user_code);
    REQUIRE(page.status == 200);
    return input_value(page.body, "continuation");
  }
  HttpResponse answer(TestBrowser& browser, const std::string& continuation,
                      const std::string& action = "approve") {
    return browser.post(page_path(),
                        {{"continuation", continuation}, {"action", action}, {"confirm", "1"}});
  }
  HttpResponse approve(TestBrowser& browser, const std::string& user_code) {
    return answer(browser, confirmation(browser, user_code));
  }

  // A device code that this session has approved, through the pages.
  std::string approved(const SeededSession& session,
                       const std::string& scope = "openid offline_access api://files/.default") {
    const TokenAnswer begun = begin(scope);
    REQUIRE(begun.ok());
    TestBrowser browser = server_.browser_of(session);
    const HttpResponse done = approve(browser, begun.text("user_code"));
    REQUIRE(done.status == 200);
    REQUIRE(contains(done.body, "The device can go on"));
    return begun.text("device_code");
  }

  DeviceCode row_of(const std::string& device_code) {
    return server_.row<DeviceCode>(sha256_base64url(device_code));
  }

 private:
  ServerFixture& server_;
};

}  // namespace curfew::test
