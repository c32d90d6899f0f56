#include "protocol/odata/filter.hpp"

#include <doctest/doctest.h>

using namespace curfew;

namespace {

FilterNode filter_of(std::string_view text) {
  const auto parsed = parse_filter(text);
  CAPTURE(text);
  if (!parsed.ok()) FAIL(parsed.error().message());
  return *parsed;
}

// One spelling of it; that this spelling means the same is checked on the way.
std::string spelled(std::string_view text) {
  const FilterNode filter = filter_of(text);
  const std::string again = to_text(filter);
  CAPTURE(again);
  CHECK(filter_of(again) == filter);
  return again;
}

std::string error_of(std::string_view text) {
  const auto parsed = parse_filter(text);
  CAPTURE(text);
  REQUIRE_FALSE(parsed.ok());
  return parsed.error().message();
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string whole;
  for (std::size_t i = 0; i < count; ++i) whole += text;
  return whole;
}

}  // namespace

TEST_CASE("a comparison has a path, an operator and a literal") {
  const FilterNode filter = filter_of("userPrincipalName eq 'o''neil@contoso.test'");
  CHECK(filter.kind == FilterKind::eq);
  CHECK(filter.path.segments == std::vector<std::string>{"userPrincipalName"});
  REQUIRE(filter.literals.size() == 1);
  CHECK(filter.literals[0] == FilterLiteral{LiteralKind::string, "o'neil@contoso.test"});
}

TEST_CASE("every literal has its kind") {
  const auto literal_of = [](std::string_view text) {
    return filter_of("a eq " + std::string{text}).literals[0];
  };
  CHECK(literal_of("''") == FilterLiteral{LiteralKind::string, ""});
  CHECK(literal_of("'a b'") == FilterLiteral{LiteralKind::string, "a b"});
  CHECK(literal_of("TRUE") == FilterLiteral{LiteralKind::boolean, "true"});
  CHECK(literal_of("false") == FilterLiteral{LiteralKind::boolean, "false"});
  CHECK(literal_of("null") == FilterLiteral{LiteralKind::null, ""});
  CHECK(literal_of("-12") == FilterLiteral{LiteralKind::number, "-12"});
  CHECK(literal_of("1.5e+3") == FilterLiteral{LiteralKind::number, "1.5e+3"});
  CHECK(literal_of("6EA91A8D-e32e-41a1-b7bd-d2d185eed0e0") ==
        FilterLiteral{LiteralKind::guid, "6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0"});
  // GUIDs that begin like a number or like a name.
  CHECK(literal_of("10000000-0000-0000-0000-000000000000").kind == LiteralKind::guid);
  CHECK(literal_of("ffffffff-ffff-ffff-ffff-ffffffffffff").kind == LiteralKind::guid);
  CHECK(literal_of("2026-11-29") == FilterLiteral{LiteralKind::date_time, "2026-11-29"});
  CHECK(literal_of("2026-11-29T10:00:00.123456789012Z").kind == LiteralKind::date_time);
  CHECK(literal_of("2026-11-29T10:00:00+02:00").kind == LiteralKind::date_time);
}

TEST_CASE("or binds weaker than and, and weaker than not, and weaker than comparisons") {
  const FilterNode filter = filter_of("a eq 1 or not b eq 2 and c eq 3");
  REQUIRE(filter.kind == FilterKind::disjunction);
  REQUIRE(filter.children.size() == 2);
  CHECK(filter.children[0].kind == FilterKind::eq);
  REQUIRE(filter.children[1].kind == FilterKind::conjunction);
  const FilterNode& negation = filter.children[1].children[0];
  REQUIRE(negation.kind == FilterKind::negation);
  CHECK(negation.children[0] == filter_of("b eq 2"));
  CHECK(filter_of("(a eq 1 or b eq 2) and c eq 3").kind == FilterKind::conjunction);
  CHECK(filter_of("not (a eq 1 and b eq 2)").kind == FilterKind::negation);
}

