// Whom a receiver wants to hear of (SSF 1.0 8.1.3), and whether its stream works (8.1.4).
#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <utility>

#include "api/directory/person_lookup.hpp"
#include "api/ssf/ssf_call.hpp"
#include "api/ssf/ssf_endpoints.hpp"
#include "base/signal_limits.hpp"
#include "protocol/ssf/event_types.hpp"
#include "protocol/ssf/stream_requests.hpp"
#include "protocol/ssf/subject.hpp"
#include "revocation/signals/signal_queue.hpp"
#include "store/schema.hpp"
#include "store/schema_signals.hpp"

namespace curfew {

namespace {

Status remove_subject(WriteTx& tx, const SsfCall& call, SignalStream& stream, const UserId& id) {
  CURFEW_TRY(const auto known, load<RemovedSubject>(tx, stream.tenant_id, stream.id, id));
  if (known) return Done{};
  if (stream.removed_subject_count >= static_cast<std::int64_t>(limits::kSubjectsRemovedMax)) {
    return Error{ErrorCode::exhausted, Retry::later,
                 "the stream has no room for more removed subjects"};
  }
  ++stream.removed_subject_count;
  CURFEW_TRY_STATUS(
      save(tx, RemovedSubject{stream.tenant_id, stream.id, id, call.context.clock.now()}));
  CURFEW_TRY_STATUS(save(tx, stream));
  return audit_change(tx, call, "stream.remove_subject", id.str(), stream.id);
}

Status add_subject(WriteTx& tx, const SsfCall& /*call*/, SignalStream& stream, const UserId& id) {
  CURFEW_TRY(const bool was_there, remove<RemovedSubject>(tx, stream.tenant_id, stream.id, id));
  if (!was_there) return Done{};
  --stream.removed_subject_count;
  return save(tx, stream);
}

using SubjectChange = Status (*)(WriteTx&, const SsfCall&, SignalStream&, const UserId&);

// Who is not known here is passed over in silence (8.1.3.2): nobody learns who there is.
Task<HttpResponse> change_subject(const SsfCall& call, SubjectChange change, int status) {
  const auto wish = read_subject_wish(call.request.http.body);
  if (!wish.ok()) co_return ssf_error(call, wish.error());
  const auto names = read_subject(wish->subject);
  if (!names.ok()) co_return ssf_error(call, names.error());
  auto how = [&call, names = *names, change](WriteTx& tx, SignalStream& stream) -> Result<Done> {
    CURFEW_TRY(const auto user, find_person(tx, call.tenant_id(), call.context.issuer(), names));
    if (!user) return Done{};
    CURFEW_TRY_STATUS(change(tx, call, stream, user->id));
    return Done{};
  };
  const Result<Done> written = co_await change_stream(call, wish->stream_id, std::move(how));
  if (!written.ok()) co_return ssf_error(call, written.error());
  co_return ssf_empty(status);
}

Status count_verification(SignalStream& stream, TimePoint now) {
  constexpr auto kMinute = std::chrono::minutes{1};
  if (!stream.verified_at || *stream.verified_at + kMinute <= now) {
    stream.verified_at = now;
    stream.verification_count = 0;
  }
  if (++stream.verification_count <= limits::kVerificationsOfMinuteMax) return Done{};
  return Error{ErrorCode::exhausted, Retry::later,
               "there are at most " + std::to_string(limits::kVerificationsOfMinuteMax) +
                   " verifications of a stream in a minute"};
}

Task<HttpResponse> verify(const SsfCall& call) {
  const auto wish = read_verification_wish(call.request.http.body);
  if (!wish.ok()) co_return ssf_error(call, wish.error());
  auto how = [&call, state = wish->state](WriteTx& tx, SignalStream& stream) -> Result<Done> {
    const TimePoint now = call.context.clock.now();
    CURFEW_TRY_STATUS(count_verification(stream, now));
    boost::json::object members;
    if (state) members["state"] = *state;
    CURFEW_TRY_STATUS(
        queue_for_stream(tx, stream, signal_event::kVerification, std::move(members), now));
    return Done{};
  };
  const Result<Done> written = co_await change_stream(call, wish->stream_id, std::move(how));
  if (!written.ok()) co_return ssf_error(call, written.error());
  co_return ssf_empty(204);
}

}  // namespace

Task<HttpResponse> ssf_add_subject_endpoint(const ServerContext& context, RoutedRequest request) {
  auto admitted = admit_receiver(context, std::move(request), SsfRight::manage);
  if (auto* refusal = std::get_if<HttpResponse>(&admitted)) co_return std::move(*refusal);
  co_return co_await change_subject(std::get<SsfCall>(admitted), &add_subject, 200);
}

Task<HttpResponse> ssf_remove_subject_endpoint(const ServerContext& context,
                                               RoutedRequest request) {
  auto admitted = admit_receiver(context, std::move(request), SsfRight::manage);
  if (auto* refusal = std::get_if<HttpResponse>(&admitted)) co_return std::move(*refusal);
  co_return co_await change_subject(std::get<SsfCall>(admitted), &remove_subject, 204);
}

Task<HttpResponse> ssf_verification_endpoint(const ServerContext& context, RoutedRequest request) {
  auto admitted = admit_receiver(context, std::move(request), SsfRight::manage);
  if (auto* refusal = std::get_if<HttpResponse>(&admitted)) co_return std::move(*refusal);
  co_return co_await verify(std::get<SsfCall>(admitted));
}

}  // namespace curfew
