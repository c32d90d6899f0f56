// tests/libcurfew/fixture.cpp: a gate's replica without a gate: writes the file in FOLDER, with a
// key and a lease, for GROUP to read if its number is given, prints tokens as a line of JSON, and
// then does what standard input says, one line each, answered by "ok":
//
//   reauth KIND/ID      one more entry, and everything up to it
//   reevaluate KIND/ID, block KIND/ID     the same
//   sign TYP CLAIMS     prints a token of these claims instead
//   prove CLAIMS        prints a DPoP proof by the key of which `jkt` above is the thumbprint
//   seal URL CLIENT_ID KEY TOKEN   prints the session cookie of a site with that cookie key
//   other_key           another signing key in the place of the one before
//   best_effort         the gate's mode from now on
//   standing            prints up to where readers have closed: "G.S HOLDERS" instead
//   lease               another ten minutes, if readers have closed everything
//   end                 ends the lease
//   withdraw            takes the file away
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "crypto/sign_key.hpp"
#include "gate/replica/machine_time.hpp"
#include "gate/replica/reader_table.hpp"
#include "gate/replica/writer.hpp"
#include "gate/session/session_cookies.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/jose/jwt_signer.hpp"
#include "protocol/json/writer.hpp"
#include "protocol/oidc/access_token.hpp"

using namespace curfew;

namespace {

constexpr std::uint64_t kGeneration = 7;
const std::string kIssuer = "https://id.contoso.com/tenant-1/v2.0";

void must(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "fixture: %s\n", status.error().message().c_str());
  std::exit(1);
}

class Fixture {
 public:
  Fixture(const std::string& folder, std::optional<gid_t> group)
      : boot_id_(read_boot_id().value()),
        signer_(new_signer()),
        client_(SigningKey::generate(SignatureAlg::es256).value()),
        readers_(ReaderTable::open(reader_table_path(folder + "/replica"), group).value()),
        writer_(open(folder + "/replica", group)) {
    must(writer_->begin_snapshot({{kGeneration, 0}, {kGeneration, 0}, clock_.now(), {}}));
    must(writer_->finish_snapshot());
    publish_key();
    enter(Effect::reauth, {KeyKind::user, "nobody"});
    lease();
  }

  // A line of JSON: names of tokens and their text.
  [[nodiscard]] std::string tokens() const {
    std::string text;
    JsonObjectWriter json{text};
    for (const std::string user : {"user-1", "user-2"}) json.string(user, token(good(user)));
    AccessTokenClaims able = good("user-1");
    able.continuous_evaluation = true;
    AccessTokenClaims other = good("user-1");
    other.aud = "api://mail";
    AccessTokenClaims bound = good("user-1");
    bound.cnf_x5t_s256 = base64url_encode(std::string(32, '\x42'));
    AccessTokenClaims app = good("user-1");
    app.app_only = true;
    app.scp.clear();
    app.roles = {"Files.Read.All", "Files.Write.All"};
    json.string("able", token(able)).string("other", token(other)).string("bound", token(bound));
    json.string("app", token(app)).string("jkt", jwk_thumbprint(client_.verify_key())).end();
    return text;
  }

  std::string run(const std::string& line) {
    if (line == "standing") {
      const ReaderTable::Standing standing = readers_.standing();
      return to_string(standing.closed_through) + " " + std::to_string(standing.holders);
    }
    if (line == "lease") lease();
    if (line == "end") writer_->end_lease();
    if (line == "withdraw") writer_->withdraw();
    if (line == "other_key") {
      signer_ = new_signer();
      publish_key();
    }
    const std::string word = line.substr(0, line.find(' '));
    const std::string rest = line.size() > word.size() ? line.substr(word.size() + 1) : "";
    if (word == "reauth") enter(Effect::reauth, parse_key(rest).value());
    if (word == "reevaluate") enter(Effect::reevaluate, parse_key(rest).value());
    if (word == "block") enter(Effect::block, parse_key(rest).value());
    if (word == "prove") return proof(rest);
    if (word == "seal") return sealed(split(rest, ' '));
    if (word == "best_effort") writer_->set_mode(GateMode::best_effort);
    if (word == "sign") {
      const std::size_t end = rest.find(' ');
      return signer_.sign(rest.substr(0, end), rest.substr(end + 1)).value();
    }
    return "ok";
  }

