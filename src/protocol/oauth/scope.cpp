#include "protocol/oauth/scope.hpp"

#include <algorithm>
#include <array>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "protocol/http/uri.hpp"

namespace curfew {

namespace {

OAuthError invalid_scope(std::string description) {
  return oauth_error(OAuthErrorCode::invalid_scope, Aadsts::invalid_scope, std::move(description));
}

OAuthError invalid_target(Aadsts aadsts, std::string description) {
  return oauth_error(OAuthErrorCode::invalid_target, aadsts, std::move(description));
}

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

void add_once(std::vector<std::string>& list, std::string text) {
  if (!contains(list, text)) list.push_back(std::move(text));
}

// A GUID or another plain name, or an absolute URI that names something.
bool is_resource_identifier(std::string_view resource) {
  if (resource.find(':') == std::string_view::npos) {
    return !resource.empty() && resource.front() != '/';
  }
  const Result<Uri> uri = parse_uri(resource);
  if (!uri.ok() || uri->fragment) return false;
  return uri->has_authority ? !uri->host.empty()
                            : uri->path.find_first_not_of('/') != std::string::npos;
}

void note_oidc_scope(ScopeRequest& request, std::string_view text) {
  if (text == "openid") request.openid = true;
  if (text == "profile") request.profile = true;
  if (text == "email") request.email = true;
  if (text == "offline_access") request.offline_access = true;
}

std::optional<OAuthError> add_scope(ScopeRequest& request, const std::string& text) {
  if (!is_scope_token(text)) return invalid_scope("A scope has a character that is not allowed.");
  if (contains(request.texts, text)) return std::nullopt;
  if (request.texts.size() == kScopesMax) return invalid_scope("There are too many scopes.");
  request.texts.push_back(text);
  if (is_oidc_scope(text)) {
    note_oidc_scope(request, text);
    return std::nullopt;
  }
  const std::size_t slash = text.rfind('/');
  if (slash == std::string::npos) {
    request.resource_scopes.push_back({text, "", text});
    return std::nullopt;
  }
  ResourceScope scope{text, text.substr(0, slash), text.substr(slash + 1)};
  if (scope.name.empty() || !is_resource_identifier(scope.resource)) {
    return invalid_scope("The scope '" + escape_for_display(text, 128) +
                         "' does not name a permission of a resource.");
  }
  request.resource_scopes.push_back(std::move(scope));
  return std::nullopt;
}

}  // namespace

bool is_oidc_scope(std::string_view scope) {
  constexpr std::array<std::string_view, 6> kOidcScopes{"openid",  "profile", "email",
                                                        "address", "phone",   "offline_access"};
  return std::find(kOidcScopes.begin(), kOidcScopes.end(), scope) != kOidcScopes.end();
}

bool is_scope_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7F && c != '"' && c != '\\';  // NQCHAR
  });
}

bool is_permission_name(std::string_view name) {
  return is_scope_token(name) && name.find('/') == std::string_view::npos &&
         name != kDefaultScopeName;
}

OAuthResult<ScopeRequest> parse_scope(const std::vector<std::string>& scopes) {
  ScopeRequest request;
  for (const std::string& text : scopes) {
    if (std::optional<OAuthError> error = add_scope(request, text)) return *std::move(error);
  }
  return request;
}

OAuthResult<ScopeRequest> parse_scope(std::string_view text) {
  if (text.size() > limits::kScopeBytesMax) return invalid_scope("The scope is too long.");
  return parse_scope(split_words(text));
}

OAuthResult<std::vector<std::string>> parse_resources(const OAuthParams& params) {
  std::vector<std::string> resources;
  for (std::string& resource : params.all("resource")) {
    const Result<Uri> uri = parse_uri(resource);
    if (!uri.ok() || uri->fragment) {
      return invalid_target(Aadsts::invalid_uri,
                            "A resource parameter is not an absolute URI without fragment.");
    }
    add_once(resources, std::move(resource));
  }
  return resources;
}

OAuthResult<ResourceChoice> choose_resource(const ScopeRequest& scope,
                                            const std::vector<std::string>& resources,
                                            std::string_view default_resource) {
  std::vector<std::string> named = resources;
  const std::string bare{resources.empty() ? default_resource : std::string_view{resources[0]}};
  ResourceChoice choice;
  bool has_default_name = false;
  for (const ResourceScope& item : scope.resource_scopes) {
    if (item.resource.empty() && bare.empty()) {
      return invalid_scope("The scope '" + escape_for_display(item.text, 128) +
                           "' does not say to which resource it belongs.");
    }
    add_once(named, item.resource.empty() ? bare : item.resource);
    if (item.name == kDefaultScopeName) {
      has_default_name = true;
    } else {
      add_once(choice.names, item.name);
    }
  }
  if (named.size() > 1) {
    return invalid_target(Aadsts::several_resources,
                          "The request names more than one resource; a token is for one.");
  }
  if (has_default_name && !choice.names.empty()) {
    return invalid_scope("The scope .default cannot stand beside other scopes of the resource.");
  }
  if (!named.empty()) {
    choice.resource = named[0];
    choice.all_granted = choice.names.empty();
  }
  return choice;
}

std::string response_scope(const ScopeRequest& asked, const ResourceChoice& choice,
                           const std::vector<std::string>& granted_names) {
  std::vector<std::string> answer;
  for (const std::string& text : asked.texts) {
    if (is_oidc_scope(text)) add_once(answer, text);
  }
  for (const ResourceScope& item : asked.resource_scopes) {
    if (item.name == kDefaultScopeName || contains(granted_names, item.name)) {
      add_once(answer, item.text);
    }
  }
  if (choice.all_granted) {
    for (const std::string& name : granted_names) add_once(answer, choice.resource + "/" + name);
  }
  return join(answer, " ");
}

}  // namespace curfew
