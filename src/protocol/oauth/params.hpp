// protocol/oauth/params.hpp: the parameters of one OAuth request, by RFC 6749's rules.
//
// A parameter sent without a value counts as omitted; one sent twice makes the request invalid
// (RFC 6749 3.1, 3.2); unknown ones are ignored. `resource` alone may repeat (RFC 8707 2).
//
// Pure; any thread. Views are valid as long as the OAuthParams lives unmoved.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/http/form.hpp"
#include "protocol/oauth/error.hpp"

namespace curfew {

class OAuthParams {
 public:
  OAuthParams() = default;
  explicit OAuthParams(Form form) : form_(std::move(form)) {}

  // From the raw query of a GET, or the raw body of a POST. invalid_request if it is no form.
  [[nodiscard]] static OAuthResult<OAuthParams> parse(std::string_view form_text);
  // From a POST: also invalid_request unless the content type is a form's.
  [[nodiscard]] static OAuthResult<OAuthParams> parse_body(std::string_view content_type,
                                                           std::string_view body);

  // The value; nothing if omitted, empty or repeated. Callers check first_repeated() before they
  // act on the request.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  // The value or empty text.
  [[nodiscard]] std::string get_or_empty(std::string_view name) const;
  // Every non-empty value of that name, in order.
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
  [[nodiscard]] bool is_repeated(std::string_view name) const;

  // invalid_request if any parameter but `resource` occurs twice.
  [[nodiscard]] std::optional<OAuthError> first_repeated() const;

  [[nodiscard]] const Form& form() const { return form_; }

 private:
  Form form_;
};

}  // namespace curfew
