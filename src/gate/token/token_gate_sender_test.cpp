#include "gate/token/test_gate.hpp"
#include "gate/token/token_gate.hpp"

namespace curfew {

using namespace testing;

TEST_CASE("a person needs every scope, an application one of the roles") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  const std::string person = issuer.token(good_claims());
  const std::string app = issuer.token(app_claims());
  const auto is_let_in = [&](const std::string& token, std::vector<std::string> scopes,
                             std::vector<std::string> roles) {
    const FixedRules rules{{{kAudience}, std::move(scopes), std::move(roles)}};
    const std::string authorization = "Bearer " + token;
    GateRequest request;
    request.authorization = authorization;
    request.rules = &rules;
    const GateAnswer answer = gate->check(request);
    CHECK((answer.is_live() || is_refused(answer, 403, "insufficient_scope")));
    return answer.is_live();
  };
  CHECK(is_let_in(person, {}, {}));
  CHECK(is_let_in(person, {"Files.Read", "Files.Write"}, {"Files.Read.All"}));
  CHECK_FALSE(is_let_in(person, {"Files.Read", "Files.Delete"}, {}));
  CHECK_FALSE(is_let_in(person, {"files.read"}, {}));
  CHECK_FALSE(is_let_in(person, {}, {"Files.Read.All"}));
  CHECK(is_let_in(app, {}, {}));
  CHECK(is_let_in(app, {"Files.Read"}, {"Other", "Files.Read.All"}));
  CHECK_FALSE(is_let_in(app, {"Files.Read"}, {}));
  CHECK_FALSE(is_let_in(app, {}, {"Other"}));
}

TEST_CASE("a token that is bound to a key counts with its proof alone, once") {
  const TestIssuer issuer;
  const TestSender sender;
  TestGate here{issuer};
  const auto gate = here.gate();
  AccessTokenClaims claims = good_claims();
  claims.cnf_jkt = sender.jkt();
  const std::string token = issuer.token(claims);
  const std::string proof = sender.proof(sender.claims(token));
  CHECK(ask_with_proof(*gate, token, proof).is_live());
  CHECK(is_refused(ask_with_proof(*gate, token, proof), 401, "invalid_dpop_proof"));
  CHECK(ask_with_proof(*gate, token, sender.proof(sender.claims(token))).is_live());

  const GateAnswer as_bearer = ask(*gate, token);
  CHECK(is_refused(as_bearer, 401, "invalid_token"));
  CHECK(as_bearer.www_authenticate.starts_with("DPoP "));
  const TestSender thief;
  CHECK(is_refused(ask_with_proof(*gate, token, thief.proof(thief.claims(token))), 401,
                   "invalid_token"));
  for (const auto& [claim, value] :
       {std::pair{"htm", "POST"}, {"htu", "https://files.contoso.com/other"}, {"ath", "AAAA"}}) {
    boost::json::object changed = sender.claims(token);
    changed[claim] = value;
    CHECK(
        is_refused(ask_with_proof(*gate, token, sender.proof(changed)), 401, "invalid_dpop_proof"));
  }
  const std::string unbound = issuer.token(good_claims());
  CHECK(is_refused(ask_with_proof(*gate, unbound, sender.proof(sender.claims(unbound))), 401,
                   "invalid_token"));
}

TEST_CASE("a token that is bound to a certificate counts with that one alone") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  AccessTokenClaims claims = good_claims();
  claims.cnf_x5t_s256 = sha256_base64url("certificate");
  const std::string authorization = "Bearer " + issuer.token(claims);
  const std::string other = sha256_base64url("another");
  GateRequest request;
  request.authorization = authorization;
  CHECK(is_refused(gate->check(request), 401, "invalid_token"));
  request.sender.x5t_s256 = other;
  CHECK(is_refused(gate->check(request), 401, "invalid_token"));
  request.sender.x5t_s256 = claims.cnf_x5t_s256;
  CHECK(gate->check(request).is_live());
}

TEST_CASE("a token that is bound in a way that nobody knows is refused") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  for (const std::string_view cnf : {R"({"kid":"x"})", R"({})", R"({"jkt":""})", R"("x")"}) {
    boost::json::object claims = boost::json::parse(to_json(good_claims())).as_object();
    claims["cnf"] = boost::json::parse(cnf);
    CHECK(is_refused(ask(*gate, issuer.token(claims)), 401, "invalid_token"));
  }
}

}  // namespace curfew
