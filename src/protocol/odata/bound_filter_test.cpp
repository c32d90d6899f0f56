#include "protocol/odata/bound_filter.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string_view>

using namespace curfew;

namespace {

using namespace operators;
using Strings = std::vector<std::string>;

// Places in kRules.
enum Place : std::size_t { id, upn, enabled, created, department, company, mails, skus, errors };

constexpr std::array kRules{
    PropertyRule{"id", PropertyType::guid, kEquality, kNegations, SearchKind::none, false},
    PropertyRule{"userPrincipalName", PropertyType::string, kEquality | kLe | kStartsWith,
                 kNegations | kEndsWith, SearchKind::none, false},
    PropertyRule{"accountEnabled", PropertyType::boolean, kEquality, kNegations | kGeLe,
                 SearchKind::none, false},
    PropertyRule{"signInActivity/createdDateTime", PropertyType::date_time, kEquality | kOrder,
                 kNegations, SearchKind::none, false},
    PropertyRule{"department", PropertyType::string, kEquality | kOrder | kStartsWith | kContains,
                 kNegations | kNull, SearchKind::none, false},
    PropertyRule{"companyName", PropertyType::string, kNone, kEquality | kNull, SearchKind::none,
                 true},
    PropertyRule{"otherMails", PropertyType::string_collection, kEquality | kStartsWith,
                 kNegations | kEndsWith | kCount, SearchKind::none, false},
    PropertyRule{"assignedLicenses/skuId", PropertyType::string_collection, kEq, kNone,
                 SearchKind::none, false},
    PropertyRule{"errorCode", PropertyType::number, kEquality | kOrder, kNone, SearchKind::none,
                 false},
};

struct Row final : PropertyReader {
  std::array<PropertyValue, kRules.size()> values;
  Strings mail_list;
  [[nodiscard]] PropertyValue value(std::size_t index) const override { return values.at(index); }
};

Row megan() {
  Row row;
  row.mail_list = {"Megan@home.test", "m@work.test"};
  row.values[id] = std::string_view{"6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0"};
  row.values[upn] = std::string_view{"megan@contoso.test"};
  row.values[enabled] = true;
  row.values[created] = *parse_rfc3339("2026-11-29T10:00:00Z");
  row.values[department] = std::string_view{"Sales \xC3\x84"};
  row.values[company] = std::string_view{"Contoso"};
  row.values[errors] = std::int64_t{50};
  return row;
}

Bound<BoundFilter> bound(std::string_view text, bool is_advanced = true) {
  const auto filter = parse_filter(text);
  CAPTURE(text);
  if (!filter.ok()) FAIL(filter.error().message());
  return bind_filter(*filter, kRules, is_advanced);
}

BoundFilter good(std::string_view text) {
  auto filter = bound(text);
  CAPTURE(text);
  if (const auto* error = std::get_if<QueryError>(&filter)) FAIL(error->message);
  return std::get<BoundFilter>(filter);
}

bool finds_megan(std::string_view text) {
  Row row = megan();
  row.values[mails] = std::span<const std::string>{row.mail_list};
  return good(text).matches(row);
}

bool finds_nobody(std::string_view text) { return good(text).matches(Row{}); }

QueryError error_of(std::string_view text, bool is_advanced = true) {
  const auto filter = bound(text, is_advanced);
  CAPTURE(text);
  REQUIRE(std::holds_alternative<QueryError>(filter));
  return std::get<QueryError>(filter);
}

QueryFault fault_of(std::string_view text, bool is_advanced = true) {
  return error_of(text, is_advanced).fault;
}

}  // namespace

