#include "revocation/local_connectors.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "model/validity.hpp"
#include "revocation/membership.hpp"
#include "revocation/part.hpp"
#include "revocation/plan.hpp"
#include "revocation/prior_assignments.hpp"
#include "revocation/removal.hpp"
#include "revocation/run_store.hpp"
#include "store/schema.hpp"
#include "store/schema_changes.hpp"
#include "store/schema_device_codes.hpp"
#include "store/schema_registration.hpp"
#include "store/schema_runs.hpp"

namespace curfew {

namespace {

constexpr std::size_t kSampleMax = 100;  // stored credentials that are judged one by one
// No verdict of these may come from a credential's age.
constexpr Duration kNotExpired = std::chrono::hours{1};

struct Looking {
  ReadTx& tx;
  const TenantId& tenant_id;
  const Run& run;
  const ConnectorOrder& order;
  TimePoint now;
};

Observation gone(std::string evidence) { return {Finding::gone, std::move(evidence)}; }
Observation alive(std::string evidence) { return {Finding::alive, std::move(evidence)}; }

CredentialFacts credential(const Looking& look, CredentialClass kind, Position auth_as_of,
                           std::vector<Key> more_keys) {
  CredentialFacts facts;
  facts.credential_class = kind;
  // As new an evaluation as there can be: only `reauth` and blocks may end it.
  facts.stamps = {auth_as_of, Position{kGenerationMax, kSequenceMax}};
  facts.expires_at = look.now + kNotExpired;
  facts.keys = std::move(more_keys);
  facts.keys.push_back(key_of(look.tenant_id));
  facts.keys.push_back(key_of(look.run.subject_id));
  return facts;
}

Result<Verdict> verdict_of(const Looking& look, const CredentialFacts& facts) {
  CURFEW_TRY(const auto states, key_states(look.tx, look.tenant_id, facts.keys));
  return judge(facts, states, look.now);
}

// Right in front of the run's first entry; the newest stamp that anything made before it has.
Position just_before(Position position) { return {position.generation, position.sequence - 1}; }

// A run that only ends sessions lets new ones begin.
bool is_concerned(const Looking& look, Position auth_as_of) {
  return look.run.mode == RunMode::revoke || auth_as_of < look.run.first_position;
}

struct Sample {
  Position auth_as_of;
  Key key;
};

Result<Observation> judge_all(const Looking& look, CredentialClass kind,
                              const std::vector<Sample>& sample, std::string_view what) {
  const Position stamp = just_before(look.run.first_position);
  // The rule refuses a stamp that names no entry: with nothing before the run there is no best one.
  if (stamp.sequence > 0) {
    CURFEW_TRY(const Verdict verdict, verdict_of(look, credential(look, kind, stamp, {})));
    if (verdict == Verdict::live) {
      return alive("a credential stamped " + to_string(stamp) + " is judged live");
    }
  }
  std::size_t judged = 0;
  for (const Sample& one : sample) {
    if (!is_concerned(look, one.auth_as_of)) continue;
    CURFEW_TRY(const Verdict verdict,
               verdict_of(look, credential(look, kind, one.auth_as_of, {one.key})));
    if (verdict == Verdict::live) return alive(to_string(one.key) + " is judged live");
    ++judged;
  }
  return gone("all " + std::string{what} + " from before " + to_string(look.run.first_position) +
              " are judged dead; " + std::to_string(judged) + " looked at one by one");
}

Query newest_of(const Looking& look, std::string_view index) {
  Query query;
  query.index = index;
  query.prefix = keys_of(look.tenant_id, look.run.subject_id);
  query.descending = true;
  query.limit = kSampleMax;
  return query;
}

Result<Observation> observe_account(const Looking& look) {
  const auto known = known_user(look.tx, look.tenant_id, look.run.subject_id);
  if (!known.ok() && known.error().code() == ErrorCode::not_found) {
    return gone("there is no such account");
  }
  if (!known.ok()) return known.error();
  CURFEW_TRY(const auto holds, holds_on(look.tx, look.tenant_id, key_of(known->user.id)));
  if (known->user.account_enabled || holds.empty()) return alive("the account is enabled");
  const std::string what = known->deleted_at ? "account deleted" : "account disabled";
  return gone(what + "; holds: " + std::to_string(holds.size()));
}

Result<Observation> observe_sessions(const Looking& look) {
  CURFEW_TRY(const auto sessions, scan_as<Session>(look.tx, newest_of(look, "sessions_by_user")));
  std::vector<Sample> sample;
  for (const Session& session : sessions) {
    sample.push_back({session.auth_as_of, key_of(session.id)});
  }
  return judge_all(look, CredentialClass::renewal, sample, "sessions");
}

Result<Observation> observe_grants_as(const Looking& look, CredentialClass kind,
                                      std::string_view what) {
  CURFEW_TRY(const auto grants, scan_as<Grant>(look.tx, newest_of(look, "grants_by_user")));
  std::vector<Sample> sample;
  for (const Grant& grant : grants) sample.push_back({grant.auth_as_of, key_of(grant.id)});
  return judge_all(look, kind, sample, what);
}

Result<Observation> observe_grants(const Looking& look) {
  return observe_grants_as(look, CredentialClass::renewal, "refresh tokens");
}

// Credentials with a row each, which has the key of its own.
template <typename T>
Result<Observation> observe_credentials(const Looking& look, std::string_view index,
                                        CredentialClass kind, std::string_view what) {
  CURFEW_TRY(const auto rows, scan_as<T>(look.tx, newest_of(look, index)));
  std::vector<Sample> sample;
  for (const T& row : rows) sample.push_back({row.auth_as_of, credential_key(row.id)});
  return judge_all(look, kind, sample, what);
}

Result<Observation> observe_subscriptions(const Looking& look) {
  return observe_credentials<Subscription>(look, "subscriptions_by_creator",
                                           CredentialClass::access, "subscriptions");
}

Result<Observation> observe_access_tokens(const Looking& look) {
  return observe_grants_as(look, CredentialClass::access, "access tokens");
}

Result<Observation> observe_codes(const Looking& look) {
  CURFEW_TRY(const auto codes,
             scan_as<AuthorizationCode>(look.tx, newest_of(look, "authorization_codes_by_user")));
  std::vector<Sample> sample;
  for (const AuthorizationCode& code : codes) {
    sample.push_back({code.auth_as_of, key_of(code.grant_id)});
  }
  return judge_all(look, CredentialClass::renewal, sample, "authorization codes");
}

Result<Observation> observe_device_codes(const Looking& look) {
  CURFEW_TRY(const auto codes,
             scan_as<DeviceCode>(look.tx, newest_of(look, "device_codes_by_user")));
  std::vector<Sample> sample;
  for (const DeviceCode& code : codes) {
    if (code.state != DeviceCodeState::approved) continue;
    sample.push_back({code.auth_as_of, key_of(code.grant_id)});
  }
  return judge_all(look, CredentialClass::renewal, sample, "device codes");
}

Result<Observation> observe_device(const Looking& look) {
  const DeviceId id{look.order.target};
  CURFEW_TRY(const auto device, load<Device>(look.tx, look.tenant_id, id));
  if (!device) return gone("there is no such device any more");
  CURFEW_TRY(const auto holds, holds_on(look.tx, look.tenant_id, key_of(id)));
  if (device->account_enabled || holds.empty()) return alive("the device is enabled");
  return gone("device disabled; holds: " + std::to_string(holds.size()));
}

// A credential with a row of its own: in a run that removes it, the row is gone as well.
template <typename T>
Result<Observation> observe_removable(const Looking& look, const std::string& what) {
  CURFEW_TRY(const auto row, load<T>(look.tx, look.tenant_id, look.order.target));
  const Position stamp = row ? row->auth_as_of : just_before(look.run.first_position);
  CURFEW_TRY(const Verdict verdict,
             verdict_of(look, credential(look, CredentialClass::renewal, stamp,
                                         {credential_key(look.order.target)})));
  if (verdict == Verdict::live) return alive("the " + what + " is judged live");
  if (look.run.mode == RunMode::revoke && row) return alive("the " + what + " is still stored");
  return gone("the " + what + " is judged " + std::string{to_string(verdict)});
}

Result<Observation> observe_api_key(const Looking& look) {
  return observe_removable<ApiKey>(look, "API key");
}

Result<Observation> observe_registration_token(const Looking& look) {
  return observe_removable<RegistrationToken>(look, "initial access token");
}

Result<Observation> observe_registrations(const Looking& look) {
  return observe_credentials<Registration>(look, "registrations_by_maker", CredentialClass::renewal,
                                           "registration access tokens");
}

Result<Observation> observe_assignments(const Looking& look) {
  Query query;
  query.index = "app_assignments_by_principal";
  query.prefix = keys_of(look.tenant_id, PrincipalKind::user, look.run.subject_id);
  query.limit = 1;
  CURFEW_TRY(const auto left, scan_as<AppAssignment>(look.tx, query));
  if (!left.empty()) return alive("an assignment is stored");
  return gone("no assignment is stored");
}

// The removals that make a step anew.
std::vector<Removal> remove_subject(const Run& run, const Step& /*step*/) {
  Removal removal;
  removal.kind =
      run.mode == RunMode::revoke ? RemovalKind::revoke_user : RemovalKind::revoke_sessions;
  removal.user_id = run.subject_id;
  return {removal};
}

std::vector<Removal> remove_device(const Run& /*run*/, const Step& step) {
  Removal removal;
  removal.kind = RemovalKind::disable_device;
  removal.device_id = DeviceId{step.target};
  return {removal};
}

template <RemovalKind kKind>
std::vector<Removal> remove_row(const Run& run, const Step& step) {
  if (run.mode == RunMode::sessions_only) return remove_subject(run, step);
  Removal removal;
  removal.kind = kKind;
  removal.object_id = step.target;
  return {removal};
}

std::vector<Removal> remove_old_assignments(const Run& run, const Step& step) {
  std::vector<Removal> removals;
  for (const AppId& app : decode_assignments(step.prior_value.value_or(""))) {
    Removal removal;
    removal.kind = RemovalKind::remove_assignment;
    removal.user_id = run.subject_id;
    removal.app_id = app;
    removals.push_back(std::move(removal));
  }
  return removals;
}

struct Kind {
  std::string_view name;
  Result<Observation> (*observe)(const Looking&);
  std::vector<Removal> (*removals)(const Run&, const Step&);
};

constexpr std::array kKinds{
    Kind{local_target::kAccount, observe_account, remove_subject},
    Kind{local_target::kSessions, observe_sessions, remove_subject},
    Kind{local_target::kGrants, observe_grants, remove_subject},
    Kind{local_target::kCodes, observe_codes, remove_subject},
    Kind{local_target::kDeviceCodes, observe_device_codes, remove_subject},
    Kind{local_target::kAccessTokens, observe_access_tokens, remove_subject},
    Kind{local_target::kDevice, observe_device, remove_device},
    Kind{local_target::kApiKey, observe_api_key, remove_row<RemovalKind::remove_api_key>},
    Kind{local_target::kSubscriptions, observe_subscriptions, remove_subject},
    Kind{local_target::kRegistrationToken, observe_registration_token,
         remove_row<RemovalKind::remove_registration_token>},
    Kind{local_target::kRegistrations, observe_registrations, remove_subject},
    Kind{kOldAssignmentsConnector, observe_assignments, remove_old_assignments},
};

// What a target of ours needs: `kind`, `part`, or both of a part that `kind` observes.
class LocalConnector final : public Connector {
 public:
  LocalConnector(const Kind* kind, const RunPart* part, const LocalParts& parts)
      : kind_(kind), part_(part), parts_(parts) {}

