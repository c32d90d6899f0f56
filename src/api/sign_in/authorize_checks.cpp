#include "api/sign_in/authorize_checks.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "access/authentication_context.hpp"
#include "access/client_policy.hpp"
#include "access/evaluate.hpp"
#include "access/granted_scopes.hpp"
#include "api/sign_in/continuation.hpp"
#include "api/sign_in/hint_token.hpp"
#include "api/sign_in/pushed_requests.hpp"
#include "base/text.hpp"
#include "model/built_in_app_ids.hpp"
#include "protocol/oauth/params.hpp"
#include "protocol/oauth/redirect_uri.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

using Problem = std::optional<OAuthError>;

// What the checks know so far; each may rely on what the ones before it filled in.
struct Draft {
  ReadTx& tx;
  const ServerContext& context;
  OAuthParams params;
  AuthorizeTarget target;
  CheckedRequest checked;
  RequestSource source = RequestSource::browser;
  bool may_ask_store = true;  // not in a transaction that writes
};

struct Check {
  std::string_view name;
  Problem (*run)(Draft&);
};

OAuthError store_failed() {
  return oauth_error(OAuthErrorCode::server_error, Aadsts::none,
                     "The server could not read its data.");
}

// ---- errors stay on our page ----

Problem request_is_a_form(Draft& draft) {
  if (draft.checked.raw.size() > kContinuedRequestBytesMax) {
    return invalid_request("The request is too long.");
  }
  OAuthResult<OAuthParams> params = OAuthParams::parse(draft.checked.raw);
  if (!params.ok()) return params.error();
  draft.params = std::move(params).value();
  return std::nullopt;
}

Problem target_is_readable(Draft& draft) {
  OAuthResult<AuthorizeTarget> target = parse_authorize_target(draft.params);
  if (!target.ok()) return target.error();
  draft.target = std::move(target).value();
  return std::nullopt;
}

Problem client_is_registered(Draft& draft) {
  Result<std::optional<App>> client =
      load<App>(draft.tx, draft.context.tenant_id, draft.target.client_id);
  if (!client.ok()) return store_failed();
  if (!client.value()) {
    return oauth_error(OAuthErrorCode::unauthorized_client, Aadsts::application_not_found,
                       "The application '" + escape_for_display(draft.target.client_id.str(), 64) +
                           "' is not registered in this organisation.");
  }
  draft.checked.client = std::move(*client.value());
  return std::nullopt;
}

// A disabled application may have been disabled because its redirect URI was taken over.
Problem client_is_enabled(Draft& draft) {
  if (draft.checked.client.account_enabled) return std::nullopt;
  return oauth_error(OAuthErrorCode::unauthorized_client, Aadsts::application_disabled,
                     "The application is disabled.");
}

// RFC 6749 3.1.2.3: it may be left out where exactly one is registered.
Problem redirect_uri_is_known(Draft& draft) {
  if (!draft.target.redirect_uri.empty()) return std::nullopt;
  const std::vector<std::string>& registered = draft.checked.client.redirect_uris;
  if (registered.size() != 1) {
    return invalid_request("The parameter 'redirect_uri' is missing.", Aadsts::missing_parameter);
  }
  draft.target.redirect_uri = registered.front();
  return std::nullopt;
}

Problem redirect_uri_is_registered(Draft& draft) {
  if (redirect_uri_matches(draft.checked.client.redirect_uris, draft.target.redirect_uri)) {
    return std::nullopt;
  }
  return oauth_error(OAuthErrorCode::invalid_request, Aadsts::redirect_uri_mismatch,
                     "The redirect URI is not one of those registered for the application.");
}

// Also for one that came into the store by another way than our API.
Problem redirect_uri_is_safe(Draft& draft) {
  if (check_redirect_uri(draft.target.redirect_uri).ok()) return std::nullopt;
  return oauth_error(OAuthErrorCode::invalid_request, Aadsts::redirect_uri_mismatch,
                     "The redirect URI is not one that may be used: it must be https or loopback.");
}

constexpr std::array kTargetChecks{
    Check{"request_is_a_form", request_is_a_form},
    Check{"target_is_readable", target_is_readable},
    Check{"client_is_registered", client_is_registered},
    Check{"client_is_enabled", client_is_enabled},
    Check{"redirect_uri_is_known", redirect_uri_is_known},
    Check{"redirect_uri_is_registered", redirect_uri_is_registered},
    Check{"redirect_uri_is_safe", redirect_uri_is_safe},
};

