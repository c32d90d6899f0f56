#include "api/signal_sources/source_right.hpp"

#include <algorithm>
#include <utility>

#include "access/liveness.hpp"
#include "access/source_facts.hpp"
#include "api/directory/own_permission.hpp"
#include "api/sign_in/sealed_fields.hpp"
#include "base/secret.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "protocol/ssf/received_events.hpp"
#include "store/schema.hpp"
#include "store/schema_sources.hpp"

namespace curfew {

namespace {

Status refused(std::string sentence) {
  return Error{ErrorCode::denied, Retry::after_human, std::move(sentence)};
}

std::string purpose_of(const std::string& source_id) { return "source-authorization:" + source_id; }

}  // namespace

Status check_source_stands(ReadTx& tx, const ServerContext& context, const SignalSource& source) {
  if (!source.enabled) return refused("the source is disabled");
  CURFEW_TRY(const JournalHead head, journal_head(tx, source.tenant_id));
  CURFEW_TRY(const auto app, load<App>(tx, source.tenant_id, source.app_id));
  if (!app || !app->account_enabled) return refused("its application is gone or disabled");
  CURFEW_TRY(const Verdict verdict,
             verdict_in(tx, context.journal, facts_of(source, head.position), context.clock.now()));
  if (verdict == Verdict::live) return Done{};
  return refused("its application is " + std::string{to_string(verdict)});
}

std::string_view permission_for(SignalEffect effect) {
  switch (effect) {
    case SignalEffect::notify: return "";
    case SignalEffect::raise_risk: return "IdentityRiskyUser.ReadWrite.All";
    case SignalEffect::revoke_sessions: return "User.RevokeSessions.All";
    case SignalEffect::disable: return "User.EnableDisableAccount.All";
  }
  return "";
}

Result<std::vector<std::string>> missing_permissions(ReadTx& tx, const App& app,
                                                     const SignalSource& source) {
  std::vector<std::string> missing;
  for (const ReceivedEventType& type : received_event_types()) {
    const std::string_view needed = permission_for(effect_of(type.name, true, source.policy));
    const bool is_open = !needed.empty() && std::ranges::find(missing, needed) == missing.end();
    if (!is_open) continue;
    CURFEW_TRY(const bool may, holds_graph_permission(tx, app, needed));
    if (!may) missing.emplace_back(needed);
  }
  return missing;
}

Status check_may_act(ReadTx& tx, const ServerContext& context, const std::string& source_id,
                     SignalEffect effect) {
  CURFEW_TRY(const auto source, load<SignalSource>(tx, context.tenant_id, source_id));
  if (!source) return refused("the source was removed");
  CURFEW_TRY_STATUS(check_source_stands(tx, context, *source));
  const std::string_view permission = permission_for(effect);
  if (permission.empty()) return Done{};
  CURFEW_TRY(const auto app, load<App>(tx, source->tenant_id, source->app_id));
  if (!app) return refused("its application is gone");
  CURFEW_TRY(const bool may, holds_graph_permission(tx, *app, permission));
  if (may) return Done{};
  return refused("its application needs the Graph permission " + std::string{permission} +
                 " as its own, given by an administrator");
}

ApiCall call_of_source(const ServerContext& context, const SignalSource& source, const App& app,
                       Position as_of) {
  Caller caller;
  caller.credential = CredentialKind::signal_source;
  caller.facts = facts_of(source, as_of);
  caller.actor.kind = ActorKind::service_principal;
  caller.actor.id = app.id.str();
  caller.actor.display_name = source.display_name;
  caller.actor.permitted_areas = {PermittedArea::users};
  return ApiCall{context, RoutedRequest{}, std::move(caller), "signal.act"};
}

SourceToken new_source_token() {
  SourceToken token;
  token.text = random_token();
  token.hash = sha256_base64url(token.text);
  return token;
}

bool is_source_token(const SignalSource& source, std::string_view text) {
  return !source.token_hash.empty() &&
         equal_constant_time(source.token_hash, sha256_base64url(text));
}

std::string seal_source_authorization(const ServerContext& context, const std::string& source_id,
                                      std::string_view header) {
  return header.empty() ? "" : seal_text(context, purpose_of(source_id), header);
}

Result<std::string> open_source_authorization(const ServerContext& context,
                                              const SignalSource& source) {
  if (source.sealed_authorization.empty()) return std::string{};
  const auto opened = open_text(context, purpose_of(source.id), source.sealed_authorization);
  if (opened) return *opened;
  return Error{ErrorCode::corrupted, Retry::after_human,
               "its Authorization header cannot be read with this master key; set it again"};
}

}  // namespace curfew
