// tests/support/test_browser.hpp: a browser for tests: keeps cookies, fills in forms, follows
// nothing by itself.
//
// It sends what Chromium sends with a form of a page that has no referrer: Origin "null" and
// Sec-Fetch-Site "same-origin". Not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "io/http_types.hpp"
#include "protocol/http/form.hpp"

namespace curfew::test {

using Fields = std::vector<std::pair<std::string, std::string>>;

inline std::string form_text(const Fields& fields) {
  Form form;
  for (const auto& [name, value] : fields) form.add(name, value);
  return form.encode();
}

inline std::string header_of(const HttpResponse& response, std::string_view name) {
  const auto value = response.headers.single(name);
  return value.ok() && value.value() ? std::string{*value.value()} : std::string{};
}

// The fields of a query or fragment in a Location header.
inline Form answer_in(const HttpResponse& response, char separator = '?') {
  const std::string location = header_of(response, "location");
  const std::size_t at = location.find(separator);
  if (at == std::string::npos) return Form{};
  return parse_form(std::string_view{location}.substr(at + 1)).value();
}
inline std::string field(const Form& form, std::string_view name) {
  return std::string{form.single(name).value_or("")};
}

// The value of the first <input> of that name; empty if there is none.
inline std::string input_value(std::string_view html, std::string_view name) {
  const std::string mark = "name=\"" + std::string{name} + "\"";
  const std::size_t at = html.find(mark);
  if (at == std::string_view::npos) return {};
  const std::size_t end = html.find('>', at);
  const std::string_view tag = html.substr(at, end - at);
  const std::size_t value = tag.find("value=\"");
  if (value == std::string_view::npos) return {};
  const std::string_view rest = tag.substr(value + 7);
  return std::string{rest.substr(0, rest.find('"'))};
}

class TestBrowser {
 public:
  using Send = std::function<HttpResponse(HttpRequest)>;
  explicit TestBrowser(Send send) : send_(std::move(send)) {}

  std::string address = "192.0.2.7";
  std::string user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
  std::map<std::string, std::string> cookies;

  HttpResponse get(std::string target) {
    HttpRequest request;
    request.target = std::move(target);
    return exchange(std::move(request));
  }
  // A form of one of our own pages.
  HttpResponse post(std::string target, const Fields& fields) {
    return post_from("same-origin", std::move(target), fields);
  }
  HttpResponse post_from(std::string_view site, std::string target, const Fields& fields) {
    HttpRequest request;
    request.method = HttpMethod::post;
    request.target = std::move(target);
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.headers.add("Origin", "null");
    request.headers.add("Sec-Fetch-Site", site);
    request.body = form_text(fields);
    return exchange(std::move(request));
  }

 private:
  HttpResponse exchange(HttpRequest request) {
    request.peer.address = address;
    request.headers.add("User-Agent", user_agent);
    std::vector<std::string> pairs;
    for (const auto& [name, value] : cookies) pairs.push_back(name + "=" + value);
    if (!pairs.empty()) request.headers.add("Cookie", join(pairs, "; "));
    HttpResponse response = send_(std::move(request));
    for (const std::string_view set : response.headers.all("set-cookie")) keep(set);
    return response;
  }
  void keep(std::string_view set_cookie) {
    const std::string_view pair = set_cookie.substr(0, set_cookie.find(';'));
    const std::size_t equals = pair.find('=');
    const std::string name{pair.substr(0, equals)};
    if (set_cookie.find("Max-Age=0") != std::string_view::npos) {
      cookies.erase(name);
    } else {
      cookies[name] = std::string{pair.substr(equals + 1)};
    }
  }

  Send send_;
};

}  // namespace curfew::test
