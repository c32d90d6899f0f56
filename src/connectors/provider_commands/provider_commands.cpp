#include "connectors/provider_commands/provider_commands.hpp"

#include <optional>
#include <utility>

#include "connectors/target_call.hpp"
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

using Party = ProviderCommands::Party;

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

Result<Party> ProviderCommands::party_of(const ConnectorOrder& order) const {
  return read_value<Party>(parts_.store, [&](ReadTx& tx) {
    return load_party(tx, parts_.tenant_id, AppId{order.target});
  });
}

Result<ProviderCommands::Asked> ProviderCommands::asked_of(const ConnectorOrder& order) const {
  return read_value<Asked>(parts_.store, [&](ReadTx& tx) -> Result<Asked> {
    CURFEW_TRY(const Run run, require<Run>(tx, "such run", parts_.tenant_id, order.run_id));
    return Asked{run.mode, load_party(tx, parts_.tenant_id, AppId{order.target})};
  });
}

Result<OutsideCall> ProviderCommands::call_for(const ConnectorOrder& order, const Party& party,
                                               AccountCommand command) const {
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
  return call;
}

Task<Result<CommandAnswer>> ProviderCommands::command(ConnectorOrder order, Result<Party> party,
                                                      AccountCommand command) {
  if (!party.ok()) co_return party.error();
  auto call = call_for(order, *party, command);
  if (!call.ok()) co_return call.error();
  const Result<OutsideAnswer> answer =
      co_await call_target(parts_, slow_, order.target, order.deadline, std::move(call).value());
  if (!answer.ok()) co_return answer.error();
  co_return judge_command_answer(answer->status, answer->body, order.subject_id.str());
}

Task<Result<std::string>> ProviderCommands::prior_value(ConnectorOrder /*order*/) {
  co_return std::string{};
}

Task<Result<Applied>> ProviderCommands::apply(ConnectorOrder order) {
  const auto asked = asked_of(order);
  if (!asked.ok()) co_return asked.error();
  const bool suspends = asked->mode == RunMode::revoke;
  AccountCommand sent = suspends ? AccountCommand::suspend : AccountCommand::invalidate;
  Result<CommandAnswer> answer = co_await command(order, asked->party, sent);
  if (suspends && was_refused(answer)) {
    sent = AccountCommand::invalidate;
    answer = co_await command(order, asked->party, sent);
  }
  if (!answer.ok()) co_return answer.error();
  auto applied = done_by(sent, *answer, order.written_value.value_or(""));
  if (applied.ok() && suspends && applied->written_value == kInvalidated) {
    applied->evidence += "; it does not take suspend, so the account itself stays there";
  }
  co_return applied;
}

Task<Result<Observation>> ProviderCommands::observe(ConnectorOrder order) {
  const auto asked = asked_of(order);
  if (!asked.ok()) co_return asked.error();
  const Result<CommandAnswer> answer = co_await command(order, asked->party, AccountCommand::audit);
  // Time may cure it; everything else says that the party has no audit for us.
  if (!answer.ok() && answer.error().retry() == Retry::later) co_return answer.error();
  if (!answer.ok() || !answer->state) co_return Observation{Finding::unobservable, ""};
  std::string seen = describe(AccountCommand::audit, *answer);
  if (!says_active(*answer)) co_return Observation{Finding::gone, std::move(seen)};
  const bool invalidated = order.written_value == kInvalidated;
  if (asked->mode == RunMode::revoke && !invalidated) {
    co_return Observation{Finding::alive, std::move(seen)};
  }
  co_return Observation{Finding::unobservable,
                        "it says that it did invalidate, which leaves an account active; " + seen};
}

Task<Result<Applied>> ProviderCommands::undo(ConnectorOrder order) {
  if (order.written_value == kInvalidated) {
    co_return Applied{"nothing to give back: the account was not suspended there", ""};
  }
  const Result<Party> party = party_of(order);
  const Result<CommandAnswer> seen = co_await command(order, party, AccountCommand::audit);
  if (!seen.ok() && seen.error().retry() != Retry::never) co_return seen.error();
  if (seen.ok() && seen->state && *seen->state != PartyAccountState::suspended) {
    co_return Applied{"left as it is: " + describe(AccountCommand::audit, *seen), ""};
  }
  if (order.written_value != kSuspended) {
    co_return needs_person(
        "the application had suspended the account before it answered us: reactivate it there, if "
        "nobody else wants it so");
  }
  const Result<CommandAnswer> answer = co_await command(order, party, AccountCommand::reactivate);
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
