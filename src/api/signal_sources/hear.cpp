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

void log_refused(const SignalSource& source, const TokenProblem& problem) {
  log(LogLevel::info, "sources.refused",
      {{"source", source.id}, {"code", std::string{problem.code}}, {"why", problem.description}});
}

}  // namespace

Task<Hearing> hear_token(const ServerContext& context, SignalSource source, std::string compact) {
  if (context.source_keys == nullptr) {
    co_return Error::permanent(ErrorCode::denied, "this server hears nobody");
  }
  const auto keys = co_await context.source_keys->keys_for(source, key_name_in(compact));
  if (!keys.ok()) co_return keys.error();
  const HeardRules rules{source.issuer, source.audiences, context.clock.now()};
  auto checked = check_received(compact, *keys, rules);
  if (const auto* const problem = std::get_if<TokenProblem>(&checked)) {
    log_refused(source, *problem);
    co_return *problem;
  }
  // In the row as it is there: the source may have been taken away while the keys were fetched.
  std::function<Result<Done>(WriteTx&)> keep =
      [&context, id = source.id,
       token = std::get<ReceivedToken>(std::move(checked))](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(auto row, load<SignalSource>(tx, context.tenant_id, id));
    if (!row) return Error::permanent(ErrorCode::denied, "the source was removed");
    CURFEW_TRY_STATUS(check_source_stands(tx, context, *row));
    CURFEW_TRY([[maybe_unused]] const bool is_new,
               keep_received(tx, *row, token, context.clock.now()));
    return Done{};
  };
  const Result<Done> kept = co_await write_value<Done>(context.store, current_executor(),
                                                       Urgency::normal, std::move(keep));
  if (!kept.ok()) co_return kept.error();
  co_return Heard{};
}

}  // namespace curfew
