#include "protocol/oauth/authorize_request.hpp"

#include <algorithm>
#include <charconv>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/oauth/client_auth.hpp"
#include "protocol/oauth/dpop.hpp"
#include "protocol/oauth/pkce.hpp"

namespace curfew {

namespace {

using Problem = std::optional<OAuthError>;

constexpr std::size_t kNonceBytesMax = 512;
constexpr std::size_t kHintBytesMax = 1024;
constexpr std::size_t kReferenceBytesMax = 64;  // ours have 43

std::optional<ResponseMode> parse_response_mode(std::string_view text) {
  if (text == "query") return ResponseMode::query;
  if (text == "fragment") return ResponseMode::fragment;
  if (text == "form_post") return ResponseMode::form_post;
  return std::nullopt;
}

// Where the answer to a response type goes by default (OAuth Multiple Response Types 5): one that
// asks for tokens gets even its refusal in the fragment.
ResponseMode default_response_mode(std::string_view response_type) {
  const std::vector<std::string> words = split_words(response_type);
  const bool has_token = std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word == "token" || word == "id_token";
  });
  return has_token ? ResponseMode::fragment : ResponseMode::query;
}

Problem check_no_request_object(const OAuthParams& params) {
  struct Refused {
    std::string_view name;
    OAuthErrorCode code;
  };
  for (const auto& [name, code] : {
           Refused{"request", OAuthErrorCode::request_not_supported},
           Refused{"request_uri", OAuthErrorCode::request_uri_not_supported},
           Refused{"registration", OAuthErrorCode::registration_not_supported},
       }) {
    const std::optional<std::string_view> given = params.get(name);
    if (given && !(name == "request_uri" && is_pushed_request_uri(*given))) {
      return oauth_error(code, Aadsts::invalid_request,
                         "The parameter '" + std::string{name} + "' is not supported.");
    }
  }
  return std::nullopt;
}

Problem check_response_type(const OAuthParams& params) {
  const std::optional<std::string_view> type = params.get("response_type");
  if (!type) {
    return invalid_request("The parameter 'response_type' is missing.", Aadsts::missing_parameter);
  }
  if (*type == "code") return std::nullopt;
  return oauth_error(OAuthErrorCode::unsupported_response_type, Aadsts::unsupported_response_type,
                     "The only supported response_type is 'code'.");
}

Problem check_response_mode(const OAuthParams& params) {
  const std::optional<std::string_view> mode = params.get("response_mode");
  if (!mode || parse_response_mode(*mode)) return std::nullopt;
  return invalid_request("The response_mode is not query, fragment or form_post.",
                         Aadsts::unsupported_response_mode);
}

Problem check_sizes(const OAuthParams& params) {
  struct Limited {
    std::string_view name;
    std::size_t bytes_max;
  };
  for (const auto& [name, bytes_max] : {
           Limited{"state", limits::kStateBytesMax},
           Limited{"nonce", kNonceBytesMax},
           Limited{"login_hint", kHintBytesMax},
           Limited{"domain_hint", kHintBytesMax},
           Limited{"acr_values", kHintBytesMax},
           Limited{"ui_locales", kHintBytesMax},
       }) {
    if (params.get(name).value_or("").size() > bytes_max) {
      return invalid_request("The parameter '" + std::string{name} + "' is too long.",
                             Aadsts::invalid_parameter);
    }
  }
  return std::nullopt;
}

Problem read_prompt(const OAuthParams& params, AuthorizeRequest& request) {
  std::size_t count = 0;
  for (const std::string& word : split_words(params.get("prompt").value_or(""))) {
    ++count;
    if (word == "none") {
      request.prompt.none = true;
    } else if (word == "login") {
      request.prompt.login = true;
    } else if (word == "consent") {
      request.prompt.consent = true;
    } else if (word == "select_account") {
      request.prompt.select_account = true;
    } else {
      return invalid_request("The prompt has an unknown value.", Aadsts::invalid_parameter);
    }
  }
  if (request.prompt.none && count > 1) {
    return invalid_request("The prompt none stands alone.", Aadsts::invalid_parameter);
  }
  return std::nullopt;
}

Problem read_max_age(const OAuthParams& params, AuthorizeRequest& request) {
  const std::optional<std::string_view> text = params.get("max_age");
  if (!text) return std::nullopt;
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error != std::errc{} || end != text->data() + text->size()) {
    return invalid_request("The max_age is no number of seconds.", Aadsts::invalid_parameter);
  }
  request.max_age = std::chrono::seconds{seconds};
  return std::nullopt;
}