TEST_CASE("text compares without case, names too") {
  CHECK(finds_megan("UserPrincipalName eq 'MEGAN@contoso.test'"));
  CHECK_FALSE(finds_megan("userPrincipalName eq 'megan@contoso.tes'"));
  CHECK_FALSE(finds_megan("userPrincipalName eq 'megan@contoso.tests'"));
  CHECK(finds_megan("id eq '6EA91A8D-e32e-41a1-b7bd-d2d185eed0e0'"));
  CHECK(finds_megan("id eq 6EA91A8D-e32e-41a1-b7bd-d2d185eed0e0"));
  CHECK(finds_megan("userPrincipalName in ('x','MEGAN@contoso.test')"));
  CHECK_FALSE(finds_megan("userPrincipalName in ('x','y')"));
  CHECK(finds_megan("startsWith(userPrincipalName,'Meg')"));
  CHECK_FALSE(finds_megan("startsWith(userPrincipalName,'egan')"));
  CHECK(finds_megan("endsWith(userPrincipalName,'@CONTOSO.test')"));
  CHECK(finds_megan("contains(department,'LES')"));
  CHECK(finds_megan("startsWith(department,'')"));
}

TEST_CASE("a rule can ask for case, in ASCII and outside") {
  CHECK(finds_megan("companyName eq 'Contoso'"));
  CHECK_FALSE(finds_megan("companyName eq 'contoso'"));
  CHECK(finds_megan("department eq 'sales \xC3\x84'"));
  CHECK_FALSE(finds_megan("department eq 'sales \xC3\xA4'"));
}

TEST_CASE("every type has its order") {
  CHECK(finds_megan("signInActivity/createdDateTime ge 2026-11-29"));
  CHECK_FALSE(finds_megan("signInActivity/createdDateTime le 2026-11-29"));
  CHECK(finds_megan("signInActivity/createdDateTime eq '2026-11-29T11:00:00+01:00'"));
  CHECK(finds_megan("signInActivity/createdDateTime lt 2026-11-30T00:00:00Z"));
  CHECK(finds_megan("errorCode gt 49 and errorCode ge 50 and errorCode le 50 and errorCode lt 51"));
  CHECK_FALSE(finds_megan("errorCode gt 50 or errorCode lt 50"));
  CHECK(finds_megan("department gt 'SALES' and department lt 'sales z\xC3\x84\xC3\x84'") == false);
  CHECK(finds_megan("department ge 'sales' and department lt 'sbles'"));
  CHECK(finds_megan("accountEnabled"));
  CHECK(finds_megan("accountEnabled eq true and not (accountEnabled eq false)"));
  CHECK_FALSE(finds_megan("not accountEnabled"));
}

TEST_CASE("null equals null only, and has no order") {
  CHECK(finds_nobody("department eq null"));
  CHECK_FALSE(finds_megan("department eq null"));
  CHECK(finds_megan("department ne null"));
  CHECK_FALSE(finds_nobody("department ne null"));
  CHECK_FALSE(finds_nobody("department eq ''"));
  CHECK(finds_nobody("department ne 'x'"));
  CHECK_FALSE(finds_nobody("department in ('x','')"));
  CHECK_FALSE(finds_nobody("department ge ''"));
  CHECK_FALSE(finds_nobody("department le ''"));
  CHECK_FALSE(finds_nobody("startsWith(department,'')"));
  CHECK(finds_nobody("not startsWith(department,'')"));
  CHECK_FALSE(finds_nobody("accountEnabled"));
}

TEST_CASE("a value of another type than its rule's is null") {
  Row row;
  row.values[department] = std::int64_t{1};
  CHECK(good("department eq null").matches(row));
  CHECK_FALSE(good("department ge ''").matches(row));
  row.values[mails] = std::string_view{"x"};
  CHECK(good("otherMails/$count eq 0").matches(row));
  CHECK_FALSE(good("otherMails/any(x:x eq 'x')").matches(row));
}

