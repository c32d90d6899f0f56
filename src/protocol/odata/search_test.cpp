#include "protocol/odata/search.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace curfew;

namespace {

using Strings = std::vector<std::string>;

enum Place : std::size_t { display_name, upn, description, proxies, job };

constexpr PropertyRule rule(std::string_view name, PropertyType type, SearchKind search) {
  return {name, type, operators::kNone, operators::kNone, search, false};
}

constexpr std::array kRules{
    rule("displayName", PropertyType::string, SearchKind::tokens),
    rule("userPrincipalName", PropertyType::string, SearchKind::starts_with),
    rule("description", PropertyType::string, SearchKind::tokens),
    rule("proxyAddresses", PropertyType::string_collection, SearchKind::starts_with),
    rule("jobTitle", PropertyType::string, SearchKind::none),
};

struct Row final : PropertyReader {
  std::array<PropertyValue, kRules.size()> values;
  [[nodiscard]] PropertyValue value(std::size_t index) const override { return values.at(index); }
};

SearchNode search_of(std::string_view text) {
  const auto parsed = parse_search(text);
  CAPTURE(text);
  if (!parsed.ok()) FAIL(parsed.error().message());
  return *parsed;
}

std::string error_of(std::string_view text) {
  const auto parsed = parse_search(text);
  CAPTURE(text);
  REQUIRE_FALSE(parsed.ok());
  return parsed.error().message();
}

std::string spelled(std::string_view text) {
  const SearchNode search = search_of(text);
  const std::string again = to_text(search);
  CAPTURE(again);
  CHECK(search_of(again) == search);
  return again;
}

BoundSearch good(std::string_view text) {
  auto bound = bind_search(search_of(text), kRules);
  CAPTURE(text);
  if (const auto* error = std::get_if<QueryError>(&bound)) FAIL(error->message);
  return std::get<BoundSearch>(bound);
}

bool finds(std::string_view text, std::string_view name) {
  Row row;
  row.values[display_name] = name;
  return good("\"displayName:" + std::string{text} + "\"").matches(row);
}

}  // namespace

