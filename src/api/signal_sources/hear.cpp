#include "api/signal_sources/hear.hpp"

#include <utility>

#include "api/signal_sources/source_keys.hpp"
#include "api/signal_sources/source_right.hpp"
#include "base/log.hpp"
#include "io/runtime.hpp"
#include "revocation/signals/received_queue.hpp"
#include "store/schema_sources.hpp"

namespace curfew {

namespace {

constexpr std::string_view kTokenRefused = "its last token was refused: ";

void log_refused(const SignalSource& source, const TokenProblem& problem) {
  log(LogLevel::info, "sources.refused",
      {{"source", source.id}, {"code", std::string{problem.code}}, {"why", problem.description}});
}

// What was verified, and who was let in, holds for this row alone.
bool is_same_source(const SignalSource& row, const SignalSource& before) {
  return row.issuer == before.issuer && row.audiences == before.audiences &&
         row.jwks_uri == before.jwks_uri && row.delivery == before.delivery &&
         row.poll_url == before.poll_url && row.token_hash == before.token_hash;
}

// In the row as it is there: the source may have been changed or taken away while its keys were
// fetched, because they, or its token, were stolen.
Result<bool> keep(WriteTx& tx, const ServerContext& context, const SignalSource& before,
                  const ReceivedToken& token) {
  CURFEW_TRY(auto row, load<SignalSource>(tx, context.tenant_id, before.id));
  if (!row) return Error::permanent(ErrorCode::denied, "the source was removed");
  CURFEW_TRY_STATUS(check_source_stands(tx, context, *row));
  if (!is_same_source(*row, before)) {
    return Error::transient(ErrorCode::unavailable, "the source was changed meanwhile");
  }
  return keep_received(tx, *row, token, context.clock.now());
}

}  // namespace

Task<Hearing> hear_token(const ServerContext& context, SignalSource source, std::string compact) {
  if (context.source_keys == nullptr) {
    co_return Error::permanent(ErrorCode::denied, "this server hears nobody");
  }
  auto keys = co_await context.source_keys->keys_for(source, key_name_in(compact));
  if (!keys.ok()) co_return keys.error();
  const HeardRules rules{source.issuer, source.audiences, source.policy, context.clock.now()};
  auto checked = check_received(compact, keys->set, rules);
  if (const auto* const problem = std::get_if<TokenProblem>(&checked)) {
    // It may have been signed right after a change of keys: what is refused is not sent again.
    if (problem->code == "invalid_key" && !keys->is_current) {
      co_return Error::transient(ErrorCode::unavailable,
                                 keys->trouble.empty()
                                     ? "its key is not known yet; send it again in a minute"
                                     : keys->trouble);
    }
    log_refused(source, *problem);
    co_return *problem;
  }
  std::function<Result<bool>(WriteTx&)> body =
      [&context, source = std::move(source), token = std::get<ReceivedToken>(std::move(checked))](
          WriteTx& tx) { return keep(tx, context, source, token); };
  const Result<bool> kept = co_await write_value<bool>(context.store, current_executor(),
                                                       Urgency::normal, std::move(body));
  if (!kept.ok()) co_return kept.error();
  co_return Heard{*kept, std::move(keys->trouble)};
}

std::string trouble_of(const Hearing& hearing) {
  if (const auto* const problem = std::get_if<TokenProblem>(&hearing)) {
    return std::string{kTokenRefused} + problem->description;
  }
  if (const auto* const error = std::get_if<Error>(&hearing)) return error->message();
  return std::get<Heard>(hearing).trouble;
}

bool is_of_a_token(std::string_view trouble) { return trouble.starts_with(kTokenRefused); }

Task<Done> note_trouble(const ServerContext& context, std::string source_id, std::string trouble) {
  const auto is_known = read_value<bool>(context.store, [&](ReadTx& tx) -> Result<bool> {
    CURFEW_TRY(const auto row, load<SignalSource>(tx, context.tenant_id, source_id));
    return !row || row->trouble == trouble;
  });
  if (!is_known.ok() || *is_known) co_return Done{};
  std::function<Result<Done>(WriteTx&)> body = [&context, source_id,
                                                trouble](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(auto row, load<SignalSource>(tx, context.tenant_id, source_id));
    if (!row || row->trouble == trouble) return Done{};
    row->trouble = trouble;
    row->trouble_since.reset();
    if (!trouble.empty()) row->trouble_since = context.clock.now();
    CURFEW_TRY_STATUS(save(tx, *row));
    return Done{};
  };
  const Result<Done> written = co_await write_value<Done>(context.store, current_executor(),
                                                          Urgency::normal, std::move(body));
  if (!written.ok()) {
    log(LogLevel::warning, "sources.failed", {{"why", written.error().message()}});
  }
  co_return Done{};
}

}  // namespace curfew
