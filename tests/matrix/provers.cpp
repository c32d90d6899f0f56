#include "tests/matrix/provers.hpp"

#include <utility>
#include <vector>

#include "base/text.hpp"
#include "crypto/sign_key.hpp"
#include "protocol/jose/jwk.hpp"
#include "tests/support/gate_enrolment.hpp"
#include "tests/support/gate_feed_site.hpp"
#include "tests/support/signal_rig.hpp"
#include "tests/support/source_rig.hpp"
#include "tests/support/status_list_reader.hpp"

namespace curfew::matrix {

namespace {

using test::answer_in;
using test::field;
using test::form_text;
using test::header_of;
using test::input_value;

bool is_admin(const EndpointSpec& endpoint) { return endpoint.path.starts_with("/curfew/v1/"); }

constexpr std::string_view kGateFeedEndpoint = "gate_feed";

// Which API of ours a bearer credential is for.
std::string own_api_of(const EndpointSpec& endpoint) {
  if (endpoint.name.starts_with("ssf_")) return std::string{kSignalsResource};
  if (endpoint.name == kGateFeedEndpoint) return std::string{kGateFeedResource};
  const bool is_graphs = endpoint.name == "graph" || endpoint.name == "global_token_revocation";
  return std::string{is_graphs ? kGraphResource : kAdminApiResource};
}
bool is_own_api(const EndpointSpec& endpoint) {
  return endpoint.name == "metrics" || endpoint.name == "graph" ||
         endpoint.name == "global_token_revocation" || endpoint.name.starts_with("ssf_") ||
         is_admin(endpoint);
}

// The address with every placeholder filled; no object is called "x", so nothing is changed by it.
std::string filled_path(const MatrixWorld& world, const EndpointSpec& endpoint) {
  std::string path;
  for (const std::string_view segment : split(endpoint.path.substr(1), '/')) {
    path += '/';
    if (segment == "{tenant}") {
      path += world.server.tenant.str();
    } else if (segment == "{resource...}") {
      path += "users";
    } else {
      path += segment.starts_with('{') ? "x" : segment;
    }
  }
  return path;
}

// A bearer credential at a resource API of ours: let in is anything but 401 and 403.
std::function<bool()> as_bearer(MatrixWorld& world, const EndpointSpec& endpoint,
                                std::string token) {
  return [&world, &endpoint, token = std::move(token)] {
    HttpRequest request =
        world.server.get(filled_path(world, endpoint), {{"Authorization", "Bearer " + token}});
    request.method = endpoint.methods.front();
    const int status = world.server.send(std::move(request)).status;
    return status != 401 && status != 403;
  };
}

std::function<bool()> introspected(MatrixWorld& world, std::string token) {
  return [&world, token = std::move(token)] {
    return ServerFixture::is_active(world.server.introspect(token));
  };
}

// As a resource that asks nobody else: what the list calls the token.
std::function<bool()> looked_up(MatrixWorld& world, const std::string& token) {
  return [&world, place = test::listed_place_in(token)] {
    world.server.clock.advance(kStatusListEvery);  // nobody waits for a list here
    return test::is_called_valid(world.server, place);
  };
}

// Issued now, one for each time it will be presented: before, after, and after giving back.
std::function<bool()> one_each_time(std::vector<std::string> credentials,
                                    std::function<bool(const std::string&)> present_one) {
  auto left = std::make_shared<std::vector<std::string>>(std::move(credentials));
  return [left, present_one = std::move(present_one)] {
    REQUIRE_FALSE(left->empty());
    const std::string one = left->back();
    left->pop_back();
    return present_one(one);
  };
}
constexpr int kTimes = 3;

std::optional<Presented> present_code(MatrixWorld& world) {
  std::vector<std::string> codes;
  for (int i = 0; i < kTimes; ++i) {
    codes.push_back(world.new_code("api://files", {"offline_access", "api://files/.default"}));
  }
  return Presented{
      Use::plain, one_each_time(std::move(codes), [&world](const std::string& code) {
        return world.server.token(world.with_second_secret(world.server.code_fields(code))).ok();
      })};
}

std::optional<Presented> present_device_code(MatrixWorld& world) {
  std::vector<std::string> codes;
  for (int i = 0; i < kTimes; ++i) codes.push_back(world.flow.approved(world.session()));
  return Presented{
      Use::plain, one_each_time(std::move(codes), [&world](const std::string& code) {
        return world.server.token(world.with_second_secret(world.flow.poll_fields(code))).ok();
      })};
}

std::optional<Presented> present_refresh_token(MatrixWorld& world, std::string_view endpoint) {
  std::vector<std::string> tokens;
  for (int i = 0; i < kTimes; ++i) tokens.push_back(world.new_tokens("api://files").refresh());
  if (endpoint == "token") {
    return Presented{
        Use::plain, one_each_time(std::move(tokens), [&world](const std::string& token) {
          return world.server.token(world.with_second_secret(world.server.refresh_fields(token)))
              .ok();
        })};
  }
  if (endpoint != "introspect") return std::nullopt;
  return Presented{Use::plain, [&world, token = tokens.front()] {
                     const Fields fields = world.with_second_secret(
                         {{"token", token}, {"client_id", world.server.web.str()}});
                     return ServerFixture::is_active(ServerFixture::taken_apart(world.server.send(
                         world.server.post(world.server.path("/oauth2/v2.0/introspect"), fields))));
                   }};
}

// Those that Files got on behalf of the person, whom the web application calls it for.
std::optional<Presented> present_derived_token(MatrixWorld& world, const EndpointSpec& endpoint,
                                               bool is_refresh) {
  std::vector<std::string> tokens;
  for (int i = 0; i < kTimes; ++i) {
    const TokenAnswer answer = world.on_behalf_of(world.new_tokens("api://files").access());
    REQUIRE(answer.ok());
    tokens.push_back(is_refresh ? answer.refresh() : answer.access());
  }
  if (endpoint.name == "introspect") {
    return Presented{Use::plain, introspected(world, tokens.front())};
  }
  if (endpoint.name == kTokenStatus) return Presented{Use::plain, looked_up(world, tokens.front())};
  if (endpoint.name != "token") return std::nullopt;
  return Presented{
      Use::plain, one_each_time(std::move(tokens), [&world](const std::string& token) {
        return world.server
            .token(world.as_files({{"grant_type", "refresh_token"}, {"refresh_token", token}}))
            .ok();
      })};
}

std::optional<Presented> present_access_token(MatrixWorld& world, const EndpointSpec& endpoint) {
  if (endpoint.name == "token") {
    return Presented{Use::plain, [&world, token = world.new_tokens("api://files").access()] {
                       return world.on_behalf_of(token).ok();
                     }};
  }
  if (endpoint.name == "introspect") {
    return Presented{Use::plain, introspected(world, world.new_tokens("api://files").access())};
  }
  if (endpoint.name == kTokenStatus) {
    return Presented{Use::plain, looked_up(world, world.new_tokens("api://files").access())};
  }
  if (endpoint.name == "userinfo") {
    return Presented{Use::plain, as_bearer(world, endpoint, world.new_tokens("").access())};
  }
  if (!is_own_api(endpoint)) return std::nullopt;
  return Presented{Use::plain,
                   as_bearer(world, endpoint, world.new_tokens(own_api_of(endpoint)).access())};
}

// Made with a token of the web application's: whether its receiver is told of somebody whom no
// removal is about.
Presented present_stream(MatrixWorld& world) {
  const auto rig = std::make_shared<test::SignalRig>(world.server, &world.notify.receivers);
  static_cast<void>(rig->push_stream());
  world.touch_somebody();
  return Presented{Use::push_stream, [&world, rig] {
                     Removal removal;
                     removal.kind = RemovalKind::revoke_sessions;
                     removal.user_id = UserId{"99999999-9999-4999-8999-999999999999"};
                     world.server.take_away(removal);
                     return !rig->pushed().empty();
                   }};
}

// Each time an event about nobody, by a source of the web application's.
std::optional<Presented> present_source(MatrixWorld& world, std::string_view endpoint) {
  if (endpoint != "source_events") return std::nullopt;
  const auto rig = std::make_shared<test::SourceRig>(world.server, &world.notify.receivers);
  rig->add();
  return Presented{Use::plain, [rig] {
                     const std::string set = rig->sign(rig->claims("session-revoked", {}));
                     return rig->push(set).status == 202;
                   }};
}

std::optional<Presented> present_app_token(MatrixWorld& world, const EndpointSpec& endpoint) {
  if (endpoint.name == kSignals) return present_stream(world);
  const auto issued = [&](const std::string& scope) {
    const TokenAnswer answer = world.server.app_token(scope);
    REQUIRE(answer.ok());
    return answer.access();
  };
  if (endpoint.name == "introspect") {
    return Presented{Use::plain, introspected(world, issued("api://files/.default"))};
  }
  if (endpoint.name == kTokenStatus) {
    return Presented{Use::plain, looked_up(world, issued("api://files/.default"))};
  }
  if (!is_own_api(endpoint)) return std::nullopt;
  if (endpoint.name == kGateFeedEndpoint) world.become_gate();
  return Presented{Use::plain,
                   as_bearer(world, endpoint, issued(own_api_of(endpoint) + "/.default"))};
}

std::optional<Presented> present_api_key(MatrixWorld& world, const EndpointSpec& endpoint) {
  if (endpoint.name == "introspect") {
    return Presented{Use::plain, introspected(world, world.api_key)};
  }
  if (!is_own_api(endpoint)) return std::nullopt;
  return Presented{Use::plain, as_bearer(world, endpoint, world.api_key)};
}

// Registers one more application each time.
std::optional<Presented> present_initial_access_token(MatrixWorld& world,
                                                      std::string_view endpoint) {
  if (endpoint != "register") return std::nullopt;
  return Presented{Use::plain, [&world] {
                     HttpRequest request = world.server.get(
                         world.server.path("/oauth2/v2.0/register"),
                         {{"Authorization", "Bearer " + world.initial_access_token},
                          {"Content-Type", "application/json"}});
                     request.method = HttpMethod::post;
                     request.body = R"({"redirect_uris":["https://new.contoso.test/callback"]})";
                     return world.server.send(std::move(request)).status == 201;
                   }};
}

std::optional<Presented> present_registration_access_token(MatrixWorld& world,
                                                           std::string_view endpoint) {
  if (endpoint != "registration") return std::nullopt;
  const std::string path = world.server.path("/oauth2/v2.0/register/" + world.server.web.str());
  return Presented{
      Use::plain, [&world, path] {
        return world.server
                   .send(world.server.get(
                       path, {{"Authorization", "Bearer " + world.registration_access_token}}))
                   .status == 200;
      }};
}

// Another key each time, which takes the place of the one before.
std::optional<Presented> present_gate_code(MatrixWorld& world, std::string_view endpoint) {
  if (endpoint != "gate_enrolment") return std::nullopt;
  world.remove_the_gate_code();
  return Presented{Use::plain, [&world] {
                     const SigningKey key = SigningKey::generate(SignatureAlg::es256).value();
                     const std::string body =
                         test::enrolment_body(public_jwk_json(key.verify_key()));
                     return test::ask_to_enrol(world.server, world.gate_code, body).status == 201;
                   }};
}

// An authorization request, without the client's id.
Fields request_fields(const MatrixWorld& world) {
  const ServerFixture& server = world.server;
  return {{"response_type", "code"},
          {"redirect_uri", server.callback},
          {"scope", "openid api://files/Files.Read"},
          {"state", "s"},
          {"code_challenge", code_challenge_of(server.verifier)},
          {"code_challenge_method", "S256"}};
}
TokenAnswer push(MatrixWorld& world, const Fields& fields) {
  return ServerFixture::taken_apart(
      world.server.send(world.server.post(world.server.path("/oauth2/v2.0/par"), fields)));
}

// The secret that remove_app_secret removes, in a request that needs nothing else.
std::optional<Presented> present_client_secret(MatrixWorld& world, std::string_view endpoint) {
  if (endpoint == "token") {
    return Presented{Use::plain, [&world] { return world.server.app_token().ok(); }};
  }
  if (endpoint == "par") {
    return Presented{Use::plain, [&world] {
                       return push(world, world.server.as_web(request_fields(world))).status == 201;
                     }};
  }
  if (endpoint == "devicecode") {
    return Presented{Use::plain, [&world] { return world.flow.begin().ok(); }};
  }
  if (endpoint != "introspect" && endpoint != "revoke") return std::nullopt;
  const std::string path = world.server.path("/oauth2/v2.0/" + std::string{endpoint});
  return Presented{Use::plain, [&world, path] {
                     const Fields fields = world.server.as_web({{"token", "unknown"}});
                     return world.server.send(world.server.post(path, fields)).status == 200;
                   }};
}

// A new assertion each time, signed by the key that remove_client_key removes.
std::optional<Presented> present_assertion(MatrixWorld& world, std::string_view endpoint) {
  if (endpoint == "token") {
    return Presented{Use::plain, [&world] {
                       return world.server
                           .token(world.signer.as_client({{"grant_type", "client_credentials"},
                                                          {"scope", "api://files/.default"}}))
                           .ok();
                     }};
  }
  if (endpoint == "par") {
    return Presented{Use::plain, [&world] {
                       return push(world, world.signer.as_client(request_fields(world))).status ==
                              201;
                     }};
  }
  if (endpoint == "devicecode") {
    return Presented{Use::plain, [&world] {
                       return world.flow
                           .begin_as(world.signer.as_client({{"scope", "api://files/.default"}}))
                           .ok();
                     }};
  }
  if (endpoint == "global_token_revocation_by_provider") {
    return Presented{Use::plain, [&world] { return world.lets_provider_in(); }};
  }
  if (endpoint != "introspect" && endpoint != "revoke") return std::nullopt;
  const std::string path = world.server.path("/oauth2/v2.0/" + std::string{endpoint});
  return Presented{Use::plain, [&world, path] {
                     const Fields fields = world.signer.as_client({{"token", "unknown"}});
                     return world.server.send(world.server.post(path, fields)).status == 200;
                   }};
}

// The same certificate in each connection; remove_client_key removes what it is known by.
std::optional<Presented> present_certificate(MatrixWorld& world, std::string_view endpoint) {
  const auto fields_for = [&world](std::string_view asked) -> std::optional<Fields> {
    if (asked == "token") {
      return Fields{{"grant_type", "client_credentials"}, {"scope", "api://files/.default"}};
    }
    if (asked == "par") return request_fields(world);
    if (asked == "devicecode") return Fields{{"scope", "api://files/.default"}};
    if (asked == "introspect" || asked == "revoke") return Fields{{"token", "unknown"}};
    return std::nullopt;
  };
  std::optional<Fields> fields = fields_for(endpoint);
  if (!fields) return std::nullopt;
  fields->emplace_back("client_id", world.server.web.str());
  const std::string path = world.server.path("/oauth2/v2.0/" + std::string{endpoint});
  return Presented{Use::plain, [&world, path, fields = *std::move(fields)] {
                     const HttpResponse answer = world.server.send(
                         test::presented(world.certificate, world.server.post(path, fields)));
                     return answer.status == 200 || answer.status == 201;
                   }};
}

bool shows_sign_in(const HttpResponse& page) {
  return page.body.find("name=\"password\"") != std::string::npos;
}

std::string authorize_target(const MatrixWorld& world, const std::string& prompt) {
  const ServerFixture& server = world.server;
  Fields fields = request_fields(world);
  fields.emplace_back("client_id", server.web.str());
  fields.emplace_back("prompt", prompt);
  return server.path("/oauth2/v2.0/authorize?") + form_text(fields);
}
bool got_code(const HttpResponse& response) {
  return response.status == 303 && !field(answer_in(response), "code").empty();
}

// Pushed with the secret that remove_app_secret removes. Nobody is signed in: the page asks who it
// is.
std::optional<Presented> present_pushed_request(MatrixWorld& world, std::string_view endpoint) {
  if (endpoint != "authorize") return std::nullopt;
  const std::string request_uri =
      push(world, world.server.as_web(request_fields(world))).text("request_uri");
  REQUIRE_FALSE(request_uri.empty());
  const std::string target =
      world.server.path("/oauth2/v2.0/authorize?") +
      form_text({{"client_id", world.server.web.str()}, {"request_uri", request_uri}});
  return Presented{Use::plain, [&world, target] {
                     TestBrowser browser = world.server.browser();
                     return shows_sign_in(browser.get(target));
                   }};
}

std::optional<Presented> present_cookie_at_client(MatrixWorld& world, std::string_view endpoint) {
  const auto browser = std::make_shared<TestBrowser>(world.signed_in_browser());
  if (endpoint == "authorize") {
    return Presented{Use::at_client, [&world, browser] {
                       TestBrowser copy = *browser;
                       return got_code(copy.get(authorize_target(world, "none")));
                     }};
  }
  const HttpResponse page = browser->get(authorize_target(world, "consent"));
  const std::string continuation = input_value(page.body, "continuation");
  REQUIRE_FALSE(continuation.empty());
  return Presented{
      Use::at_client, [&world, browser, continuation] {
        TestBrowser copy = *browser;
        return got_code(copy.post(world.server.path("/login/continue"),
                                  {{"continuation", continuation}, {"action", "accept"}}));
      }};
}

std::optional<Presented> present_cookie_at_account(MatrixWorld& world, std::string_view endpoint) {
  const auto browser = std::make_shared<TestBrowser>(world.signed_in_browser());
  const std::string path = world.server.path("/account");
  const HttpResponse page = browser->get(path);
  if (endpoint == "account") {
    return Presented{Use::plain, [browser, path] {
                       TestBrowser copy = *browser;
                       const HttpResponse answer = copy.get(path);
                       return answer.status == 200 && !shows_sign_in(answer);
                     }};
  }
  const std::string continuation = input_value(page.body, "continuation");
  REQUIRE_FALSE(continuation.empty());
  // The session belongs to the laptop: a living one is told that it stays with that device.
  const bool at_devices = endpoint == "account_devices";
  const std::string below = at_devices ? "/devices" : "/sessions";
  const std::string action = at_devices ? "register" : "end_others";
  return Presented{Use::plain, [browser, path, below, action, continuation, at_devices] {
                     TestBrowser copy = *browser;
                     const HttpResponse answer = copy.post(
                         path + below, {{"continuation", continuation}, {"action", action}});
                     if (!at_devices) return answer.status == 303;
                     return answer.body.find("belongs to a registered device") != std::string::npos;
                   }};
}

// Forms that show a device of the web application's, ready to be approved.
std::optional<Presented> present_cookie_at_device(MatrixWorld& world, std::string_view endpoint) {
  const auto browser = std::make_shared<TestBrowser>(world.signed_in_browser());
  if (endpoint == "device_short") {
    return Presented{Use::plain, [&world, browser] {
                       TestBrowser copy = *browser;
                       const HttpResponse page = copy.get(world.server.path("/device"));
                       return page.body.find("name=\"user_code\"") != std::string::npos;
                     }};
  }
  std::vector<std::string> forms;
  for (int i = 0; i < kTimes; ++i) {
    const TokenAnswer begun = world.flow.begin();
    forms.push_back(world.flow.confirmation(*browser, begun.text("user_code")));
  }
  return Presented{Use::at_client,
                   one_each_time(std::move(forms), [&world, browser](const std::string& form) {
                     TestBrowser copy = *browser;
                     const HttpResponse answer = world.flow.answer(copy, form);
                     return answer.body.find("The device can go on") != std::string::npos;
                   })};
}

std::optional<Presented> present_cookie(MatrixWorld& world, std::string_view endpoint) {
  if (endpoint.starts_with("device")) return present_cookie_at_device(world, endpoint);
  if (endpoint == "authorize" || endpoint == "proceed") {
    return present_cookie_at_client(world, endpoint);
  }
  if (endpoint.starts_with("account")) return present_cookie_at_account(world, endpoint);
  if (endpoint != "end_session") return std::nullopt;
  const auto browser = std::make_shared<TestBrowser>(world.signed_in_browser());
  return Presented{Use::plain, [&world, browser] {
                     TestBrowser copy = *browser;
                     // Without a hint a session is asked about; where there is none, it is said.
                     const HttpResponse page = copy.get(world.server.path("/oauth2/v2.0/logout"));
                     return !input_value(page.body, "continuation").empty();
                   }};
}

// Made with a token of the person's for the web application: whether its receiver is told of a
// change that nobody's access depends on.
std::optional<Presented> present_subscription(MatrixWorld& world) {
  const std::string token = world.new_tokens(std::string{kGraphResource}).access();
  HttpRequest request = world.server.get(
      "/v1.0/subscriptions",
      {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}});
  request.method = HttpMethod::post;
  request.body = R"({"changeType":"created,updated","resource":"users","clientState":"s",)"
                 R"("notificationUrl":"https://watch.contoso.com/in","expirationDateTime":")" +
                 to_rfc3339(world.server.clock.now() + std::chrono::hours{1}) + R"("})";
  REQUIRE(world.server.send(std::move(request)).status == 201);
  static_cast<void>(world.notify.receivers.take());
  return Presented{Use::plain, [&world] {
                     world.touch_somebody();
                     world.notify.round();
                     return !world.notify.receivers.told().empty();
                   }};
}

