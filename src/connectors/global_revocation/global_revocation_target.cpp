#include "connectors/global_revocation/global_revocation_target.hpp"

#include <memory>
#include <utility>

#include "base/target_limits.hpp"
#include "crypto/random.hpp"
#include "protocol/global_revocation/global_revocation.hpp"
#include "protocol/global_revocation/revocation_call.hpp"
#include "revocation/membership.hpp"
#include "store/schema.hpp"
#include "store/schema_targets.hpp"

namespace curfew {

namespace {

constexpr std::size_t kTokenIdBytes = 16;

Error needs_person(std::string what) {
  return Error{ErrorCode::conflict, Retry::after_human, std::move(what)};
}

struct Asked {
  RevocationTarget target;
  User user;
};

Result<Asked> load_asked(ReadTx& tx, const TenantId& tenant_id, const ConnectorOrder& order) {
  CURFEW_TRY(auto target, load<RevocationTarget>(tx, tenant_id, order.target));
  if (!target) return needs_person("the target was removed; end what the person has there by hand");
  CURFEW_TRY(KnownUser known, known_user(tx, tenant_id, order.subject_id));
  return Asked{*std::move(target), std::move(known.user)};
}

Result<RevokedSubject> subject_of(const Asked& asked, const std::string& issuer) {
  RevokedSubject subject;
  if (!parse_enum(asked.target.subject_format, subject.format)) {
    return needs_person("the target's subject format is none that is known");
  }
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

}  // namespace

Result<std::string> GlobalRevocationTarget::authorization_for(
    const RevocationTarget& target) const {
  if (target.authentication == TargetAuthentication::bearer) {
    CURFEW_TRY(const std::string token, parts_.token_of(target));
    return "Bearer " + token;
  }
  const RevocationToken token{parts_.issuer, target.client_id, target.url,
                              random_token(kTokenIdBytes), parts_.clock.now()};
  // What most receivers check by: RS256 is the one that all of OpenID Connect has.
  CURFEW_TRY(const std::string jwt,
             parts_.sign(TokenAlg::rs256, kGlobalRevocationTyp, revocation_token_claims(token)));
  return "Bearer " + jwt;
}

Result<OutsideCall> GlobalRevocationTarget::call_for(const ConnectorOrder& order) const {
  CURFEW_TRY(const Asked asked, read_value<Asked>(parts_.store, [&](ReadTx& tx) {
               return load_asked(tx, parts_.tenant_id, order);
             }));
  CURFEW_TRY(const RevokedSubject subject, subject_of(asked, parts_.issuer));
  OutsideCall call;
  call.url = asked.target.url;
  call.content_type = "application/json";
  call.body = global_revocation_body(subject, to_string(asked.target.subject_member));
  CURFEW_TRY(call.authorization, authorization_for(asked.target));
  call.deadline = limits::kTargetCallTimeMax;
  call.not_after = order.deadline - limits::kTargetCallTimeMax;
  return call;
}

Task<Result<std::string>> GlobalRevocationTarget::prior_value(ConnectorOrder /*order*/) {
  co_return std::string{};
}

Task<Result<Applied>> GlobalRevocationTarget::apply(ConnectorOrder order) {
  auto made = call_for(order);
  if (!made.ok()) co_return made.error();
  const auto call = std::make_shared<OutsideCall>(std::move(made).value());
  std::function<void(std::function<void(Result<OutsideAnswer>)>)> ask =
      [this, call](std::function<void(Result<OutsideAnswer>)> done) {
        parts_.post(std::move(*call), std::move(done));
      };
  const Result<OutsideAnswer> answer =
      co_await await_callback<Result<OutsideAnswer>>(parts_.executor, std::move(ask));
  if (!answer.ok()) co_return answer.error();
  auto judged = judge_revocation_answer(answer->status);
  if (!judged.ok()) co_return judged.error();
  co_return Applied{std::move(judged).value(), ""};
}

Task<Result<Observation>> GlobalRevocationTarget::observe(ConnectorOrder /*order*/) {
  co_return Observation{Finding::unobservable, ""};
}

Task<Result<Applied>> GlobalRevocationTarget::undo(ConnectorOrder /*order*/) {
  co_return Applied{"nothing to do: the person signs in there again", ""};
}

}  // namespace curfew
