// tests/fuzz/fuzz_form.cpp: a form that is read is written and read again as the same one.
//
// Covers: protocol/http/form.cpp protocol/http/authorization_header.cpp protocol/http/percent.cpp
//   protocol/oauth/client_auth.cpp protocol/oauth/token_request.cpp
//   protocol/oauth/introspection.cpp protocol/oauth/revocation_request.cpp
//   protocol/oidc/end_session_request.cpp
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "protocol/http/authorization_header.hpp"
#include "protocol/http/form.hpp"
#include "protocol/http/percent.hpp"
#include "protocol/oauth/client_auth.hpp"
#include "protocol/oauth/introspection.hpp"
#include "protocol/oauth/revocation_request.hpp"
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
  // Both ask for one token, and neither believes the hint.
  const auto asked = parse_introspection_request(params);
  const auto ended = parse_revocation_request(params);
  CURFEW_CHECK(asked.ok() == ended.ok());
  if (asked.ok()) {
    CURFEW_CHECK(!asked->token.empty() && asked->token.reveal() == ended->token.reveal());
  }
  if (const auto end = parse_end_session_request(form); end.ok()) {
    CURFEW_CHECK(end->post_logout_redirect_uri.size() <= limits::kRedirectUriBytesMax);
  }
}

// "name:secret", in base64: written again it is the same header.
void check_basic(std::string_view text) {
  const auto basic = decode_basic(text);
  if (!basic.ok()) return;
  const std::string pair = percent_encode(basic->id) + ":" + percent_encode(basic->secret.reveal());
  const auto again = decode_basic(base64_encode(pair));
  CURFEW_CHECK(again.ok() && again->id == basic->id);
  CURFEW_CHECK(again->secret.reveal() == basic->secret.reveal());
}

// WHATWG's decoder of a form, read field by field, agrees where it accepts less than we do.
void check_fields(std::string_view text, const Form& form) {
  std::size_t at = 0;
  for (const std::string_view piece : split(text, '&')) {
    if (piece.empty()) continue;
    const std::size_t equals = std::min(piece.find('='), piece.size());
    const auto name = form_decode(piece.substr(0, equals));
    const auto value = form_decode(piece.substr(std::min(equals + 1, piece.size())));
    CURFEW_CHECK(name && value && at < form.fields().size());
    CURFEW_CHECK(form.fields()[at].name == *name && form.fields()[at].value == *value);
    ++at;
  }
  CURFEW_CHECK(at == form.fields().size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  static_cast<void>(is_form_content_type(text));
  static_cast<void>(parse_authorization(text).ok());
  check_basic(text);
  const Result<Form> form = parse_form(text);
  if (!form.ok()) return 0;
  CURFEW_CHECK(form->fields().size() <= limits::kFormFieldsMax);
  for (const FormField& field : form->fields()) {
    CURFEW_CHECK(!field.name.empty() && is_utf8(field.name) && is_utf8(field.value));
  }
  const Result<Form> again = parse_form(form->encode());
  CURFEW_CHECK(again.ok() && again->fields() == form->fields());
  check_fields(text, *form);
  read_as_requests(text, *form);
  return 0;
}
