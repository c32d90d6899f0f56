#include "api/gates/gate_codes.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "crypto/random.hpp"
#include "revocation/removal.hpp"
#include "store/schema.hpp"
#include "store/schema_gates.hpp"
#include "store/schema_registration.hpp"

namespace curfew {

namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// It is a word of a command line and a segment of an address, and two must not look alike.
Status check_name(const std::string& name) {
  const bool is_good = !name.empty() && name.size() <= kGateNameBytesMax &&
                       is_plain(name.front()) && std::ranges::all_of(name, [](char c) {
                         return is_plain(c) || c == '.' || c == '_' || c == '-';
                       });
  if (is_good) return Done{};
  return Error::permanent(ErrorCode::invalid_argument,
                          "a gate's name is one word of letters, digits, '.', '_' and '-', begins "
                          "with a letter or digit and has at most 64 bytes; \"" +
                              escape_for_display(name) + "\" is not such a word");
}

Status check_name_is_free(ReadTx& tx, const Gate& gate) {
  Query query;
  query.table = &table_of<Gate>();
  query.index = "gates_by_name";
  query.prefix = keys_of(gate.tenant_id, gate.name);
  CURFEW_TRY(const std::uint64_t count, tx.count(query));
  if (count == 0) return Done{};
  return Error{ErrorCode::conflict, Retry::after_human,
               "there is a gate " + gate.name +
                   " already; for a new code, as after its machine was rebuilt: `curfew gate add " +
                   gate.name + " --again`"};
}

Result<std::vector<RegistrationToken>> tokens_in(ReadTx& tx, std::string_view index,
                                                 std::vector<Value> prefix) {
  Query query;
  query.index = index;
  query.prefix = std::move(prefix);  // no limit: one gate's codes, or what one maker has room for
  return scan_as<RegistrationToken>(tx, query);
}

// What is over takes up its maker's room, and nobody would ever remove it.
Status drop_expired_codes(WriteTx& tx, const ApiCall& call, const std::string& maker_id) {
  CURFEW_TRY(const auto made,
             tokens_in(tx, "registration_tokens_by_maker", keys_of(call.tenant_id(), maker_id)));
  for (const RegistrationToken& token : made) {
    if (!token.enrols_app_id || token.expires_at > call.context.clock.now()) continue;
    CURFEW_TRY_STATUS(remove<RegistrationToken>(tx, call.tenant_id(), token.id));
  }
  return Done{};
}

Status end_codes(WriteTx& tx, const ApiCall& call, const std::vector<RegistrationToken>& codes) {
  for (const RegistrationToken& code : codes) {
    Removal removal;
    removal.kind = RemovalKind::remove_registration_token;
    removal.object_id = code.id;
    CURFEW_TRY_STATUS(remove_access(tx, call.context.journal, removal, call.context.clock.now()));
  }
  return Done{};
}

}  // namespace

NewInitialToken make_gate_code(const ApiCall& call, const Gate& gate) {
  NewInitialToken code = make_initial_token(call);
  code.row.display_name = gate.name;
  code.row.enrols_app_id = gate.app_id;
  code.row.uses_left = 1;
  code.row.expires_at = code.row.created_at + kGateCodeTime;
  return code;
}

Result<NewGate> make_gate(const ApiCall& call, std::string name, GateMode mode) {
  CURFEW_TRY_STATUS(check_name(name));
  NewGate made;
  App& app = made.app;
  app.tenant_id = call.tenant_id();
  app.id = AppId{new_guid()};
  app.display_name = "Gate " + name;
  app.grant_types = {"client_credentials"};
  app.assertion_audience = AssertionAudience::issuer;
  app.own_session_lifetime_seconds = 0;
  app.created_at = call.context.clock.now();
  Gate& gate = made.gate;
  gate.tenant_id = app.tenant_id;
  gate.app_id = app.id;
  gate.name = std::move(name);
  gate.mode = mode;
  gate.maker_kind = call.actor().kind;
  gate.maker_id = call.actor().id;
  gate.maker_name = call.actor().display_name;
  gate.created_at = app.created_at;
  made.code = make_gate_code(call, gate);
  return made;
}

Status add_gate_rows(WriteTx& tx, const ApiCall& call, const NewGate& made) {
  CURFEW_TRY_STATUS(check_name_is_free(tx, made.gate));
  CURFEW_TRY_STATUS(drop_expired_codes(tx, call, made.code.row.maker_id));
  CURFEW_TRY_STATUS(add_initial_token(tx, call, made.code.row));
  CURFEW_TRY_STATUS(add(tx, made.app));
  return add(tx, made.gate);
}

Status add_code_rows(WriteTx& tx, const ApiCall& call, const NewInitialToken& code) {
  const AppId id = code.row.enrols_app_id.value_or(AppId{});
  CURFEW_TRY_STATUS(require<Gate>(tx, "such gate", call.tenant_id(), id));
  CURFEW_TRY(const App app, require<App>(tx, "such gate", call.tenant_id(), id));
  if (!app.account_enabled) {
    return Error{ErrorCode::conflict, Retry::after_human,
                 "the gate " + code.row.display_name +
                     " is disabled, and what is disabled enrols nothing; enable it first with "
                     "`curfew app enable " +
                     id.str() + "`, or remove it and add another"};
  }
  CURFEW_TRY_STATUS(drop_expired_codes(tx, call, code.row.maker_id));
  CURFEW_TRY(const auto earlier,
             tokens_in(tx, "registration_tokens_by_gate", keys_of(call.tenant_id(), id)));
  CURFEW_TRY_STATUS(add_initial_token(tx, call, code.row));
  return end_codes(tx, call, earlier);
}

}  // namespace curfew
