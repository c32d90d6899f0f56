#include "api/sign_in/authorize_decision.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "access/authentication_context.hpp"
#include "access/client_policy.hpp"
#include "access/credential_facts.hpp"
#include "access/granted_scopes.hpp"
#include "access/liveness.hpp"
#include "api/sign_in/pushed_requests.hpp"
#include "api/sign_in/requested_apps.hpp"
#include "base/check.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "protocol/oauth/redirect_uri.hpp"
#include "store/audit.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

struct Facts {
  const CheckedRequest& checked;
  const Progress& progress;
  TimePoint now;
  DecisionView view;
  std::optional<AccessRefusal> refusal;
  Verdict code_verdict = Verdict::unstamped;
};

using Found = std::optional<Obstacle>;

struct Check {
  std::string_view name;
  Found (*run)(const Facts&);
};

Obstacle obstacle(Remedy remedy, OAuthErrorCode code, Aadsts aadsts, std::string description) {
  Obstacle found;
  found.remedy = remedy;
  found.error.code = code;
  found.error.aadsts = aadsts;
  found.error.description = std::move(description);
  return found;
}

Found somebody_is_signed_in(const Facts& facts) {
  if (facts.view.session && facts.view.user) return std::nullopt;
  return obstacle(Remedy::sign_in, OAuthErrorCode::login_required, Aadsts::not_signed_in,
                  "Nobody is signed in in this browser.");
}

Found account_was_chosen(const Facts& facts) {
  const bool settled = facts.progress.account_chosen || facts.progress.signed_in_now;
  if (!facts.checked.request.prompt.select_account || settled) return std::nullopt;
  return obstacle(Remedy::choose_account, OAuthErrorCode::account_selection_required,
                  Aadsts::select_account, "The person must choose an account.");
}

Found it_is_the_person_required(const Facts& facts) {
  const std::string& required = facts.checked.required_subject;
  if (required.empty() || facts.view.user->id.str() == required) return std::nullopt;
  return obstacle(facts.progress.signed_in_now ? Remedy::none : Remedy::sign_in,
                  OAuthErrorCode::login_required, Aadsts::not_signed_in,
                  "The person whom the request names is not signed in.");
}

// A hint that names an account must not be answered silently with another one; a person who typed
// another name on purpose may go on with it.
Found it_is_the_person_hinted(const Facts& facts) {
  const std::string hint = ascii_lower(facts.checked.request.login_hint);
  const bool settled = facts.progress.account_chosen || facts.progress.signed_in_now;
  const User& user = *facts.view.user;
  if (hint.empty() || settled || hint == user.user_principal_name || hint == user.id.str() ||
      hint == ascii_lower(user.mail.value_or(""))) {
    return std::nullopt;
  }
  return obstacle(Remedy::sign_in, OAuthErrorCode::login_required, Aadsts::not_signed_in,
                  "The person whom the request hints at is not signed in.");
}

Found sign_in_was_asked_for(const Facts& facts) {
  if (!facts.checked.request.prompt.login || facts.progress.signed_in_now) return std::nullopt;
  return obstacle(Remedy::sign_in, OAuthErrorCode::login_required, Aadsts::session_expired,
                  "The request asks for a new sign-in.");
}

Found sign_in_is_recent(const Facts& facts) {
  const auto& max_age = facts.checked.request.max_age;
  if (!max_age || facts.progress.signed_in_now) return std::nullopt;
  if (facts.now - facts.view.session->auth_time <= *max_age) return std::nullopt;
  return obstacle(Remedy::sign_in, OAuthErrorCode::login_required, Aadsts::session_expired,
                  "The sign-in is older than max_age allows.");
}

// Some sign-in reaches what is essential: api/sign_in/authorize_checks.hpp has seen to it.
Found sign_in_reaches_the_context(const Facts& facts) {
  const std::string_view acr = acr_of(facts.view.session->amr);
  if (reaches_all(acr, facts.checked.request.claims.essential_acrs)) return std::nullopt;
  if (facts.progress.signed_in_now) {
    return obstacle(Remedy::none, OAuthErrorCode::unmet_authentication_requirements,
                    Aadsts::blocked_by_policy,
                    "The sign-in does not reach the authentication context that is asked for.");
  }
  return obstacle(Remedy::sign_in, OAuthErrorCode::login_required, Aadsts::session_expired,
                  "The sign-in does not reach the authentication context that is asked for.");
}