TEST_CASE("any() is about one element, and false without") {
  CHECK(finds_megan("otherMails/any(x:x eq 'megan@HOME.test')"));
  CHECK(finds_megan("otherMails/any(x:startsWith(x,'m@') and endsWith(x,'work.test'))"));
  CHECK_FALSE(finds_megan("otherMails/any(x:startsWith(x,'m@') and endsWith(x,'home.test'))"));
  CHECK(finds_megan("otherMails/any(x:x in ('a','m@work.test'))"));
  CHECK(finds_megan("not otherMails/any(x:x eq 'z')"));
  CHECK(finds_megan("otherMails/any(x:not (x eq 'm@work.test'))"));
  CHECK_FALSE(finds_nobody("otherMails/any(x:x ne 'z')"));
  CHECK(finds_nobody("not otherMails/any(x:x eq 'z')"));
  CHECK_FALSE(
      finds_nobody("assignedLicenses/any(l:l/skuId eq 6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0)"));
}

TEST_CASE("elements are counted") {
  CHECK(finds_megan("otherMails/$count eq 2"));
  CHECK(finds_megan("otherMails/$count ne 0 and otherMails/$count gt 1"));
  CHECK(finds_nobody("otherMails/$count eq 0"));
  CHECK(fault_of("otherMails/$count eq null") == QueryFault::bad_request);
}

TEST_CASE("what is not asked rightly is a bad request, with the reason") {
  CHECK(error_of("acountEnabled eq true").message ==
        "Invalid filter clause: there is no property 'acountEnabled' to filter by");
  CHECK(error_of("otherMails eq 'x'").message ==
        "Invalid filter clause: 'otherMails' is a collection; use any(), as in "
        "otherMails/any(x:x eq 'value')");
  CHECK(error_of("accountEnabled eq 'true'").message ==
        "Invalid filter clause: the value for 'accountEnabled' must be true or false");
  for (const std::string_view text :
       {"x/any(y:y eq 'z')", "department/any(x:x eq 'a')", "department/$count eq 0", "department",
        "department eq 1", "department eq true", "id eq 1", "errorCode eq '1'", "errorCode eq 1.5",
        "errorCode eq 99999999999999999999", "signInActivity/createdDateTime eq 'soon'",
        "signInActivity/createdDateTime eq 2026", "startsWith(errorCode,'1')",
        "signInActivity eq 'x'", "otherMails/$count eq 'x'", "assignedLicenses/any(x:x eq 'a')",
        "otherMails"}) {
    CAPTURE(text);
    CHECK(fault_of(text) == QueryFault::bad_request);
  }
}

TEST_CASE(
    "an operator that a property lacks is unsupported, and some are without an advanced query") {
  CHECK(error_of("id gt '1'").message ==
        "Invalid filter clause: 'gt' is not supported for the property 'id'");
  CHECK(error_of("department ne 'x'", false).message ==
        "Invalid filter clause: 'ne' is not supported for the property 'department' without an "
        "advanced query: send ConsistencyLevel: eventual and $count=true");
  for (const std::string_view text :
       {"endsWith(department,'x')", "contains(id,'1')", "companyName ne 'x'", "id eq null",
        "not (companyName eq 'x')", "assignedLicenses/skuId/$count eq 0",
        "department in (null,'x')", "department gt null", "otherMails/any(x:x gt 'a')",
        "not (errorCode eq 1)", "otherMails/any(x:otherMails/any(y:y eq 'a'))",
        "otherMails/any(x:department eq 'a')", "otherMails/any(x:x/$count eq 1)",
        "not assignedLicenses/any(x:x/skuId eq 'a')"}) {
    CAPTURE(text);
    CHECK(fault_of(text) == QueryFault::unsupported);
  }
  for (const std::string_view text :
       {"not (id eq 'x')", "not not accountEnabled", "endsWith(userPrincipalName,'x')",
        "companyName eq 'x'", "companyName in ('x')", "department eq null",
        "accountEnabled ge true", "otherMails/$count eq 0", "not otherMails/any(x:x eq 'a')",
        "otherMails/any(x:x ne 'a')", "id eq 'x' and (id eq 'y' or id ne 'z')"}) {
    CAPTURE(text);
    CHECK(std::holds_alternative<BoundFilter>(bound(text)));
    CHECK(fault_of(text, false) == QueryFault::unsupported);
  }
  CHECK(std::holds_alternative<BoundFilter>(bound("id in ('x') and accountEnabled", false)));
}

