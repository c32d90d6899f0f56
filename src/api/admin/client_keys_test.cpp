// The administrator's API for applications' public keys.
#include "api/admin/client_keys.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <utility>

#include "base/limits.hpp"
#include "crypto/x509.hpp"
#include "tests/support/admin_office.hpp"
#include "tests/support/at_the_machine.hpp"
#include "tests/support/client_signer.hpp"

namespace curfew {
namespace {

using test::Office;
using test::ServerFixture;

struct Desk : Office {
  std::string token = token_of_john(Role::global_administrator);
  std::string path = "/apps/" + server.web.str() + "/keys";

  HttpResponse post(const boost::json::object& body) {
    return call(token, HttpMethod::post, path, boost::json::serialize(body));
  }
  boost::json::array keys() {
    const HttpResponse answer = call(token, HttpMethod::get, path);
    REQUIRE(answer.status == 200);
    return parse_json_object(answer.body).value().at("value").as_array();
  }
};

boost::json::value jwk_of(const SigningKey& key) {
  return boost::json::parse(public_jwk_json(key.verify_key()));
}
SigningKey new_key(SignatureAlg alg = SignatureAlg::es256) {
  return SigningKey::generate(alg).value();
}

TEST_CASE("a JSON Web Key is added, called by its thumbprint without a kid, listed and removed") {
  Desk desk;
  const SigningKey key = new_key();
  const HttpResponse added = desk.post({{"jwk", jwk_of(key)}, {"displayName", "batch"}});
  CAPTURE(added.body);
  REQUIRE(added.status == 201);
  const boost::json::array keys = desk.keys();
  REQUIRE(keys.size() == 1);
  const boost::json::object& shown = keys.front().as_object();
  CHECK(shown.at("kid").as_string() == jwk_thumbprint(key.verify_key()).c_str());
  CHECK(shown.at("displayName").as_string() == "batch");
  CHECK(shown.at("endDateTime").is_null());
  const std::string id{shown.at("keyId").as_string()};
  CHECK(desk.call(desk.token, HttpMethod::delete_, desk.path + "/" + id).status == 200);
  CHECK(desk.keys().empty());
  // Again is no harm; one that never was is unknown.
  CHECK(desk.call(desk.token, HttpMethod::delete_, desk.path + "/" + id).status == 200);
  CHECK(desk.call(desk.token, HttpMethod::delete_, desk.path + "/nothing").status == 404);
}

TEST_CASE("an added key works at once, with the kid that it was given") {
  Desk desk;
  const SigningKey key = new_key();
  boost::json::value jwk = jwk_of(key);
  jwk.as_object()["kid"] = "mine";
  jwk.as_object()["use"] = "sig";
  REQUIRE(desk.post({{"jwk", jwk}}).status == 201);
  const test::ClientSigner other{desk.server, desk.server.web};
  const std::string assertion =
      test::sign_compact(key, {{"alg", "ES256"}, {"kid", "mine"}}, other.claims());
  CHECK(
      desk.server
          .token(test::ClientSigner::with_assertion(
              {{"grant_type", "client_credentials"}, {"scope", "api://files/.default"}}, assertion))
          .ok());
}

TEST_CASE("a key set is added whole or not at all") {
  Desk desk;
  const boost::json::value good = jwk_of(new_key());
  boost::json::object bad{{"kty", "oct"}, {"k", "AAAA"}};
  CHECK(desk.post({{"jwks", {{"keys", {good, bad}}}}}).status == 400);
  CHECK(desk.post({{"jwks", {{"keys", boost::json::array{}}}}}).status == 400);
  CHECK(desk.post({{"jwks", {{"keys", {good, good}}}}}).status == 409);
  CHECK(desk.keys().empty());
  CHECK(desk.post({{"jwks", {{"keys", {good, jwk_of(new_key())}}}}}).status == 201);
  CHECK(desk.keys().size() == 2);
}

TEST_CASE("a certificate is added with its digests and its end; an expired one is refused") {
  Desk desk;
  const TimePoint now = desk.server.clock.now();
  const CertifiedKey authority = make_development_ca("test", now).value();
  const std::string pem =
      issue_server_certificate(authority, {"client.test"}, now).value().certificate_pem;
  REQUIRE(desk.post({{"certificate", pem}}).status == 201);
  const boost::json::array keys = desk.keys();
  REQUIRE(keys.size() == 1);
  const CertificateKey certificate = read_certificate_key(pem).value();
  CHECK(keys.front().at("x5t").as_string() == base64url_encode(certificate.sha1).c_str());
  CHECK(keys.front().at("x5tS256").as_string() == base64url_encode(certificate.sha256).c_str());
  CHECK(keys.front().at("endDateTime").as_string() == to_rfc3339(certificate.not_after).c_str());
  CHECK(desk.post({{"certificate", pem}}).status == 409);

  Desk later;
  later.server.clock.advance(std::chrono::hours{24 * 400});
  later.token = later.token_of_john(Role::global_administrator);
  CHECK(later.post({{"certificate", pem}}).status == 400);
}

TEST_CASE("5.15: the name in a client's certificates is added in one spelling, once, and removed") {
  Desk desk;
  const boost::json::object name{{"certificateNameKind", "tls_client_auth_san_ip"},
                                 {"certificateName", "2001:0db8:0::1"}};
  REQUIRE(desk.post(name).status == 201);
  CHECK(desk.post(name).status == 409);
  REQUIRE(desk.post({{"certificateNameKind", "tls_client_auth_san_dns"},
                     {"certificateName", "batch.contoso.test"}})
              .status == 201);
  REQUIRE(desk.post({{"jwk", jwk_of(new_key())}}).status == 201);  // beside them
  const boost::json::array keys = desk.keys();
  REQUIRE(keys.size() == 3);
  const auto* const found = std::ranges::find_if(keys, [](const boost::json::value& key) {
    return key.at("certificateNameKind") == "tls_client_auth_san_ip";
  });
  REQUIRE(found != keys.end());
  CHECK(found->at("certificateName").as_string() == "2001:db8::1");
  const std::string id{found->at("keyId").as_string()};
  CHECK(desk.call(desk.token, HttpMethod::delete_, desk.path + "/" + id).status == 200);
  CHECK(desk.keys().size() == 2);
}

TEST_CASE("5.15: what is no name of its kind, or of no kind, is refused") {
  Desk desk;
  const std::pair<const char*, std::string> cases[] = {
      {"tls_client_auth_san_ip", "batch"},
      {"tls_client_auth_san_dns", "a b"},
      {"tls_client_auth_san_dns", "*.contoso.com"},
      {"tls_client_auth_san_uri", ""},
      {"none", "a"},
      {"san_dns", "a"},
      {"tls_client_auth_san_email", "j\xc3\xb6@a"},
      {"tls_client_auth_subject_dn", std::string(1025, 'a')}};
  for (const auto& [kind, name] : cases) {
    CAPTURE(kind);
    CHECK(desk.post({{"certificateNameKind", kind}, {"certificateName", name}}).status == 400);
  }
  CHECK(desk.post({{"certificateName", "a"}}).status == 400);
  CHECK(desk.post({{"certificateNameKind", "tls_client_auth_san_dns"},
                   {"certificateName", "a"},
                   {"jwk", jwk_of(new_key())}})
            .status == 400);
  CHECK(desk.keys().empty());
}

TEST_CASE("what is no public key for an accepted algorithm is refused, private keys above all") {
  Desk desk;
  boost::json::value private_key = jwk_of(new_key());
  private_key.as_object()["d"] = "AAAA";
  for (const boost::json::object& body :
       std::vector<boost::json::object>{{{"jwk", private_key}},
                                        {{"jwk", jwk_of(new_key(SignatureAlg::es384))}},
                                        {{"jwk", jwk_of(new_key(SignatureAlg::eddsa))}},
                                        {{"jwk", {{"kty", "oct"}, {"k", "AAAA"}}}},
                                        {{"jwk", boost::json::object{}}},
                                        {{"certificate", "none"}},
                                        {{"jwk", jwk_of(new_key())}, {"certificate", "both"}},
                                        {}}) {
    const HttpResponse answer = desk.post(body);
    CAPTURE(answer.body);
    CHECK(answer.status == 400);
  }
  CHECK(desk.keys().empty());
}

TEST_CASE("a public client gets no key, and no application more than the limit") {
  Desk desk;
  desk.path = "/apps/" + desk.server.spa.str() + "/keys";
  CHECK(desk.post({{"jwk", jwk_of(new_key())}}).status == 400);
  desk.path = "/apps/" + desk.server.web.str() + "/keys";
  for (std::size_t i = 0; i < limits::kClientKeysMax; ++i) {
    REQUIRE(desk.post({{"jwk", jwk_of(new_key())}}).status == 201);
  }
  CHECK(desk.post({{"jwk", jwk_of(new_key())}}).status == 400);
  CHECK(desk.keys().size() == limits::kClientKeysMax);
}

TEST_CASE("who may not give roles neither adds nor removes a key of an application that has one") {
  Desk desk;
  const test::ClientSigner signer{desk.server, desk.server.web};
  desk.give_role(desk.server.web.str(), Role::global_administrator);
  desk.server.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(remove<RoleAssignment>(tx, desk.server.tenant, desk.server.john.str(),
                                             Office::role_id(Role::global_administrator)));
    return Done{};
  });
  desk.token = desk.token_of_john(Role::application_administrator);
  CHECK(desk.post({{"jwk", jwk_of(new_key())}}).status == 403);
  CHECK(desk.call(desk.token, HttpMethod::delete_, desk.path + "/" + signer.key_id()).status ==
        403);
  CHECK(desk.keys().size() == 1);
}

TEST_CASE("a removed application leaves no key behind") {
  Desk desk;
  const test::ClientSigner signer{desk.server, desk.server.web};
  // Through the application that is removed nobody could finish: by the machine's own socket.
  const HttpResponse removed =
      test::at_the_machine(desk.server, HttpMethod::delete_, "/apps/" + desk.server.web.str());
  CHECK(removed.status == 200);
  CHECK(desk.server.all<ClientKey>().empty());
}

}  // namespace
}  // namespace curfew
