// Lists of the Graph API: filter, search, order, count, pages.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tests/support/graph_office.hpp"

namespace curfew {
namespace {

using test::GraphOffice;
using test::GraphReply;

struct Directory : GraphOffice {
  std::string bearer;
  Directory() {
    server.change<User>(server.john, [](User& user) { user.created_at = TimePoint{}; });
    add_person("ann@contoso.com", "Ann Archer", R"({"department":"Sales","givenName":"Ann"})");
    add_person("bob@contoso.com", "Bob Baker", R"({"department":"sales","surname":"Baker"})");
    add_person("cleo@contoso.com", "Cleo Johnson-Baker", R"({"jobTitle":"Chief"})");
    bearer = token_of_john_as(Role::global_reader);
  }
  std::string names(const std::string& query, bool is_eventual = false) {
    const std::string target = "/users?" + query;
    const GraphReply reply = is_eventual ? eventual(bearer, target) : get(bearer, target);
    CAPTURE(query);
    REQUIRE_MESSAGE(reply.status == 200, reply.http.body);
    std::set<std::string> sorted;
    for (const auto& user : reply.value()) {
      const std::string upn{user.at("userPrincipalName").as_string()};
      CHECK(sorted.insert(upn.substr(0, upn.find('@'))).second);  // nobody twice
    }
    return join({sorted.begin(), sorted.end()}, " ");
  }
};

TEST_CASE("$filter finds people by what they are called") {
  Directory directory;
  CHECK(directory.names("$filter=userPrincipalName%20eq%20'bob@contoso.com'") == "bob");
  CHECK(directory.names("$filter=department+eq+'Sales'") == "ann bob");
  CHECK(directory.names("$filter=startsWith(displayName,'cleo')") == "cleo");
  CHECK(directory.names("$filter=mail%20eq%20'JOHN.doe@contoso.com'") == "johndoe");
  CHECK(directory.names("$filter=accountEnabled eq true and startswith(userPrincipalName,'a')") ==
        "ann");
  CHECK(directory.names("$filter=givenName eq 'Ann' or surname eq 'baker'") == "ann bob");
  CHECK(directory.names("$filter=id in ('" + directory.server.john.str() + "')") == "johndoe");
  CHECK(directory.names("filter=jobTitle eq 'chief'") == "cleo");
  CHECK(directory.names("$filter=displayName eq 'nobody'").empty());
}

TEST_CASE("what only advanced queries can, is refused without the header") {
  Directory directory;
  const std::string query = "/users?$count=true&$filter=department%20ne%20'Sales'";
  const GraphReply refused = directory.get(directory.bearer, query);
  CHECK(refused.status == 400);
  CHECK(refused.code() == "Request_UnsupportedQuery");
  const GraphReply found = directory.eventual(directory.bearer, query);
  CHECK(found.status == 200);
  CHECK(found.body.at("@odata.count") == 2);
  CHECK(found.value().size() == 2);

  const GraphReply search = directory.get(directory.bearer, "/users?$search=%22displayName:ann%22");
  CHECK(search.status == 400);
  CHECK(search.code() == "Request_UnsupportedQuery");
  CHECK(test::contains(search.message(), "ConsistencyLevel: eventual"));
  const GraphReply count = directory.get(directory.bearer, "/users/$count");
  CHECK(count.status == 400);
  CHECK(count.code() == "Request_BadRequest");
  CHECK(count.message() == "$count is not currently supported.");
  const GraphReply ignored = directory.get(directory.bearer, "/users?$count=true");
  CHECK(ignored.status == 200);
  CHECK_FALSE(ignored.body.contains("@odata.count"));
}

TEST_CASE("$search finds words of a name by their beginning, in any order, once each") {
  Directory directory;
  CHECK(directory.names("$search=%22displayName:bak%22", true) == "bob cleo");
  CHECK(directory.names("$search=%22displayName:john%22", true) == "cleo johndoe");
  CHECK(directory.names("$search=%22displayName:archer%20ann%22", true) == "ann");
  CHECK(directory.names("$search=%22displayName:baker%22%20AND%20%22userPrincipalName:cleo%22",
                        true) == "cleo");
  CHECK(directory.names("$search=%22mail:john.%22", true) == "johndoe");
}

TEST_CASE("an index follows its rows") {
  Directory directory;
  const std::string admin = directory.token_of_john_as(Role::user_administrator);
  const std::string bob = "/users/bob@contoso.com";
  REQUIRE(
      directory.patch(admin, bob, R"({"displayName":"Robert Miller","department":null})").status ==
      204);
  CHECK(directory.names("$search=%22displayName:baker%22", true) == "cleo");
  CHECK(directory.names("$search=%22displayName:mill%22", true) == "bob");
  CHECK(directory.names("$filter=department eq 'sales'") == "ann");
  const auto entries_with = [&directory](std::string_view word) {
    const auto entries = directory.server.all<DirectoryIndexEntry>();
    return std::ranges::count_if(entries, [word](const DirectoryIndexEntry& entry) {
      return entry.property == "displayName:word" && entry.value == word;
    });
  };
  CHECK(entries_with("baker") == 1);  // Cleo's
  CHECK(entries_with("miller") == 1);
  REQUIRE(directory.remove(admin, bob).status == 204);
  CHECK(directory.names("$search=%22displayName:mill%22", true).empty());
  CHECK(entries_with("miller") == 0);
}

TEST_CASE("/$count counts what the filter leaves, as text") {
  Directory directory;
  const GraphReply all = directory.eventual(directory.bearer, "/users/$count");
  CHECK(all.http.body == "4");
  CHECK(all.header("Content-Type") == "text/plain");
  CHECK(directory.eventual(directory.bearer, "/users/$count?$filter=department eq 'Sales'")
            .http.body == "2");
}

TEST_CASE("pages hold everybody once, survive a changed $top, and end") {
  Directory directory;
  for (int i = 0; i < 20; ++i) {
    directory.add_person("p" + std::to_string(i) + "@contoso.com", "Person " + std::to_string(i));
  }
  for (const std::string& first :
       {std::string{"/v1.0/users?$top=5&$select=id"},
        std::string{"/v1.0/users?$top=5&$select=id,displayName&$orderby=displayName"},
        std::string{"/v1.0/users?$top=5&$select=id&$orderby=userPrincipalName%20desc"},
        std::string{"/v1.0/users?$top=3&$select=id&$filter=startsWith(displayName,'person')"}}) {
    CAPTURE(first);
    std::set<std::string> seen;
    std::string target = first;
    int pages = 0;
    while (!target.empty() && pages < 30) {
      const GraphReply page = directory.ask(directory.bearer, HttpMethod::get, target);
      REQUIRE_MESSAGE(page.status == 200, page.http.body);
      for (const auto& user : page.value()) {
        CHECK(seen.insert(std::string{user.at("id").as_string()}).second);
      }
      const std::string link = page.text("@odata.nextLink");
      CHECK((link.empty() || link.starts_with("https://login.contoso.test/v1.0/users?")));
      target = directory.target_of(link);
      if (++pages == 1 && !target.empty()) target.replace(target.find("top=") + 4, 1, "7");
    }
    CHECK(seen.size() == (first.find("filter") == std::string::npos ? 24 : 20));
  }
}

TEST_CASE("a page's token goes on with its own list alone") {
  Directory directory;
  for (int i = 0; i < 3; ++i) directory.add_person("p" + std::to_string(i) + "@contoso.com", "P");
  const auto answered = [&](const std::string& target) {
    return directory.ask(directory.bearer, HttpMethod::get, target).status;
  };
  const GraphReply page = directory.ask(directory.bearer, HttpMethod::get,
                                        "/v1.0/users?$top=1&$select=id&$orderby=displayName");
  const std::string link = page.text("@odata.nextLink");
  const std::string token = link.substr(link.find("$skiptoken="));
  CHECK(answered("/v1.0/users?$top=2&$orderby=displayName&" + token) == 200);
  CHECK(answered("/v1.0/users?$orderby=displayName%20desc&" + token) == 400);
  CHECK(answered("/v1.0/users?" + token) == 400);
  CHECK(answered("/v1.0/groups?$orderby=displayName&" + token) == 400);
}

TEST_CASE("an order that no index has is made for an advanced query") {
  Directory directory;
  const std::string by_creation = "/users?$count=true&$orderby=createdDateTime&$select=displayName";
  CHECK(directory.get(directory.bearer, by_creation).code() == "Request_UnsupportedQuery");
  const GraphReply ordered = directory.eventual(directory.bearer, by_creation);
  REQUIRE(ordered.status == 200);
  CHECK(ordered.value().front().at("displayName").as_string() == "John Doe");
  const GraphReply by_name = directory.get(directory.bearer, "/users?$orderby=displayName");
  CHECK(by_name.values("displayName") == "Ann Archer Bob Baker Cleo Johnson-Baker John Doe");
  const GraphReply down = directory.eventual(
      directory.bearer,
      "/users?$count=true&$orderby=displayName%20desc&$filter=department eq 'sales'");
  CHECK(down.values("displayName") == "Bob Baker Ann Archer");
}

TEST_CASE("the default properties are eleven; others come when they are selected") {
  Directory directory;
  const GraphReply plain = directory.get(directory.bearer, "/users/ann@contoso.com");
  CHECK(plain.body.size() == 12);  // and @odata.context
  CHECK_FALSE(plain.body.contains("accountEnabled"));
  CHECK(plain.text("givenName") == "Ann");
  CHECK(plain.body.at("mail").is_null());
  const GraphReply selected = directory.get(
      directory.bearer, "/users/ann@contoso.com?$select=ID,AccountEnabled,department,mySite");
  CHECK(selected.body.at("accountEnabled") == true);
  CHECK(selected.text("department") == "Sales");
  CHECK(selected.body.at("mySite").is_null());
  CHECK(selected.text("@odata.context") ==
        "https://login.contoso.test/v1.0/"
        "$metadata#users(id,accountEnabled,department,mySite)/$entity");
}

}  // namespace
}  // namespace curfew
