#include "apps/curfew-gate/site_folder.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "io/test_peer.hpp"

namespace curfew {
namespace {

constexpr const char* kGood = R"([[site]]
name = "wiki"
url = "https://app.example"
client_id = "11111111-2222-3333-4444-555555555555"
audience = "api://wiki"
required_roles = ["Wiki.Read"]
)";

SiteSettings wiki() {
  return {"wiki", "https://app.example", "11111111-2222-3333-4444-555555555555", "api://wiki"};
}

std::string refusal(const std::string& text) {
  const auto sites = parse_sites(text, "sites.toml");
  REQUIRE_FALSE_MESSAGE(sites.ok(), text);
  return sites.error().message();
}

std::string folder_of(const testing::TemporaryDirectory& at) { return at.path("."); }

mode_t mode_of(const std::string& path) {
  struct stat facts{};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  return facts.st_mode & 07777;
}

TEST_CASE("sites are read as they are written") {
  const auto sites = parse_sites(kGood, "sites.toml");
  REQUIRE(sites.ok());
  REQUIRE(sites->size() == 1);
  CHECK(sites->front().url == "https://app.example");
  CHECK(sites->front().required_roles == std::vector<std::string>{"Wiki.Read"});
  CHECK(parse_sites("", "sites.toml")->empty());
}

TEST_CASE("a mistake is refused with file and line, and what to do") {
  const std::string good{kGood};
  const auto with = [&](const std::string& line) { return good + line + "\n"; };
  CHECK(refusal(with("colour = 'red'")).starts_with("sites.toml:7: colour is nothing that a site"));
  CHECK(refusal(with("scopes = 'openid'")).starts_with("sites.toml:7: scopes must be a list"));
  CHECK(refusal(with("scopes = ['a b']")).starts_with("sites.toml:7: scopes must be"));
  CHECK(refusal("[[site]]\nname = 1\n").starts_with("sites.toml:2: name must be a text"));
  CHECK(refusal("[[site]]\nname = 'a'\nurl = 'http://app.example'\n")
            .starts_with("sites.toml:3: url must be https://HOST"));
  CHECK(refusal("[[site]]\nname = 'a'\nurl = 'https://app.example/path'\n")
            .starts_with("sites.toml:3: url must be"));
  CHECK(refusal("[[site]]\nname = '../a'\n").starts_with("sites.toml:2: name must be a word"));
  CHECK(refusal("[[site]]\nname = 'a'\nurl = 'https://a.example'\n")
            .starts_with("sites.toml:1: client_id must be"));
  CHECK(refusal("[site]\n").starts_with("sites.toml:1: there can be nothing but"));
  CHECK(refusal("listen = 1\n").starts_with("sites.toml:1: there can be nothing but"));
  CHECK(refusal(good + good).starts_with("sites.toml:7: a site of that name or url"));
  CHECK(refusal("[[site]\n").starts_with("sites.toml:1: "));
}

TEST_CASE("a site is added with keys that its owner alone can read, and served with them") {
  const testing::TemporaryDirectory at;
  const SiteFolder folder{folder_of(at)};
  const auto key = folder.add(wiki());
  REQUIRE_MESSAGE(key.ok(), (key.ok() ? "" : key.error().message()));
  for (const char* const name : {"/sites.toml", "/site-wiki.pem", "/site-wiki.cookie-keys"}) {
    CHECK(mode_of(folder_of(at) + name) == 0600);
  }
  CHECK(folder.key("wiki")->kid == key->kid);
  const auto sites = folder.sites();
  REQUIRE(sites.ok());
  CHECK(sites->front().origin == "https://app.example");
  CHECK(sites->front().client_key.kid() == key->kid);
  CHECK(sites->front().scope == "openid profile api://wiki/.default");

  CHECK(folder.add(wiki()).error().code() == ErrorCode::conflict);
  SiteSettings same_address = wiki();
  same_address.name = "other";
  CHECK(folder.add(same_address).error().code() == ErrorCode::conflict);
  same_address.url = "https://other.example";
  CHECK(folder.add(same_address).ok());
  CHECK(folder.sites()->size() == 2);
}

TEST_CASE("a try that was interrupted goes on with its key") {
  const testing::TemporaryDirectory at;
  const SiteFolder folder{folder_of(at)};
  const auto key = folder.add(wiki());
  REQUIRE(::unlink((folder_of(at) + "/sites.toml").c_str()) == 0);
  CHECK(folder.add(wiki())->kid == key->kid);
}

TEST_CASE("a damaged key is named") {
  const testing::TemporaryDirectory at;
  const SiteFolder folder{folder_of(at)};
  REQUIRE(folder.add(wiki()).ok());
  std::ofstream{folder_of(at) + "/site-wiki.cookie-keys"} << "short\n";
  CHECK(folder.sites().error().message().find("site-wiki.cookie-keys") != std::string::npos);
  std::ofstream{folder_of(at) + "/site-wiki.pem"} << "no key\n";
  CHECK(folder.sites().error().message().find("site-wiki.pem is not the private key") !=
        std::string::npos);
}

}  // namespace
}  // namespace curfew
