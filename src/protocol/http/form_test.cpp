#include "protocol/http/form.hpp"

#include <doctest/doctest.h>

#include "base/limits.hpp"

using namespace curfew;

TEST_CASE("a form is read into decoded fields, repetitions and order kept") {
  const Result<Form> form = parse_form("a=1&b=x+y%26z&a=2&empty=&bare&&");
  REQUIRE(form.ok());
  CHECK(form->fields() == std::vector<FormField>{
                              {"a", "1"}, {"b", "x y&z"}, {"a", "2"}, {"empty", ""}, {"bare", ""}});
  CHECK(form->count("a") == 2);
  CHECK_FALSE(form->single("a").has_value());
  CHECK(form->single("b") == "x y&z");
  CHECK(form->single("empty") == "");
  CHECK_FALSE(form->single("absent").has_value());
}

TEST_CASE("an empty text is a form without fields") {
  REQUIRE(parse_form("").ok());
  CHECK(parse_form("")->fields().empty());
  CHECK(parse_form("&&&")->fields().empty());
}

TEST_CASE("malformed forms are refused, not repaired") {
  for (const std::string_view text :
       {"a=%", "a=%4", "a=%zz", "%=1", "a=%ff", "a=\xC3", "a=%00", "%00=1", "=1", "a=1&=", "="}) {
    CAPTURE(text);
    const Result<Form> form = parse_form(text);
    REQUIRE_FALSE(form.ok());
    CHECK(form.error().code() == ErrorCode::invalid_argument);
  }
}

TEST_CASE("a form of too many fields is refused") {
  std::string text;
  for (std::size_t i = 0; i < limits::kFormFieldsMax; ++i) text += "a=1&";
  CHECK(parse_form(text).ok());
  const Result<Form> form = parse_form(text + "a=1");
  REQUIRE_FALSE(form.ok());
  CHECK(form.error().code() == ErrorCode::exhausted);
}

TEST_CASE("an error about a form does not repeat its text") {
  const Result<Form> form = parse_form("client_secret=hunter2%zz");
  REQUIRE_FALSE(form.ok());
  CHECK(form.error().message().find("hunter2") == std::string::npos);
}

TEST_CASE("what is encoded is read back") {
  Form form;
  form.add("n\xC3\xA4me", "a&b=c d+e%\n\"");
  form.add("x", "");
  const Result<Form> again = parse_form(form.encode());
  REQUIRE(again.ok());
  CHECK(again->fields() == form.fields());
}

TEST_CASE("RFC 6749 appendix B: a form's content type, in UTF-8") {
  for (const std::string_view type :
       {"application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded",
        "application/x-www-form-urlencoded;charset=UTF-8",
        "application/x-www-form-urlencoded; charset=\"utf-8\"",
        "application/x-www-form-urlencoded ;"}) {
    CAPTURE(type);
    CHECK(is_form_content_type(type));
  }
  for (const std::string_view type :
       {"", "application/json", "application/x-www-form-urlencodedx",
        "application/x-www-form-urlencoded; charset=iso-8859-1", "text/plain",
        "application/x-www-form-urlencoded, text/plain"}) {
    CAPTURE(type);
    CHECK_FALSE(is_form_content_type(type));
  }
}