 private:
  static JwtSigner new_signer() {
    return JwtSigner{SigningKey::generate(SignatureAlg::es256).value(), "key-1"};
  }
  void publish_key() {
    must(writer_->set_signing_keys(
        serialize_jwks({serialize_jwk(signer_.verify_key(), signer_.alg(), signer_.kid())})));
  }
  [[nodiscard]] std::unique_ptr<ReplicaWriter> open(const std::string& path,
                                                    std::optional<gid_t> group) const {
    ReplicaOptions options;
    options.path = path;
    options.table = {{"tenant-1", kIssuer}, boot_id_, group};
    options.entries_min = 100;
    return ReplicaWriter::open(options).value();
  }
  void enter(Effect effect, const Key& key) {
    const ReplicaEntry entry{key, effect, {kGeneration, ++last_}, clock_.now()};
    must(writer_->apply({&entry, 1}));
    must(writer_->advance(entry.position));
  }
  void lease() {
    constexpr Duration kTime = std::chrono::minutes{10};
    const MachineTime now = machine_time(boot_id_, clock_);
    (void)writer_->set_lease({{kGeneration, last_}, now.since_boot + kTime, now.now + kTime},
                             readers_.standing().closed_through);
  }
  [[nodiscard]] AccessTokenClaims good(const std::string& user) const {
    const std::int64_t now = to_unix_seconds(clock_.now());
    AccessTokenClaims claims;
    claims.iss = kIssuer;
    claims.aud = "api://files";
    claims.sub = claims.oid = user;
    claims.tid = TenantId{"tenant-1"};
    claims.client_id = AppId{"app-1"};
    claims.scp = "Files.Read";
    claims.sid = SessionId{"session-of-" + user};
    claims.jti = "token-of-" + user;
    claims.iat = claims.nbf = now;
    claims.exp = now + 600;
    claims.stamps = {{kGeneration, 1}, {kGeneration, 1}};
    return claims;
  }
  [[nodiscard]] std::string proof(const std::string& claims) const {
    const std::string head =
        R"({"typ":"dpop+jwt","alg":"ES256","jwk":)" + public_jwk_json(client_.verify_key()) + "}";
    const std::string signed_part = base64url_encode(head) + "." + base64url_encode(claims);
    return signed_part + "." + base64url_encode(client_.sign(signed_part).value());
  }
  // "name=value", as a browser sends it.
  [[nodiscard]] static std::string sealed(const std::vector<std::string_view>& words) {
    SiteSettings settings;
    settings.name = "wiki";
    settings.url = words.at(0);
    settings.client_id = words.at(1);
    settings.audience = "api://files";
    const Site site =
        make_site(settings, JwtSigner{SigningKey::generate(SignatureAlg::es256).value(), "site"},
                  CookieKeys::parse(words.at(2)).value())
            .value();
    const std::string cookie = session_cookie(site, {std::string{words.at(3)}, ""}).value();
    return cookie.substr(0, cookie.find(';'));
  }
  [[nodiscard]] std::string token(const AccessTokenClaims& claims) const {
    return signer_.sign("at+jwt", to_json(claims)).value();
  }

  SystemClock clock_;
  BootId boot_id_;
  JwtSigner signer_;
  SigningKey client_;
  ReaderTable readers_;
  std::unique_ptr<ReplicaWriter> writer_;
  std::uint64_t last_ = 0;
};

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) return 2;
  std::optional<gid_t> group;
  if (argc == 3) group = static_cast<gid_t>(std::strtoul(argv[2], nullptr, 10));
  Fixture fixture{argv[1], group};
  say(fixture.tokens());
  std::array<char, 8192> line{};
  while (std::fgets(line.data(), line.size(), stdin) != nullptr) {
    std::string_view text{line.data()};
    if (text.ends_with('\n')) text.remove_suffix(1);
    say(fixture.run(std::string{text}));
  }
  return 0;
}