// The gate's connection stands: whether it still gets a lease.
std::optional<Presented> present_gate_feed(MatrixWorld& world, std::string_view endpoint) {
  if (endpoint != kGateFeedEndpoint) return std::nullopt;
  world.become_gate();
  const TokenAnswer token = world.server.token(world.signer.as_client(
      {{"grant_type", "client_credentials"}, {"resource", std::string{kGateFeedResource}}}));
  REQUIRE(token.ok());
  const auto site = std::make_shared<test::GateFeedSite>(world.server);
  const auto gate = std::make_shared<test::FeedClient>(site->connect(token.access()));
  REQUIRE(gate->greet("start-of-the-gate"));
  return Presented{Use::plain, [site, gate] { return gate->gets_lease(); }};
}

HttpResponse type_password(MatrixWorld& world, TestBrowser& browser, const std::string& password) {
  const HttpResponse page = browser.get(world.server.path("/account"));
  return browser.post(world.server.path("/login"),
                      {{"continuation", input_value(page.body, "continuation")},
                       {"username", world.server.upn},
                       {"password", password}});
}
bool has_session(const TestBrowser& browser) {
  return browser.cookies.contains(std::string{kSessionCookie});
}

std::optional<Presented> present_password(MatrixWorld& world, std::string_view endpoint) {
  if (endpoint == "sign_in") {
    return Presented{Use::plain, [&world] {
                       TestBrowser browser = world.server.browser();
                       static_cast<void>(type_password(world, browser, world.server.password));
                       return has_session(browser);
                     }};
  }
  if (endpoint != "change_password") return std::nullopt;
  // A one-time password is right; the page that asks for another one is what is presented.
  world.server.change<User>(world.server.john,
                            [](User& user) { user.force_change_password = true; });
  const auto browser = std::make_shared<TestBrowser>(world.server.browser());
  const HttpResponse page = type_password(world, *browser, world.server.password);
  const std::string continuation = input_value(page.body, "continuation");
  REQUIRE_FALSE(continuation.empty());
  return Presented{Use::proof_under_way,
                   [&world, browser, continuation] {
                     TestBrowser copy = *browser;
                     static_cast<void>(copy.post(world.server.path("/login/password"),
                                                 {{"continuation", continuation},
                                                  {"new_password", "quite another one 42"},
                                                  {"repeated_password", "quite another one 42"}}));
                     return has_session(copy);
                   },
                   /*changes_by_use=*/true};
}

