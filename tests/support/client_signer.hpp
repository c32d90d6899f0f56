// tests/support/client_signer.hpp: an application that proves itself by signing (private_key_jwt).
#pragma once

#include <boost/json.hpp>
#include <string>
#include <utility>

#include "crypto/sign_key.hpp"
#include "model/application.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/oauth/client_assertion.hpp"
#include "store/schema_clients.hpp"
#include "tests/support/server_fixture.hpp"

namespace curfew::test {

inline std::string sign_compact(const SigningKey& key, const boost::json::object& header,
                                const boost::json::object& claims) {
  const std::string input = base64url_encode(boost::json::serialize(header)) + "." +
                            base64url_encode(boost::json::serialize(claims));
  return input + "." + base64url_encode(key.sign(input).value());
}

class ClientSigner {
 public:
  // Registers a new key for the application.
  ClientSigner(ServerFixture& server, AppId app, SignatureAlg alg = SignatureAlg::es256)
      : server_(server), app_(std::move(app)), key_(SigningKey::generate(alg).value()) {
    row_.tenant_id = server.tenant;
    row_.app_id = app_;
    row_.id = new_guid();
    row_.kid = jwk_thumbprint(key_.verify_key());
    row_.public_jwk = public_jwk_json(key_.verify_key());
    row_.created_at = server.clock.now();
    server.put(row_);
  }

  [[nodiscard]] const std::string& key_id() const { return row_.id; }
  [[nodiscard]] ClientKey& row() { return row_; }
  [[nodiscard]] const SigningKey& key() const { return key_; }

  [[nodiscard]] boost::json::object header() const {
    return {{"alg", to_string(key_.alg())}, {"kid", row_.kid}};
  }
  // As oauth4webapi fills them in; a new jti each time.
  [[nodiscard]] boost::json::object claims() const {
    const std::int64_t now = to_unix_seconds(server_.clock.now());
    return {{"iss", app_.str()},       {"sub", app_.str()}, {"aud", server_.context->issuer()},
            {"jti", random_token(16)}, {"nbf", now},        {"iat", now},
            {"exp", now + 60}};
  }
  [[nodiscard]] std::string assertion(const boost::json::object& claims) const {
    return sign_compact(key_, header(), claims);
  }
  [[nodiscard]] std::string assertion() const { return assertion(claims()); }

  [[nodiscard]] static Fields with_assertion(Fields fields, const std::string& assertion) {
    fields.emplace_back("client_assertion_type", kClientAssertionType);
    fields.emplace_back("client_assertion", assertion);
    return fields;
  }
  // With a new assertion.
  [[nodiscard]] Fields as_client(Fields fields) const {
    fields.emplace_back("client_id", app_.str());
    return with_assertion(std::move(fields), assertion());
  }

 private:
  ServerFixture& server_;
  AppId app_;
  SigningKey key_;
  ClientKey row_;
};

}  // namespace curfew::test
