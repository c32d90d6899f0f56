#include "api/sign_in/device_code.hpp"

#include <array>
#include <utility>

#include "base/text.hpp"
#include "crypto/hmac.hpp"
#include "crypto/random.hpp"
#include "model/audit.hpp"
#include "store/audit.hpp"
#include "store/schema.hpp"
#include "store/schema_device_codes.hpp"

namespace curfew {

namespace {

using Problem = std::optional<OAuthError>;

Problem client_is_enabled(const App& client) {
  if (client.account_enabled) return std::nullopt;
  return oauth_error(OAuthErrorCode::unauthorized_client, Aadsts::application_disabled,
                     "The application is disabled.");
}

// RFC 8628 5.4 and 5.5: not in the name of a client that nobody meant for it.
Problem client_may_use_device_codes(const App& client) {
  if (client.allow_device_code) return std::nullopt;
  return oauth_error(OAuthErrorCode::unauthorized_client, Aadsts::application_disabled,
                     "The application may not sign people in on devices without a browser; an "
                     "administrator can allow it.");
}

constexpr std::array kClientChecks{client_is_enabled, client_may_use_device_codes};

Status audit_answer(WriteTx& tx, const ServerContext& context, const DeviceAnswer& answer,
                    const DeviceCode& code, const User& user) {
  AuditEvent event = own_event(answer.approved ? "device_code.approve" : "device_code.deny", user,
                               answer.browser.address);
  event.detail = "client " + code.app_id.str() + ", asked for from " + code.address;
  CURFEW_TRY_STATUS(context.audit.append(tx, event, answer.browser.now));
  return Done{};
}

Status approve(WriteTx& tx, const ServerContext& context, const DeviceAnswer& answer,
               DeviceCode& code, DeviceAnswerOutcome& outcome) {
  Progress progress;
  progress.account_chosen = true;
  progress.agreed = true;
  progress.agreed_names = answer.agreed_names;
  CURFEW_TRY(const Decision decision,
             decide(tx, context, *outcome.request, outcome.session, progress, answer.browser.now));
  if (decision.obstacle) {
    outcome.end = DeviceAnswerEnd::refused;
    outcome.error = decision.obstacle->error;
    outcome.remedy = decision.obstacle->remedy;
    return Done{};
  }
  CURFEW_TRY_STATUS(
      remember_consent(tx, context, *outcome.request, decision.view, answer.browser.now));
  code.state = DeviceCodeState::approved;
  code.session_id = outcome.session->id;
  code.user_id = outcome.session->user_id;
  code.auth_as_of = outcome.session->auth_as_of;
  code.grant_id = GrantId{random_token(16)};
  outcome.end = DeviceAnswerEnd::approved;
  return Done{};
}

}  // namespace

std::string user_code_mac(const ServerContext& context, std::string_view user_code) {
  const std::string text = "user code|" + context.tenant_id.str() + "|" + std::string{user_code};
  return base64url_encode(as_view(hmac_sha256(context.refresh_token_key.reveal(), text)));
}

bool is_open(const DeviceCode& code, TimePoint now) {
  return code.state == DeviceCodeState::pending && code.expires_at > now;
}

Result<std::optional<DeviceCode>> find_open(ReadTx& tx, const ServerContext& context,
                                            const std::string& user_code, TimePoint now) {
  Query query;
  query.index = "device_codes_by_user_code";
  query.prefix = keys_of(context.tenant_id, user_code_mac(context, user_code));
  query.limit = 1;
  CURFEW_TRY(auto found, scan_as<DeviceCode>(tx, query));
  if (found.empty() || !is_open(found.front(), now)) return std::optional<DeviceCode>{};
  return std::optional{std::move(found.front())};
}

Result<OAuthResult<CheckedRequest>> check_device_ask(ReadTx& tx, const ServerContext& context,
                                                     const DeviceAsk& ask) {
  using Answer = OAuthResult<CheckedRequest>;
  for (const auto check : kClientChecks) {
    if (Problem problem = check(ask.client)) return Answer{*std::move(problem)};
  }
  CheckedRequest checked;
  checked.client = ask.client;
  auto scope = parse_scope(ask.scopes);
  if (!scope.ok()) return Answer{scope.error()};
  checked.request.scope = std::move(scope).value();
  checked.request.resources = ask.resources;
  const auto claims = parse_claims_parameter(ask.claims);
  if (!claims.ok()) return Answer{invalid_request("The claims parameter is none.")};
  checked.request.claims = *claims;
  checked.required_subject = claims->required_subject.value_or("");
  return check_what_is_asked(tx, context, std::move(checked));
}

Result<OAuthResult<CheckedRequest>> check_device_ask(ReadTx& tx, const ServerContext& context,
                                                     const DeviceCode& code) {
  CURFEW_TRY(auto client, load<App>(tx, context.tenant_id, code.app_id));
  if (!client) {
    return OAuthResult<CheckedRequest>{oauth_error(OAuthErrorCode::unauthorized_client,
                                                   Aadsts::application_not_found,
                                                   "The application does not exist any more.")};
  }
  std::vector<std::string> resources;
  if (!code.resource.empty()) resources.push_back(code.resource);
  return check_device_ask(tx, context,
                          DeviceAsk{*std::move(client), code.scopes, resources, code.claims});
}

Result<DeviceAnswerOutcome> answer_device(WriteTx& tx, const ServerContext& context,
                                          const DeviceAnswer& answer) {
  DeviceAnswerOutcome outcome;
  CURFEW_TRY(outcome.session, find_session(tx, context, answer.browser));
  if (outcome.session) {
    CURFEW_TRY(outcome.user, load<User>(tx, context.tenant_id, outcome.session->user_id));
  }
  if (!outcome.user) {
    outcome.end = DeviceAnswerEnd::not_signed_in;
    return outcome;
  }
  CURFEW_TRY(auto code, load<DeviceCode>(tx, context.tenant_id, answer.code_hash));
  if (!code || !is_open(*code, answer.browser.now)) return outcome;
  if (answer.approved) {
    CURFEW_TRY(auto checked, check_device_ask(tx, context, *code));
    if (!checked.ok()) {
      outcome.end = DeviceAnswerEnd::refused;
      outcome.error = checked.error();
      return outcome;
    }
    outcome.request = std::move(checked).value();
    CURFEW_TRY_STATUS(approve(tx, context, answer, *code, outcome));
    if (outcome.end == DeviceAnswerEnd::refused) return outcome;
  } else {
    code->state = DeviceCodeState::denied;
    code->user_id = outcome.user->id;
    outcome.end = DeviceAnswerEnd::denied;
  }
  CURFEW_TRY_STATUS(save(tx, *code));
  CURFEW_TRY_STATUS(audit_answer(tx, context, answer, *code, *outcome.user));
  return outcome;
}

}  // namespace curfew
