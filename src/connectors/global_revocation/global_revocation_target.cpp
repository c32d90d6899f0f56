#include "connectors/global_revocation/global_revocation_target.hpp"

#include <functional>
#include <utility>

#include "base/log.hpp"
#include "connectors/target_call.hpp"
#include "crypto/random.hpp"
#include "protocol/global_revocation/global_revocation.hpp"
#include "protocol/global_revocation/revocation_call.hpp"
#include "revocation/membership.hpp"
#include "store/schema.hpp"
#include "store/schema_targets.hpp"

namespace curfew {

namespace {

constexpr std::size_t kTokenIdBytes = 16;

using Asked = GlobalRevocationTarget::Asked;

Error needs_person(std::string what) {
  return Error{ErrorCode::conflict, Retry::after_human, std::move(what)};
}

Result<Asked> load_asked(ReadTx& tx, const TenantId& tenant_id, const ConnectorOrder& order) {
  CURFEW_TRY(auto target, load<RevocationTarget>(tx, tenant_id, order.target));
  if (!target) return needs_person("the target was removed; end what the person has there by hand");
  // Whoever switched it off, as because it is hostile, is not to send it a token or a name.
  if (!target->is_enabled) {
    return needs_person(
        "the target is disabled; enable it and retry, or end what the person has there by hand");
  }
  CURFEW_TRY(KnownUser known, known_user(tx, tenant_id, order.subject_id));
  return Asked{*std::move(target), std::move(known.user)};
}

RevokedSubject subject_of(const Asked& asked, const std::string& issuer) {
  RevokedSubject subject;
  subject.format = asked.target.subject_format;
  switch (subject.format) {
    case SubjectFormat::email:
      subject.value = asked.user.mail.value_or(asked.user.user_principal_name);
      break;
    case SubjectFormat::iss_sub:
      subject.issuer = issuer;
      subject.value = asked.user.id.str();
      break;
    case SubjectFormat::opaque: subject.value = asked.user.id.str(); break;
  }
  return subject;
}

// What the address that was asked has shown by answering so. A change of it meanwhile is another's.
Status note_answer(WriteTx& tx, const RevocationTarget& asked, TimePoint now) {
  CURFEW_TRY(auto target, load<RevocationTarget>(tx, asked.tenant_id, asked.id));
  if (!target || target->url != asked.url || target->answered_at) return Done{};
  target->answered_at = now;
  return save(tx, *target);
}

// The next one notes it, where this cannot be written. `parts` outlives the task.
Task<Done> keep_answer(const OutsideParts& parts, RevocationTarget asked) {
  const TimePoint now = parts.clock.now();
  std::function<Result<Done>(WriteTx&)> body = [&asked, now](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(note_answer(tx, asked, now));
    return Done{};
  };
  const Result<Done> noted =
      co_await write_value<Done>(parts.store, parts.executor, Urgency::normal, std::move(body));
  if (!noted.ok()) log(LogLevel::warning, "target.not_noted", {{"why", noted.error().message()}});
  co_return Done{};
}

}  // namespace

GlobalRevocationTarget::GlobalRevocationTarget(OutsideParts parts, TokenOfTarget token_of)
    : parts_(std::move(parts)), token_of_(std::move(token_of)) {}

Result<std::string> GlobalRevocationTarget::authorization_for(
    const RevocationTarget& target) const {
  if (target.authentication == TargetAuthentication::bearer) {
    CURFEW_TRY(const std::string token, token_of_(target));
    return "Bearer " + token;
  }
  const RevocationToken token{parts_.issuer, target.client_id, target.url,
                              random_token(kTokenIdBytes), parts_.clock.now()};
  // What most receivers check by: RS256 is the one that all of OpenID Connect has.
  CURFEW_TRY(const std::string jwt,
             parts_.sign(TokenAlg::rs256, kGlobalRevocationTyp, revocation_token_claims(token)));
  return "Bearer " + jwt;
}

Result<OutsideCall> GlobalRevocationTarget::call_for(const Asked& asked) const {
  OutsideCall call;
  call.url = asked.target.url;
  call.content_type = "application/json";
  call.body = global_revocation_body(subject_of(asked, parts_.issuer),
                                     to_string(asked.target.subject_member));
  CURFEW_TRY(call.authorization, authorization_for(asked.target));
  return call;
}

Task<Result<std::string>> GlobalRevocationTarget::prior_value(ConnectorOrder /*order*/) {
  co_return std::string{};
}

Task<Result<Applied>> GlobalRevocationTarget::apply(ConnectorOrder order) {
  CURFEW_CO_TRY(const Asked asked, read_value<Asked>(parts_.store, [&](ReadTx& tx) {
                  return load_asked(tx, parts_.tenant_id, order);
                }));
  auto call = call_for(asked);
  if (!call.ok()) co_return call.error();
  const RevocationTarget& target = asked.target;
  const Result<OutsideAnswer> answer =
      co_await call_target(parts_, slow_, target.id, order.deadline, std::move(call).value());
  if (!answer.ok()) co_return answer.error();
  auto judged = judge_revocation_answer(answer->status, target.subject_format,
                                        target.answered_at.has_value());
  if (!judged.ok()) co_return judged.error();
  if (answer->status == 204 && !target.answered_at) co_await keep_answer(parts_, target);
  co_return Applied{std::move(judged).value(), ""};
}

Task<Result<Observation>> GlobalRevocationTarget::observe(ConnectorOrder /*order*/) {
  co_return Observation{Finding::unobservable, ""};
}

Task<Result<Applied>> GlobalRevocationTarget::undo(ConnectorOrder /*order*/) {
  co_return Applied{"nothing to do: the person signs in there again", ""};
}

}  // namespace curfew
