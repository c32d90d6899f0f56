#include "revocation/report.hpp"

#include <doctest/doctest.h>

#include "crypto/sign_key.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/jose/jwt_signer.hpp"
#include "protocol/json/json.hpp"

using namespace curfew;
using namespace std::chrono_literals;

namespace {

const TimePoint kNow{std::chrono::hours{450'000}};

struct Signing {
  JwtSigner signer;
  explicit Signing(const std::string& kid)
      : signer(SigningKey::generate(SignatureAlg::es256).value(), kid) {}
  ReportSigner report_signer() {
    return {[this](std::string_view payload) { return signer.sign(kReportTyp, payload); },
            [this] { return jwk(); }};
  }
  std::string jwk() {
    return serialize_jwk(signer.verify_key(), SignatureAlg::es256, signer.kid());
  }
  std::string jwks() { return serialize_jwks({jwk()}); }
};

RunData sample() {
  RunData data;
  data.run.tenant_id = TenantId{"t"};
  data.run.id = RunId{"r"};
  data.run.subject_id = UserId{"u"};
  data.run.subject_name = "j\"o@contoso.com\n";
  data.run.cut_at = kNow;
  data.run.first_position = {1, 7};
  data.run.cut_position = {1, 9};
  Step step;
  step.id = StepId{"r.0"};
  step.title = "The account itself";
  step.state = StepState::ended;
  step.evidence = "account disabled";
  step.prior_value = "never shown";
  data.steps.push_back(step);
  AccessPath ended;
  ended.step_id = step.id;
  ended.state = PathState::ended;
  ended.ended_at = kNow;
  AccessPath bounded;
  bounded.kind = PathKind::access_token;
  bounded.state = PathState::ends_by;
  bounded.ends_by = kNow + 1h;
  data.paths = {ended, bounded};
  return data;
}

ErrorCode code_of(const std::string& file, std::string_view jwks = "") {
  const auto verified = verify_report(file, jwks);
  REQUIRE_FALSE(verified.ok());
  return verified.error().code();
}

}  // namespace

TEST_CASE("a report verifies offline, with and without the exported keys") {
  Signing signing{"report-key"};
  const auto file = make_report(sample(), signing.report_signer(), kNow);
  REQUIRE(file.ok());
  const auto alone = verify_report(file.value(), "");
  REQUIRE(alone.ok());
  CHECK_FALSE(alone.value().key_is_trusted);
  CHECK(alone.value().tenant_id == "t");
  CHECK(alone.value().run_id == "r");
  CHECK(alone.value().made_at == kNow);
  CHECK(alone.value().key_id == "report-key");
  CHECK(alone.value().key_thumbprint == jwk_thumbprint(signing.signer.verify_key()));
  const auto known = verify_report(file.value(), signing.jwks());
  REQUIRE(known.ok());
  CHECK(known.value().key_is_trusted);
  CHECK(file.value().starts_with(known.value().json + "\n"));
}

TEST_CASE("a change of any one byte is found") {
  Signing signing{"report-key"};
  const std::string file = make_report(sample(), signing.report_signer(), kNow).value();
  const std::string jwks = signing.jwks();
  std::size_t found = 0;
  for (std::size_t at = 0; at < file.size(); ++at) {
    std::string changed = file;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    if (!verify_report(changed, jwks).ok()) ++found;
  }
  CHECK(found == file.size());
}

TEST_CASE("bytes added, removed or put in another order are found") {
  Signing signing{"report-key"};
  const std::string file = make_report(sample(), signing.report_signer(), kNow).value();
  CHECK_FALSE(verify_report(file + "\n", "").ok());
  CHECK_FALSE(verify_report(file + " ", "").ok());
  CHECK_FALSE(verify_report(" " + file, "").ok());
  CHECK_FALSE(verify_report(file.substr(0, file.size() - 1), "").ok());
  CHECK_FALSE(verify_report("", "").ok());
  CHECK_FALSE(verify_report("{}\n{\"signature\":\"\"}\n", "").ok());
  RunData other = sample();
  other.run.reason = "another";
  const std::string second = make_report(other, signing.report_signer(), kNow).value();
  const std::size_t cut = file.find('\n');
  const std::string mixed = file.substr(0, cut) + second.substr(second.find('\n'));
  CHECK(code_of(mixed) == ErrorCode::corrupted);
}

TEST_CASE("a report that somebody else signed is not the tenant's") {
  Signing ours{"report-key"};
  Signing theirs{"report-key"};  // the same name, another key
  const std::string file = make_report(sample(), theirs.report_signer(), kNow).value();
  CHECK(code_of(file, ours.jwks()) == ErrorCode::unauthenticated);
  CHECK(verify_report(file, "").value().key_thumbprint != jwk_thumbprint(ours.signer.verify_key()));
  // Signed by one key, naming the other.
  ReportSigner forged = theirs.report_signer();
  forged.public_jwk = [&] { return ours.jwk(); };
  CHECK(code_of(make_report(sample(), forged, kNow).value(), ours.jwks()) == ErrorCode::corrupted);
}

TEST_CASE("a token of another kind under the same key is no signature of a report") {
  Signing signing{"report-key"};
  ReportSigner wrong = signing.report_signer();
  wrong.sign = [&](std::string_view payload) { return signing.signer.sign("at+jwt", payload); };
  CHECK(code_of(make_report(sample(), wrong, kNow).value()) == ErrorCode::corrupted);
}

TEST_CASE("the report is JSON whose bytes depend on its input alone, without prior values") {
  Signing signing{"report-key"};
  const std::string json = report_json(sample(), signing.jwk(), kNow);
  CHECK(json == report_json(sample(), signing.jwk(), kNow));
  CHECK(parse_json_object(json).ok());
  CHECK(json.find("never shown") == std::string::npos);
  CHECK(json.find(R"("state":"ends_by")") != std::string::npos);
}

TEST_CASE("the summary bounds all access only if nothing is open, waiting or unknown") {
  RunData data = sample();
  CHECK(summary_of(data).access_ends_by == kNow + 1h);
  CHECK(summary_of(data).ended_count == 1);
  for (const PathState state : {PathState::open, PathState::waiting, PathState::unknown}) {
    RunData worse = data;
    AccessPath path;
    path.state = state;
    worse.paths.push_back(path);
    CHECK_FALSE(summary_of(worse).access_ends_by);
  }
}
