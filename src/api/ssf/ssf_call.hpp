// api/ssf/ssf_call.hpp: what every call of a receiver begins and ends with.
//
// Errors are {"err", "description"}, as receivers know them from RFC 8935 2.4; a token that does
// not do is answered as RFC 6750 3.1 says it. Nothing may be cached.
#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "api/api_call.hpp"
#include "base/result.hpp"
#include "io/http_types.hpp"
#include "model/signal_stream.hpp"
#include "store/store.hpp"

namespace curfew {

enum class SsfRight { read, manage };

// A call by an application that was let in; its id is actor().id.
struct SsfCall : ApiCall {
  [[nodiscard]] AppId receiver() const { return AppId{actor().id}; }
};

// The caller, or the whole refusal. Whoever may manage may read.
[[nodiscard]] std::variant<SsfCall, HttpResponse> admit_receiver(const ServerContext& context,
                                                                 RoutedRequest request,
                                                                 SsfRight right);

// {"err", "description"}.
[[nodiscard]] HttpResponse ssf_problem(int status, std::string_view code,
                                       const std::string& description);
[[nodiscard]] HttpResponse ssf_answer(int status, const boost::json::value& body);
[[nodiscard]] HttpResponse ssf_empty(int status);
// 400 for what the caller got wrong, 404, 409, 429 for `exhausted`, 401 and 403 for a caller who
// was cut off in the meantime; 503 for what is ours.
[[nodiscard]] HttpResponse ssf_error(const SsfCall& call, const Error& error);

// A query parameter; nothing if absent, invalid_argument if repeated.
[[nodiscard]] Result<std::optional<std::string>> ssf_parameter(const SsfCall& call,
                                                               std::string_view name);

// The receiver's own. `not_found` in the same words for what is not there and for another's.
[[nodiscard]] Result<SignalStream> own_stream(ReadTx& tx, const SsfCall& call,
                                              const std::string& stream_id);

// In a transaction in which the caller is judged again, on the stream as it is there.
[[nodiscard]] Task<Result<Done>> change_stream(
    const SsfCall& call, std::string stream_id,
    std::function<Result<Done>(WriteTx&, SignalStream&)> how);

}  // namespace curfew