// The session stands, but what it would give at this client was taken away since it began, such as
// an assignment: a new sign-in starts afresh (model/validity.hpp).
Found sign_in_counts_at_this_client(const Facts& facts) {
  switch (facts.code_verdict) {
    case Verdict::live: return std::nullopt;
    case Verdict::blocked:
      return obstacle(Remedy::none, OAuthErrorCode::access_denied, Aadsts::blocked_by_policy,
                      "Access to the application is blocked.");
    case Verdict::expired:
    case Verdict::unstamped:
    case Verdict::ahead:
    case Verdict::revoked:
    case Verdict::outdated:
    case Verdict::below_floor: break;
  }
  return obstacle(facts.progress.signed_in_now ? Remedy::none : Remedy::sign_in,
                  OAuthErrorCode::login_required, Aadsts::session_revoked,
                  "A new sign-in is needed for this application.");
}

Found access_is_granted(const Facts& facts) {
  if (!facts.refusal) return std::nullopt;
  Obstacle found;
  found.error = error_of(*facts.refusal);
  if (facts.refusal == AccessRefusal::must_change_password) found.remedy = Remedy::sign_in;
  return found;
}

Found person_may_agree(const Facts& facts) {
  const bool is_theirs = std::ranges::none_of(facts.view.names_to_ask, [&](const auto& name) {
    return needs_administrator(*facts.checked.resource, name);
  });
  if (is_theirs) return std::nullopt;
  return obstacle(Remedy::none, OAuthErrorCode::access_denied,
                  Aadsts::administrator_consent_required,
                  "The application asks for what only an administrator can permit.");
}

Found person_confirmed_the_program(const Facts& facts) {
  if (facts.progress.agreed || !lets_local_program_manage(facts.checked)) return std::nullopt;
  return obstacle(Remedy::consent, OAuthErrorCode::interaction_required, Aadsts::consent_required,
                  "The person must confirm that the program may manage the tenant.");
}

Found person_agreed(const Facts& facts) {
  const std::vector<std::string>& agreed = facts.progress.agreed_names;
  const bool covered = std::ranges::all_of(facts.view.names_to_ask, [&](const std::string& name) {
    return std::ranges::find(agreed, name) != agreed.end();
  });
  const bool is_stranger = registered_itself(facts.checked.client) && !facts.view.agreed_before;
  const bool must_ask = facts.checked.request.prompt.consent || is_stranger;
  if (covered && (facts.progress.agreed || !must_ask)) return std::nullopt;
  return obstacle(Remedy::consent, OAuthErrorCode::consent_required, Aadsts::consent_required,
                  "The person has not agreed to what the application asks for.");
}

constexpr std::array kChecks{
    Check{"somebody_is_signed_in", somebody_is_signed_in},
    Check{"account_was_chosen", account_was_chosen},
    Check{"it_is_the_person_required", it_is_the_person_required},
    Check{"it_is_the_person_hinted", it_is_the_person_hinted},
    Check{"sign_in_was_asked_for", sign_in_was_asked_for},
    Check{"sign_in_is_recent", sign_in_is_recent},
    Check{"sign_in_reaches_the_context", sign_in_reaches_the_context},
    Check{"access_is_granted", access_is_granted},
    Check{"sign_in_counts_at_this_client", sign_in_counts_at_this_client},
    Check{"person_may_agree", person_may_agree},
    Check{"person_confirmed_the_program", person_confirmed_the_program},
    Check{"person_agreed", person_agreed},
};

constexpr std::string_view kLeastGraphPermission = "User.Read";

// A ".default" asks for what was granted; where nothing was, for everything that there is.
std::vector<std::string> names_to_ask(const CheckedRequest& checked,
                                      const std::vector<std::string>& granted) {
  if (!checked.resource) return {};
  if (checked.choice.all_granted && !granted.empty()) return {};
  const bool asks_for_all = checked.choice.all_granted;
  const bool is_graph = is_graph_api(*checked.resource);
  const std::vector<std::string> asked =
      asks_for_all ? offered_names(*checked.resource) : checked.choice.names;
  std::vector<std::string> missing;
  std::ranges::copy_if(asked, std::back_inserter(missing), [&](const std::string& name) {
    // Of Graph's many permissions a person is asked, where none is named, for the least alone.
    const bool is_more = asks_for_all && is_graph && name != kLeastGraphPermission;
    return !is_more && std::ranges::find(granted, name) == granted.end();
  });
  return missing;
}

