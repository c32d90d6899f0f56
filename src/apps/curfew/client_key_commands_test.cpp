#include "apps/curfew/client_key_commands.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>

using namespace curfew;

namespace {

constexpr std::string_view kPublic = R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})";
constexpr std::string_view kPrivate = R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"})";

}  // namespace

TEST_CASE("a certificate, a key and a set of keys each become the member that they are") {
  const std::string pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
  CHECK(client_key_body(pem, "f")->at("certificate").as_string() == pem.c_str());
  CHECK(client_key_body(kPublic, "f")->at("jwk").as_object().at("kty").as_string() == "EC");
  const auto set = client_key_body("{\"keys\":[" + std::string{kPublic} + "]}", "f");
  CHECK(set->at("jwks").as_object().at("keys").as_array().size() == 1);
}

TEST_CASE("a private key is refused before it leaves the machine") {
  const std::string pem =
      "-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n"
      "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
  for (const std::string& text :
       {pem, std::string{kPrivate}, "{\"keys\":[" + std::string{kPrivate} + "]}"}) {
    const auto body = client_key_body(text, "key.pem");
    REQUIRE_FALSE(body.ok());
    CHECK(body.error().message().find("key.pem: holds a private key") == 0);
  }
}

TEST_CASE("any other file is refused with its name") {
  for (const char* const text : {"", "[]", "hello", "{\"a\":"}) {
    const auto body = client_key_body(text, "notes.txt");
    REQUIRE_FALSE(body.ok());
    CHECK(body.error().message().starts_with("notes.txt: "));
  }
}
