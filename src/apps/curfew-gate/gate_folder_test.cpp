#include "apps/curfew-gate/gate_folder.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "crypto/random.hpp"
#include "io/file.hpp"

namespace curfew {
namespace {

namespace fs = std::filesystem;

// A folder of its own, gone afterwards.
struct TestFolder {
  std::string path = (fs::temp_directory_path() / ("gate-" + random_token(12))).string();
  GateFolder folder{path};
  TestFolder() { REQUIRE(make_private_directory(path).ok()); }
  ~TestFolder() { fs::remove_all(path); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  [[nodiscard]] bool has(const std::string& name) const { return fs::exists(path + "/" + name); }
  [[nodiscard]] mode_t mode_of(const std::string& name) const {
    struct stat found{};
    REQUIRE(::stat((path + "/" + name).c_str(), &found) == 0);
    return found.st_mode & 0777U;
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream{path + "/" + name} << text;
  }
};

boost::json::object answer() {
  return {{"client_id", "c"},
          {"name", "edge"},
          {"mode", "strict"},
          {"tenant_id", "t"},
          {"issuer", "https://s.test/t/v2.0"},
          {"servers", boost::json::array{"https://s.test"}},
          {"token_endpoint", "https://s.test/t/token"},
          {"jwks_uri", "https://s.test/t/keys"},
          {"jwks", boost::json::object{{"keys", boost::json::array{}}}},
          {"resource", "api://feed"}};
}

TEST_CASE("what was enrolled is there afterwards, and for nobody else to read") {
  const TestFolder at;
  const GateKey key = at.folder.enrolling_key().value();
  REQUIRE(at.folder.enrolled(answer(), key, "PEM").ok());
  CHECK_FALSE(at.has("enrolling.pem"));
  for (const char* const name : {"key.pem", "gate.json", "ca.pem"}) CHECK(at.mode_of(name) == 0600);
  CHECK(at.mode_of("") == 0700);
  const GateIdentity gate = *at.folder.identity().value();
  CHECK(gate.name == "edge");
  CHECK(at.folder.key(gate).value().kid == key.kid);
  CHECK(at.folder.ca_file() == at.path + "/ca.pem");
}

TEST_CASE("a try that the server did not answer goes on with the same key") {
  const TestFolder at;
  const std::string kid = at.folder.enrolling_key().value().kid;
  CHECK(at.folder.enrolling_key().value().kid == kid);
  CHECK_FALSE(at.folder.settle().value());
  CHECK_FALSE(at.folder.identity().value().has_value());
}

TEST_CASE("a crash after the answer was written is made good by the next command") {
  const TestFolder at;
  const GateKey old_key = at.folder.enrolling_key().value();
  REQUIRE(at.folder.enrolled(answer(), old_key, "").ok());
  const GateKey new_key = at.folder.enrolling_key().value();
  boost::json::object written = answer();
  written["kid"] = new_key.kid;
  at.write("gate.json", boost::json::serialize(written));
  CHECK_FALSE(at.folder.key(*at.folder.identity().value()).ok());
  CHECK(at.folder.settle().value());
  CHECK(at.folder.key(*at.folder.identity().value()).value().kid == new_key.kid);
  CHECK_FALSE(at.folder.settle().value());
}

TEST_CASE("a crash before the answer was written leaves the gate as it was") {
  const TestFolder at;
  const GateKey old_key = at.folder.enrolling_key().value();
  REQUIRE(at.folder.enrolled(answer(), old_key, "").ok());
  static_cast<void>(at.folder.enrolling_key());
  CHECK_FALSE(at.folder.settle().value());
  CHECK(at.folder.key(*at.folder.identity().value()).value().kid == old_key.kid);
}

TEST_CASE("a damaged file is named, with what to do") {
  const TestFolder at;
  at.write("enrolling.pem", "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n");
  const auto key = at.folder.enrolling_key();
  REQUIRE_FALSE(key.ok());
  CHECK(key.error().message().find("enrolling.pem is not the private key") != std::string::npos);
  at.write("gate.json", "{");
  const auto gate = at.folder.identity();
  REQUIRE_FALSE(gate.ok());
  CHECK(gate.error().message().find("gate.json") != std::string::npos);
}

TEST_CASE("an answer with an address that is not https is not believed") {
  for (const char* const member : {"issuer", "token_endpoint", "jwks_uri", "servers"}) {
    CAPTURE(member);
    boost::json::object wrong = answer();
    wrong[member] = "http://s.test/token";
    if (member == std::string{"servers"}) wrong[member] = boost::json::array{"http://s.test"};
    const auto identity = read_identity(wrong);
    REQUIRE_FALSE(identity.ok());
    CHECK(identity.error().message() == std::string{member} + " is not an https address");
  }
}

TEST_CASE("an answer without a server, or with too many, is not believed") {
  boost::json::object wrong = answer();
  wrong["servers"] = boost::json::array{};
  CHECK_FALSE(read_identity(wrong).ok());
  wrong["servers"] = boost::json::array(33, "https://s.test");
  CHECK_FALSE(read_identity(wrong).ok());
}

}  // namespace
}  // namespace curfew