  Task<Result<std::string>> prior_value(ConnectorOrder order) override {
    // Holds and removed rows say by themselves what was there.
    if (part_ == nullptr || part_->prior_value == nullptr) co_return std::string{};
    co_return read_value<std::string>(parts_.store, [&](ReadTx& tx) -> Result<std::string> {
      CURFEW_TRY(auto prior, part_->prior_value(PartLook{tx, tenant()}, order.target));
      return std::move(prior).value_or("");
    });
  }

  Task<Result<Applied>> apply(ConnectorOrder order) override {
    std::function<Result<Applied>(WriteTx&)> body = [this, order](WriteTx& tx) {
      return remove_again(tx, order);
    };
    auto applied = co_await write_value<Applied>(parts_.store, parts_.executor, Urgency::emergency,
                                                 std::move(body));
    co_return applied;
  }

  Task<Result<Observation>> observe(ConnectorOrder order) override {
    co_return read_value<Observation>(parts_.store, [&](ReadTx& tx) -> Result<Observation> {
      if (kind_ == nullptr) return observe_part(tx, order);
      CURFEW_TRY(const Run run, require<Run>(tx, "such run", tenant(), order.run_id));
      return kind_->observe(Looking{tx, tenant(), run, order, parts_.clock.now()});
    });
  }

