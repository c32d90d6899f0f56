#include "connectors/provider_commands/provider_commands.hpp"

#include <optional>
#include <utility>

#include "base/target_limits.hpp"
#include "crypto/random.hpp"
#include "store/schema.hpp"
#include "store/schema_commands.hpp"
#include "store/schema_runs.hpp"

namespace curfew {

namespace {

constexpr std::size_t kTokenIdBytes = 16;

// Step::written_value: what was done there by this step; empty: nothing that is ours to undo.
constexpr std::string_view kSuspended = "suspended";
constexpr std::string_view kInvalidated = "invalidated";

struct Party {
  CommandParty row;
  App app;
};

Error needs_person(std::string what) {
  return Error{ErrorCode::conflict, Retry::after_human, std::move(what)};
}

Result<Party> load_party(ReadTx& tx, const TenantId& tenant_id, const AppId& id) {
  CURFEW_TRY(auto row, load<CommandParty>(tx, tenant_id, id));
  CURFEW_TRY(auto app, load<App>(tx, tenant_id, id));
  if (row && app) return Party{*std::move(row), *std::move(app)};
  return needs_person("the application has no command endpoint any more");
}

bool was_refused(const Result<CommandAnswer>& answer) {
  return !answer.ok() && answer.error().code() == ErrorCode::invalid_argument;
}

bool is_conflict(const CommandAnswer& answer) { return answer.status == 409; }

bool says_active(const CommandAnswer& answer) { return answer.state == PartyAccountState::active; }

// The answer to a command that was to take access away.
Result<Applied> done_by(AccountCommand command, const CommandAnswer& answer,
                        std::string_view done_before) {
  const bool may_be_active = command == AccountCommand::invalidate && !is_conflict(answer);
  if (says_active(answer) && !may_be_active) {
    return Error::transient(ErrorCode::protocol, describe(command, answer) + ": nothing was done");
  }
  std::string_view written = command == AccountCommand::suspend ? kSuspended : kInvalidated;
  // It was so before; by us, where this step has suspended it already.
  if (is_conflict(answer)) written = done_before == kSuspended ? kSuspended : "";
  return Applied{describe(command, answer), std::string{written}};
}

}  // namespace

Result<RunMode> ProviderCommands::mode_of(const ConnectorOrder& order) const {
  return read_value<RunMode>(parts_.store, [&](ReadTx& tx) -> Result<RunMode> {
    CURFEW_TRY(const Run run, require<Run>(tx, "such run", parts_.tenant_id, order.run_id));
    return run.mode;
  });
}

Result<OutsideCall> ProviderCommands::call_for(const ConnectorOrder& order,
                                               AccountCommand command) const {
  CURFEW_TRY(const Party party, read_value<Party>(parts_.store, [&](ReadTx& tx) {
               return load_party(tx, parts_.tenant_id, AppId{order.target});
             }));
  const CommandToken token{parts_.issuer,
                           party.row.command_endpoint,
                           party.app.id.str(),
                           parts_.tenant_id.str(),
                           order.subject_id.str(),
                           random_token(kTokenIdBytes),
                           command,
                           parts_.clock.now()};
  CURFEW_TRY(const std::string jwt,
             parts_.sign(party.app.id_token_alg, kCommandTokenTyp, command_token_claims(token)));
  OutsideCall call;
  call.url = party.row.command_endpoint;
  call.content_type = "application/x-www-form-urlencoded";
  call.body = command_request_body(jwt);
  call.deadline = limits::kTargetCallTimeMax;
  call.not_after = order.deadline - limits::kTargetCallTimeMax;
  call.is_slow = slow_.contains(party.app.id.str());
  return call;
}

Task<Result<CommandAnswer>> ProviderCommands::command(ConnectorOrder order,
                                                      AccountCommand command) {
  auto made = call_for(order, command);
  if (!made.ok()) co_return made.error();
  const Duration began = parts_.clock.since_boot();
  const Result<OutsideAnswer> answer =
      co_await call_outside(parts_.post, parts_.executor, std::move(made).value());
  slow_.note(order.target, parts_.clock.since_boot() - began);
  if (!answer.ok()) co_return answer.error();
  co_return judge_command_answer(answer->status, answer->body, order.subject_id.str());
}

Task<Result<std::string>> ProviderCommands::prior_value(ConnectorOrder /*order*/) {
  co_return std::string{};
}

Task<Result<Applied>> ProviderCommands::apply(ConnectorOrder order) {
  const auto mode = mode_of(order);
  if (!mode.ok()) co_return mode.error();
  const bool suspends = *mode == RunMode::revoke;
  AccountCommand sent = suspends ? AccountCommand::suspend : AccountCommand::invalidate;
  Result<CommandAnswer> answer = co_await command(order, sent);
  if (suspends && was_refused(answer)) {
    sent = AccountCommand::invalidate;
    answer = co_await command(order, sent);
  }
  if (!answer.ok()) co_return answer.error();
  auto applied = done_by(sent, *answer, order.written_value.value_or(""));
  if (applied.ok() && suspends && applied->written_value == kInvalidated) {
    applied->evidence += "; it does not take suspend, so the account itself stays there";
  }
  co_return applied;
}

Task<Result<Observation>> ProviderCommands::observe(ConnectorOrder order) {
  const auto mode = mode_of(order);
  if (!mode.ok()) co_return mode.error();
  const Result<CommandAnswer> answer = co_await command(order, AccountCommand::audit);
  // Time may cure it; everything else says that the party has no audit for us.
  if (!answer.ok() && answer.error().retry() == Retry::later) co_return answer.error();
  if (!answer.ok() || !answer->state) co_return Observation{Finding::unobservable, ""};
  std::string seen = describe(AccountCommand::audit, *answer);
  if (!says_active(*answer)) co_return Observation{Finding::gone, std::move(seen)};
  const bool invalidated = order.written_value == kInvalidated;
  if (*mode == RunMode::revoke && !invalidated) {
    co_return Observation{Finding::alive, std::move(seen)};
  }
  co_return Observation{Finding::unobservable,
                        "it says that it did invalidate, which leaves an account active; " + seen};
}

Task<Result<Applied>> ProviderCommands::undo(ConnectorOrder order) {
  if (order.written_value == kInvalidated) {
    co_return Applied{"nothing to give back: the account was not suspended there", ""};
  }
  const Result<CommandAnswer> seen = co_await command(order, AccountCommand::audit);
  if (!seen.ok() && seen.error().retry() != Retry::never) co_return seen.error();
  if (seen.ok() && seen->state && *seen->state != PartyAccountState::suspended) {
    co_return Applied{"left as it is: " + describe(AccountCommand::audit, *seen), ""};
  }
  if (order.written_value != kSuspended) {
    co_return needs_person(
        "the application had suspended the account before it answered us: reactivate it there, if "
        "nobody else wants it so");
  }
  const Result<CommandAnswer> answer = co_await command(order, AccountCommand::reactivate);
  if (was_refused(answer)) {
    co_return needs_person(answer.error().message() + "; reactivate the account there");
  }
  if (!answer.ok()) co_return answer.error();
  const std::string said = describe(AccountCommand::reactivate, *answer);
  if (is_conflict(*answer)) co_return Applied{"left as it is: " + said, ""};
  if (!answer->state || says_active(*answer)) co_return Applied{said, ""};
  co_return Error::transient(ErrorCode::protocol, said + ": nothing was done");
}

}  // namespace curfew
