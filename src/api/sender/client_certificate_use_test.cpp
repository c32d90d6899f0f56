// TLS client certificates (RFC 8705): as the proof of a client, and as what tokens are bound to.
// How one is read and a chain is checked: crypto/client_certificate_test.cpp; that TLS has proved
// it: io/client_certificate_test.cpp.
#include <doctest/doctest.h>

#include <string>

#include "api/sender/presented_certificate.hpp"
#include "tests/support/client_certificate.hpp"
#include "tests/support/dpop_key.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::CertificateWish;
using test::ClientSigner;
using test::contains;
using test::DpopKey;
using test::Fields;
using test::header_of;
using test::presented;
using test::ServerFixture;
using test::TestCertificate;
using test::TokenAnswer;

std::string bound_certificate(const std::string& token) {
  const auto claims = test::claims_in(token);
  const auto* const cnf = claims.if_contains("cnf");
  if (cnf == nullptr) return "";
  const auto* const x5t = cnf->as_object().if_contains("x5t#S256");
  return x5t == nullptr ? "" : std::string{x5t->as_string()};
}

struct Site : ServerFixture {
  Site() { context->mtls_base_url = "https://mtls.contoso.test"; }

  void add_key(const TestCertificate& certificate, const AppId& app) {
    ClientSigner key{*this, app};  // for a row that is a key
    key.row().x5t_s256 = certificate.x5t_s256();
    put(key.row());
  }
  std::vector<ClientKey> all_keys_of(const AppId& app) {
    return read_value<std::vector<ClientKey>>(*store,
                                              [&](ReadTx& tx) {
                                                Query query;
                                                query.prefix = keys_of(tenant, app);
                                                return scan_as<ClientKey>(tx, query);
                                              })
        .value();
  }
  void add_name(CertificateName kind, const std::string& name) {
    ClientKey row;
    row.tenant_id = tenant;
    row.app_id = web;
    row.id = new_guid();
    row.name_kind = kind;
    row.name = name;
    row.created_at = clock.now();
    put(row);
  }
  void trust(const TestCertificate& authority) {
    context->client_authorities = std::make_shared<CertificateAuthorities>(
        CertificateAuthorities::read(authority.pem()).value());
  }
  TokenAnswer ask(const TestCertificate& certificate, Fields fields, const Fields& headers = {}) {
    return taken_apart(
        send(presented(certificate, post(path("/oauth2/v2.0/token"), fields, headers))));
  }
  TokenAnswer own_token(const TestCertificate& certificate, const Fields& headers = {}) {
    return ask(certificate,
               {{"grant_type", "client_credentials"},
                {"scope", "api://files/.default"},
                {"client_id", web.str()}},
               headers);
  }
  [[nodiscard]] CertificateWish wish() const { return {.now = clock.now()}; }
};

TEST_CASE("5.15: self_signed_tls_client_auth: a registered certificate proves the client") {
  Site site;
  const TestCertificate certificate{site.wish()};
  site.add_key(certificate, site.web);
  const TokenAnswer answer = site.own_token(certificate);
  REQUIRE(answer.ok());
  CHECK(test::claim(answer.access(), "azpacr") == "2");
  CHECK(bound_certificate(answer.access()).empty());
}

TEST_CASE(
    "5.15: another certificate, none, another client's, or one with the same names is refused") {
  Site site;
  const TestCertificate certificate{site.wish()};
  const TestCertificate twin{site.wish()};
  site.add_key(certificate, site.web);
  site.add_key(twin, site.files);
  CHECK(site.own_token(twin).status == 401);
  CHECK(site.own_token(twin).error() == "invalid_client");
  const TokenAnswer none = site.token({{"grant_type", "client_credentials"},
                                       {"scope", "api://files/.default"},
                                       {"client_id", site.web.str()}});
  CHECK(none.status == 401);
  HttpRequest empty =
      site.post(site.path("/oauth2/v2.0/token"), {{"grant_type", "client_credentials"},
                                                  {"scope", "api://files/.default"},
                                                  {"client_id", site.web.str()}});
  empty.peer.certificates = std::make_shared<const std::vector<std::string>>();
  CHECK(site.send(std::move(empty)).status == 401);
}