AuthorizationCode code_for(const ServerContext& context, const CheckedRequest& checked,
                           const Session& session, TimePoint now) {
  AuthorizationCode code;
  code.tenant_id = context.tenant_id;
  code.app_id = checked.client.id;
  code.user_id = session.user_id;
  code.session_id = session.id;
  code.grant_id = GrantId{random_token(16)};
  code.redirect_uri = checked.request.target.redirect_uri;
  code.code_challenge = checked.request.code_challenge;
  if (!checked.request.nonce.empty()) code.nonce = checked.request.nonce;
  code.resource = checked.choice.resource;
  code.scopes = checked.request.scope.texts;
  code.dpop_jkt = checked.request.dpop_jkt;
  code.auth_as_of = session.auth_as_of;
  code.created_at = now;
  code.expires_at = now + context.lifetimes.authorization_code;
  return code;
}

std::string claims_parameter_of(const CheckedRequest& checked) {
  const OAuthResult<OAuthParams> params = OAuthParams::parse(checked.raw);
  return params.ok() ? params.value().get_or_empty("claims") : std::string{};
}

Status load_facts(ReadTx& tx, const ServerContext& context, Decision& decision, Facts& facts) {
  const Session& session = *facts.view.session;
  CURFEW_TRY(facts.view.user, load<User>(tx, context.tenant_id, session.user_id));
  if (!facts.view.user) return Done{};

  AccessQuery query;
  query.tenant_id = context.tenant_id;
  query.user_id = session.user_id;
  query.client_id = facts.checked.client.id;
  query.resource = facts.checked.choice.resource;
  query.device_id = session.device_id;
  query.amr = session.amr;
  query.address = session.address;
  RequestedApps apps{tx, facts.checked};
  CURFEW_TRY(const AccessFacts access, load_access_facts(tx, apps, query));
  facts.refusal = evaluate_access(access);

  CURFEW_TRY(const auto consent,
             load<Consent>(tx, context.tenant_id, session.user_id, facts.checked.client.id));
  // What registered itself can change what it is: people agreed to what it was then.
  const App& client = facts.checked.client;
  facts.view.agreed_before = consent && consent->created_at > client.registration_changed_at;
  const bool counts = facts.view.agreed_before || !registered_itself(client);
  if (facts.checked.resource) {
    facts.view.names_to_ask = names_to_ask(
        facts.checked,
        granted_names(client, *facts.checked.resource, counts ? consent : std::nullopt));
  }
  decision.code = code_for(context, facts.checked, session, facts.now);
  CURFEW_TRY(facts.code_verdict,
             verdict_in(tx, context.journal, facts_of(decision.code, session), facts.now));
  return Done{};
}

// A pushed request becomes one code (RFC 9126 4).
Result<Found> use_up_push(WriteTx& tx, const ServerContext& context,
                          const CheckedRequest& checked) {
  const std::string& request_uri = checked.request.request_uri;
  if (request_uri.empty()) return Found{};
  CURFEW_TRY(auto refusal, use_pushed_request(tx, context, request_uri, checked.client.id));
  if (!refusal) return Found{};
  return Found{Obstacle{Remedy::none, *std::move(refusal)}};
}

}  // namespace

Result<Decision> decide(ReadTx& tx, const ServerContext& context, const CheckedRequest& request,
                        std::optional<Session> session, const Progress& progress, TimePoint now) {
  Decision decision;
  Facts facts{request, progress, now, {}, std::nullopt};
  facts.view.session = std::move(session);
  if (facts.view.session) {
    CURFEW_TRY_STATUS(load_facts(tx, context, decision, facts));
  }
  for (const Check& check : kChecks) {
    decision.obstacle = check.run(facts);
    if (decision.obstacle) break;
  }
  decision.view = std::move(facts.view);
  return decision;
}

Result<IssuedCode> decide_and_issue(WriteTx& tx, const ServerContext& context,
                                    const CheckedRequest& request, std::optional<Session> session,
                                    const Progress& progress, TimePoint now) {
  IssuedCode issued;
  CURFEW_TRY(issued.decision, decide(tx, context, request, std::move(session), progress, now));
  if (issued.decision.obstacle) return issued;
  CURFEW_TRY(issued.decision.obstacle, use_up_push(tx, context, request));
  if (issued.decision.obstacle) return issued;
  if (progress.agreed) {
    CURFEW_TRY_STATUS(remember_consent(tx, context, request, issued.decision.view, now));
  }
  issued.code = random_token(32);
  issued.decision.code.hash = sha256_base64url(issued.code);
  issued.decision.code.claims = claims_parameter_of(request);
  CURFEW_TRY_STATUS(add(tx, issued.decision.code));
  return issued;
}

