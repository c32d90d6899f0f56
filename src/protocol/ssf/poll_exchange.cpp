#include "protocol/ssf/poll_exchange.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/signal_limits.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

std::string poll_request_text(const PollRequest& request) {
  boost::json::object body{{"maxEvents", request.max_events}, {"returnImmediately", true}};
  if (!request.acks.empty()) body["ack"] = list_of(request.acks);
  boost::json::object errors;
  for (const SetError& error : request.errors) {
    errors[error.jti] =
        boost::json::object{{"err", error.code}, {"description", error.description}};
  }
  if (!errors.empty()) body["setErrs"] = std::move(errors);
  return serialize_json(body);
}

Result<PollAnswer> read_poll_answer(std::string_view body) {
  CURFEW_TRY(const boost::json::object object,
             parse_json_object(body, {.bytes_max = limits::kSourcePollBytesMax}));
  CURFEW_TRY(const boost::json::object* const sets, get_object(object, "sets"));
  PollAnswer answer;
  for (const auto& [jti, set] : *sets) {
    if (answer.sets.size() == limits::kSourcePollEvents) break;
    answer.sets.emplace_back(jti, set.is_string() ? std::string{set.as_string()} : "");
  }
  return answer;
}

}  // namespace curfew
