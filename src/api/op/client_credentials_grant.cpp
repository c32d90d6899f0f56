// grant_type=client_credentials: an application by itself. Reads only, so that it costs no commit.
#include <algorithm>
#include <array>

#include "access/credential_facts.hpp"
#include "access/granted_scopes.hpp"
#include "access/liveness.hpp"
#include "api/op/grant_use.hpp"
#include "base/check.hpp"
#include "model/built_in_app_ids.hpp"
#include "model/signals_app.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

struct AppUse {
  const ServerContext& context;
  const TokenCall& call;
  MintMoment moment;
  ResourceChoice choice;
  std::shared_ptr<const KnownApp> resource;
  std::vector<std::string> permissions;
};

using Check = Result<Refusal> (*)(AppUse&);

Result<Refusal> check_client_proved_itself(AppUse& use) {
  if (use.call.client.proof) return Refusal{};
  return refuse(OAuthErrorCode::unauthorized_client, Aadsts::missing_client_secret,
                "A public application has no access of its own.");
}

Result<Refusal> check_proof_is_live(AppUse& use) {
  const CredentialFacts& facts = use.call.client.proof->facts;
  const Verdict verdict = verdict_now(use.context.live(), facts, use.moment.now);
  const bool is_live = verdict == Verdict::live && use.call.client.app().account_enabled;
  if (is_live) return Refusal{};
  return refuse(OAuthErrorCode::unauthorized_client, Aadsts::application_disabled,
                "The application, or its secret or key, is disabled.");
}

// Receivers of shared signals ask for bare scopes, as their profile has it.
bool asks_for_signals(const TokenRequest& request) {
  const auto& scopes = request.scope.resource_scopes;
  return request.resources.empty() && !scopes.empty() &&
         std::ranges::all_of(scopes, [](const ResourceScope& scope) {
           return scope.text == kSignalsManage || scope.text == kSignalsRead;
         });
}

Result<Refusal> check_scope_names_a_resource(AppUse& use) {
  if (asks_for_signals(use.call.request)) {
    auto chosen = choose_resource(use.call.request.scope, {}, kSignalsResource);
    if (!chosen.ok()) return Refusal{chosen.error()};
    use.choice = std::move(chosen).value();
    return Refusal{};
  }
  return choose_named_resource(use.call.request, use.choice);
}

// A gate gets tokens for the feed, and for nothing else; the feed is for gates, and for nobody
// else.
Result<Refusal> check_gate(AppUse& use) {
  const bool for_feed = use.choice.resource == kGateFeedResource;
  if (for_feed == is_gate(use.call.client.app())) return Refusal{};
  return refuse(OAuthErrorCode::invalid_target, Aadsts::resource_not_found,
                for_feed ? "The resource is for enrolled gates alone."
                         : "A gate gets tokens for the gates' feed alone.");
}

Result<Refusal> check_resource(AppUse& use) {
  const ServerContext& context = use.context;
  CURFEW_TRY(use.resource,
             use.choice.resource == kGateFeedResource
                 ? context.known_apps->client(context.tenant_id, AppId{std::string{kGateFeedAppId}})
                 : context.known_apps->resource(context.tenant_id, use.choice.resource));
  if (!use.resource || !use.resource->app.account_enabled) {
    return refuse(OAuthErrorCode::invalid_target, Aadsts::resource_not_found,
                  "The resource is not known or is disabled.");
  }
  return Refusal{};
}

// RFC 7591 2.: `scope` is all that a client that registered itself can ask for.
Result<Refusal> check_registered_scope(AppUse& use) {
  const std::vector<std::string>& registered = use.call.client.app().registered_scopes;
  const bool is_covered =
      registered.empty() || std::ranges::any_of(registered, [&](const std::string& scope) {
        return scope.starts_with(use.choice.resource + "/");
      });
  if (is_covered) return Refusal{};
  return refuse(OAuthErrorCode::invalid_scope, Aadsts::invalid_scope,
                "The application asks for more than the scope that it registered.");
}

Result<Refusal> check_permissions(AppUse& use) {
  auto permissions = app_permissions(use.call.client.app(), use.resource->app, use.choice);
  if (!permissions.ok()) return Refusal{permissions.error()};
  use.permissions = std::move(permissions).value();
  return Refusal{};
}

constexpr std::array<Check, 7> kChecks{
    check_client_proved_itself,    // RFC 6749 4.4: confidential clients only
    check_proof_is_live,           // model/validity.hpp
    check_scope_names_a_resource,  // RFC 8707 2
    check_gate,                    // a gate follows the feed, and nobody else does
    check_resource,                // RFC 8707 2.2
    check_registered_scope,        // RFC 7591 2
    check_permissions,             // RFC 6749 3.3
};

}  // namespace

Result<TokenOutcome> issue_app_token(const ServerContext& context, const TokenCall& call,
                                     const MintMoment& moment) {
  AppUse use{context, call, moment, {}, {}, {}};
  TokenOutcome outcome;
  for (const Check check : kChecks) {
    CURFEW_TRY(outcome.refusal, check(use));
    if (outcome.refusal) return outcome;
  }
  const AppMint mint{call.client.app(),    use.resource->app,
                     use.permissions,      call.client.proof->id,
                     call.client.azpacr(), call.request.claims.handles_challenges};
  outcome.tokens = tokens_of_app(context, moment, mint);
  outcome.tokens.scope = response_scope(call.request.scope, use.choice, use.permissions);
  outcome.counted = Counter::tokens_issued_client_credentials;
  return outcome;
}

}  // namespace curfew