// The form is posted, as after the link was opened.
std::optional<Presented> present_reset_code(MatrixWorld& world, std::string_view endpoint) {
  if (endpoint != "password_reset_new") return std::nullopt;
  return Presented{Use::plain,
                   [&world, code = world.new_reset_code()] {
                     TestBrowser browser = world.server.browser();
                     const HttpResponse page =
                         browser.post(world.server.path("/password-reset/new"),
                                      {{"code", code},
                                       {"new_password", "quite another one 42"},
                                       {"repeated_password", "quite another one 42"}});
                     return page.status == 200;
                   },
                   /*changes_by_use=*/true};
}

}  // namespace

std::vector<EndpointSpec> all_ways_in() {
  std::vector<EndpointSpec> ways;
  for (const EndpointSpec& endpoint : all_endpoints()) ways.push_back(endpoint);
  EndpointSpec notifications;
  notifications.name = kNotifications;
  notifications.accepts = {CredentialKind::subscription};
  ways.push_back(notifications);
  EndpointSpec signals;
  signals.name = kSignals;
  signals.accepts = {CredentialKind::app_access_token};
  ways.push_back(signals);
  EndpointSpec status;
  status.name = kTokenStatus;
  status.accepts = {CredentialKind::access_token, CredentialKind::derived_access_token,
                    CredentialKind::app_access_token};
  ways.push_back(status);
  return ways;
}