TEST_CASE("5.15: a certificate that has expired, is not yet valid or is for servers is refused") {
  Site site;
  CertificateWish for_servers = site.wish();
  for_servers.purpose = "serverAuth";
  const TestCertificate wrong{for_servers};
  site.add_key(wrong, site.web);
  CHECK(site.own_token(wrong).status == 401);
  const TestCertificate certificate{site.wish()};
  site.add_key(certificate, site.web);
  CHECK(site.own_token(certificate).ok());
  site.clock.advance(25h);
  CHECK(site.own_token(certificate).status == 401);
  CertificateWish early = site.wish();
  early.before = -1h;
  const TestCertificate later{early};
  site.add_key(later, site.web);
  CHECK(site.own_token(later).status == 401);
}

TEST_CASE("5.15: a certificate in a header is nobody's: only the connection is believed") {
  Site site;
  const TestCertificate certificate{site.wish()};
  site.add_key(certificate, site.web);
  for (const char* const header : {"X-Client-Cert", "Client-Cert", "X-SSL-Client-Cert"}) {
    const TokenAnswer answer = site.token({{"grant_type", "client_credentials"},
                                           {"scope", "api://files/.default"},
                                           {"client_id", site.web.str()}},
                                          {{header, certificate.pem().substr(0, 20)}});
    CHECK(answer.status == 401);
  }
}

TEST_CASE("5.15: tls_client_auth: one of five names counts, from an authority that is trusted") {
  const std::string names =
      "DNS:batch.contoso.test,URI:urn:batch,IP:2001:db8::1,email:ops@contoso.test";
  const std::pair<CertificateName, std::string> cases[] = {
      {CertificateName::subject_dn, "CN=client,O=Contoso"},
      {CertificateName::san_dns, "BATCH.contoso.test"},
      {CertificateName::san_uri, "urn:batch"},
      {CertificateName::san_ip, "2001:db8:0::1"},
      {CertificateName::san_email, "ops@contoso.test"}};
  for (const auto& [kind, name] : cases) {
    CAPTURE(name);
    Site site;
    CertificateWish root = site.wish();
    root.common_name = "authority";
    root.is_authority = true;
    root.purpose = "";
    const TestCertificate authority{root};
    CertificateWish wish = site.wish();
    wish.names = names;
    const TestCertificate self_signed{wish};
    wish.issuer = &authority;
    const TestCertificate issued{wish};
    site.add_name(kind, name);
    CHECK(site.own_token(issued).status == 401);  // no authority is trusted yet
    site.trust(authority);
    CHECK(site.own_token(issued).ok());
    CHECK(site.own_token(self_signed).status == 401);
    wish.common_name = "another";
    wish.names = "DNS:another.contoso.test";
    CHECK(site.own_token(TestCertificate{wish}).status == 401);
  }
}

TEST_CASE("5.15: removing what a certificate is known by ends it, and what it got for itself") {
  Site site;
  const TestCertificate certificate{site.wish()};
  site.add_key(certificate, site.web);
  const std::string token = site.own_token(certificate).access();
  CHECK(ServerFixture::is_active(site.introspect(token)));
  Removal removal;
  removal.kind = RemovalKind::remove_client_key;
  removal.app_id = site.web;
  removal.object_id = site.all_keys_of(site.web).back().id;
  site.take_away(removal);
  CHECK(!ServerFixture::is_active(site.introspect(token)));
  CHECK(site.own_token(certificate).status == 401);
}

TEST_CASE("5.15: a bound token names the certificate, in introspection too") {
  Site site;
  const TestCertificate certificate{site.wish()};
  site.add_key(certificate, site.web);
  site.change<App>(site.web, [](App& app) { app.certificate_bound_access_tokens = true; });
  const TokenAnswer answer = site.own_token(certificate);
  REQUIRE(answer.ok());
  CHECK(answer.text("token_type") == "Bearer");
  CHECK(bound_certificate(answer.access()) == certificate.x5t_s256());
  const TokenAnswer active = site.introspect(answer.access());
  REQUIRE(ServerFixture::is_active(active));
  CHECK(active.body.at("cnf").as_object().at("x5t#S256").as_string() ==
        certificate.x5t_s256().c_str());
}

TEST_CASE("5.15: a client whose tokens must be bound gets none without its certificate") {
  Site site;
  site.change<App>(site.web, [](App& app) { app.certificate_bound_access_tokens = true; });
  const TokenAnswer answer = site.app_token();
  CHECK(answer.status == 400);
  CHECK(answer.error() == "invalid_request");
}

