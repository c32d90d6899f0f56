#include "protocol/html/page.hpp"

#include <doctest/doctest.h>

using namespace curfew;

TEST_CASE("text is escaped for content and for quoted attributes") {
  CHECK(escape_html("a<b>&\"c'd") == "a&lt;b&gt;&amp;&quot;c&#39;d");
  CHECK(escape_html("J\xC3\xB6rg \xF0\x9F\x98\x80") == "J\xC3\xB6rg \xF0\x9F\x98\x80");
  CHECK(html_attribute("href", "/?a=1&b=\"") == " href=\"/?a=1&amp;b=&quot;\"");
  CHECK(hidden_input("csrf", "x\"y") == "<input type=\"hidden\" name=\"csrf\" value=\"x&quot;y\">");
}

TEST_CASE("bytes that are no text become replacement characters and hide nothing") {
  CHECK(escape_html("a\xC3<b") == "a\xEF\xBF\xBD&lt;b");
  CHECK(escape_html(std::string_view{"\0<", 2}) == "\xEF\xBF\xBD&lt;");
  CHECK(escape_html("\xC0\xBC") == "\xEF\xBF\xBD\xEF\xBF\xBD");  // an overlong '<'
}

TEST_CASE("a page has a language, a viewport, both colour schemes and one stylesheet") {
  const std::string html = render({.title = "Sign in <to> Contoso", .body = "<h1>Hello</h1>"});
  CHECK(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
  CHECK(html.find("<title>Sign in &lt;to&gt; Contoso</title>") != std::string::npos);
  CHECK(html.find("width=device-width") != std::string::npos);
  CHECK(html.find("content=\"light dark\"") != std::string::npos);
  CHECK(html.find("href=\"/assets/curfew.css\"") != std::string::npos);
  CHECK(html.find("<main>\n<h1>Hello</h1>\n</main>") != std::string::npos);
}

TEST_CASE("RFC 9700 4.16: pages allow no script, no inline style and no framing") {
  const std::string html = render({.title = "t", .body = ""});
  CHECK(html.find("<script") == std::string::npos);
  CHECK(html.find("style=") == std::string::npos);
  const std::string policy{page_content_security_policy()};
  CHECK(policy.find("default-src 'none'") != std::string::npos);
  CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(policy.find("script-src") == std::string::npos);
}

TEST_CASE("the stylesheet knows dark mode, visible focus and narrow windows, and loads nothing") {
  const std::string_view css = stylesheet();
  for (const std::string_view part :
       {"prefers-color-scheme: dark", ":focus-visible", "max-width: 24rem", "forced-colors"}) {
    CHECK(css.find(part) != std::string_view::npos);
  }
  CHECK(css.find("url(") == std::string_view::npos);
  CHECK(css.find("@import") == std::string_view::npos);
}
