#include "api/sign_in/browser_session.hpp"

#include <utility>

#include "access/credential_facts.hpp"
#include "access/liveness.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "store/schema.hpp"

namespace curfew {

Browser browser_of(const ServerContext& context, const RoutedRequest& request) {
  Browser browser;
  browser.cookies = read_cookies(context, request.http);
  browser.address = request.http.peer.address;
  browser.address_is_shared = request.http.peer.address_is_shared;
  const auto agent = request.http.header("user-agent");
  if (agent.ok() && agent.value()) {
    browser.user_agent = escape_for_display(*agent.value(), kUserAgentBytesMax - 3);
  }
  browser.request_id = request.request_id;
  browser.now = context.clock.now();
  return browser;
}

Result<std::optional<Session>> find_session(ReadTx& tx, const ServerContext& context,
                                            const Browser& browser) {
  const std::optional<SessionCookie>& cookie = browser.cookies.session;
  if (!cookie) return std::optional<Session>{};
  CURFEW_TRY(std::optional<Session> session, load<Session>(tx, context.tenant_id, cookie->id));
  if (!session || session->ended_at) return std::optional<Session>{};
  if (!equal_constant_time(session->secret_hash, sha256_base64url(cookie->secret.reveal()))) {
    return std::optional<Session>{};
  }
  CURFEW_TRY(const Verdict verdict,
             verdict_in(tx, context.journal, facts_of(*session), browser.now));
  if (verdict != Verdict::live) return std::optional<Session>{};
  return session;
}

Result<std::optional<Device>> find_device(ReadTx& tx, const TenantId& tenant_id,
                                          const Browser& browser) {
  const std::optional<DeviceCookie>& cookie = browser.cookies.device;
  if (!cookie) return std::optional<Device>{};
  CURFEW_TRY(std::optional<Device> device, load<Device>(tx, tenant_id, cookie->id));
  if (!device || !device->secret_hash) return std::optional<Device>{};
  if (!equal_constant_time(*device->secret_hash, sha256_base64url(cookie->secret.reveal()))) {
    return std::optional<Device>{};
  }
  return device;
}

NewSession begin_session(const LifetimePolicy& lifetimes, const User& user,
                         const std::optional<Device>& device, const SignInProof& proof,
                         const Browser& browser) {
  NewSession begun;
  begun.cookie = {SessionId{random_token(16)}, Secret{random_token(32)}};
  Session& row = begun.row;
  row.tenant_id = user.tenant_id;
  row.id = begun.cookie.id;
  row.user_id = user.id;
  row.secret_hash = sha256_base64url(begun.cookie.secret.reveal());
  row.authenticator_id = user.password_id;
  if (device) row.device_id = device->id;
  row.auth_as_of = proof.auth_as_of;
  row.auth_time = proof.auth_time;
  row.amr = proof.amr;
  row.persistent = proof.persistent;
  row.user_agent = browser.user_agent;
  row.address = browser.address;
  row.created_at = browser.now;
  row.last_seen_at = browser.now;
  row.expires_at = browser.now + idle_time(lifetimes, row);
  return begun;
}

Duration idle_time(const LifetimePolicy& lifetimes, const Session& session) {
  return session.persistent ? lifetimes.persistent_session_idle : lifetimes.session_idle;
}

std::optional<Duration> cookie_time(const LifetimePolicy& lifetimes, const Session& session) {
  if (!session.persistent) return std::nullopt;
  return lifetimes.persistent_session_idle;
}

bool touch(Session& session, const LifetimePolicy& lifetimes, const Browser& browser) {
  if (browser.now - session.last_seen_at < kTouchInterval) return false;
  session.last_seen_at = browser.now;
  session.expires_at = browser.now + idle_time(lifetimes, session);
  session.address = browser.address;
  return true;
}

}  // namespace curfew
