// tests/fuzz/fuzz_form.cpp: a form that is read is written and read again as the same one.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "protocol/http/authorization_header.hpp"
#include "protocol/http/form.hpp"
#include "protocol/oauth/client_auth.hpp"
#include "protocol/oauth/token_request.hpp"
#include "protocol/oidc/end_session_request.hpp"

using namespace curfew;

namespace {

// The same bytes as everything else that a token request is read for.
void read_as_requests(std::string_view text, const Form& form) {
  const OAuthParams params{form};
  const auto client = parse_client_credentials(text, params);
  if (client.ok()) {
    const bool has_method = client->method != ClientAuthMethod::none;
    CURFEW_CHECK(has_method != client->secret.empty());
    CURFEW_CHECK(is_client_id(client->client_id.str()));
  }
  if (parse_token_request(params).ok()) CURFEW_CHECK(!params.first_repeated());
  if (const auto end = parse_end_session_request(form); end.ok()) {
    CURFEW_CHECK(end->post_logout_redirect_uri.size() <= limits::kRedirectUriBytesMax);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  static_cast<void>(is_form_content_type(text));
  static_cast<void>(parse_authorization(text).ok());
  static_cast<void>(decode_basic(text).ok());
  const Result<Form> form = parse_form(text);
  if (!form.ok()) return 0;
  CURFEW_CHECK(form->fields().size() <= limits::kFormFieldsMax);
  for (const FormField& field : form->fields()) {
    CURFEW_CHECK(!field.name.empty() && is_utf8(field.name) && is_utf8(field.value));
  }
  const Result<Form> again = parse_form(form->encode());
  CURFEW_CHECK(again.ok() && again->fields() == form->fields());
  read_as_requests(text, *form);
  return 0;
}
