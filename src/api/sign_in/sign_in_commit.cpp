#include "api/sign_in/sign_in_commit.hpp"

#include <utility>

#include "access/credential_facts.hpp"
#include "access/liveness.hpp"
#include "api/sign_in/interaction.hpp"
#include "api/sign_in/requested_apps.hpp"
#include "crypto/random.hpp"
#include "model/audit.hpp"
#include "revocation/removal.hpp"
#include "store/audit.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

constexpr Duration kDeviceNoteInterval = std::chrono::hours{24};

// Without a request there is no client: the rules about people and devices hold all the same.
Result<std::optional<AccessRefusal>> evaluate(ReadTx& tx, const ServerContext& context,
                                              const SignInOrder& order, const User& user,
                                              const std::optional<Device>& device) {
  AccessFacts facts;
  if (order.request) {
    AccessQuery query;
    query.tenant_id = context.tenant_id;
    query.user_id = user.id;
    query.client_id = order.request->client.id;
    query.resource = order.request->choice.resource;
    query.address = order.browser.address;
    RequestedApps apps{tx, *order.request};
    CURFEW_TRY(facts, load_access_facts(tx, apps, query));
  }
  facts.user_was_named = true;
  facts.user = user;
  facts.device = device;
  facts.device_was_named = device.has_value();
  return evaluate_access(facts);
}

// The one that `next` takes the place of.
Status end_browsers_session(WriteTx& tx, const ServerContext& context, const Browser& browser,
                            const Session& next) {
  CURFEW_TRY(const std::optional<Session> before, find_session(tx, context, browser));
  if (!before) return Done{};
  Removal removal;
  removal.kind = RemovalKind::end_session;
  removal.session_id = before->id;
  removal.reason = "new_sign_in";
  if (before->user_id == next.user_id) removal.kept_session = next.id;
  CURFEW_TRY(const RemovalEffect ended, remove_access(tx, context.journal, removal, browser.now));
  static_cast<void>(ended);
  return Done{};
}

// The new password takes everything away that the old one gave; whoever sets it has just proved
// the old one, and goes on from the position after.
Result<Position> replace_password(WriteTx& tx, const ServerContext& context,
                                  const SignInOrder& order, User& user) {
  Removal removal;
  removal.kind = RemovalKind::reset_password;
  removal.user_id = user.id;
  removal.password_hash = order.new_password_hash;
  removal.reason = "password_changed";
  removal.made_by = "you, after you signed in with a password for one use";
  CURFEW_TRY(const RemovalEffect effect,
             remove_access(tx, context.journal, removal, order.browser.now));
  AuditEvent event = own_event("user.change_password", user, order.browser.address);
  event.position = effect.position;
  CURFEW_TRY(const AuditEntry entry, context.audit.append(tx, event, order.browser.now));
  static_cast<void>(entry);
  CURFEW_TRY(user, require<User>(tx, "such user", context.tenant_id, user.id));
  return effect.position;
}

Status note_device(WriteTx& tx, std::optional<Device>& device, TimePoint now) {
  if (!device) return Done{};
  const auto last = device->approximate_last_sign_in_at;
  if (last && now - *last < kDeviceNoteInterval) return Done{};
  device->approximate_last_sign_in_at = now;
  return save(tx, *device);
}

bool is_refused(const SignInOrder& order, SignInOutcome& outcome) {
  if (!outcome.refusal) return false;
  if (*outcome.refusal == AccessRefusal::must_change_password) {
    outcome.end = SignInEnd::must_change_password;
    return order.new_password_hash.empty();
  }
  outcome.end = SignInEnd::refused;
  return true;
}

// What is left to do once the proof stands and access is granted.
Status begin(WriteTx& tx, const ServerContext& context, const SignInOrder& order,
             std::optional<Device> device, SignInOutcome& outcome) {
  const TimePoint now = order.browser.now;
  SignInProof proof{order.proof.as_of, order.proof.given_at, {"pwd"}, order.keep_signed_in};
  if (!order.new_password_hash.empty()) {
    CURFEW_TRY(proof.auth_as_of, replace_password(tx, context, order, *outcome.user));
  }
  outcome.session = begin_session(context.lifetimes, *outcome.user, device, proof, order.browser);
  CURFEW_TRY_STATUS(end_browsers_session(tx, context, order.browser, outcome.session->row));
  CURFEW_TRY_STATUS(add(tx, outcome.session->row));
  CURFEW_TRY_STATUS(note_device(tx, device, now));
  outcome.end = SignInEnd::signed_in;
  if (!order.request) return Done{};
  Progress progress;
  progress.signed_in_now = true;
  CURFEW_TRY(outcome.issued,
             decide_and_issue(tx, context, *order.request, outcome.session->row, progress, now));
  return Done{};
}

}  // namespace

Result<SignInOutcome> commit_sign_in(WriteTx& tx, const ServerContext& context,
                                     const SignInOrder& order) {
  SignInOutcome outcome;
  CURFEW_TRY(outcome.user, load<User>(tx, context.tenant_id, order.proof.user_id));
  if (!outcome.user || outcome.user->password_id != order.proof.password_id) return outcome;

  const CredentialFacts facts = facts_of_password(*outcome.user, order.proof.as_of);
  CURFEW_TRY(const Verdict verdict, verdict_in(tx, context.journal, facts, order.browser.now));
  CURFEW_TRY(std::optional<Device> device, find_device(tx, context.tenant_id, order.browser));
  CURFEW_TRY(outcome.refusal, evaluate(tx, context, order, *outcome.user, device));
  if (is_refused(order, outcome)) {
    // A one-time password is worth its change only while the proof itself stands.
    if (outcome.end == SignInEnd::must_change_password && verdict != Verdict::live) {
      outcome.end = SignInEnd::not_proved;
    }
    return outcome;
  }
  outcome.end = SignInEnd::not_proved;
  if (verdict != Verdict::live) return outcome;
  CURFEW_TRY_STATUS(begin(tx, context, order, std::move(device), outcome));
  return outcome;
}

SignIn sign_in_line(const ServerContext& context, const Browser& browser,
                    const std::optional<CheckedRequest>& request, std::string_view username) {
  SignIn line;
  line.tenant_id = context.tenant_id;
  line.id = new_guid();
  line.created_at = browser.now;
  line.user_principal_name = username;
  if (request) {
    line.app_id = request->client.id;
    line.app_display_name = request->client.display_name;
    line.resource = request->choice.resource;
  }
  line.ip_address = browser.address;
  line.client_app_used = "Browser";
  line.user_agent = browser.user_agent;
  line.correlation_id = browser.request_id;
  return line;
}

namespace {

// To a page of ours.
HttpResponse lead_on(const ServerContext& context, const SignInOrder& order) {
  if (!order.device_page) return HttpResponse::redirect(303, tenant_path(context, kAccountPath));
  return HttpResponse::redirect(303, device_page_target(context, *order.device_page));
}

}  // namespace

HttpResponse answer_signed_in(const ServerContext& context, const SignInOrder& order,
                              const SignInOutcome& outcome) {
  Progress progress;
  progress.signed_in_now = true;
  HttpResponse response = order.request ? answer_decision(context, order.browser, *order.request,
                                                          outcome.issued, progress)
                                        : lead_on(context, order);
  response.headers.set("Cache-Control", "no-store");
  const NewSession& session = *outcome.session;
  response.headers.add("Set-Cookie",
                       session_cookie(session.cookie, cookie_time(context.lifetimes, session.row)));
  response.headers.add("Set-Cookie",
                       known_cookie(context, order.browser.cookies.known, outcome.user->id));
  return response;
}

}  // namespace curfew