TEST_CASE("a chain is one node, whatever its parentheses") {
  const FilterNode flat = filter_of("a eq 1 and b eq 2 and c eq 3");
  CHECK(flat.children.size() == 3);
  CHECK(filter_of("(a eq 1 and b eq 2) and c eq 3") == flat);
  CHECK(filter_of("a eq 1 and (b eq 2 and ((c eq 3)))") == flat);
}

TEST_CASE("one filter has one spelling") {
  CHECK(spelled("(a eq 'x')") == "a eq 'x'");
  CHECK(spelled("((a eq 1) OR (b ne 2)) AND NOT(c gt 3)") == "(a eq 1 or b ne 2) and not c gt 3");
  CHECK(spelled("a eq 1 or (b eq 2 and c eq 3)") == "a eq 1 or b eq 2 and c eq 3");
  CHECK(spelled("not (a eq 1 and b eq 2)") == "not (a eq 1 and b eq 2)");
  CHECK(spelled("not not a") == "not not a");
  CHECK(spelled("id in('a' , 'b')") == "id in ('a','b')");
  CHECK(spelled("STARTSWITH( displayName , 'a''b' )") == "startsWith(displayName,'a''b')");
  CHECK(spelled("endswith(mail,'x') and Contains(a,'y')") ==
        "endsWith(mail,'x') and contains(a,'y')");
  CHECK(spelled("assignedLicenses/$COUNT eq 0") == "assignedLicenses/$count eq 0");
  CHECK(spelled("a eq'x'and b le 2026-11-29") == "a eq 'x' and b le 2026-11-29");
  CHECK(spelled("\taccountEnabled ") == "accountEnabled");
  CHECK(spelled("x/microsoft.graph.user/y lt null") == "x/microsoft.graph.user/y lt null");
}

TEST_CASE("any() has a variable and a filter about it") {
  const FilterNode filter = filter_of("groupTypes/any(c:c eq 'Unified')");
  CHECK(filter.kind == FilterKind::any);
  CHECK(filter.path.segments == std::vector<std::string>{"groupTypes"});
  CHECK(filter.variable == "c");
  REQUIRE(filter.children.size() == 1);
  CHECK(filter.children[0] == filter_of("c eq 'Unified'"));
  CHECK(spelled("assignedLicenses/ANY( x : x/skuId eq 6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0 )") ==
        "assignedLicenses/any(x:x/skuId eq 6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0)");
  CHECK(spelled("not proxyAddresses/any(p:startsWith(p,'smtp:') or p eq 'x') and a") ==
        "not proxyAddresses/any(p:startsWith(p,'smtp:') or p eq 'x') and a");
}

TEST_CASE("names that look like words of the language are names where a name stands") {
  CHECK(spelled("and eq 'x' and or ne 'y'") == "and eq 'x' and or ne 'y'");
  CHECK(spelled("not/a eq 1") == "not/a eq 1");
  CHECK(spelled("not any eq 1") == "not any eq 1");
  CHECK(spelled("eq eq null") == "eq eq null");
  CHECK(spelled("notes eq 'x'") == "notes eq 'x'");
}