  // An undo of our own targets is part of the transaction that undoes the run.
  Task<Result<Applied>> undo(ConnectorOrder /*order*/) override {
    co_return Applied{"nothing to do: undone with the run", ""};
  }

 private:
  [[nodiscard]] const TenantId& tenant() const { return parts_.journal.tenant_id(); }

  Result<Observation> observe_part(ReadTx& tx, const ConnectorOrder& order) {
    if (part_->observe == nullptr) return Observation{Finding::unobservable, ""};
    CURFEW_TRY(const RunData data, load_run(tx, tenant(), order.run_id));
    const Step* step = data.find_step(order.step_id);
    return part_->observe(PartLook{tx, tenant()}, order.target,
                          step == nullptr ? std::nullopt : step->prior_value);
  }

  Result<std::vector<Removal>> removals(WriteTx& tx, const Run& run, const Step& step) {
    if (kind_ != nullptr) return kind_->removals(run, step);
    if (part_->removal == nullptr) {
      return Error{ErrorCode::conflict, Retry::after_human,
                   step.last_error.empty() ? "a person has to decide" : step.last_error};
    }
    const PartLook look{tx, tenant()};
    CURFEW_TRY(const auto standing, part_->prior_value(look, step.target));
    CURFEW_TRY(const Observation seen, part_->observe(look, step.target, step.prior_value));
    const bool is_gone = !standing || seen.finding == Finding::gone;
    if (is_gone) return std::vector<Removal>{};  // by this very order before, or by somebody faster
    CURFEW_TRY(Removal removal, part_->removal(look, step.target));
    return std::vector<Removal>{std::move(removal)};
  }

