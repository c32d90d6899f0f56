#include "api/ssf/signal_text.hpp"

#include <algorithm>
#include <utility>

#include "api/token_keys.hpp"
#include "io/offload_pool.hpp"
#include "protocol/json/json.hpp"
#include "protocol/ssf/event_types.hpp"
#include "protocol/ssf/security_event_token.hpp"
#include "protocol/ssf/subject.hpp"

namespace curfew {

namespace {

boost::json::object person(const ServerContext& context, const SignalStream& stream,
                           const Signal& signal) {
  // An identifier is changed from the old one, which is the only one that says which it was.
  const bool by_mail =
      stream.subject_format == "email" || signal.event == signal_event::kIdentifierChanged;
  return by_mail ? email_subject(signal.user_mail)
                 : iss_sub_subject(context.issuer(), signal.user_id);
}

boost::json::object subject_of(const ServerContext& context, const SignalStream& stream,
                               const Signal& signal, const SignalEventType& type) {
  if (type.is_of_stream) return opaque_subject(stream.id);
  if (signal.user_id.empty()) {
    return {{"format", "complex"}, {"tenant", opaque_subject(context.tenant_id.str())}};
  }
  if (signal.device_id.empty()) return person(context, stream, signal);
  return {{"format", "complex"},
          {"user", person(context, stream, signal)},
          {"device", opaque_subject(signal.device_id)}};
}

Result<std::string> signed_signal(const ServerContext& context, const SignalStream& stream,
                                  const Signal& signal) {
  const SignalEventType* const type = find_event_type(signal.event);
  if (type == nullptr) {
    return Error::permanent(ErrorCode::corrupted, "a stored signal is of no known event");
  }
  SecurityEvent event;
  event.iss = context.issuer();
  event.aud = stream.app_id.str();
  event.jti = signal.jti;
  event.txn = signal.txn;
  event.sub_id = subject_of(context, stream, signal, *type);
  event.event_uri = type->uri;
  CURFEW_TRY(event.members, parse_json_object(signal.members));
  return context.token_keys.sign(TokenAlg::rs256, kSecurityEventTyp,
                                 security_event_payload(event, context.clock.now()));
}

}  // namespace

Task<Result<std::vector<std::string>>> signed_signals(const ServerContext& context,
                                                      Executor& executor, SignalStream stream,
                                                      std::vector<Signal> signals) {
  std::vector<std::string> tokens;
  while (tokens.size() < signals.size()) {
    // All of it is in this frame until the pool has answered.
    const auto sign_some = [&]() -> Result<Done> {
      const std::size_t end = std::min(tokens.size() + kSignedAtOnce, signals.size());
      while (tokens.size() < end) {
        CURFEW_TRY(std::string token, signed_signal(context, stream, signals[tokens.size()]));
        tokens.push_back(std::move(token));
      }
      return Done{};
    };
    const Result<Done> signed_some = co_await offload(*context.signing_pool, executor, sign_some);
    if (!signed_some.ok() && signed_some.error().code() == ErrorCode::exhausted) {
      co_return Error::transient(ErrorCode::unavailable, signed_some.error().message());
    }
    CURFEW_CO_TRY_STATUS(signed_some);
  }
  co_return tokens;
}

}  // namespace curfew
