// tests/support/gate_office.hpp: an administrator who makes gates, and machines that become them.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "crypto/sign_key.hpp"
#include "model/built_in_app_ids.hpp"
#include "protocol/jose/jwk.hpp"
#include "store/schema_gates.hpp"
#include "tests/support/admin_office.hpp"
#include "tests/support/client_signer.hpp"
#include "tests/support/gate_enrolment.hpp"

namespace curfew::test {

struct GateOffice : Office {
  std::string admin = token_of_john(Role::application_administrator);

  boost::json::object made(const std::string& path, const std::string& body) {
    const HttpResponse response = call(admin, HttpMethod::post, path, body);
    CAPTURE(response.body);
    REQUIRE(response.status == 201);
    return parse_json_object(response.body).value();
  }
  boost::json::object add_gate(const std::string& name) {
    return made("/gates", R"({"name":")" + name + R"("})");
  }
  std::string new_code(const std::string& name) {
    return text_of(made("/gates/" + name + "/codes", ""), "enrolmentCode");
  }
  static std::string text_of(const boost::json::object& object, std::string_view member) {
    return std::string{object.at(member).as_string()};
  }

  static SigningKey new_key() { return SigningKey::generate(SignatureAlg::es256).value(); }
  static std::string body_of(const VerifyKey& key) {
    return enrolment_body(serialize_jwk(key, SignatureAlg::es256, jwk_thumbprint(key)));
  }
  TokenAnswer enrol_with(const std::string& code, const std::string& body) {
    return ServerFixture::taken_apart(ask_to_enrol(server, code, body));
  }
  TokenAnswer enrol(const std::string& code, const SigningKey& key) {
    return enrol_with(code, body_of(key.verify_key()));
  }

  // The form, with a new assertion of the gate's.
  Fields as_gate(Fields fields, const AppId& app, const SigningKey& key) {
    const std::int64_t now = to_unix_seconds(server.clock.now());
    const std::string assertion =
        sign_compact(key, {{"alg", "ES256"}, {"kid", jwk_thumbprint(key.verify_key())}},
                     {{"iss", app.str()},
                      {"sub", app.str()},
                      {"aud", server.context->issuer()},
                      {"jti", random_token(16)},
                      {"iat", now},
                      {"exp", now + 60}});
    fields.emplace_back("client_id", app.str());
    return ClientSigner::with_assertion(std::move(fields), assertion);
  }
  TokenAnswer token_for(const std::string& resource, const AppId& app, const SigningKey& key) {
    return server.token(
        as_gate({{"grant_type", "client_credentials"}, {"resource", resource}}, app, key));
  }
  TokenAnswer feed_token(const AppId& app, const SigningKey& key) {
    return token_for(std::string{kGateFeedResource}, app, key);
  }
};

// A gate that a machine became.
struct EnrolledGate {
  explicit EnrolledGate(GateOffice& office, const std::string& name = "edge") {
    const boost::json::object made = office.add_gate(name);
    app = AppId{GateOffice::text_of(made, "appId")};
    code = GateOffice::text_of(made, "enrolmentCode");
    answer = office.enrol(code, key);
    CAPTURE(answer.http.body);
    REQUIRE(answer.status == 201);
  }
  SigningKey key = GateOffice::new_key();
  AppId app;
  std::string code;
  TokenAnswer answer;
};

}  // namespace curfew::test
