// Delta queries: what is new since a client asked last.
#include <doctest/doctest.h>

#include <chrono>
#include <set>

#include "api/changes/delta_token.hpp"
#include "api/ops/housekeeping.hpp"
#include "base/limits.hpp"
#include "model/directory_change.hpp"
#include "store/change_log.hpp"
#include "tests/support/graph_office.hpp"

namespace curfew {
namespace {

using test::Fields;
using test::GraphOffice;
using test::GraphReply;

struct Desk : GraphOffice {
  std::string bearer = token_of_john_as(Role::global_administrator);
  UserId person = add_person("person@contoso.com", "Person");

  GraphReply follow(const std::string& link, const Fields& headers = {}) {
    return ask(bearer, HttpMethod::get, target_of(link), "", headers);
  }
  // Every page until the deltaLink; the last page, with the elements of all.
  GraphReply all_of(const std::string& below, const Fields& headers = {}) {
    GraphReply page = get(bearer, below, headers);
    return rest_of(std::move(page), headers);
  }
  GraphReply rest_of(GraphReply page, const Fields& headers = {}) {
    boost::json::array all;
    while (true) {
      REQUIRE(page.status == 200);
      for (const auto& element : page.value()) all.push_back(element);
      const std::string next = page.text("@odata.nextLink");
      CHECK(next.empty() != page.text("@odata.deltaLink").empty());
      if (next.empty()) break;
      page = follow(next, headers);
    }
    page.body["value"] = std::move(all);
    return page;
  }
  // What is new behind this page, all of it.
  GraphReply after(const GraphReply& page, const Fields& headers = {}) {
    return rest_of(follow(page.text("@odata.deltaLink"), headers), headers);
  }
  void rename(const UserId& id, const std::string& name) {
    CHECK(patch(bearer, "/users/" + id.str(), R"({"displayName":")" + name + R"("})").status ==
          204);
  }
};

const boost::json::object& only(const GraphReply& reply) {
  REQUIRE(reply.value().size() == 1);
  return reply.value().front().as_object();
}

std::string text_in(const boost::json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  return found != nullptr && found->is_string() ? std::string{found->as_string()} : "";
}
std::string reason_of(const boost::json::object& object) {
  const auto* removed = object.if_contains("@removed");
  return removed != nullptr ? text_in(removed->as_object(), "reason") : "";
}
std::string members_of(const boost::json::object& object) {
  std::vector<std::string> found;
  const auto* members = object.if_contains("members@delta");
  if (members == nullptr) return "";
  for (const auto& member : members->as_array()) {
    found.push_back(text_in(member.as_object(), "id") +
                    (reason_of(member.as_object()).empty() ? "" : " gone"));
  }
  return join(found, ", ");
}

TEST_CASE("a delta lists everything, and then exactly what has changed") {
  Desk desk;
  const GraphReply all = desk.all_of("/users/delta");
  CHECK(all.value().size() == 2);
  CHECK(desk.after(all).value().empty());

  desk.rename(desk.person, "Renamed");
  const UserId fresh = desk.add_person("fresh@contoso.com", "Fresh");
  const GraphReply changed = desk.after(all);
  CHECK(changed.values("displayName") == "Renamed Fresh");
  CHECK(changed.values("id") == desk.person.str() + " " + fresh.str());
  CHECK(desk.after(changed).value().empty());
  CHECK(desk.after(all).value().size() == 2);  // a link can be followed again
}

TEST_CASE("all four spellings of a delta are one") {
  Desk desk;
  for (const std::string collection :
       {"users", "groups", "devices", "directoryRoles", "servicePrincipals", "applications",
        "oauth2PermissionGrants", "directoryObjects"}) {
    CAPTURE(collection);
    const std::size_t expected = desk.all_of("/" + collection + "/delta").value().size();
    CHECK(expected > 0);
    for (const std::string spelled :
         {"delta()", "microsoft.graph.delta", "microsoft.graph.delta()"}) {
      CAPTURE(spelled);
      CHECK(desk.all_of("/" + collection + "/" + spelled).value().size() == expected);
    }
  }
}

TEST_CASE("somebody who was deleted is gone, first for the time being and then for good") {
  Desk desk;
  const GraphReply all = desk.all_of("/users/delta?$select=displayName");
  REQUIRE(desk.remove(desk.bearer, "/users/" + desk.person.str()).status == 204);
  const GraphReply deleted = desk.after(all);
  CHECK(text_in(only(deleted), "id") == desk.person.str());
  CHECK(reason_of(only(deleted)) == "changed");

  const std::string item = "/directory/deletedItems/" + desk.person.str();
  REQUIRE(desk.post(desk.bearer, item + "/restore").status == 200);
  const GraphReply restored = desk.after(deleted);
  CHECK(text_in(only(restored), "displayName") == "Person");

  REQUIRE(desk.remove(desk.bearer, "/users/" + desk.person.str()).status == 204);
  REQUIRE(desk.remove(desk.bearer, item).status == 204);
  CHECK(reason_of(only(desk.after(restored))) == "deleted");
}

TEST_CASE("what was selected at the beginning is what is reported, and only changes of it") {
  Desk desk;
  const GraphReply all = desk.all_of("/users/delta?$select=displayName,accountEnabled");
  CHECK(only(desk.all_of("/users/delta?$select=mail&$filter=id eq '" + desk.person.str() + "'"))
            .size() == 1);  // never set: only the id
  CHECK(desk.patch(desk.bearer, "/users/" + desk.person.str(), R"({"jobTitle":"Chief"})").status ==
        204);
  CHECK(desk.after(all).value().empty());
  CHECK(desk.patch(desk.bearer, "/users/" + desk.person.str(), R"({"accountEnabled":false})")
            .status == 204);
  const GraphReply disabled = desk.after(all);
  CHECK(only(disabled).at("accountEnabled") == false);
  CHECK(text_in(only(disabled), "displayName") == "Person");
  CHECK_FALSE(only(disabled).contains("jobTitle"));

  const GraphReply sessions = desk.all_of("/users/delta?$select=signInSessionsValidFromDateTime");
  CHECK(desk.post(desk.bearer, "/users/" + desk.person.str() + "/revokeSignInSessions").status ==
        200);
  CHECK(only(desk.after(sessions)).contains("signInSessionsValidFromDateTime"));
  CHECK(desk.after(disabled).value().empty());
}

TEST_CASE("with return=minimal only what has changed is shown") {
  Desk desk;
  const Fields minimal{{"Prefer", "return=minimal"}};
  const GraphReply all = desk.all_of("/users/delta", minimal);
  CHECK(all.header("Preference-Applied") == "return=minimal");
  CHECK(desk.patch(desk.bearer, "/users/" + desk.person.str(), R"({"jobTitle":"Chief"})").status ==
        204);
  const GraphReply changed = desk.after(all);
  CHECK(only(changed) == boost::json::object{{"id", desk.person.str()}, {"jobTitle", "Chief"}});
  CHECK(desk.patch(desk.bearer, "/users/" + desk.person.str(), R"({"jobTitle":null})").status ==
        204);
  CHECK(only(desk.after(changed)).at("jobTitle").is_null());
}

TEST_CASE("members come and go with their group, and holders with their role") {
  Desk desk;
  const std::string staff = desk.server.staff.str();
  const std::string person = desk.person.str();
  const GraphReply groups = desk.all_of("/groups/delta");
  CHECK(desk.post(desk.bearer, "/groups/" + staff + "/members/$ref",
                  R"({"@odata.id":"https://x/v1.0/directoryObjects/)" + person + R"("})")
            .status == 204);
  const GraphReply joined = desk.after(groups);
  CHECK(members_of(only(joined)) == person);
  CHECK(desk.remove(desk.bearer, "/groups/" + staff + "/members/" + person + "/$ref").status ==
        204);
  CHECK(members_of(only(desk.after(joined))) == person + " gone");
  CHECK(members_of(only(desk.after(groups))) == person + " gone");
  CHECK(desk.all_of("/groups/delta?$select=displayName").value().size() == 1);

  const GraphReply roles = desk.all_of("/directoryRoles/delta");
  CHECK(roles.value().size() == built_in_roles().size());
  desk.give_role(person, Role::helpdesk_administrator);
  const GraphReply given = desk.after(roles);
  CHECK(text_in(only(given), "id") == definition_of(Role::helpdesk_administrator).template_id);
  CHECK(members_of(only(given)) == person);
}

TEST_CASE("a group with more members than a page holds goes on in the next one") {
  Desk desk;
  std::set<std::string> expected;
  for (int i = 0; i < 1'203; ++i) {
    const UserId user{new_guid()};
    desk.server.put(GroupMember{desk.server.tenant, desk.server.staff, user, {}});
    expected.insert(user.str());
  }
  GraphReply page = desk.get(desk.bearer, "/groups/delta");
  CHECK_FALSE(page.text("@odata.nextLink").empty());
  std::set<std::string> found;
  std::size_t count = 0;
  const GraphReply all = desk.rest_of(std::move(page));
  for (const auto& group : all.value()) {
    const auto* members = group.as_object().if_contains("members@delta");
    if (members == nullptr) continue;
    for (const auto& member : members->as_array()) {
      found.insert(text_in(member.as_object(), "id"));
      ++count;
    }
  }
  for (const std::string& id : expected) CHECK(found.contains(id));
  CHECK(count == found.size());
}

TEST_CASE("grants, applications and devices are told of by their own ids") {
  Desk desk;
  const GraphReply grants = desk.all_of("/oauth2PermissionGrants/delta");
  const GraphReply apps = desk.all_of("/applications/delta");
  const GraphReply principals = desk.all_of("/servicePrincipals/delta");
  const GraphReply devices = desk.all_of("/devices/delta?$top=1");
  desk.server.put(
      Consent{desk.server.tenant, desk.person, desk.server.spa, {"api://files/Files.Read"}, {}});
  const GraphReply granted = desk.after(grants);
  const std::string id = text_in(only(granted), "id");
  CHECK(text_in(only(granted), "principalId") == desk.person.str());
  CHECK(desk.remove(desk.bearer, "/oauth2PermissionGrants/" + id).status == 204);
  CHECK(text_in(only(desk.after(granted)), "id") == id);
  CHECK(reason_of(only(desk.after(granted))) == "deleted");

  CHECK(desk.after(apps).value().size() <= 1);  // the removal outdates what the application has
  desk.server.change<App>(desk.server.spa, [](App& app) { app.display_name = "Other"; });
  CHECK(text_in(only(desk.after(apps)), "displayName") == "Other");
  CHECK(text_in(only(desk.after(principals)), "displayName") == "Other");

  const Device laptop = desk.server.row<Device>(desk.server.laptop);
  CHECK(desk.patch(desk.bearer, "/devices/" + laptop.object_id, R"({"accountEnabled":false})")
            .status == 204);
  CHECK(text_in(only(desk.after(devices)), "id") == laptop.object_id);
}

TEST_CASE("latest gives a link to what is yet to come, and nothing else") {
  Desk desk;
  const GraphReply now = desk.get(desk.bearer, "/users/delta?$deltatoken=latest");
  CHECK(now.value().empty());
  CHECK(desk.after(now).value().empty());
  desk.rename(desk.person, "Renamed");
  CHECK(text_in(only(desk.after(now)), "displayName") == "Renamed");
}

TEST_CASE("what changes while a delta is listed is told of afterwards") {
  Desk desk;
  for (int i = 0; i < 150; ++i) {
    static_cast<void>(desk.add_person("p" + std::to_string(i) + "@contoso.com"));
  }
  GraphReply first = desk.get(desk.bearer, "/users/delta");
  CHECK(first.value().size() == 100);
  const UserId listed{text_in(first.value().front().as_object(), "id")};
  desk.server.change<User>(listed, [](User& user) { user.display_name = "Changed"; });
  const UserId fresh = desk.add_person("fresh@contoso.com");
  const GraphReply all = desk.rest_of(std::move(first));
  const std::string told = desk.after(all).values("id");
  CHECK(told == listed.str() + " " + fresh.str());
}

TEST_CASE("ids of a filter are the only objects that are told of, fifty at the most") {
  Desk desk;
  const std::string filter =
      "?$filter=id eq '" + desk.person.str() + "' or id eq '" + desk.server.staff.str() + "'";
  const GraphReply named = desk.all_of("/users/delta" + filter);
  CHECK(named.values("id") == desk.person.str());
  desk.rename(desk.server.john, "Not asked for");
  CHECK(desk.after(named).value().empty());
  desk.rename(desk.person, "Asked for");
  CHECK(desk.after(named).values("displayName") == "Asked for");
  std::string long_filter = "id eq '1'";
  for (int i = 0; i < 50; ++i) long_filter += " or id eq 'x" + std::to_string(i) + "'";
  CHECK(desk.get(desk.bearer, "/users/delta?$filter=" + long_filter).status == 400);
  CHECK(desk.get(desk.bearer, "/users/delta?$filter=displayName eq 'x'").status == 400);
}

TEST_CASE("options that a delta does not have are refused") {
  Desk desk;
  for (const char* const below :
       {"/users/delta?$top=5", "/groups/delta?$orderby=displayName", "/users/delta?$expand=manager",
        "/users/delta?$search=\"displayName:x\"", "/users/delta?$count=true",
        "/users/delta?$select=nothing", "/users?$deltatoken=x"}) {
    CAPTURE(below);
    CHECK(desk.get(desk.bearer, below).status == 400);
  }
}

TEST_CASE("a token that was changed, is of another query or too old is answered with 410") {
  Desk desk;
  const GraphReply all = desk.all_of("/users/delta");
  const std::string link = all.text("@odata.deltaLink");
  const auto refused = [&](const std::string& target, std::string_view code) {
    CAPTURE(target);
    const GraphReply reply = desk.ask(desk.bearer, HttpMethod::get, target);
    CHECK(reply.status == 410);
    CHECK(reply.code() == code);
    CHECK(reply.header("Location") == desk.server.base_url + "/v1.0/users/delta?$deltatoken=");
  };
  std::string changed = desk.target_of(link);
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  changed[changed.size() - 9] = changed[changed.size() - 9] == 'A' ? 'B' : 'A';
  refused(changed, "resyncRequired");
  refused("/v1.0/users/delta?$deltatoken=x", "resyncRequired");
  refused("/v1.0/users/delta?$skiptoken=x", "resyncRequired");
  const GraphReply groups = desk.all_of("/groups/delta");
  const std::string other = groups.text("@odata.deltaLink");
  refused("/v1.0/users/delta?" + other.substr(other.find('?') + 1), "resyncRequired");
  CHECK(desk.get(desk.bearer, "/users/delta?$deltatoken=").value().size() == 2);

  desk.server.clock.advance(limits::kDeltaTimeMax + std::chrono::seconds{1});
  desk.bearer = desk.token_of(desk.server.john);
  refused(desk.target_of(link), "syncStateNotFound");
}

TEST_CASE("whoever may not list the objects gets no delta of them") {
  Desk desk;
  const std::string link = desk.target_of(desk.all_of("/users/delta").text("@odata.deltaLink"));
  desk.permit({"Group.Read.All"});
  const std::string other = desk.token_of(desk.server.john);
  CHECK(desk.ask(other, HttpMethod::get, link).status == 403);
  CHECK(desk.get(other, "/groups/delta").status == 200);
  CHECK(desk.get(other, "/directoryObjects/delta").status == 403);
  desk.permit({"User.ReadBasic.All"});
  CHECK(desk.get(desk.token_of(desk.server.john), "/users/delta").status == 403);
  CHECK(desk.ask("", HttpMethod::get, link).status == 401);
}

TEST_CASE("sign-ins and refreshes of a known browser write nothing to the log") {
  Desk desk;
  const auto newest = [&] {
    return read_value<std::int64_t>(
               *desk.server.store,
               [&](ReadTx& tx) { return newest_change(tx, desk.server.tenant); })
        .value();
  };
  const std::int64_t before = newest();
  static_cast<void>(desk.token_of(desk.server.john));
  test::ServerFixture::CodeOptions wanted;
  wanted.resource = "api://files";
  wanted.scopes = {"offline_access", "api://files/.default"};
  const auto tokens = desk.server.redeem(desk.server.add_code(
      desk.server.add_session(desk.server.john, desk.server.laptop).row, wanted));
  CHECK(desk.server.token(desk.server.refresh_fields(tokens.refresh())).ok());
  CHECK(newest() == before);
}

TEST_CASE("packed tokens come back as they were, and other text is none") {
  DeltaToken token;
  token.collection = "users";
  token.select = {"id", "displayName"};
  token.ids = {"a"};
  token.is_minimal = token.is_listing = true;
  token.page_size = 7;
  token.known_up_to = 42;
  token.kind = 3;
  token.row_value = "v";
  token.row_id = "i";
  token.object_id = "o";
  token.member = "m";
  CHECK(unpack_delta_token(pack_delta_token(token)) == token);
  for (const std::string text : {"", "{}", "[]", R"({"c":"users"})"}) {
    CHECK_FALSE(unpack_delta_token(text));
  }
}

}  // namespace
}  // namespace curfew