bool asks_to_manage(const CheckedRequest& request) {
  const App& resource = *request.resource;
  if (is_admin_api(resource)) return true;
  const std::vector<std::string> granted = granted_names(request.client, resource, std::nullopt);
  const std::vector<std::string>& names =
      request.choice.all_granted ? granted : request.choice.names;
  return std::ranges::any_of(
      names, [&](const std::string& name) { return needs_administrator(resource, name); });
}

namespace {

// As the Graph API records a consent that is given there: a sweep looks for both.
Status audit_consent(WriteTx& tx, const ServerContext& context, const Session& session,
                     const AppId& app, TimePoint now) {
  CURFEW_TRY(const User user, require<User>(tx, "such user", context.tenant_id, session.user_id));
  AuditEvent event = own_event("user.add_consent", user, session.address);
  event.detail = app.str();
  CURFEW_TRY_STATUS(context.audit.append(tx, event, now));
  return Done{};
}

}  // namespace

Status remember_consent(WriteTx& tx, const ServerContext& context, const CheckedRequest& checked,
                        const DecisionView& view, TimePoint now) {
  const bool is_first = registered_itself(checked.client) && !view.agreed_before;
  if (view.names_to_ask.empty() && !is_first) return Done{};
  const UserId& user_id = view.session->user_id;
  CURFEW_TRY(std::optional<Consent> consent,
             load<Consent>(tx, context.tenant_id, user_id, checked.client.id));
  if (!consent) consent = Consent{context.tenant_id, user_id, checked.client.id, {}, now};
  if (is_first) {
    consent->created_at = now;
    consent->scopes.clear();  // they were given to what it was before
  }
  for (const std::string& name : view.names_to_ask) {
    std::string entry = consent_entry(*checked.resource, name);
    if (std::ranges::find(consent->scopes, entry) != consent->scopes.end()) continue;
    consent->scopes.push_back(std::move(entry));
  }
  CURFEW_TRY_STATUS(save(tx, *consent));
  return audit_consent(tx, context, *view.session, checked.client.id, now);
}

bool lets_local_program_manage(const CheckedRequest& request) {
  return request.client.client_type == ClientType::public_client && request.resource &&
         asks_to_manage(request) && leads_to_local_program(request.request.target.redirect_uri);
}

OAuthError error_of(AccessRefusal refusal) {
  OAuthError error;
  error.code = OAuthErrorCode::access_denied;
  switch (refusal) {
    case AccessRefusal::user_missing:
      error.aadsts = Aadsts::account_not_found;
      error.description = "The account does not exist any more.";
      break;
    case AccessRefusal::user_disabled:
      error.aadsts = Aadsts::account_disabled;
      error.description = "The account is disabled.";
      break;
    case AccessRefusal::client_disabled:
      error.code = OAuthErrorCode::unauthorized_client;
      error.aadsts = Aadsts::application_disabled;
      error.description = "The application is disabled.";
      break;
    case AccessRefusal::resource_disabled:
      error.code = OAuthErrorCode::invalid_target;
      error.aadsts = Aadsts::resource_not_found;
      error.description = "The resource is disabled.";
      break;
    case AccessRefusal::device_disabled:
      error.aadsts = Aadsts::device_disabled;
      error.description = "The device is disabled.";
      break;
    case AccessRefusal::not_assigned:
      error.aadsts = Aadsts::not_assigned;
      error.description = "The person is not assigned to the application.";
      break;
    case AccessRefusal::no_directory_role:
      error.aadsts = Aadsts::not_assigned;
      error.description = "The person holds no directory role.";
      break;
    case AccessRefusal::must_change_password:
      error.code = OAuthErrorCode::interaction_required;
      error.aadsts = Aadsts::password_expired;
      error.description = "The password must be changed.";
      break;
  }
  return error;
}

std::vector<std::string_view> session_check_names() {
  std::vector<std::string_view> names;
  for (const Check& check : kChecks) names.push_back(check.name);
  return names;
}

}  // namespace curfew