TEST_CASE("a clause has a property and a text") {
  const SearchNode clause = search_of(R"("UserPrincipalName:johndoe@contoso.com")");
  CHECK(clause.kind == SearchNodeKind::clause);
  CHECK(clause.property == "UserPrincipalName");
  CHECK(clause.text == "johndoe@contoso.com");
  CHECK(search_of(R"("a:x:y")").text == "x:y");
  CHECK(search_of(R"("a: x ")").text == "x");
  CHECK(search_of(R"("a:\"b\\c\"")").text == R"("b\c")");
}

TEST_CASE("AND goes before OR, parentheses before both, and a chain is one node") {
  const SearchNode search = search_of(R"("a:1" OR "b:2" AND "c:3")");
  REQUIRE(search.kind == SearchNodeKind::disjunction);
  REQUIRE(search.children.size() == 2);
  CHECK(search.children[1].kind == SearchNodeKind::conjunction);
  CHECK(search_of(R"("a:1" AND ("b:2" AND "c:3"))").children.size() == 3);
  CHECK(spelled(R"(("a:1"OR"b:2")AND"c:\"")") == R"(("a:1" OR "b:2") AND "c:\"")");
  CHECK(spelled(R"(( "a:\\" ))") == R"("a:\\")");
  CHECK(spelled(R"("a:1" OR ("b:2" AND "c:3"))") == R"("a:1" OR "b:2" AND "c:3")");
}

TEST_CASE("what is malformed is refused with its place") {
  CHECK(error_of("displayName:x") ==
        "Invalid $search at position 1: a clause in double quotes, "
        "\"property:text\", was expected");
  CHECK(error_of(R"("a:x" and "b:y")") ==
        "Invalid $search at position 7: AND, OR or the end was expected");
  for (const std::string_view text : {"",
                                      " ",
                                      "\"",
                                      "\"\"",
                                      "\"a\"",
                                      "\"a:\"",
                                      "\"a: \"",
                                      "\":x\"",
                                      "\"a b:x\"",
                                      "\"a:x",
                                      "\"a:x\" \"b:y\"",
                                      "\"a:x\" AND",
                                      "AND \"a:x\"",
                                      "(\"a:x\"",
                                      "\"a:x\")",
                                      "()",
                                      "NOT \"a:x\"",
                                      "\"a:\\x\"",
                                      "\"a:\\",
                                      "\"a:\xFF\"",
                                      "\"a\" OR \"b:x\""}) {
    CAPTURE(text);
    const auto parsed = parse_search(text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().code() == ErrorCode::invalid_argument);
  }
}

TEST_CASE("a search has limits") {
  const auto code_of = [](const std::string& text) {
    const auto parsed = parse_search(text);
    return parsed.ok() ? std::optional<ErrorCode>{} : parsed.error().code();
  };
  CHECK(parse_search("\"a:" + std::string(kSearchBytesMax - 4, 'x') + "\"").ok());
  CHECK(code_of("\"a:" + std::string(kSearchBytesMax - 3, 'x') + "\"") == ErrorCode::exhausted);
  const auto nested = [](std::size_t count) {
    return std::string(count, '(') + "\"a:x\"" + std::string(count, ')');
  };
  CHECK(parse_search(nested(kSearchDepthMax)).ok());
  CHECK(code_of(nested(kSearchDepthMax + 1)) == ErrorCode::exhausted);
  std::string many = "\"a:x\"";
  for (std::size_t i = 1; i < kSearchClausesMax; ++i) many += " OR \"a:x\"";
  CHECK(parse_search(many).ok());
  CHECK(code_of(many + " OR \"a:x\"") == ErrorCode::exhausted);
}

TEST_CASE("a text is divided into words, and its joined words are one besides") {
  CHECK(search_tokens("hello world") == Strings{"hello", "world"});
  CHECK(search_tokens("HelloWorld") == Strings{"hello", "helloworld", "world"});
  CHECK(search_tokens("helloWORLD") == Strings{"hello", "helloworld", "world"});
  CHECK(search_tokens("hello.world") == Strings{"hello", "helloworld", "world"});
  CHECK(search_tokens("a-b-c") == Strings{"a", "abc", "b", "c"});
  CHECK(search_tokens("hello123world") == Strings{"123", "hello", "world"});
  CHECK(search_tokens("10.5") == Strings{"10", "5"});
  CHECK(search_tokens("HELLO") == Strings{"hello"});
  CHECK(search_tokens("J\xC3\xB6rg O'Neil") == Strings{"j\xC3\xB6rg", "neil", "o", "oneil"});
  CHECK(search_tokens("a - b") == Strings{"a", "b"});
  CHECK(search_tokens("").empty());
  CHECK(search_tokens(" -.!").empty());
}

TEST_CASE("words are found by their beginnings, in any order and case") {
  CHECK(finds("meg bow", "Megan Bowen"));
  CHECK(finds("BOWEN megan", "Megan Bowen"));
  CHECK_FALSE(finds("egan", "Megan Bowen"));
  CHECK_FALSE(finds("megan x", "Megan Bowen"));
  CHECK(finds("hellow", "hello-world"));
  CHECK(finds("hello-w", "hello world"));
  CHECK(finds("helloworld", "HelloWorld"));
  CHECK(finds("HelloWorld", "helloworld"));
  CHECK(finds("HelloWorld", "World, hello"));
  CHECK_FALSE(finds("helloworld", "hello world"));
  CHECK(finds("team12", "Team 123"));
  CHECK_FALSE(finds("megan", ""));
}

TEST_CASE("other properties are found by the beginning of their text") {
  Row row;
  row.values[upn] = std::string_view{"JohnDoe@contoso.com.au"};
  CHECK(good(R"("userprincipalname:johndoe@contoso.com")").matches(row));
  CHECK_FALSE(good(R"("userPrincipalName:doe")").matches(row));
  CHECK_FALSE(good(R"("userPrincipalName:johndoe@contoso.com.au2")").matches(row));
  const Strings addresses{"smtp:a@b.test", "SMTP:c@d.test"};
  row.values[proxies] = std::span<const std::string>{addresses};
  CHECK(good(R"("proxyAddresses:smtp:c")").matches(row));
  CHECK_FALSE(good(R"("proxyAddresses:c")").matches(row));
}

TEST_CASE("AND needs both, OR one, and null is not found") {
  Row row;
  row.values[display_name] = std::string_view{"Megan Bowen"};
  CHECK(good(R"("displayName:megan" OR "userPrincipalName:x")").matches(row));
  CHECK_FALSE(good(R"("displayName:megan" AND "userPrincipalName:x")").matches(row));
  CHECK(good(R"("displayName:megan" AND "displayName:bowen")").matches(row));
  CHECK_FALSE(good(R"("displayName:megan")").matches(Row{}));
  CHECK_FALSE(good(R"("userPrincipalName:m")").matches(Row{}));
}

TEST_CASE("a search for what cannot be searched is refused") {
  const auto error = [](std::string_view text) {
    const auto bound = bind_search(search_of(text), kRules);
    CAPTURE(text);
    REQUIRE(std::holds_alternative<QueryError>(bound));
    return std::get<QueryError>(bound);
  };
  CHECK(error(R"("name:x")").fault == QueryFault::bad_request);
  CHECK(error(R"("name:x")").message == "Invalid $search: 'name' is no property");
  CHECK(error(R"("displayName:x" AND "jobTitle:x")").fault == QueryFault::unsupported);
  CHECK(error(R"("jobTitle:x")").message == "Invalid $search: 'jobTitle' cannot be searched");
  CHECK(error(R"("displayName:...")").fault == QueryFault::bad_request);
}

TEST_CASE("how a text or a word must begin is known where the search implies it") {
  CHECK(good(R"("userPrincipalName:JohnDoe")").required_prefix(upn) == "johndoe");
  CHECK(good(R"("userPrincipalName:j" AND "userPrincipalName:john" AND "displayName:x")")
            .required_prefix(upn) == "john");
  CHECK(good(R"("userPrincipalName:john" OR "userPrincipalName:joan")").required_prefix(upn) ==
        "jo");
  CHECK(good(R"("displayName:me bowen")").required_token_prefix(display_name) == "bowen");
  // Found as "hello world" as well, where no word begins with "hellowo".
  CHECK(good(R"("displayName:helloWo")").required_token_prefix(display_name) == "hello");
  CHECK_FALSE(good(R"("displayName:a" OR "description:a")").required_token_prefix(display_name));
  CHECK_FALSE(good(R"("displayName:a" OR "displayName:b")").required_token_prefix(display_name));
  CHECK_FALSE(good(R"("displayName:a")").required_token_prefix(description));
  CHECK_FALSE(good(R"("displayName:a")").required_prefix(display_name));
  CHECK_FALSE(good(R"("userPrincipalName:a")").required_token_prefix(upn));
}
