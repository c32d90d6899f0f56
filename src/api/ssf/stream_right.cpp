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

// Empty: its right stands.
std::string why_gone(Verdict verdict) {
  if (verdict == Verdict::live) return "";
  return "the credential by which it was made or last updated is " +
         std::string{to_string(verdict)};
}

// By the journal of the transaction: the row's stamps may be newer than what was published.
Result<std::string> why_gone_in(ReadTx& tx, const ServerContext& context,
                                const SignalStream& stream) {
  if (stream.delivery == StreamDelivery::poll || !stream.auth_as_of.is_set()) return std::string{};
  CURFEW_TRY(const Verdict verdict,
             verdict_in(tx, context.journal, facts_of(stream), context.clock.now()));
  return why_gone(verdict);
}

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
  return ended(why_gone(verdict) +
               ": its receiver has to set its status to enabled with a new token, or an "
               "administrator who knows where it leads to resume it");
}

Result<ShownStatus> shown_status(ReadTx& tx, const ServerContext& context,
                                 const SignalStream& stream) {
  const ShownStatus as_set{stream.status, stream.status_reason};
  if (stream.status != StreamStatus::enabled) return as_set;
  const Status stands = check_stream_stands(tx, context, stream);
  if (stands.ok()) return as_set;
  if (stands.error().code() != ErrorCode::denied) return stands.error();
  return ShownStatus{StreamStatus::paused, stands.error().message()};
}

Result<std::string> take_stream_right(ReadTx& tx, const ApiCall& call, SignalStream& stream) {
  CURFEW_TRY(std::string gone, why_gone_in(tx, call.context, stream));
  stream.keys.clear();
  if (!call.caller.facts) {
    CURFEW_TRY(const JournalHead head, journal_head(tx, call.tenant_id()));
    stream.auth_as_of = stream.as_of = head.position;
    return gone;
  }
  const CredentialFacts& facts = *call.caller.facts;
  for (const Key& key : facts.keys) stream.keys.push_back(to_string(key));
  stream.auth_as_of = facts.stamps.auth_as_of;
  stream.as_of = facts.stamps.as_of;
  return gone;
}

Result<std::string> renew_stream_right(ReadTx& tx, const ApiCall& call, SignalStream& stream) {
  CURFEW_TRY(const std::string gone, why_gone_in(tx, call.context, stream));
  return gone.empty() ? gone : take_stream_right(tx, call, stream);
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
