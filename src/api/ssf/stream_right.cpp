#include "api/ssf/stream_right.hpp"

#include <algorithm>

#include "access/granted_scopes.hpp"
#include "access/liveness.hpp"
#include "access/stream_facts.hpp"
#include "api/sign_in/sealed_fields.hpp"
#include "model/application.hpp"
#include "model/signals_app.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

Status ended(const std::string& sentence) { return Error::permanent(ErrorCode::denied, sentence); }

std::string purpose_of(const std::string& stream_id) { return "signal-authorization:" + stream_id; }

}  // namespace

Status check_stream_stands(ReadTx& tx, const ServerContext& context, const SignalStream& stream) {
  if (context.live().rollback().is_raised()) return ended("the journal was rolled back");
  CURFEW_TRY(const auto app, load<App>(tx, stream.tenant_id, stream.app_id));
  if (!app || !app->account_enabled) return ended("its application is gone or disabled");
  CURFEW_TRY(const auto signals,
             load<App>(tx, stream.tenant_id, AppId{std::string{kSignalsAppId}}));
  const bool may = signals && !application_names(*app, *signals).empty();
  if (!may) return ended("its application has no permission for shared signals any more");
  if (stream.delivery == StreamDelivery::poll) return Done{};
  const Verdict verdict = verdict_now(context.live(), facts_of(stream), context.clock.now());
  if (verdict == Verdict::live) return Done{};
  return ended("the credential by which it was made is " + std::string{to_string(verdict)} +
               "; its receiver has to update the stream");
}

Status take_stream_right(ReadTx& tx, const ApiCall& call, SignalStream& stream) {
  stream.keys.clear();
  if (!call.caller.facts) {
    CURFEW_TRY(const JournalHead head, journal_head(tx, call.tenant_id()));
    stream.auth_as_of = stream.as_of = head.position;
    return Done{};
  }
  const CredentialFacts& facts = *call.caller.facts;
  for (const Key& key : facts.keys) stream.keys.push_back(to_string(key));
  stream.auth_as_of = facts.stamps.auth_as_of;
  stream.as_of = facts.stamps.as_of;
  return Done{};
}

std::string seal_authorization(const ServerContext& context, const std::string& stream_id,
                               std::string_view header) {
  return header.empty() ? "" : seal_text(context, purpose_of(stream_id), header);
}

std::string open_authorization(const ServerContext& context, const SignalStream& stream) {
  if (stream.sealed_authorization.empty()) return "";
  return open_text(context, purpose_of(stream.id), stream.sealed_authorization).value_or("");
}

}  // namespace curfew
