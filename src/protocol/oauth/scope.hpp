// protocol/oauth/scope.hpp: scopes as clients spell them, and the one resource that they mean.
//
// A scope is an OIDC one (openid, profile, email, address, phone, offline_access), or the name of a
// permission of a resource: "https://host/x/Files.Read" is Files.Read of the resource
// "https://host/x", "api://app/.default" is whatever was already granted there, and a bare
// "User.Read" belongs to the server's default resource. The text before the last '/' is the
// resource, so that "https://host//.default" names "https://host/", as Entra has it.
//
// Pure; any thread. Limits: kScopeBytesMax, kScopesMax. Spec: RFC 6749 3.3, RFC 8707 2.2.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/oauth/error.hpp"
#include "protocol/oauth/params.hpp"

namespace curfew {

inline constexpr std::size_t kScopesMax = 100;
inline constexpr std::string_view kDefaultScopeName = ".default";

struct ResourceScope {
  std::string text;      // as the client spelled it
  std::string resource;  // identifier URI or application id; empty: the default resource
  std::string name;      // "Files.Read" or ".default"

  friend bool operator==(const ResourceScope&, const ResourceScope&) = default;
};

struct ScopeRequest {
  std::vector<std::string> texts;  // every scope once, in the order and spelling of the request
  bool openid = false;
  bool profile = false;
  bool email = false;
  bool offline_access = false;
  std::vector<ResourceScope> resource_scopes;

  [[nodiscard]] bool empty() const { return texts.empty(); }
};

[[nodiscard]] bool is_oidc_scope(std::string_view scope);

// RFC 6749 3.3: at least one character, and none that ends a scope or a quoted text.
[[nodiscard]] bool is_scope_token(std::string_view text);
// What a resource may call a permission: a scope token without the '/' that parts it from the
// resource, and not ".default". "<resource>/<name>" can then be read in one way only.
[[nodiscard]] bool is_permission_name(std::string_view name);

// Empty text is an empty request. invalid_scope for characters outside RFC 6749 3.3, too much of
// it, or a resource or name that is empty.
[[nodiscard]] OAuthResult<ScopeRequest> parse_scope(std::string_view text);
// The same from a stored list.
[[nodiscard]] OAuthResult<ScopeRequest> parse_scope(const std::vector<std::string>& scopes);

// The `resource` parameters of a request, each once. invalid_target unless each is an absolute URI
// without fragment (RFC 8707 2).
[[nodiscard]] OAuthResult<std::vector<std::string>> parse_resources(const OAuthParams& params);

// What one access token is for.
struct ResourceChoice {
  // An identifier as the client spelled it; empty: no resource, the token is for userinfo only.
  std::string resource;
  bool all_granted = false;        // ".default", or no name at all
  std::vector<std::string> names;  // permission names asked for, without the resource
};

// The single resource that scopes and `resource` parameters name together. A bare scope belongs to
// the `resource` parameter if there is one, else to `default_resource`, which may be empty: there
// is none. invalid_target if they name several; invalid_scope if ".default" stands beside other
// names, or for a bare scope that belongs to nothing.
[[nodiscard]] OAuthResult<ResourceChoice> choose_resource(const ScopeRequest& scope,
                                                          const std::vector<std::string>& resources,
                                                          std::string_view default_resource);

// The `scope` of the token response, in the client's own spelling, so that its cache finds the
// token again: the OIDC scopes asked for, each asked name that is in `granted_names`, and for
// ".default" itself followed by every granted name as "resource/name".
[[nodiscard]] std::string response_scope(const ScopeRequest& asked, const ResourceChoice& choice,
                                         const std::vector<std::string>& granted_names);

}  // namespace curfew
