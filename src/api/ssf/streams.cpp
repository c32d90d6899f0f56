// A receiver's own streams: made, read, changed, deleted (SSF 1.0 8.1.1), and their status (8.1.2).
#include <boost/json.hpp>
#include <memory>
#include <utility>

#include "api/ssf/ssf_call.hpp"
#include "api/ssf/ssf_endpoints.hpp"
#include "api/ssf/stream_changes.hpp"
#include "revocation/signals/signal_queue.hpp"
#include "store/schema_signals.hpp"

namespace curfew {

namespace {

using M = HttpMethod;

Error no_id() {
  return Error::permanent(ErrorCode::invalid_argument, "stream_id is missing in the address");
}

Result<boost::json::value> show_streams(const SsfCall& call) {
  CURFEW_TRY(const auto id, ssf_parameter(call, "stream_id"));
  if (id) {
    CURFEW_TRY(const SignalStream stream,
               read_value<SignalStream>(call.context.store,
                                        [&](ReadTx& tx) { return own_stream(tx, call, *id); }));
    return boost::json::value(configuration_json(call.context, stream));
  }
  CURFEW_TRY(const auto streams,
             read_value<std::vector<SignalStream>>(call.context.store, [&](ReadTx& tx) {
               return streams_of(tx, call.tenant_id(), call.receiver());
             }));
  boost::json::array all;
  for (const SignalStream& stream : streams)
    all.push_back(configuration_json(call.context, stream));
  return boost::json::value(std::move(all));
}

Task<HttpResponse> make_stream(const SsfCall& call) {
  const auto wish = read_stream_wish(call.request.http.body);
  if (!wish.ok()) co_return ssf_error(call, wish.error());
  auto made = new_stream(call.context, call.receiver(), *wish);
  if (!made.ok()) co_return ssf_error(call, made.error());
  const auto stream = std::make_shared<SignalStream>(std::move(made).value());
  const Result<Done> written =
      co_await write_as_caller(call, [&call, stream](WriteTx& tx) -> Result<Done> {
        CURFEW_TRY_STATUS(add_stream(tx, call, *stream));
        return Done{};
      });
  if (!written.ok()) co_return ssf_error(call, written.error());
  co_return ssf_answer(201, configuration_json(call.context, *stream));
}

Task<HttpResponse> replace_stream(const SsfCall& call, UpdateMode mode) {
  auto wish = read_stream_wish(call.request.http.body);
  if (!wish.ok()) co_return ssf_error(call, wish.error());
  if (wish->stream_id.empty()) {
    co_return ssf_error(
        call, Error::permanent(ErrorCode::invalid_argument, "stream_id is missing in the body"));
  }
  const auto after = std::make_shared<SignalStream>();
  const std::string id = wish->stream_id;
  auto how = [&call, after, wish = std::move(wish).value(), mode](
                 WriteTx& tx, SignalStream& stream) -> Result<Done> {
    CURFEW_TRY_STATUS(update_stream(tx, call, stream, wish, mode));
    *after = stream;
    return Done{};
  };
  const Result<Done> written = co_await change_stream(call, id, std::move(how));
  if (!written.ok()) co_return ssf_error(call, written.error());
  co_return ssf_answer(200, configuration_json(call.context, *after));
}

Task<HttpResponse> delete_stream(const SsfCall& call) {
  const auto id = ssf_parameter(call, "stream_id");
  if (!id.ok()) co_return ssf_error(call, id.error());
  if (!*id) co_return ssf_error(call, no_id());
  auto how = [&call](WriteTx& tx, SignalStream& stream) -> Result<Done> {
    CURFEW_TRY_STATUS(erase_stream(tx, stream));
    CURFEW_TRY_STATUS(audit_change(tx, call, "stream.remove", stream.id, stream.endpoint_url));
    return Done{};
  };
  const Result<Done> written = co_await change_stream(call, **id, std::move(how));
  if (!written.ok()) co_return ssf_error(call, written.error());
  co_return ssf_empty(204);
}

HttpResponse shown(const SsfCall& call, const Result<boost::json::value>& value) {
  return value.ok() ? ssf_answer(200, *value) : ssf_error(call, value.error());
}

Result<boost::json::value> status_of(const SsfCall& call, const std::string& stream_id) {
  return read_value<boost::json::value>(
      call.context.store, [&](ReadTx& tx) -> Result<boost::json::value> {
        CURFEW_TRY(const SignalStream stream, own_stream(tx, call, stream_id));
        CURFEW_TRY(boost::json::object json, status_json(tx, call.context, stream));
        return boost::json::value(std::move(json));
      });
}

Result<boost::json::value> show_status(const SsfCall& call) {
  CURFEW_TRY(const auto id, ssf_parameter(call, "stream_id"));
  if (!id) return no_id();
  return status_of(call, *id);
}

Task<HttpResponse> set_status(const SsfCall& call) {
  const auto wish = read_status_wish(call.request.http.body);
  if (!wish.ok()) co_return ssf_error(call, wish.error());
  auto how = [&call, wish = *wish](WriteTx& tx, SignalStream& stream) -> Result<Done> {
    CURFEW_TRY_STATUS(
        set_stream_status(tx, call, stream, wish.status, wish.reason, StatusBy::receiver));
    return Done{};
  };
  const Result<Done> written = co_await change_stream(call, wish->stream_id, std::move(how));
  if (!written.ok()) co_return ssf_error(call, written.error());
  co_return shown(call, status_of(call, wish->stream_id));
}

}  // namespace

Task<HttpResponse> ssf_stream_endpoint(const ServerContext& context, RoutedRequest request) {
  const M method = request.http.method;
  const SsfRight right = method == M::get ? SsfRight::read : SsfRight::manage;
  auto admitted = admit_receiver(context, std::move(request), right);
  if (auto* refusal = std::get_if<HttpResponse>(&admitted)) co_return std::move(*refusal);
  const SsfCall& call = std::get<SsfCall>(admitted);
  if (method == M::get) co_return shown(call, show_streams(call));
  if (method == M::post) co_return co_await make_stream(call);
  if (method == M::delete_) co_return co_await delete_stream(call);
  co_return co_await replace_stream(call, method == M::put ? UpdateMode::put : UpdateMode::patch);
}

Task<HttpResponse> ssf_status_endpoint(const ServerContext& context, RoutedRequest request) {
  const bool is_read = request.http.method == M::get;
  auto admitted =
      admit_receiver(context, std::move(request), is_read ? SsfRight::read : SsfRight::manage);
  if (auto* refusal = std::get_if<HttpResponse>(&admitted)) co_return std::move(*refusal);
  const SsfCall& call = std::get<SsfCall>(admitted);
  if (is_read) co_return shown(call, show_status(call));
  co_return co_await set_status(call);
}

}  // namespace curfew
