// The documents' procedure on the wire: find the person, disable, revoke, list the devices, disable
// each; as the PowerShell modules, old and new, send it.
#include <doctest/doctest.h>

#include "tests/support/graph_office.hpp"

namespace curfew {
namespace {

using test::GraphOffice;
using test::GraphReply;

const std::string kBySearch = "/users?$search=%22UserPrincipalName%3Ajohndoe%40contoso.com%22";

struct Incident : GraphOffice {
  UserId responder = add_person("responder@contoso.com", "Rae Responder");
  std::string bearer;
  Incident() {
    give_role(responder.str(), Role::user_administrator);
    give_role(responder.str(), Role::cloud_device_administrator);
    bearer = token_of(responder);
  }
};

TEST_CASE("the procedure finds the person, ends their access and that of each device") {
  Incident incident;
  const std::string victims_token = incident.token_of(incident.server.john);
  REQUIRE(incident.get(victims_token, "/me").status == 200);

  const GraphReply found = incident.eventual(incident.bearer, kBySearch);
  REQUIRE(found.status == 200);
  CHECK(found.values("userPrincipalName") == "johndoe@contoso.com");
  const std::string id{found.value().front().at("id").as_string()};
  CHECK_FALSE(found.value().front().as_object().contains("accountEnabled"));

  CHECK(incident.patch(incident.bearer, "/users/" + id, R"({"accountEnabled":false})").status ==
        204);
  const GraphReply revoked =
      incident.post(incident.bearer, "/users/" + id + "/microsoft.graph.revokeSignInSessions");
  CHECK(revoked.status == 200);
  CHECK(revoked.body.at("value") == true);
  CHECK(revoked.text("@odata.context") == incident.server.base_url + "/v1.0/$metadata#Edm.Boolean");

  const GraphReply devices = incident.get(incident.bearer, "/users/" + id + "/registeredDevices");
  REQUIRE(devices.status == 200);
  REQUIRE(devices.value().size() == 1);
  CHECK(devices.values("@odata.type") == "#microsoft.graph.device");
  const std::string device{devices.value().front().at("id").as_string()};
  CHECK(device != incident.server.laptop.str());
  CHECK(
      incident.patch(incident.bearer, "/devices/" + device, R"({"accountEnabled":false})").status ==
      204);

  CHECK(incident.get(victims_token, "/me").status == 401);
  CHECK_FALSE(incident.server.row<User>(incident.server.john).account_enabled);
  CHECK_FALSE(incident.server.row<Device>(incident.server.laptop).account_enabled);
}

TEST_CASE("a search that several people answer to shows them all, and guesses nobody") {
  Incident incident;
  incident.add_person("johndoe@contoso.com.au");
  const GraphReply found = incident.eventual(incident.bearer, kBySearch);
  CHECK(found.value().size() == 2);
}

TEST_CASE("the aliases of the older modules send the names that they always had") {
  Incident incident;
  const std::string id = incident.server.john.str();
  CHECK(incident.patch(incident.bearer, "/users/" + id, R"({"AccountEnabled":false})").status ==
        204);
  CHECK_FALSE(incident.server.row<User>(incident.server.john).account_enabled);
  CHECK(incident.post(incident.bearer, "/users/" + id + "/invalidateAllRefreshTokens").status ==
        200);
}

TEST_CASE("revoking moves signInSessionsValidFromDateTime and ends older tokens alone") {
  Incident incident;
  const std::string id = incident.server.john.str();
  const std::string selected = "/users/" + id + "?$select=signInSessionsValidFromDateTime";
  const std::string before =
      incident.get(incident.bearer, selected).text("signInSessionsValidFromDateTime");
  const std::string old_token = incident.token_of(incident.server.john);
  incident.server.clock.advance(std::chrono::minutes{5});
  REQUIRE(incident.post(incident.bearer, "/users/" + id + "/revokeSignInSessions").status == 200);
  const std::string after =
      incident.get(incident.bearer, selected).text("signInSessionsValidFromDateTime");
  CHECK(before < after);

  const GraphReply refused = incident.get(old_token, "/me");
  CHECK(refused.status == 401);
  CHECK(refused.code() == "InvalidAuthenticationToken");
  CHECK(test::contains(refused.message(), "TokenIssuedBeforeRevocationTimestamp"));
  const std::string challenge = refused.header("WWW-Authenticate");
  CHECK(challenge.starts_with("Bearer realm=\"\", authorization_uri=\""));
  CHECK(test::contains(challenge, "client_id=\"00000003-0000-0000-c000-000000000000\""));
  CHECK(test::contains(challenge, "error=\"insufficient_claims\", claims=\""));
  const std::size_t claims = challenge.find("claims=\"", challenge.find("insufficient")) + 8;
  const auto decoded =
      base64_decode(challenge.substr(claims, challenge.find('"', claims) - claims));
  REQUIRE(decoded);
  CHECK(test::contains(*decoded, R"("nbf":{"essential":true)"));

  CHECK(incident.get(incident.token_of(incident.server.john), "/me").status == 200);
}

TEST_CASE("everybody may revoke their own sessions, and nobody without a role those of others") {
  Incident incident;
  const UserId other = incident.add_person("other@contoso.com");
  const std::string johns = incident.token_of(incident.server.john);
  CHECK(incident.post(johns, "/users/" + other.str() + "/revokeSignInSessions").status == 403);
  const GraphReply own = incident.post(johns, "/me/revokeSignInSessions");
  CHECK(own.status == 200);
  CHECK(own.body.at("value") == true);
  CHECK(incident.get(johns, "/me").status == 401);
}

TEST_CASE("a disabled and revoked person's own calls change nothing any more") {
  Incident incident;
  const std::string johns = incident.token_of_john_as(Role::global_administrator);
  const UserId second = incident.add_person("second@contoso.com");
  incident.give_role(second.str(), Role::global_administrator);
  incident.server.take_away(RemovalKind::disable_user);
  const auto rows = incident.rows();
  CHECK(incident.patch(johns, "/users/" + second.str(), R"({"accountEnabled":false})").status ==
        401);
  CHECK(incident.post(johns, "/users/" + second.str() + "/revokeSignInSessions").status == 401);
  CHECK(rows == incident.rows());
}

}  // namespace
}  // namespace curfew
