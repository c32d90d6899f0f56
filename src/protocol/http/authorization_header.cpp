#include "protocol/http/authorization_header.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/text.hpp"
#include "protocol/http/percent.hpp"

namespace curfew {

namespace {

Error malformed(std::string_view rule) {
  return Error::permanent(ErrorCode::invalid_argument,
                          "the Authorization header " + std::string{rule});
}

// Bytes of ones and zeros without a branch: the compiler looks at 16 characters at once, so that a
// token of a thousand takes little of a request's time.
bool has_only_token68(std::string_view text) {
  std::uint8_t bad = 0;
  for (const char character : text) {
    const auto c = static_cast<std::uint8_t>(character);
    const std::uint8_t is_letter = static_cast<std::uint8_t>((c | 0x20) - 'a') < 26;
    const std::uint8_t is_digit = static_cast<std::uint8_t>(c - '0') < 10;
    const std::uint8_t is_hyphen_dot_or_slash = static_cast<std::uint8_t>(c - '-') < 3;
    const std::uint8_t is_other = (c == '_') | (c == '~') | (c == '+');
    const std::uint8_t is_good = is_letter | is_digit | is_hyphen_dot_or_slash | is_other;
    bad |= static_cast<std::uint8_t>(is_good ^ 1U);
  }
  return bad == 0;
}

// RFC 9110 11.2.
bool is_token68(std::string_view text) {
  const std::size_t padding = std::min(text.find('='), text.size());
  const std::string_view tail = text.substr(padding);
  return padding != 0 && has_only_token68(text.substr(0, padding)) &&
         std::all_of(tail.begin(), tail.end(), [](char c) { return c == '='; });
}

std::string decode_half(std::string_view half) {
  std::optional<std::string> decoded = form_decode(half);
  return decoded && is_utf8(*decoded) ? *std::move(decoded) : std::string{half};
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
  });
}

// A parameter as a quoted-string (RFC 9110 5.6.4); control and non-ASCII bytes, which cannot be in
// one portably, become '?'.
void append_parameter(std::string& header, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  header += header.find(' ') == std::string::npos ? " " : ", ";
  header += name;
  header += "=\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') header += '\\';
    header += c >= 0x20 && c < 0x7F ? c : '?';
  }
  header += '"';
}

}  // namespace

Result<AuthorizationHeader> parse_authorization(std::string_view value) {
  const std::size_t space = value.find(' ');
  if (space == 0 || space == std::string_view::npos) return malformed("has no credentials");
  const std::string_view scheme = value.substr(0, space);
  const std::string_view credentials = trim_ascii(value.substr(space));
  if (credentials.empty()) return malformed("has no credentials");
  for (const auto& [name, known] : {std::pair{"Basic", AuthorizationScheme::basic},
                                    std::pair{"Bearer", AuthorizationScheme::bearer},
                                    std::pair{"DPoP", AuthorizationScheme::dpop}}) {
    if (!ascii_iequals(scheme, name)) continue;
    if (!is_token68(credentials)) return malformed("has malformed credentials");
    return AuthorizationHeader{known, credentials};
  }
  return AuthorizationHeader{AuthorizationScheme::other, credentials};
}

Result<BasicCredentials> decode_basic(std::string_view credentials) {
  std::optional<std::string> bytes = base64_decode(credentials);
  if (!bytes) return malformed("is not base64");
  const Secret text{*std::move(bytes)};
  const std::string_view pair = text.reveal();
  const std::size_t colon = pair.find(':');
  if (colon == std::string_view::npos) return malformed("has no colon after the id");
  BasicCredentials basic{decode_half(pair.substr(0, colon)),
                         Secret{decode_half(pair.substr(colon + 1))}};
  if (!is_utf8(basic.id) || has_control(basic.id) || !is_utf8(basic.secret.reveal()) ||
      has_control(basic.secret.reveal())) {
    return malformed("has characters that no id or secret has");
  }
  return basic;
}

std::string to_header(const BearerChallenge& challenge) {
  std::string header = challenge.scheme;
  append_parameter(header, "realm", challenge.realm);
  append_parameter(header, "authorization_uri", challenge.authorization_uri);
  append_parameter(header, "error", challenge.error);
  append_parameter(header, "error_description", challenge.error_description);
  append_parameter(header, "max_age", challenge.max_age);
  append_parameter(header, "algs", challenge.algs);
  append_parameter(header, "claims", base64_encode(challenge.claims_challenge));
  return header;
}

}  // namespace curfew
