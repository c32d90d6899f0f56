#include "connectors/backchannel_logout/logout_teller.hpp"

#include <utility>

#include "base/limits.hpp"
#include "crypto/random.hpp"
#include "protocol/http/answer_status.hpp"
#include "protocol/oidc/logout_token.hpp"

namespace curfew {

namespace {

constexpr std::size_t kTokenIdBytes = 16;

LogoutTokenClaims claims_for(const OutsideParts& parts, const App& app, const UserId& user_id,
                             const SessionId& session_id) {
  const TimePoint now = parts.clock.now();
  LogoutTokenClaims claims;
  claims.iss = parts.issuer;
  claims.aud = app.id.str();
  claims.iat = to_unix_seconds(now);
  claims.exp = to_unix_seconds(now + limits::kLogoutTokenTime);
  claims.jti = random_token(kTokenIdBytes);
  claims.sub = user_id.str();
  claims.sid = session_id.str();
  return claims;
}

}  // namespace

Result<std::string> judge_logout_answer(int status) {
  const std::string said = "the application answered HTTP " + std::to_string(status);
  if (status == 200 || status == 204) return "HTTP " + std::to_string(status);
  if (is_passing_status(status)) return Error::transient(ErrorCode::unavailable, said);
  if (status == 400) {
    return Error::permanent(ErrorCode::protocol,
                            said + ": it did not accept the logout token, or could not log out");
  }
  return Error::permanent(ErrorCode::protocol, said + ", which does not say that it logged out");
}

LogoutTeller::LogoutTeller(OutsideParts parts)
    : parts_(std::move(parts)), slow_(std::make_shared<SlowReceivers>()) {}

void LogoutTeller::tell(const App& app, const UserId& user_id, const SessionId& session_id,
                        TimePoint not_after, Done done) {
  Executor& executor = parts_.executor;
  const auto token = parts_.sign(app.id_token_alg, kLogoutTokenTyp,
                                 to_json(claims_for(parts_, app, user_id, session_id)));
  if (!token.ok()) {
    return executor.post([done = std::move(done), error = token.error()] { done(error); });
  }
  OutsideCall call;
  call.url = *app.backchannel_logout_uri;
  call.content_type = "application/x-www-form-urlencoded";
  call.body = logout_request_body(*token);
  call.deadline = limits::kLogoutCallTimeMax;
  call.not_after = not_after;
  call.is_slow = slow_->contains(app.id.str());
  const Clock& clock = parts_.clock;
  const Duration began = clock.since_boot();
  parts_.post(std::move(call), [&executor, &clock, began, slow = slow_, id = app.id.str(),
                                done = std::move(done)](Result<OutsideAnswer> answer) {
    const Duration took = clock.since_boot() - began;
    executor.post([slow, id, took, done, answer = std::move(answer)] {
      slow->note(id, took);
      if (!answer.ok()) return done(answer.error());
      done(judge_logout_answer(answer->status));
    });
  });
}

}  // namespace curfew