TEST_CASE("what is malformed is refused with its place") {
  CHECK(error_of("") == "Invalid filter clause at position 1: the name of a property was expected");
  CHECK(error_of("a eq 'x") ==
        "Invalid filter clause at position 8: a single quote that ends the "
        "text; double the quotes inside was expected");
  CHECK(error_of("a = 1") ==
        "Invalid filter clause at position 3: an operator, one of eq ne gt ge "
        "lt le in, was expected");
  CHECK(error_of("a eq 1)") ==
        "Invalid filter clause at position 7: 'and', 'or' or the end was expected");
  for (const std::string_view text : {" ",
                                      "a eq",
                                      "a eq b",
                                      "'a' eq 'a'",
                                      "a eq 1 and",
                                      "and a eq 1 b",
                                      "not",
                                      "(a eq 1",
                                      "a eq 1 b",
                                      "a like 'x'",
                                      "a/ eq 1",
                                      "/a eq 1",
                                      "a//b eq 1",
                                      "a in 1",
                                      "a in ()",
                                      "a in ('x',)",
                                      "a in ('x'",
                                      "startsWith(a)",
                                      "startsWith(a,1)",
                                      "startsWith('x',a)",
                                      "startsWith(a,'x'",
                                      "a/startsWith(b,'x')",
                                      "tolower(a) eq 'x'",
                                      "a/any()",
                                      "a/any(x)",
                                      "a/any(x:)",
                                      "a/any(x:x eq 1",
                                      "a/any(1:a)",
                                      "any(x:x eq 1)",
                                      "a/all(x:x eq 1)",
                                      "$count eq 1",
                                      "a/$count",
                                      "a/$count/b eq 1",
                                      "a/$ref eq 1",
                                      "a eq 1x",
                                      "a eq 1.",
                                      "a eq .5",
                                      "a eq -",
                                      "a eq 1e",
                                      "a eq 2026-13-01",
                                      "a eq 2026-11-29T10:00",
                                      "a eq 2026-11-29T25:00:00Z",
                                      "a eq 6ea91a8d-e32e-41a1-b7bd-d2d185eed0e",
                                      "a eq guid'x'",
                                      "a-b eq 1",
                                      "a eq \"x\"",
                                      "a eq 1;",
                                      "startsWith(a/$count,'x')",
                                      "a eq '\xFF'",
                                      "1a eq 1"}) {
    CAPTURE(text);
    const auto parsed = parse_filter(text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().code() == ErrorCode::invalid_argument);
  }
}

TEST_CASE("a filter has limits") {
  const auto code_of = [](const std::string& text) {
    const auto parsed = parse_filter(text);
    return parsed.ok() ? std::optional<ErrorCode>{} : parsed.error().code();
  };
  const std::string quoted = "a eq ''";
  CHECK(parse_filter("a eq '" + std::string(kFilterBytesMax - quoted.size(), 'x') + "'").ok());
  CHECK(code_of("a eq '" + std::string(kFilterBytesMax, 'x') + "'") == ErrorCode::exhausted);

  const auto nested = [](std::string_view word, std::size_t count, std::string_view end) {
    return repeated(word, count) + "a eq 1" + repeated(end, count);
  };
  CHECK(parse_filter(nested("(", kFilterDepthMax - 1, ")")).ok());
  CHECK(code_of(nested("(", kFilterDepthMax, ")")) == ErrorCode::exhausted);
  CHECK(parse_filter(nested("not ", kFilterDepthMax - 1, "")).ok());
  CHECK(code_of(nested("not ", kFilterDepthMax, "")) == ErrorCode::exhausted);
  CHECK(code_of(nested("a/any(x:", kFilterDepthMax, ")")) == ErrorCode::exhausted);
  CHECK(code_of(repeated("(", kFilterBytesMax)) == ErrorCode::exhausted);

  // One more than the conditions is the chain itself.
  CHECK(parse_filter(repeated("a eq 1 or ", kFilterNodesMax - 2) + "a eq 1").ok());
  CHECK(code_of(repeated("a eq 1 or ", kFilterNodesMax - 1) + "a eq 1") == ErrorCode::exhausted);
  CHECK(parse_filter("a in (" + repeated("1,", kFilterInMax - 1) + "1)").ok());
  CHECK(code_of("a in (" + repeated("1,", kFilterInMax) + "1)") == ErrorCode::exhausted);
  CHECK(parse_filter("a" + repeated("/a", kFilterPathMax - 1) + " eq 1").ok());
  CHECK(code_of("a" + repeated("/a", kFilterPathMax) + " eq 1") == ErrorCode::exhausted);
}