std::optional<Presented> present(MatrixWorld& world, const EndpointSpec& endpoint,
                                 CredentialKind credential) {
  switch (credential) {
    case CredentialKind::password: return present_password(world, endpoint.name);
    case CredentialKind::session_cookie: return present_cookie(world, endpoint.name);
    case CredentialKind::authorization_code:
      if (endpoint.name != "token") return std::nullopt;
      return present_code(world);
    case CredentialKind::device_code:
      if (endpoint.name != "token") return std::nullopt;
      return present_device_code(world);
    case CredentialKind::refresh_token: return present_refresh_token(world, endpoint.name);
    case CredentialKind::access_token: return present_access_token(world, endpoint);
    case CredentialKind::derived_access_token:
      return present_derived_token(world, endpoint, /*is_refresh=*/false);
    case CredentialKind::derived_refresh_token:
      return present_derived_token(world, endpoint, /*is_refresh=*/true);
    case CredentialKind::app_access_token: return present_app_token(world, endpoint);
    case CredentialKind::client_secret: return present_client_secret(world, endpoint.name);
    case CredentialKind::client_assertion: return present_assertion(world, endpoint.name);
    case CredentialKind::client_certificate: return present_certificate(world, endpoint.name);
    case CredentialKind::pushed_request: return present_pushed_request(world, endpoint.name);
    case CredentialKind::api_key: return present_api_key(world, endpoint);
    case CredentialKind::initial_access_token:
      return present_initial_access_token(world, endpoint.name);
    case CredentialKind::registration_access_token:
      return present_registration_access_token(world, endpoint.name);
    case CredentialKind::gate_enrolment_code: return present_gate_code(world, endpoint.name);
    case CredentialKind::password_reset_code: return present_reset_code(world, endpoint.name);
    case CredentialKind::subscription:
      if (endpoint.name != kNotifications) return std::nullopt;
      return present_subscription(world);
    case CredentialKind::gate_feed: return present_gate_feed(world, endpoint.name);
    case CredentialKind::signal_source: return present_source(world, endpoint.name);
  }
  CURFEW_CHECK(false);
}

}  // namespace curfew::matrix