  Result<Applied> remove_again(WriteTx& tx, const ConnectorOrder& order) {
    CURFEW_TRY(const RunData data, load_run(tx, tenant(), order.run_id));
    const Step* step = data.find_step(order.step_id);
    if (step == nullptr || data.run.state == RunState::restored ||
        data.run.state == RunState::restoring) {
      return Error::permanent(ErrorCode::conflict, "the run has been undone");
    }
    Position position;
    CURFEW_TRY(std::vector<Removal> all, removals(tx, data.run, *step));
    for (Removal& removal : all) {
      removal.hold_owner = data.run.hold_owner();
      removal.run_id = data.run.id;
      CURFEW_TRY(const RemovalEffect effect,
                 remove_access(tx, parts_.journal, removal, parts_.clock.now()));
      position = effect.position;
    }
    return Applied{"written at position " + to_string(position), ""};
  }

  const Kind* kind_;
  const RunPart* part_;
  LocalParts parts_;
};

}  // namespace

struct LocalConnectors::Named {
  std::string_view name;
  LocalConnector connector;
};

LocalConnectors::LocalConnectors(const LocalParts& parts) {
  for (const Kind& kind : kKinds) {
    const RunPart* const part = part_of_connector(kind.name);
    connectors_.push_back(
        std::unique_ptr<Named>(new Named{kind.name, LocalConnector{&kind, part, parts}}));
  }
  for (const RunPart* part : run_parts()) {
    const bool has_one =
        std::ranges::any_of(kKinds, [&](const Kind& kind) { return kind.name == part->connector; });
    if (has_one) continue;
    connectors_.push_back(
        std::unique_ptr<Named>(new Named{part->connector, LocalConnector{nullptr, part, parts}}));
  }
}

LocalConnectors::~LocalConnectors() = default;

ConnectorSet LocalConnectors::all() const {
  ConnectorSet set;
  for (const auto& named : connectors_) set.emplace(named->name, &named->connector);
  return set;
}

}  // namespace curfew
