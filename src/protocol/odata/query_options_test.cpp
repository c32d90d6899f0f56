#include "protocol/odata/query_options.hpp"

#include <doctest/doctest.h>

using namespace curfew;

namespace {

using Strings = std::vector<std::string>;

QueryOptions options_of(std::string_view query) {
  const auto parsed = parse_query_options(query, {});
  CAPTURE(query);
  REQUIRE(parsed.ok());
  return *parsed;
}

std::string error_of(std::string_view query) {
  const auto parsed = parse_query_options(query, {});
  CAPTURE(query);
  REQUIRE_FALSE(parsed.ok());
  return parsed.error().message();
}

}  // namespace

TEST_CASE("what Graph PowerShell sends for a search is read") {
  const QueryOptions options =
      options_of("$search=%22UserPrincipalName%3Ajohndoe%40contoso.com%22&$count=true");
  CHECK(options.search == R"("UserPrincipalName:johndoe@contoso.com")");
  CHECK(options.count == true);
}

TEST_CASE("every option is read") {
  const QueryOptions options = options_of(
      "$select=id,signInActivity/lastSignInDateTime,%20displayName&$filter=a+eq+'b%2Bc'"
      "&$orderby=displayName+desc,createdDateTime,id+ASC&$top=999&$skip=0&$skiptoken=t&$deltatoken="
      "d"
      "&$expand=manager($select=id,displayName),memberOf&$format=application/json;x=y&$id=http://"
      "x");
  CHECK(options.select == Strings{"id", "signInActivity/lastSignInDateTime", "displayName"});
  CHECK(options.filter == "a eq 'b+c'");
  CHECK(options.order_by ==
        std::vector<OrderByPath>{{"displayName", true}, {"createdDateTime", false}, {"id", false}});
  CHECK(options.top == 999);
  CHECK(options.skip == 0);
  CHECK(options.skip_token == "t");
  CHECK(options.delta_token == "d");
  CHECK(options.expand ==
        std::vector<ExpandItem>{{"manager", {"id", "displayName"}}, {"memberOf", {}}});
  CHECK(options.format == "json");
  CHECK(options.id == "http://x");
  CHECK(options.unknown.empty());
}

TEST_CASE("nothing is no option") {
  CHECK(options_of("") == QueryOptions{});
  CHECK(options_of("&") == QueryOptions{});
}

TEST_CASE("names are taken without the dollar sign and in any case") {
  CHECK(options_of("SELECT=id").select == Strings{"id"});
  CHECK(options_of("$skipToken=t").skip_token == "t");
  CHECK(options_of("%24Top=5").top == 5);
  CHECK(options_of("@id=x").id == "x");
  CHECK_FALSE(options_of("id=x").id.has_value());
}

TEST_CASE("a repeated option is refused, whatever its spelling") {
  CHECK(error_of("$top=1&top=1") == "the query option $top is given more than once");
  CHECK(error_of("$filter=a&$Filter=b") == "the query option $filter is given more than once");
  CHECK(error_of("$id=x&@id=y") == "the query option $id is given more than once");
}

TEST_CASE("an option that we do not know is refused with a dollar sign and reported without") {
  CHECK(error_of("$apply=x") == "the query option '$apply' is not supported");
  const QueryOptions options = options_of("api-version=1.6&whatever");
  CHECK(options.unknown == Strings{"api-version", "whatever"});
}

TEST_CASE("a page has a size that the resource allows") {
  CHECK(error_of("$top=1000") ==
        "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.");
  for (const std::string_view query :
       {"$top=0", "$top=-1", "$top=", "$top=1.5", "$top=ten", "$top=99999999999999999999"}) {
    CHECK(error_of(query).starts_with("Invalid page size specified: "));
  }
  QueryLimits logs;
  logs.top_max = 1000;
  CHECK(parse_query_options("$top=1000", logs)->top == 1000);
  CHECK_FALSE(parse_query_options("$top=1001", logs).ok());
  logs.skip_max = 5;
  CHECK(parse_query_options("$skip=5", logs)->skip == 5);
  CHECK(parse_query_options("$skip=6", logs).error().message() ==
        "Invalid value for $skip: '6'. Must be between 0 and 5 inclusive.");
}

TEST_CASE("malformed values are refused") {
  for (const std::string_view query : {"$select=",
                                       "$select=a,,b",
                                       "$select=a b",
                                       "$select=a/",
                                       "$select=a'",
                                       "$filter=",
                                       "$search=+",
                                       "$orderby=",
                                       "$orderby=a down",
                                       "$orderby=a desc b",
                                       "$orderby=a,",
                                       "$count=yes",
                                       "$skip=-1",
                                       "$skip=1000001",
                                       "$skiptoken=",
                                       "$format=xml",
                                       "$format=",
                                       "$expand=",
                                       "$expand=a(",
                                       "$id=",
                                       "$expand=a($top=1)",
                                       "$expand=a($select=b;$select=c)",
                                       "$expand=a()",
                                       "$expand=a)b",
                                       "$expand=a($select=b)c",
                                       "$expand=a($expand=b($select=c))",
                                       "$top=%4",
                                       "$select=%FF",
                                       "=x"}) {
    CAPTURE(query);
    const auto parsed = parse_query_options(query, {});
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().code() == ErrorCode::invalid_argument);
  }
}

TEST_CASE("there is a limit to each list and to the whole") {
  const auto list_of = [](std::string_view option, std::size_t count) {
    std::string query{option};
    for (std::size_t i = 0; i < count; ++i) query += (i == 0 ? "a" : ",a");
    return parse_query_options(query, {});
  };
  CHECK(list_of("$select=", kSelectPathsMax).ok());
  CHECK(list_of("$select=", kSelectPathsMax + 1).error().code() == ErrorCode::exhausted);
  CHECK(list_of("$orderby=", kOrderByPathsMax).ok());
  CHECK(list_of("$orderby=", kOrderByPathsMax + 1).error().code() == ErrorCode::exhausted);
  CHECK(list_of("$expand=", kExpandMax).ok());
  CHECK(list_of("$expand=", kExpandMax + 1).error().code() == ErrorCode::exhausted);
  const std::string name = "$filter=";
  CHECK(parse_query_options(name + std::string(kQueryBytesMax - name.size(), 'x'), {}).ok());
  CHECK(parse_query_options(std::string(kQueryBytesMax + 1, 'x'), {}).error().code() ==
        ErrorCode::exhausted);
}

TEST_CASE("the link to the next page has all that was given, and another token") {
  const QueryOptions options = options_of(
      "top=5&$select=id,mail&$skiptoken=old&$filter=a%20eq%20'%26'&$skip=3&x=%20&$deltatoken=d");
  const std::string next = next_page_query(options, "n+1");
  CHECK(next == "$top=5&$select=id%2Cmail&$filter=a%20eq%20%27%26%27&x=%20&$skiptoken=n%2B1");
  const QueryOptions again = options_of(next);
  CHECK(again.filter == options.filter);
  CHECK(again.select == options.select);
  CHECK(again.skip_token == "n+1");
  CHECK(next_page_query(again, "m") == next_page_query(options, "m"));
  CHECK(next_page_query({}, "m") == "$skiptoken=m");
}

TEST_CASE("the link that ends a delta has its token alone") {
  const QueryOptions options = options_of("$select=id&$skiptoken=old&$deltatoken=d");
  CHECK(delta_query(options, "e") == "$select=id&$deltatoken=e");
}
