// Who may call what of the Graph API: permissions of each operation, and who may act on whom.
#include <doctest/doctest.h>

#include <array>

#include "api/graph/graph_operations.hpp"
#include "store/schema_runs.hpp"
#include "tests/support/graph_office.hpp"

namespace curfew {
namespace {

using test::GraphOffice;
using test::GraphReply;

// The address with an id that nobody has in every place of one.
std::string address_of(const GraphOperation& operation) {
  std::string path;
  for (const std::string_view segment : split(operation.path.substr(1), '/')) {
    if (!segment.starts_with('{')) {
      path += "/" + std::string{segment};
    } else if (segment.ends_with("=}")) {
      path += "(" + std::string{segment.substr(1, segment.size() - 3)} + "='x')";
    } else {
      path += "/x";
    }
  }
  return path;
}

GraphReply ask(GraphOffice& office, const std::string& bearer, const GraphOperation& operation) {
  const bool has_body = operation.input == GraphInput::object;
  return office.ask(bearer, operation.method, "/v1.0" + address_of(operation),
                    has_body ? "{}" : "");
}

bool lacks_permission(const GraphReply& reply) {
  return reply.status == 403 && reply.code() == "Authorization_RequestDenied" &&
         test::contains(reply.message(), "Insufficient privileges to complete the operation.");
}

TEST_CASE("an operation is let in by each of its permissions, and by no other") {
  GraphOffice office;
  office.give_role(office.server.john.str(), Role::global_administrator);
  for (const GraphOperation& operation : graph_operations()) {
    CAPTURE(operation.name);
    CAPTURE(operation.path);
    for (const GraphPermission& permission : graph_permissions()) {
      CAPTURE(permission.name);
      const auto is_among = [&](std::string_view words) {
        const auto names = split(words, ' ');
        return std::ranges::find(names, permission.name) != names.end();
      };
      const bool for_people = is_among(operation.permissions.delegated);
      const bool alone = is_among(operation.permissions.application);
      // A pair that is no permission of this operation is tried for one name only: one is enough.
      const bool is_probe = permission.name == "Domain.Read.All";
      if (!for_people && !alone && !is_probe) continue;
      office.permit({std::string{permission.name}});
      CHECK(lacks_permission(ask(office, office.token_of(office.server.john), operation)) !=
            for_people);
      CHECK(lacks_permission(ask(office, office.app_token(), operation)) != alone);
    }
  }
}

TEST_CASE("every permission that an operation names is one that there is") {
  for (const GraphOperation& operation : graph_operations()) {
    for (const std::string_view words :
         {operation.permissions.delegated, operation.permissions.application,
          operation.permissions.delegated_on_oneself}) {
      for (const std::string_view name : split(words, ' ')) {
        if (name.empty()) continue;
        CAPTURE(name);
        CHECK(std::ranges::any_of(graph_permissions(),
                                  [&](const auto& known) { return known.name == name; }));
      }
    }
  }
}

TEST_CASE("a permission about oneself reaches nobody else") {
  GraphOffice office;
  office.permit({"User.Read"});
  const UserId other = office.add_person("other@contoso.com");
  const std::string johns = office.token_of(office.server.john);
  CHECK(office.get(johns, "/me").status == 200);
  CHECK(office.get(johns, "/users/" + office.server.john.str()).status == 200);
  CHECK(office.get(johns, "/me/memberOf").status == 200);
  CHECK(office.get(johns, "/me/registeredDevices").status == 200);
  CHECK(lacks_permission(office.get(johns, "/users/" + other.str())));
  CHECK(lacks_permission(office.get(johns, "/users")));
  CHECK(lacks_permission(office.post(johns, "/me/revokeSignInSessions")));
  CHECK(office.get(office.app_token(), "/me").status == 400);
}

TEST_CASE("a permission that was taken back is gone with the token from before") {
  GraphOffice office;
  const std::string bearer = office.app_token();
  CHECK(office.get(bearer, "/users").status == 200);
  Removal removal;
  removal.kind = RemovalKind::tighten_app;
  removal.app_id = office.server.web;
  office.server.take_away(removal);
  CHECK(office.get(bearer, "/users").status == 401);
}

// Rows: what the target holds. Columns: who asks. 'y': may disable; from Entra's table of sensitive
// actions.
struct Row {
  std::optional<Role> target;
  std::string_view may;  // in the order of kCallers
};
using enum Role;
constexpr std::array kCallers{
    authentication_administrator, user_administrator,     privileged_authentication_administrator,
    global_administrator,         helpdesk_administrator, password_administrator,
    cloud_device_administrator,   global_reader};
const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {std::nullopt, "yyyy----"},
      {directory_readers, "yyyy----"},
      {guest_inviter, "yyyy----"},
      {message_center_reader, "yyyy----"},
      {password_administrator, "yyyy----"},
      {reports_reader, "yyyy----"},
      {usage_summary_reports_reader, "yyyy----"},
      {authentication_administrator, "y-yy----"},
      {groups_administrator, "-yyy----"},
      {helpdesk_administrator, "-yyy----"},
      {user_administrator, "-yyy----"},
      {global_administrator, "--yy----"},
      {privileged_authentication_administrator, "--yy----"},
      {privileged_role_administrator, "--yy----"},
      {security_administrator, "--yy----"},
  };
  return all;
}

