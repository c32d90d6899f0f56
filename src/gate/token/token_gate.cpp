#include "gate/token/token_gate.hpp"

#include <boost/json/object.hpp>
#include <utility>

#include "crypto/random.hpp"
#include "protocol/http/authorization_header.hpp"
#include "protocol/jose/jwt.hpp"
#include "protocol/json/members.hpp"
#include "protocol/oidc/discovery.hpp"

namespace curfew {

namespace {

constexpr std::size_t kLanesMax = 1024;
constexpr std::int64_t kRetryAfterSeconds = 1;

Error malformed(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

Denial no_token() { return {401, "", "An access token is needed.", ""}; }

// Where our own servers have it beside their issuer (ServerContext::issuer).
std::string authorization_uri_of(const ReplicaIdentity& identity) {
  constexpr std::string_view kTail = "/v2.0";
  if (!identity.issuer.ends_with("/" + identity.tenant_id + std::string{kTail})) return {};
  return identity.issuer.substr(0, identity.issuer.size() - kTail.size()) +
         std::string{endpoint_path::kAuthorize};
}

Status check_config(const TokenGateConfig& config) {
  const ReplicaIdentity& identity = config.reader.identity;
  if (config.replica_path.empty()) return malformed("the replica's path is missing");
  if (identity.tenant_id.empty() || identity.issuer.empty()) {
    return malformed("the tenant's id or its issuer is missing");
  }
  if (config.skew_max < Duration{}) return malformed("the clock skew is negative");
  if (config.lanes == 0 || config.lanes > kLanesMax) {
    return malformed("there are no lanes, or more than 1024");
  }
  for (const ForeignIssuer& issuer : config.foreign_issuers) {
    if (issuer.issuer == identity.issuer) return malformed("the own issuer is no foreign one");
    CURFEW_TRY_STATUS(check_foreign_issuer(issuer));
  }
  return Done{};
}

void let_in(const std::shared_ptr<const GateToken>& token, GateAnswer& answer) {
  answer.status = 200;
  answer.token = token;
  answer.verdict = to_string(Verdict::live);
  for (std::string* const text : {&answer.error, &answer.www_authenticate, &answer.reason}) {
    text->clear();
  }
  answer.retry_after.reset();
}

GateAnswer live_answer(const std::shared_ptr<const GateToken>& token) {
  GateAnswer answer;
  let_in(token, answer);
  return answer;
}

}  // namespace

GateAnswer unavailable_answer(std::string reason) {
  GateAnswer answer;
  answer.reason = std::move(reason);
  answer.retry_after = kRetryAfterSeconds;
  return answer;
}

TokenGate::TokenGate(TokenGateConfig config, ReadTime read_time)
    : config_(std::move(config)),
      rules_(config_.rules),
      read_time_(std::move(read_time)),
      name_key_{random_u64(), random_u64()} {
  if (config_.authorization_uri.empty()) {
    config_.authorization_uri = authorization_uri_of(config_.reader.identity);
  }
  const std::size_t each = config_.tokens_remembered / config_.lanes;
  for (std::size_t i = 0; i < config_.lanes; ++i) {
    lanes_.push_back(std::make_unique<Lane>(follower(), each));
  }
}

Status TokenGate::add_foreign_issuers() {
  for (const ForeignIssuer& issuer : config_.foreign_issuers) {
    if (issuer_named(issuer.issuer) != kOwnIssuer) {
      return malformed("a foreign issuer is there twice");
    }
    Result<KeySet> keys = prepared_keys(issuer.jwks, nullptr);
    if (!keys.ok()) return keys.error().within("keys of " + issuer.issuer);
    auto foreign = std::make_unique<Foreign>();
    foreign->issuer = issuer;
    foreign->keys = std::make_shared<const KeySet>(std::move(keys).value());
    foreign_.push_back(std::move(foreign));
  }
  return Done{};
}

Result<std::unique_ptr<TokenGate>> TokenGate::make(TokenGateConfig config, ReadTime read_time) {
  CURFEW_TRY_STATUS(check_config(config));
  std::unique_ptr<TokenGate> gate{new TokenGate{std::move(config), std::move(read_time)}};
  CURFEW_TRY_STATUS(gate->add_foreign_issuers());
  return gate;
}

Status TokenGate::set_foreign_keys(std::string_view issuer, std::string_view jwks) {
  const std::size_t place = issuer_named(issuer);
  if (place == kOwnIssuer) {
    return Error::permanent(ErrorCode::not_found, "there is no such foreign issuer");
  }
  CURFEW_TRY(KeySet keys, prepared_keys(jwks, nullptr));
  Foreign& foreign = *foreign_[place - 1];
  const std::lock_guard lock{foreign.mutex};
  foreign.keys = std::make_shared<const KeySet>(std::move(keys));
  return Done{};
}

ReplicaFollower TokenGate::follower() const { return {config_.replica_path, config_.reader}; }

std::size_t TokenGate::tokens_remembered() const {
  std::size_t total = 0;
  for (const auto& lane : lanes_) {
    const std::lock_guard lock{lane->mutex};
    total += lane->remembered.size();
  }
  return total;
}

TokenGate::Keys TokenGate::keys_of(std::size_t issuer, const OwnKeys::Known& own) const {
  if (issuer == kOwnIssuer) return own.set;
  const Foreign& foreign = *foreign_[issuer - 1];
  const std::lock_guard lock{foreign.mutex};
  return foreign.keys;
}

std::size_t TokenGate::issuer_named(std::string_view name) const {
  for (std::size_t i = 0; i < foreign_.size(); ++i) {
    if (foreign_[i]->issuer.issuer == name) return i + 1;
  }
  return kOwnIssuer;
}

// Nothing that is read here is believed: it only chooses whose keys must have signed it.
std::size_t TokenGate::issuer_of(std::string_view compact) const {
  if (foreign_.empty()) return kOwnIssuer;
  const auto claims = unverified_claims(compact);
  if (!claims.ok()) return kOwnIssuer;
  const auto issuer = get_string(*claims, "iss");
  return issuer.ok() ? issuer_named(*issuer) : kOwnIssuer;
}

Result<TokenGate::Verified> TokenGate::verify(std::string_view compact,
                                              const OwnKeys::Known& own) const {
  const std::size_t issuer = issuer_of(compact);
  Keys keys = keys_of(issuer, own);
  if (keys == nullptr) {
    return Error::transient(ErrorCode::unavailable, "the gate has no signing keys");
  }
  CURFEW_TRY(GateToken token, issuer == kOwnIssuer
                                  ? read_own_token(compact, *keys)
                                  : read_foreign_token(compact, *keys, foreign_[issuer - 1]->issuer,
                                                       config_.reader.identity.tenant_id));
  token.issuer = issuer;
  return Verified{std::make_shared<const GateToken>(std::move(token)), std::move(keys)};
}

Result<TokenGate::Presented> TokenGate::presented_in(std::string_view header) {
  CURFEW_TRY(const AuthorizationHeader authorization, parse_authorization(header));
  const bool by_dpop = authorization.scheme == AuthorizationScheme::dpop;
  if (!by_dpop && authorization.scheme != AuthorizationScheme::bearer) {
    return malformed(no_token().message);
  }
  return Presented{authorization.credentials, by_dpop};
}

TokenGate::Remembered* TokenGate::Lane::find(const HeaderName& name, std::string_view header) {
  Remembered* const found = remembered.find(name);
  return found != nullptr && found->header.matches(header) ? found : nullptr;
}

bool TokenGate::is_of_now(const Remembered& found, Lane& lane, ReplicaFollower& follower) {
  const auto view = follower.current();
  if (!view.ok()) return false;
  // On an error there are no own keys, and nothing of the own issuer is of now.
  static_cast<void>(own_keys_.bring_up_to_date(**view, lane.own));
  return found.keys == keys_of(found.token->issuer, lane.own);
}

bool TokenGate::is_still_let_in(const Remembered& found, const Asked& asked) const {
  if (found.let_in.rules != asked.rules.number()) return false;
  const auto view = asked.follower.current();
  if (!view.ok()) return false;
  // The lease before the words, the clock last.
  const HeldLease lease{**view};
  if (found.let_in.look != (*view)->look()) return false;
  if ((*view)->state() != replica::FileState::serving) return false;
  const MachineTime time = read_time_();
  // Without a lease, also where that may be, the path is looked at as well (decide()). Times before
  // a moment that was late enough are asked of the token again.
  return lease_state(lease, time) == LeaseState::valid && found.let_in.at <= time.now &&
         time.now < found.token->expires_at();
}

void TokenGate::remember_let_in(const Asked& asked, const Judged& judged) {
  const std::lock_guard lock{asked.lane.mutex};
  Remembered* const found = asked.lane.find(asked.name, asked.header);
  if (found == nullptr || found->token != judged.token) return;
  // The look may be of after a change of the keys that it was verified with.
  if (!is_of_now(*found, asked.lane, asked.follower)) return;
  found->let_in = {asked.rules.number(), judged.decision.look, judged.decision.as_of};
}

TokenGate::Judged TokenGate::judge(const Asked& asked, Remembered* found, Lock lock) {
  if (found != nullptr && is_of_now(*found, asked.lane, asked.follower)) {
    return judged_by(asked, *found);
  }
  lock.unlock();
  return judge_new(asked);
}

TokenGate::Judged TokenGate::judge_new(const Asked& asked) {
  const auto refused = [](Denial denial, const Error& error) {
    return Judged{.token = nullptr, .refused = Refused{std::move(denial), error.message()}};
  };
  const auto unavailable = [&](const Error& error) {
    return refused(Denial{503, "", "", ""}, error);
  };
  const std::string_view header = asked.header;
  Lane& lane = asked.lane;
  const Result<Presented> presented = presented_in(header);
  if (!presented.ok()) return refused(no_token(), presented.error());
  std::unordered_map<HeaderName, Remembered, HashOfName> dropped;  // destroyed without the lock
  Lock lock{lane.mutex};
  const auto view = asked.follower.current();
  if (!view.ok()) return unavailable(view.error());
  const Status known = own_keys_.bring_up_to_date(**view, lane.own);
  const OwnKeys::Known own = lane.own;
  lock.unlock();
  Result<Verified> verified = verify(presented->compact, own);
  if (!verified.ok()) {
    const Error& error = verified.error();
    if (error.code() != ErrorCode::unavailable) return refused(invalid_token(), error);
    return unavailable(known.ok() ? error : known.error());
  }
  lock.lock();
  dropped = lane.remembered.add(
      asked.name,
      {.header = Secret{header},
       .compact_at = static_cast<std::size_t>(presented->compact.data() - header.data()),
       .compact_size = presented->compact.size(),
       .by_dpop = presented->by_dpop,
       .token = std::move(verified->token),
       .keys = std::move(verified->keys)});
  return judged_by(asked, *lane.remembered.find(asked.name));
}

TokenGate::Judged TokenGate::judged_by(const Asked& asked, Remembered& remembered) const {
  return {.token = remembered.token,
          .decision = decide(asked.follower, *remembered.token, remembered.hashed, read_time_,
                             asked.rules->lease),
          .presented = {asked.header.substr(remembered.compact_at, remembered.compact_size),
                        remembered.by_dpop}};
}

GateAnswer TokenGate::refusal(const Denial& denial, std::shared_ptr<const GateToken> token,
                              std::string reason) const {
  if (denial.status == 503) return unavailable_answer(std::move(reason));
  const bool is_foreign = token != nullptr && token->issuer != kOwnIssuer;
  const std::string& uri = is_foreign ? foreign_[token->issuer - 1]->issuer.authorization_uri
                                      : config_.authorization_uri;
  GateAnswer answer;
  answer.status = denial.status;
  answer.error = denial.error;
  answer.www_authenticate = challenge_header(denial, uri, config_.realm);
  if (reason.empty()) reason = denial.message;
  answer.reason = std::move(reason);
  answer.token = std::move(token);
  return answer;
}

std::optional<TokenGate::Refused> TokenGate::check_origin(const GateToken& token,
                                                          TimePoint now) const {
  if (token.issuer != kOwnIssuer) {
    const Duration skew_max = foreign_[token.issuer - 1]->issuer.skew_max;
    if (!is_of_the_future(token.claims, now, skew_max)) return std::nullopt;
    return Refused{invalid_token(), "the token is of the future"};
  }
  const ReplicaIdentity& identity = config_.reader.identity;
  if (is_issued_by(token.claims, identity.issuer, identity.tenant_id, now, config_.skew_max)) {
    return std::nullopt;
  }
  return Refused{invalid_token(), "the token is of another issuer or tenant, or not yet valid"};
}

GateAnswer TokenGate::dead_answer(const std::shared_ptr<const GateToken>& token,
                                  const GateDecision& decision) const {
  if (!decision.verdict) return unavailable_answer(decision.why_not);
  // A foreign issuer knows no position of ours.
  const Position head = token->issuer == kOwnIssuer ? decision.head : Position{};
  const std::string_view verdict = to_string(*decision.verdict);
  GateAnswer answer = refusal(denial_of(*decision.verdict, token->claims, decision.as_of, head),
                              token, "the token is not live: " + std::string{verdict});
  answer.verdict = verdict;
  return answer;
}

GateAnswer TokenGate::judge_again(ReplicaFollower& follower,
                                  const std::shared_ptr<const GateToken>& token, HashedKeys& hashed,
                                  LeaseNeed need) const {
  const GateDecision decision = decide(follower, *token, hashed, read_time_, need);
  return decision.is_live() ? live_answer(token) : dead_answer(token, decision);
}

GateAnswer TokenGate::check(const GateRequest& request) {
  GateAnswer answer;
  check(request, nullptr, answer);
  return answer;
}

void TokenGate::check(const GateRequest& request, ReplicaFollower* way, GateAnswer& answer) {
  if (request.has_repeated_header) {
    answer = refusal({400, "invalid_request", "The Authorization or DPoP header occurs twice.", ""},
                     nullptr, {});
    return;
  }
  if (!request.authorization) {
    answer = refusal(no_token(), nullptr, {});
    return;
  }
  const HeaderName name{name_key_, *request.authorization};
  Lane& lane = lane_of(name);
  const Asked asked{*request.authorization, name, lane, way != nullptr ? *way : lane.follower,
                    rules_of(request)};
  Lock lock{lane.mutex};
  Remembered* const found = lane.find(name, asked.header);
  if (found != nullptr && is_still_let_in(*found, asked)) return let_in(found->token, answer);
  answer = check_anew(request, asked, found, std::move(lock));
}

GateAnswer TokenGate::check_anew(const GateRequest& request, const Asked& asked, Remembered* found,
                                 Lock lock) {
  const TokenRules& rules = *asked.rules;
  const Judged judged = judge(asked, found, std::move(lock));
  if (judged.refused) return refusal(judged.refused->denial, nullptr, judged.refused->reason);
  const GateToken& token = *judged.token;
  const TimePoint now = judged.decision.as_of;
  if (auto refused = check_origin(token, now)) {
    return refusal(refused->denial, judged.token, std::move(refused->reason));
  }
  if (!is_for(token, rules)) {
    return refusal(invalid_token(), judged.token, "the token is for another audience");
  }
  if (!judged.decision.is_live()) return dead_answer(judged.token, judged.decision);
  const auto any_nonce = [](const DpopProof&) { return true; };
  const auto& [compact, by_dpop] = judged.presented;
  SenderEvidence sender = request.sender;
  sender.by_dpop = by_dpop;
  if (const auto denial = check_sender(compact, token.claims, sender, now, proofs_, any_nonce)) {
    return refusal(*denial, judged.token, {});
  }
  if (const auto denial = check_permissions(token, rules)) {
    return refusal(*denial, judged.token, {});
  }
  if (token.issuer == kOwnIssuer && !is_bound(token.claims)) {
    remember_let_in(asked, judged);
  }
  return live_answer(judged.token);
}

}  // namespace curfew