// ---- errors go back to the client ----

Problem request_is_readable(Draft& draft) {
  OAuthResult<AuthorizeRequest> request = parse_authorize_request(draft.params, draft.target);
  if (!request.ok()) return request.error();
  draft.checked.request = std::move(request).value();
  draft.target = draft.checked.request.target;
  return std::nullopt;
}

// RFC 6749 4.1.2.1: the error for which a 503 could not be handed on by a redirect.
Problem server_may_issue(Draft& draft) {
  if (!draft.context.live().rollback().is_raised()) return std::nullopt;
  return oauth_error(OAuthErrorCode::temporarily_unavailable, Aadsts::none,
                     "The server issues nothing until its operator has acted.");
}

// RFC 9126 5, client metadata require_pushed_authorization_requests.
Problem request_was_pushed_where_it_must(Draft& draft) {
  const bool is_required =
      policy_of(draft.checked.client).must_push && draft.source == RequestSource::browser;
  if (!is_required || !draft.checked.request.request_uri.empty()) return std::nullopt;
  return invalid_request("The application must push its authorization requests (RFC 9126).");
}

// Again when a form of ours comes back: what the client had may have been taken away meanwhile.
Problem pushed_request_stands(Draft& draft) {
  const std::string& request_uri = draft.checked.request.request_uri;
  if (request_uri.empty()) return std::nullopt;
  auto problem =
      check_pushed_request(draft.tx, draft.context, request_uri, draft.checked.client.id);
  return problem.ok() ? std::move(problem).value() : store_failed();
}

// RFC 9700 2.1.1: a must for public clients, and for whoever was registered so.
Problem client_proves_possession(Draft& draft) {
  const bool required = policy_of(draft.checked.client).must_use_pkce;
  if (!required || draft.checked.request.code_challenge) return std::nullopt;
  return invalid_request("The application must send a code_challenge (PKCE, S256).",
                         Aadsts::code_challenge_missing);
}

Problem resource_is_one(Draft& draft) {
  OAuthResult<ResourceChoice> choice =
      choose_resource(draft.checked.request.scope, draft.checked.request.resources, kGraphResource);
  if (!choice.ok()) return choice.error();
  draft.checked.choice = std::move(choice).value();
  return std::nullopt;
}

// Anybody names resources here, made up ones too: what is remembered says at once who is none.
Result<std::optional<App>> resource_of(const Draft& draft) {
  const TenantId& tenant_id = draft.context.tenant_id;
  const std::string& identifier = draft.checked.choice.resource;
  if (!draft.may_ask_store) return find_resource(draft.tx, tenant_id, identifier);
  CURFEW_TRY(const KnownApps::Known known,
             draft.context.known_apps->resource(tenant_id, identifier));
  return known ? std::optional{known->app} : std::optional<App>{};
}

// RFC 7591 2.: `scope` is all that the client can ask for. A resource without a name of a
// permission would ask for whatever there is.
Problem scopes_are_registered(Draft& draft) {
  const std::vector<std::string>& registered = draft.checked.client.registered_scopes;
  if (registered.empty()) return std::nullopt;
  const ScopeRequest& asked = draft.checked.request.scope;
  const bool is_open = draft.checked.choice.all_granted && asked.resource_scopes.empty() &&
                       !draft.checked.choice.resource.empty();
  const bool is_covered = std::ranges::all_of(asked.texts, [&](const std::string& text) {
    return std::ranges::find(registered, text) != registered.end();
  });
  // Registered without a resource it was Graph's; together with `resource` it is another's.
  const bool is_moved = draft.checked.choice.resource != kGraphResource &&
                        std::ranges::any_of(asked.resource_scopes, [](const ResourceScope& one) {
                          return one.resource.empty();
                        });
  if (is_covered && !is_open && !is_moved) return std::nullopt;
  return oauth_error(OAuthErrorCode::invalid_scope, Aadsts::invalid_scope,
                     "The application asks for more than the scope that it registered.");
}

Problem resource_is_registered(Draft& draft) {
  if (draft.checked.choice.resource.empty()) return std::nullopt;
  auto resource = resource_of(draft);
  if (!resource.ok()) return store_failed();
  draft.checked.resource = std::move(resource).value();
  if (draft.checked.resource) return std::nullopt;
  return oauth_error(OAuthErrorCode::invalid_target, Aadsts::resource_not_found,
                     "The resource is not registered in this organisation.");
}