TEST_CASE("conditions on two properties of one element are unsupported") {
  constexpr std::array kIdentities{
      PropertyRule{"identities/issuer", PropertyType::string_collection, kEq, kNone,
                   SearchKind::none, false},
      PropertyRule{"identities/issuerAssignedId", PropertyType::string_collection, kEq, kNone,
                   SearchKind::none, false},
  };
  const auto filter =
      parse_filter("identities/any(i:i/issuer eq 'a' and i/issuerAssignedId eq 'b')");
  REQUIRE(filter.ok());
  const auto result = bind_filter(*filter, kIdentities, true);
  REQUIRE(std::holds_alternative<QueryError>(result));
  CHECK(std::get<QueryError>(result).fault == QueryFault::unsupported);
}

TEST_CASE("the texts that a row must have are known where the filter implies them") {
  const auto texts_of = [](std::string_view text, Place place) {
    return good(text).required_equal(place);
  };
  CHECK(texts_of("userPrincipalName eq 'A@b.test'", upn) == Strings{"a@b.test"});
  CHECK(texts_of("companyName eq 'A'", company) == Strings{"A"});
  CHECK(texts_of("userPrincipalName in ('A','b','a')", upn) == Strings{"a", "b"});
  CHECK(texts_of("accountEnabled and id in ('1','2') and id eq '3'", id) == Strings{"3"});
  CHECK(texts_of("id eq '1' or id in ('2','1')", id) == Strings{"1", "2"});
  CHECK(texts_of("id eq '1' and department eq 'x' or id eq '2' and accountEnabled", id) ==
        Strings{"1", "2"});
  CHECK(texts_of("otherMails/any(x:x eq 'A' and x ne 'b')", mails) == Strings{"a"});
  CHECK(texts_of("assignedLicenses/any(l:l/skuId eq 'S')", skus) == Strings{"s"});
  for (const std::string_view text : {"id eq '1' or accountEnabled", "not (id eq '1')", "id ne '1'",
                                      "department eq 'x'", "id in ('1','2') or not (id eq '3')"}) {
    CAPTURE(text);
    CHECK_FALSE(texts_of(text, id).has_value());
  }
  CHECK_FALSE(texts_of("department eq null", department).has_value());
  CHECK_FALSE(texts_of("startsWith(department,'x')", department).has_value());
  CHECK_FALSE(texts_of("otherMails/$count eq 1", mails).has_value());
  CHECK_FALSE(texts_of("accountEnabled eq true", enabled).has_value());
}

TEST_CASE("how a row's text must begin is known where the filter implies it") {
  const auto prefix_of = [](std::string_view text) {
    return good(text).required_prefix(department);
  };
  CHECK(prefix_of("startsWith(department,'Sal')") == "sal");
  CHECK(prefix_of("startsWith(department,'s') and startsWith(department,'sal') and id eq '1'") ==
        "sal");
  CHECK(prefix_of("startsWith(department,'sales') or startsWith(department,'SALT')") == "sal");
  CHECK(prefix_of("startsWith(department,'sales') or department in ('sam','sand')") == "sa");
  CHECK(prefix_of("department eq 'X'") == "x");
  CHECK(good("otherMails/any(x:startsWith(x,'M'))").required_prefix(mails) == "m");
  for (const std::string_view text :
       {"startsWith(department,'')", "startsWith(department,'a') or startsWith(department,'b')",
        "startsWith(department,'a') or accountEnabled", "not startsWith(department,'a')",
        "contains(department,'a')", "department ge 'a'", "startsWith(userPrincipalName,'a')"}) {
    CAPTURE(text);
    CHECK_FALSE(prefix_of(text).has_value());
  }
}