TEST_CASE("who may act on whom is Entra's table, also through the Graph API") {
  for (std::size_t caller = 0; caller < kCallers.size(); ++caller) {
    GraphOffice office;
    office.give_role(office.add_person("second@contoso.com").str(), global_administrator);
    const std::string bearer = office.token_of_john_as(kCallers[caller]);
    for (const Row& row : rows()) {
      const UserId target = office.add_person(new_guid() + "@contoso.com");
      if (row.target) office.give_role(target.str(), *row.target);
      CAPTURE(definition_of(kCallers[caller]).display_name);
      CAPTURE((row.target ? definition_of(*row.target).display_name : "no role"));
      const int expected = row.may[caller] == 'y' ? 204 : 403;
      CHECK(office.patch(bearer, "/users/" + target.str(), R"({"accountEnabled":false})").status ==
            expected);
      CHECK(office.server.row<User>(target).account_enabled == (expected == 403));
    }
  }
}

TEST_CASE("an application acts by its permission on those who administer nothing") {
  GraphOffice office;
  const std::string bearer = office.app_token();
  const UserId plain = office.add_person("plain@contoso.com");
  const UserId chief = office.add_person("chief@contoso.com");
  office.give_role(chief.str(), helpdesk_administrator);
  office.give_role(office.add_person("ga@contoso.com").str(), global_administrator);
  const std::string off = R"({"accountEnabled":false})";
  CHECK(office.patch(bearer, "/users/" + plain.str(), off).status == 204);
  CHECK(lacks_permission(office.patch(bearer, "/users/" + chief.str(), off)));
  CHECK(lacks_permission(office.post(bearer, "/users/" + chief.str() + "/revokeSignInSessions")));
  CHECK(lacks_permission(office.remove(bearer, "/users/" + chief.str())));
  CHECK(lacks_permission(office.patch(bearer, "/users/" + chief.str(), R"({"mail":"a@b.c"})")));
  CHECK(office.server.row<User>(chief).account_enabled);

  office.give_role(office.server.web.str(), privileged_authentication_administrator);
  CHECK(office.patch(office.app_token(), "/users/" + chief.str(), off).status == 204);
}

TEST_CASE("one property's permission changes that property only") {
  GraphOffice office;
  const UserId plain = office.add_person("plain@contoso.com");
  const std::string path = "/users/" + plain.str();
  office.permit({"User.EnableDisableAccount.All"});
  CHECK(office.patch(office.app_token(), path, R"({"accountEnabled":false})").status == 204);
  CHECK(office.patch(office.app_token(), path, R"({"displayName":"X"})").status == 403);
  office.permit({"User-PasswordProfile.ReadWrite.All"});
  CHECK(
      office.patch(office.app_token(), path, R"({"passwordProfile":{"password":"long enough 1"}})")
          .status == 204);
  CHECK(office.patch(office.app_token(), path, R"({"accountEnabled":true})").status == 403);
}

TEST_CASE("a guest sees themselves and nobody else") {
  GraphOffice office;
  const UserId other = office.add_person("other@contoso.com");
  office.server.change<User>(office.server.john,
                             [](User& user) { user.user_type = UserType::guest; });
  const std::string guests = office.token_of(office.server.john);
  CHECK(office.get(guests, "/me").status == 200);
  CHECK(office.get(guests, "/users").status == 403);
  CHECK(office.get(guests, "/users/" + other.str()).status == 403);
}

TEST_CASE("a refusal for lack of a permission is in the audit") {
  GraphOffice office;
  office.permit({"User.Read"});
  CHECK(office.get(office.app_token(), "/users").status == 403);
  bool found = false;
  for (const AuditEntry& entry : office.server.all<AuditEntry>()) {
    found = found || (entry.action == "graph.list_users" && entry.rule == "graph.permission");
  }
  CHECK(found);
}

}  // namespace
}  // namespace curfew