TEST_CASE("5.15: our own APIs compare the presented certificate with the token's") {
  Site site;
  const TestCertificate certificate{site.wish()};
  const TestCertificate stranger{site.wish()};
  site.change<App>(site.web, [](App& app) { app.certificate_bound_access_tokens = true; });
  ServerFixture::CodeOptions wanted;
  wanted.resource = "";
  wanted.scopes = {"openid"};
  const TokenAnswer tokens = site.ask(
      certificate, site.code_fields(site.add_code(site.add_session(site.john).row, wanted)));
  REQUIRE(tokens.ok());
  const HttpRequest request =
      site.get(site.path("/oidc/userinfo"), {{"Authorization", "Bearer " + tokens.access()}});
  CHECK(site.send(presented(certificate, request)).status == 200);
  const HttpResponse stolen = site.send(request);
  CHECK(stolen.status == 401);
  CHECK(contains(header_of(stolen, "www-authenticate"), "invalid_token"));
  CHECK(site.send(presented(stranger, request)).status == 401);
}

TEST_CASE("5.15: a public client's refresh tokens are bound to its certificate") {
  Site site;
  const TestCertificate certificate{site.wish()};
  const TestCertificate stranger{site.wish()};
  site.change<App>(site.spa, [](App& app) { app.certificate_bound_access_tokens = true; });
  ServerFixture::CodeOptions options;
  options.client = site.spa;
  options.redirect_uri = site.spa_origin + "/";
  const TokenAnswer tokens =
      site.ask(certificate, {{"grant_type", "authorization_code"},
                             {"code", site.add_code(site.add_session(site.john).row, options)},
                             {"redirect_uri", site.spa_origin + "/"},
                             {"code_verifier", site.verifier},
                             {"client_id", site.spa.str()}});
  REQUIRE(tokens.ok());
  const auto refresh = [&](const TestCertificate& with) {
    return site.ask(with, {{"grant_type", "refresh_token"},
                           {"refresh_token", tokens.refresh()},
                           {"client_id", site.spa.str()}});
  };
  CHECK(refresh(stranger).error() == "invalid_grant");
  const TokenAnswer renewed = refresh(certificate);
  REQUIRE(renewed.ok());
  CHECK(bound_certificate(renewed.access()) == certificate.x5t_s256());
}

TEST_CASE(
    "5.17: the FAPI 2.0 profile takes a certificate in the place of a signature and a proof") {
  Site site;
  const TestCertificate certificate{site.wish()};
  site.add_key(certificate, site.web);
  site.change<App>(site.web, [](App& app) { app.fapi_2 = true; });
  const TokenAnswer answer = site.own_token(certificate);
  REQUIRE(answer.ok());
  CHECK(bound_certificate(answer.access()) == certificate.x5t_s256());
  const DpopKey key{site};
  boost::json::object claims = key.claims("POST", site.path("/oauth2/v2.0/token"));
  claims["htu"] = "https://mtls.contoso.test" + site.path("/oauth2/v2.0/token");
  const TokenAnswer by_key = site.own_token(certificate, {{"DPoP", key.sign(claims)}});
  REQUIRE(by_key.ok());
  CHECK(by_key.text("token_type") == "DPoP");
  CHECK(bound_certificate(by_key.access()).empty());
  CHECK(site.ask(certificate, site.as_web({{"grant_type", "client_credentials"},
                                           {"scope", "api://files/.default"}}))
            .status == 401);  // a secret
}

TEST_CASE("5.15: discovery names the endpoints where certificates are presented") {
  Site site;
  const auto metadata = [&] {
    return parse_json_object(
               site.send(site.get(site.path("/v2.0/.well-known/openid-configuration"))).body)
        .value();
  };
  const auto with = metadata();
  CHECK(with.at("mtls_endpoint_aliases").as_object().at("token_endpoint").as_string() ==
        ("https://mtls.contoso.test" + site.path("/oauth2/v2.0/token")).c_str());
  CHECK(with.at("tls_client_certificate_bound_access_tokens").as_bool());
  CHECK(contains(boost::json::serialize(with.at("token_endpoint_auth_methods_supported")),
                 "\"tls_client_auth\",\"self_signed_tls_client_auth\""));
  site.context->mtls_base_url.clear();
  const auto without = metadata();
  CHECK(!without.contains("mtls_endpoint_aliases"));
  CHECK(!without.contains("tls_client_certificate_bound_access_tokens"));
}

}  // namespace
}  // namespace curfew
