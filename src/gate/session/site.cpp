#include "gate/session/site.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "gate/session/session_limits.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/oauth/scope.hpp"
#include "protocol/oidc/discovery.hpp"

namespace curfew {

namespace {

constexpr std::size_t kClientIdBytesMax = 256;

Error refused(std::string_view member, std::string_view rule) {
  return Error::permanent(ErrorCode::invalid_argument,
                          std::string{member} + " " + std::string{rule});
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= session_limits::kSiteNameBytesMax && name.front() != '-' &&
         std::ranges::all_of(name, is_name_character);
}

bool is_visible(std::string_view text, std::size_t bytes_max) {
  return !text.empty() && text.size() <= bytes_max && std::ranges::all_of(text, [](char c) {
    return c > 0x20 && c < 0x7F && c != '"' && c != '\\';
  });
}

// The origin, in the spelling that browsers send.
Result<Uri> origin_of(std::string_view url) {
  const auto uri = parse_uri(url);
  const bool is_origin = uri.ok() && uri->scheme == "https" && !uri->userinfo && !uri->query &&
                         !uri->fragment && (uri->path.empty() || uri->path == "/");
  if (is_origin) return uri;
  return refused("url", "must be https://HOST or https://HOST:PORT, and nothing after it");
}

}  // namespace

Result<std::string> site_origin(std::string_view url) {
  CURFEW_TRY(const Uri uri, origin_of(url));
  return uri.origin();
}

Status check_site(const SiteSettings& settings) {
  if (!is_name(settings.name)) {
    return refused("name", "must be a word of a-z, 0-9 and '-', of at most 64 characters");
  }
  CURFEW_TRY_STATUS(origin_of(settings.url));
  if (!is_visible(settings.client_id, kClientIdBytesMax)) {
    return refused("client_id", "must be the application's id, as `curfew app list` shows it");
  }
  if (!is_visible(settings.audience, limits::kIdentifierUriBytesMax)) {
    return refused("audience", "must be an identifier URI of the application, such as api://wiki");
  }
  const auto are_scopes = [](const std::vector<std::string>& scopes) {
    return std::ranges::all_of(scopes, is_scope_token);
  };
  if (!are_scopes(settings.scopes)) return refused("scopes", "must be a list of scopes");
  if (!are_scopes(settings.required_scopes)) {
    return refused("required_scopes", "must be a list of permissions");
  }
  if (!are_scopes(settings.required_roles)) {
    return refused("required_roles", "must be a list of roles");
  }
  if (!settings.required_roles.empty() && !settings.required_scopes.empty()) {
    return refused("required_roles",
                   "does not go with required_scopes: a person's token is judged by its scopes "
                   "where some are required, and by its roles only where none are");
  }
  return Done{};
}

std::string Site::redirect_uri() const { return origin + std::string{kGatePaths} + "callback"; }

std::string Site::signed_out_uri() const { return origin + std::string{kGatePaths} + "signed-out"; }

Result<Site> make_site(const SiteSettings& settings, JwtSigner client_key, CookieKeys cookie_keys) {
  CURFEW_TRY_STATUS(check_site(settings));
  CURFEW_TRY(const std::string origin, site_origin(settings.url));
  std::vector<std::string> scopes = settings.scopes;
  if (scopes.empty()) scopes = {settings.audience + "/" + std::string{kDefaultScopeName}};
  for (const char* const oidc : {"profile", "openid"}) {
    if (std::ranges::find(scopes, oidc) == scopes.end()) scopes.insert(scopes.begin(), oidc);
  }
  return Site{{origin, settings.client_id, std::move(cookie_keys)},
              settings.name,
              origin.substr(origin.find("//") + 2),
              join(scopes, " "),
              FixedRules{{{settings.audience}, settings.required_scopes, settings.required_roles}},
              std::move(client_key)};
}

Result<Provider> provider_of(std::string_view issuer) {
  constexpr std::string_view kTail = "/v2.0";
  if (!issuer.starts_with("https://") || !issuer.ends_with(kTail)) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "the issuer must be https://HOST/TENANT/v2.0");
  }
  const std::string base{issuer.substr(0, issuer.size() - kTail.size())};
  const auto below = [&](std::string_view path) { return base + std::string{path}; };
  return Provider{std::string{issuer}, below(endpoint_path::kAuthorize),
                  below(endpoint_path::kToken), below(endpoint_path::kLogout)};
}

}  // namespace curfew
