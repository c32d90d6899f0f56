#include "apps/curfew-gate/run_status.hpp"

#include <boost/json.hpp>
#include <utility>

#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

Result<RunStatus> status_in(const boost::json::object& json) {
  RunStatus status;
  CURFEW_TRY(status.pid, get_int64(json, "pid"));
  CURFEW_TRY(const std::int64_t started_at, get_int64(json, "started_at"));
  CURFEW_TRY(status.replica, get_string(json, "replica"));
  CURFEW_TRY(status.state, get_string(json, "state"));
  CURFEW_TRY(const std::int64_t since, get_int64(json, "since"));
  CURFEW_TRY(status.server, get_string(json, "server"));
  CURFEW_TRY(status.last_error, get_string(json, "last_error"));
  CURFEW_TRY(const std::int64_t last_error_at, get_int64(json, "last_error_at"));
  CURFEW_TRY(status.divergence, get_string(json, "divergence"));
  status.started_at = from_unix_millis(started_at);
  status.since = from_unix_millis(since);
  status.last_error_at = from_unix_millis(last_error_at);
  return status;
}

}  // namespace

std::string to_json_text(const RunStatus& status) {
  return serialize_json(boost::json::object{
             {"pid", status.pid},
             {"started_at", to_unix_millis(status.started_at)},
             {"replica", status.replica},
             {"state", status.state},
             {"since", to_unix_millis(status.since)},
             {"server", status.server},
             {"last_error", status.last_error},
             {"last_error_at", to_unix_millis(status.last_error_at)},
             {"divergence", status.divergence},
         }) +
         "\n";
}

Result<RunStatus> read_run_status(const std::string& text) {
  const auto json = parse_json_object(text);
  if (!json.ok()) return Error::permanent(ErrorCode::corrupted, json.error().message());
  auto status = status_in(*json);
  if (!status.ok()) return Error::permanent(ErrorCode::corrupted, status.error().message());
  return status;
}

std::optional<RunStatus> last_status(const GateFolder& folder) {
  const auto text = read_if_there(folder.file("status.json"));
  if (!text.ok() || !*text) return std::nullopt;
  auto status = read_run_status(**text);
  if (!status.ok()) return std::nullopt;
  return std::move(status).value();
}

}  // namespace curfew
