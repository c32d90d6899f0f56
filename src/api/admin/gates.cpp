#include "api/admin/gates.hpp"

#include <boost/json.hpp>
#include <utility>
#include <vector>

#include "api/admin/directory_lookup.hpp"
#include "api/admin/object_json.hpp"
#include "api/directory/app_changes.hpp"
#include "api/gate_feed/gate_hub.hpp"
#include "api/gate_feed/gate_view.hpp"
#include "api/gates/gate_codes.hpp"
#include "base/text.hpp"
#include "protocol/json/members.hpp"
#include "store/schema.hpp"
#include "store/schema_gates.hpp"

namespace curfew {

namespace {

Result<GateMode> mode_in(const boost::json::object& body) {
  CURFEW_TRY(const auto given, get_optional_string(body, "mode"));
  GateMode mode = GateMode::strict;
  if (!given || parse_enum(*given, mode)) return mode;
  return Error::permanent(ErrorCode::invalid_argument, "mode is strict or best_effort, not \"" +
                                                           escape_for_display(*given) + "\"");
}

// Whether it works is its application's to say; what it has followed, nothing but this server's
// memory.
boost::json::object shown(const AdminCall& call, const Gate& gate, bool is_enabled) {
  boost::json::object json = to_json(gate);
  json["accountEnabled"] = is_enabled;
  const GateHub* const hub = call.context.gate_hub;
  json["feed"] = hub == nullptr
                     ? boost::json::value(nullptr)
                     : to_json(hub->view(gate.app_id), call.context.live().head().position);
  return json;
}

// In one snapshot.
Result<boost::json::array> shown_now(const AdminCall& call, const std::vector<Gate>& gates) {
  return read_value<boost::json::array>(
      call.context.store, [&](ReadTx& tx) -> Result<boost::json::array> {
        boost::json::array all;
        for (const Gate& gate : gates) {
          CURFEW_TRY(const auto app, load<App>(tx, gate.tenant_id, gate.app_id));
          all.push_back(shown(call, gate, app && app->account_enabled));
        }
        return all;
      });
}

// With a code that was just written: only what is enabled gets one.
boost::json::value shown_with(const AdminCall& call, const Gate& gate,
                              const NewInitialToken& code) {
  boost::json::object json = shown(call, gate, true);
  json["enrolmentCode"] = code.text;
  json["enrolmentCodeEndDateTime"] = to_rfc3339(code.row.expires_at);
  return json;
}

}  // namespace

Task<Result<boost::json::value>> list_gates(const AdminCall& call) {
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  CURFEW_CO_TRY(const auto gates, read_page<Gate>(call, page));
  CURFEW_CO_TRY(boost::json::array all, shown_now(call, gates));
  boost::json::object answer{{"value", std::move(all)}};
  if (gates.size() == page.limit) answer["next"] = gates.back().app_id.str();
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> show_gate(const AdminCall& call) {
  CURFEW_CO_TRY(const Gate gate, look_up(call, &find_gate, call.value("id")));
  CURFEW_CO_TRY(boost::json::array shown, shown_now(call, {gate}));
  co_return std::move(shown.front());
}

Task<Result<boost::json::value>> add_gate(const AdminCall& call) {
  CURFEW_CO_TRY(std::string name, get_string(call.body, "name"));
  CURFEW_CO_TRY(const GateMode mode, mode_in(call.body));
  CURFEW_CO_TRY(const NewGate made, make_gate(call, std::move(name), mode));
  auto write = [&call, made](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(add_gate_rows(tx, call, made));
    const Gate& gate = made.gate;
    CURFEW_TRY_STATUS(audit_change(tx, call, "gate.add", gate.app_id.str(), gate.name));
    return audit_change(tx, call, "gate.add_code", made.code.row.id, gate.name);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return shown_with(call, made.gate, made.code);
}

Task<Result<boost::json::value>> add_gate_code(const AdminCall& call) {
  CURFEW_CO_TRY(const Gate gate, look_up(call, &find_gate, call.value("id")));
  const NewInitialToken code = make_gate_code(call, gate);
  auto write = [&call, gate, code](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(add_code_rows(tx, call, code));
    return audit_change(tx, call, "gate.add_code", code.row.id, gate.name);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return shown_with(call, gate, code);
}

Task<Result<boost::json::value>> remove_gate(const AdminCall& call) {
  CURFEW_CO_TRY(const Gate gate, look_up(call, &find_gate, call.value("id")));
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, gate.app_id.str()));
  const Status removed = co_await remove_app_for_good(call, app, "gate.remove");
  if (!removed.ok()) co_return removed.error();
  co_return boost::json::value{{"id", gate.app_id.str()}, {"removed", true}};
}

}  // namespace curfew