Problem permissions_are_exposed(Draft& draft) {
  if (!draft.checked.resource) return std::nullopt;
  const std::vector<std::string>& exposed = draft.checked.resource->exposed_scopes;
  for (const std::string& name : draft.checked.choice.names) {
    if (std::ranges::find(exposed, name) == exposed.end()) {
      return oauth_error(OAuthErrorCode::invalid_scope, Aadsts::invalid_scope,
                         "The resource has no permission '" + escape_for_display(name, 64) + "'.");
    }
  }
  return std::nullopt;
}

// OIDC Core 5.5.1.1, RFC 9470 5: what is essential and cannot be reached is refused; acr_values and
// whatever else is a wish is not, and the tokens say what was reached. Of Entra's authentication
// contexts (acrs) we have none, and must not pretend.
Problem authentication_contexts_are_possible(Draft& draft) {
  const ClaimsRequest& claims = draft.checked.request.claims;
  if (claims.authentication_contexts.empty() && can_be_reached(claims.essential_acrs)) {
    return std::nullopt;
  }
  return oauth_error(OAuthErrorCode::unmet_authentication_requirements, Aadsts::blocked_by_policy,
                     "The authentication context that is asked for cannot be reached.");
}

// OIDC Core 3.1.2.1: a hint that we did not issue is an error, not a wish.
Problem hint_is_ours(Draft& draft) {
  draft.checked.required_subject = draft.checked.request.claims.required_subject.value_or("");
  const std::string compact = draft.params.get_or_empty("id_token_hint");
  if (compact.empty()) return std::nullopt;
  const std::optional<HintToken> hint = read_hint_token(draft.context, compact);
  if (!hint || hint->subject.empty()) {
    return invalid_request("The id_token_hint is not an ID token of this server.",
                           Aadsts::invalid_parameter);
  }
  std::string& required = draft.checked.required_subject;
  if (!required.empty() && required != hint->subject) {
    return invalid_request("The id_token_hint and the claims parameter name two people.",
                           Aadsts::invalid_parameter);
  }
  required = hint->subject;
  return std::nullopt;
}

constexpr std::array kRequestChecks{
    Check{"request_is_readable", request_is_readable},
    Check{"server_may_issue", server_may_issue},
    Check{"request_was_pushed_where_it_must", request_was_pushed_where_it_must},
    Check{"pushed_request_stands", pushed_request_stands},
    Check{"client_proves_possession", client_proves_possession},
    Check{"resource_is_one", resource_is_one},
    Check{"scopes_are_registered", scopes_are_registered},
    Check{"resource_is_registered", resource_is_registered},
    Check{"permissions_are_exposed", permissions_are_exposed},
    Check{"authentication_contexts_are_possible", authentication_contexts_are_possible},
    Check{"hint_is_ours", hint_is_ours},
};

constexpr std::array kAskedChecks{server_may_issue,        resource_is_one,
                                  scopes_are_registered,   resource_is_registered,
                                  permissions_are_exposed, authentication_contexts_are_possible};

}  // namespace

RequestOutcome check_request(ReadTx& tx, const ServerContext& context, std::string raw,
                             RequestSource source) {
  Draft draft{tx, context, {}, {}, {}, source};
  draft.checked.raw = std::move(raw);
  for (const Check& check : kTargetChecks) {
    if (Problem problem = check.run(draft)) return RefusedOnPage{std::move(*problem)};
  }
  for (const Check& check : kRequestChecks) {
    if (Problem problem = check.run(draft)) {
      return RefusedAtClient{draft.target, std::move(*problem), std::move(draft.checked.client)};
    }
  }
  return std::move(draft.checked);
}

OAuthResult<CheckedRequest> check_what_is_asked(ReadTx& tx, const ServerContext& context,
                                                CheckedRequest request) {
  Draft draft{tx, context, {}, {}, std::move(request)};
  draft.may_ask_store = false;
  for (const auto check : kAskedChecks) {
    if (Problem problem = check(draft)) return *std::move(problem);
  }
  return std::move(draft.checked);
}

std::vector<std::string_view> request_check_names() {
  std::vector<std::string_view> names;
  for (const Check& check : kTargetChecks) names.push_back(check.name);
  for (const Check& check : kRequestChecks) names.push_back(check.name);
  return names;
}

}  // namespace curfew
