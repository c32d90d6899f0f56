#include "gate/forward_auth/forward_auth.hpp"

#include "gate/token/test_gate.hpp"

namespace curfew {

using namespace testing;

namespace {

struct World {
  TestIssuer issuer;
  TestGate here{issuer};
  std::unique_ptr<TokenGate> gate = here.gate();
  AskedAbout asked_about = AskedAbout::original;

  using Fields = std::vector<std::pair<std::string, std::string>>;
  HttpResponse ask(const std::string& target, const Fields& fields) {
    HttpRequest http;
    http.target = target;
    for (const auto& [name, value] : fields) http.headers.add(name, value);
    ForwardAuth forward_auth{
        *gate,
        asked_about,
        {{"files", {{kAudience}, {"Files.Read"}, {}}}, {"mail", {{"api://mail"}, {}, {}}}}};
    return forward_auth.answer(http);
  }
};

std::string header(const HttpResponse& response, std::string_view name) {
  const auto value = response.headers.single(name);
  return value.ok() && *value ? std::string{**value} : std::string{};
}

}  // namespace

TEST_CASE("a proxy is told who it is, and the next time after an entry why not") {
  World world;
  const World::Fields bearer{{"Authorization", "Bearer " + world.issuer.token(good_claims())}};
  const HttpResponse live = world.ask("/forward-auth/files", bearer);
  CHECK(live.status == 204);
  CHECK(header(live, "X-Curfew-Object-Id") == "user-1");
  CHECK(header(live, "X-Curfew-Client-Id") == "app-1");
  CHECK(header(live, "X-Curfew-Scopes") == "Files.Read Files.Write");
  world.here.apply(Effect::reauth, user_key(1));
  const HttpResponse dead = world.ask("/forward-auth/files?x=1", bearer);
  CHECK(dead.status == 401);
  CHECK(header(dead, "WWW-Authenticate").find("invalid_token") != std::string::npos);
  CHECK(header(dead, "X-Curfew-Object-Id").empty());
  world.here.writer->withdraw();
  const HttpResponse unavailable = world.ask("/forward-auth/files", bearer);
  CHECK(unavailable.status == 503);
  CHECK(header(unavailable, "Retry-After") == "1");
}

TEST_CASE("no answer has a body") {
  World world;
  const World::Fields bearer{{"Authorization", "Bearer " + world.issuer.token(good_claims())}};
  for (const auto& response :
       {world.ask("/forward-auth/files", bearer), world.ask("/forward-auth/files", {}),
        world.ask("/forward-auth/mail", bearer), world.ask("/", bearer)}) {
    CHECK(response.body.empty());
    CHECK_FALSE(response.stream);
  }
}

TEST_CASE("each name has its own rules, and one that is not known lets nobody through") {
  World world;
  const World::Fields bearer{{"Authorization", "Bearer " + world.issuer.token(good_claims())}};
  CHECK(world.ask("/forward-auth/files", bearer).status == 204);
  CHECK(world.ask("/forward-auth/mail", bearer).status == 401);
  AccessTokenClaims less = good_claims();
  less.scp = "Files.Write";
  CHECK(world.ask("/forward-auth/files", {{"Authorization", "Bearer " + world.issuer.token(less)}})
            .status == 403);
  for (const std::string target : {"/forward-auth/", "/forward-auth/Files", "/forward-auth/files/",
                                   "/forward-auth", "/", "/forward-auth/../forward-auth/files"}) {
    CHECK(world.ask(target, bearer).status == 404);
  }
}

TEST_CASE("a header that occurs twice is refused") {
  World world;
  const std::string bearer = "Bearer " + world.issuer.token(good_claims());
  CHECK(world.ask("/forward-auth/files", {{"Authorization", bearer}, {"Authorization", bearer}})
            .status == 400);
  CHECK(world.ask("/forward-auth/files", {{"Authorization", bearer}, {"DPoP", "a"}, {"dpop", "a"}})
            .status == 400);
}

TEST_CASE("a proof is held against the request that the proxy asks about") {
  World world;
  const TestSender sender;
  AccessTokenClaims claims = good_claims();
  claims.cnf_jkt = sender.jkt();
  const std::string token = world.issuer.token(claims);
  const auto ask = [&](const World::Fields& about) {
    World::Fields fields{{"Authorization", "DPoP " + token},
                         {"DPoP", sender.proof(sender.claims(token))}};
    fields.insert(fields.end(), about.begin(), about.end());
    return world.ask("/forward-auth/files", fields).status;
  };
  const World::Fields original{{"X-Original-Method", "GET"},
                               {"X-Original-URL", kGateUrl + "?page=2"}};
  const World::Fields forwarded{{"X-Forwarded-Method", "GET"},
                                {"X-Forwarded-Proto", "https"},
                                {"X-Forwarded-Host", "files.contoso.com"},
                                {"X-Forwarded-Uri", "/report?page=2"}};
  CHECK(ask(original) == 204);
  CHECK(ask(forwarded) == 401);  // of the client, for all that is known
  CHECK(ask({{"X-Original-Method", "POST"}, {"X-Original-URL", kGateUrl}}) == 401);
  CHECK(ask({{"X-Original-Method", "GET"}, {"X-Original-URL", "https://other/report"}}) == 401);
  world.asked_about = AskedAbout::forwarded;
  CHECK(ask(forwarded) == 204);
  CHECK(ask(original) == 401);
  CHECK(ask({}) == 401);
}

TEST_CASE("a token that is bound to a certificate is refused, whatever a header says of one") {
  World world;
  AccessTokenClaims claims = good_claims();
  claims.cnf_x5t_s256 = sha256_base64url("certificate");
  CHECK(world
            .ask("/forward-auth/files", {{"Authorization", "Bearer " + world.issuer.token(claims)},
                                         {"X-Client-Cert-Sha256", claims.cnf_x5t_s256}})
            .status == 401);
}

TEST_CASE("what cannot stand in a header is not told") {
  World world;
  AccessTokenClaims claims = good_claims();
  claims.sub = "a\r\nX-Curfew-Object-Id: admin";
  const HttpResponse response =
      world.ask("/forward-auth/files", {{"Authorization", "Bearer " + world.issuer.token(claims)}});
  CHECK(response.status == 204);
  CHECK_FALSE(response.headers.has("X-Curfew-Subject"));
  CHECK(header(response, "X-Curfew-Object-Id") == "user-1");
}

}  // namespace curfew