Problem read_code_challenge(const OAuthParams& params, AuthorizeRequest& request) {
  const std::optional<std::string_view> challenge = params.get("code_challenge");
  const std::optional<std::string_view> method = params.get("code_challenge_method");
  if (!challenge && !method) return std::nullopt;
  if (!challenge) {
    return invalid_request("A code_challenge_method came without a code_challenge.",
                           Aadsts::code_challenge_missing);
  }
  if (method != "S256") {
    return invalid_request("The code_challenge_method must be S256; without one it is plain.",
                           Aadsts::invalid_parameter);
  }
  if (!is_code_challenge(*challenge)) {
    return invalid_request("The code_challenge is not the base64url of a SHA-256.",
                           Aadsts::code_challenge_missing);
  }
  request.code_challenge = std::string{*challenge};
  return std::nullopt;
}

Problem read_dpop_jkt(const OAuthParams& params, AuthorizeRequest& request) {
  request.dpop_jkt = params.get_or_empty("dpop_jkt");
  if (request.dpop_jkt.empty() || is_thumbprint(request.dpop_jkt)) return std::nullopt;
  return invalid_request("The dpop_jkt is not the thumbprint of a key.", Aadsts::invalid_parameter);
}

Problem read_claims(const OAuthParams& params, AuthorizeRequest& request) {
  Result<ClaimsRequest> claims = parse_claims_parameter(params.get("claims").value_or(""));
  if (!claims) return invalid_request("The claims parameter: " + claims.error().message() + ".");
  request.claims = std::move(claims).value();
  return std::nullopt;
}

Problem read_scope(const OAuthParams& params, AuthorizeRequest& request) {
  OAuthResult<ScopeRequest> scope = parse_scope(params.get("scope").value_or(""));
  if (!scope) return scope.error();
  request.scope = std::move(scope).value();
  OAuthResult<std::vector<std::string>> resources = parse_resources(params);
  if (!resources) return resources.error();
  request.resources = std::move(resources).value();
  return std::nullopt;
}

void read_hints(const OAuthParams& params, AuthorizeRequest& request) {
  request.nonce = params.get_or_empty("nonce");
  request.login_hint = params.get_or_empty("login_hint");
  request.domain_hint = params.get_or_empty("domain_hint");
  request.acr_values = split_words(params.get("acr_values").value_or(""));
  request.ui_locales = split_words(params.get("ui_locales").value_or(""));
  request.client_info = params.get("client_info") == "1";
  request.request_uri = params.get_or_empty("request_uri");
}

}  // namespace

std::string_view to_string(ResponseMode mode) {
  switch (mode) {
    case ResponseMode::query: return "query";
    case ResponseMode::fragment: return "fragment";
    case ResponseMode::form_post: return "form_post";
  }
  CURFEW_CHECK(false);
}

bool is_pushed_request_uri(std::string_view text) {
  if (!text.starts_with(kPushedRequestUriPrefix)) return false;
  text.remove_prefix(kPushedRequestUriPrefix.size());
  return !text.empty() && text.size() <= kReferenceBytesMax && base64url_decode(text).has_value();
}

OAuthResult<AuthorizeTarget> parse_authorize_target(const OAuthParams& params) {
  if (params.is_repeated("client_id") || params.is_repeated("redirect_uri")) {
    return invalid_request("The client_id or the redirect_uri occurs more than once.");
  }
  const std::string client_id = params.get_or_empty("client_id");
  if (client_id.empty()) {
    return invalid_request("The parameter 'client_id' is missing.", Aadsts::missing_parameter);
  }
  if (!is_client_id(client_id)) return invalid_request("The client_id is malformed.");
  AuthorizeTarget target;
  target.client_id = AppId{client_id};
  target.redirect_uri = params.get_or_empty("redirect_uri");
  if (target.redirect_uri.size() > limits::kRedirectUriBytesMax) {
    return invalid_request("The redirect_uri is too long.", Aadsts::redirect_uri_mismatch);
  }
  if (!target.redirect_uri.empty() && !parse_uri(target.redirect_uri).ok()) {
    return invalid_request("The redirect_uri is not an absolute URI.",
                           Aadsts::redirect_uri_mismatch);
  }
  target.response_mode =
      parse_response_mode(params.get("response_mode").value_or(""))
          .value_or(default_response_mode(params.get("response_type").value_or("")));
  const std::string_view state = params.get("state").value_or("");
  if (state.size() <= limits::kStateBytesMax) target.state = state;
  return target;
}

OAuthResult<AuthorizeRequest> parse_authorize_request(const OAuthParams& params,
                                                      AuthorizeTarget target) {
  AuthorizeRequest request;
  request.target = std::move(target);
  if (Problem problem = params.first_repeated()) return *std::move(problem);
  for (const auto check :
       {check_no_request_object, check_response_type, check_response_mode, check_sizes}) {
    if (Problem problem = check(params)) return *std::move(problem);
  }
  for (const auto read :
       {read_prompt, read_max_age, read_code_challenge, read_dpop_jkt, read_scope, read_claims}) {
    if (Problem problem = read(params, request)) return *std::move(problem);
  }
  read_hints(params, request);
  return request;
}

}  // namespace curfew
