// tests/bench/rows_grants.cpp: the rows of the other grants: device code, on behalf of, DPoP.
#include <utility>

#include "base/text.hpp"
#include "crypto/random.hpp"
#include "crypto/sign_key.hpp"
#include "protocol/jose/jwk.hpp"
#include "tests/bench/bench.hpp"

namespace curfew::bench {

namespace {

constexpr std::size_t kTokenIdBytes = 16;

// Each of `ends` completes the form; one connection has its share of them.
Status measure_grant(Bench& bench, Row& row, const FormHead& form,
                     const std::vector<std::string>& ends, FormScript::Turns turns) {
  CURFEW_TRY(const TokenWorld* const known, bench.tokens());
  CURFEW_TRY(const Floors* const floors, bench.floors());
  Scripts scripts;
  for (auto& hand : dealt(ends, bench.scale().connections)) {
    scripts.push_back(std::make_unique<GrantScript>(form, std::move(hand), turns));
  }
  CURFEW_TRY(const LoadResult result,
             run_load(known->world->target(), bench.load_of(std::move(scripts))));
  add_request_figures(row, result, floors->https + floors->es256_sign);
  return Done{};
}

// Client credentials, with a new proof for each request: the generator signs it, the server checks
// it and binds the token.
class DpopTokenScript final : public Script {
 public:
  DpopTokenScript(const World& world, const Client& client, const std::string& scope,
                  SigningKey key)
      : target_(world.path("/oauth2/v2.0/token")),
        body_(client.form() + "&grant_type=client_credentials&scope=" + scope),
        key_(std::move(key)) {
    const std::string header =
        R"({"typ":"dpop+jwt","alg":"ES256","jwk":)" + public_jwk_json(key_.verify_key()) + "}";
    header_ = base64url_encode(header) + ".";
    about_ = R"(","htm":"POST","htu":"https://localhost:)" + std::to_string(world.target().port) +
             target_ + R"(","iat":)";
  }

  std::string next() override {
    const std::string headers = "DPoP: " + proof() + "\r\n";
    return request_text({.target = target_, .more_headers = headers, .body = body_});
  }

  Outcome take(const Answer& answer) override {
    const bool is_right = answer.status == 200 && json_member(answer.body, "token_type") == "DPoP";
    return is_right ? Outcome::unit_done : Outcome::wrong;
  }

 private:
  [[nodiscard]] std::string proof() const {
    const std::string claims = R"({"jti":")" + random_token(kTokenIdBytes) + about_ +
                               std::to_string(to_unix_seconds(SystemClock{}.now())) + "}";
    const std::string input = header_ + base64url_encode(claims);
    return input + "." + base64url_encode(key_.sign(input).value());
  }

  std::string target_;
  std::string body_;
  SigningKey key_;
  std::string header_;
  std::string about_;
};

}  // namespace

Status measure_device_code(Bench& bench, Row& row) {
  CURFEW_TRY(const TokenWorld* const known, bench.tokens());
  std::vector<std::string> codes;
  known->world->stop_server();
  CURFEW_TRY_STATUS(known->world->fill([&](OfflineTenant& tenant) -> Status {
    CURFEW_TRY(codes, add_device_codes(tenant, known->apps, known->users, bench.scale().sessions));
    return Done{};
  }));
  CURFEW_TRY_STATUS(known->world->serve(1));
  const FormHead form{known->world->path("/oauth2/v2.0/token"),
                      known->apps.web.form() +
                          "&grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code="};
  return measure_grant(bench, row, form, codes, FormScript::Turns::once);
}

Status measure_on_behalf_of(Bench& bench, Row& row) {
  CURFEW_TRY(const std::vector<std::string> assertions,
             fresh_access_tokens(bench, bench.scale().users));
  CURFEW_TRY(const TokenWorld* const known, bench.tokens());
  const FormHead form{known->world->path("/oauth2/v2.0/token"),
                      known->apps.resource.form() +
                          "&grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer"
                          "&requested_token_use=on_behalf_of&scope=api://" +
                          known->apps.ledger.str() + "/read&assertion="};
  return measure_grant(bench, row, form, assertions, FormScript::Turns::for_ever);
}

Status measure_dpop_token(Bench& bench, Row& row) {
  CURFEW_TRY(const TokenWorld* const known, bench.tokens());
  CURFEW_TRY(const Floors* const floors, bench.floors());
  CURFEW_TRY(const SigningKey key, SigningKey::generate(SignatureAlg::es256));
  Scripts scripts;
  for (std::size_t i = 0; i < bench.scale().connections; ++i) {
    scripts.push_back(std::make_unique<DpopTokenScript>(*known->world, known->apps.service,
                                                        known->apps.scope(), key));
  }
  CURFEW_TRY(const LoadResult result,
             run_load(known->world->target(), bench.load_of(std::move(scripts))));
  add_request_figures(row, result, floors->https + floors->es256_sign + floors->es256_verify);
  return Done{};
}

}  // namespace curfew::bench
