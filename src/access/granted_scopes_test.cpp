#include "access/granted_scopes.hpp"

#include <doctest/doctest.h>

#include "model/built_in_app_ids.hpp"

namespace curfew {
namespace {

App files() {
  App app;
  app.id = AppId{"11111111-0000-4000-8000-000000000000"};
  app.identifier_uris = {"api://files", "https://files.contoso.test"};
  app.exposed_scopes = {"Files.Read", "Files.Write"};
  return app;
}

TEST_CASE("a stored name that can be no permission's is neither offered nor granted") {
  App resource;
  resource.id = AppId{"r1"};
  resource.identifier_uris = {"api://r1", "api://r1/x"};
  resource.exposed_scopes = {"read admin", "x/y", "", ".default", "y"};
  App client;
  client.admin_consented_scopes = {"api://r1/read admin", "api://r1/", "api://r1/.default"};
  CHECK(offered_names(resource) == std::vector<std::string>{"y"});
  CHECK(granted_names(client, resource, std::nullopt).empty());

  App first = resource;
  first.identifier_uris = {"api://r1"};
  client.admin_consented_scopes = {"api://r1/x/y"};
  CHECK(granted_names(client, first, std::nullopt).empty());
}

TEST_CASE("a permission is granted by the administrator's consent or by the person's own") {
  App client;
  client.admin_consented_scopes = {"api://files/Files.Read"};
  CHECK(granted_names(client, files(), std::nullopt) == std::vector<std::string>{"Files.Read"});
  Consent consent;
  consent.scopes = {"https://files.contoso.test/Files.Write"};
  CHECK(granted_names(client, files(), consent) ==
        std::vector<std::string>{"Files.Read", "Files.Write"});
}

TEST_CASE("a permission of the administrator's API is granted by an administrator alone") {
  App api;
  api.id = AppId{std::string{kAdminApiAppId}};
  api.identifier_uris = {"api://curfew"};
  api.exposed_scopes = {"manage"};
  Consent consent;
  consent.scopes = {"api://curfew/manage"};
  App client;
  CHECK(granted_names(client, api, consent).empty());
  client.admin_consented_scopes = {"api://curfew/manage"};
  CHECK(granted_names(client, api, consent) == std::vector<std::string>{"manage"});
  CHECK(needs_administrator(api, "manage"));
  CHECK_FALSE(needs_administrator(files(), "Files.Read"));
}

App graph() {
  App app;
  app.id = AppId{std::string{kGraphAppId}};
  app.identifier_uris = {std::string{kGraphResource}};
  app.exposed_scopes = {"User.Read", "User.ReadWrite.All"};
  return app;
}

TEST_CASE("a person can agree to what of Graph is about themselves, and to nothing else of it") {
  const std::string prefix = std::string{kGraphResource} + "/";
  Consent consent;
  consent.scopes = {prefix + "User.Read", prefix + "User.ReadWrite.All"};
  App client;
  CHECK(granted_names(client, graph(), consent) == std::vector<std::string>{"User.Read"});
  client.admin_consented_scopes = {prefix + "User.ReadWrite.All"};
  CHECK(granted_names(client, graph(), consent) ==
        std::vector<std::string>{"User.Read", "User.ReadWrite.All"});
}

TEST_CASE("what an application may do for people it may not do by itself, nor the other way") {
  App client;
  client.admin_consented_scopes = {"api://files/Files.Read"};
  client.application_permissions = {"api://files/Files.Write"};
  CHECK(granted_names(client, files(), std::nullopt) == std::vector<std::string>{"Files.Read"});
  CHECK(application_names(client, files()) == std::vector<std::string>{"Files.Write"});
}

TEST_CASE("a consent for one resource, or for a scope not exposed any more, grants nothing here") {
  App client;
  client.admin_consented_scopes = {"api://mail/Files.Read", "api://files/Files.Delete",
                                   "Files.Read"};
  CHECK(granted_names(client, files(), std::nullopt).empty());
}

TEST_CASE("a consent is stored under the resource's first identifier, and found again") {
  CHECK(consent_entry(files(), "Files.Read") == "api://files/Files.Read");
  App nameless = files();
  nameless.identifier_uris.clear();
  App client;
  client.admin_consented_scopes = {consent_entry(nameless, "Files.Read")};
  CHECK(granted_names(client, nameless, std::nullopt).size() == 1);
}

}  // namespace
}  // namespace curfew
