// What a caller asked for who was cut off before it was their turn: for every endpoint of the
// administrator's API that writes.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "api/admin/admin_endpoints.hpp"
#include "model/signals_app.hpp"
#include "revocation/run_store.hpp"
#include "store/schema_fences.hpp"
#include "store/schema_gates.hpp"
#include "store/schema_registration.hpp"
#include "store/schema_signals.hpp"
#include "store/schema_sources.hpp"
#include "store/schema_targets.hpp"
#include "tests/support/admin_office.hpp"
#include "tests/support/client_signer.hpp"

namespace curfew {
namespace {

using test::Office;
using test::ServerFixture;

// One request to an endpoint; what stands in the braces of its path is a thing of the Desk below.
struct Ask {
  std::string_view endpoint;
  std::string values;  // "id=clerk user=john": for the path
  std::string body;    // with {things} too
  std::size_t writes = 1;
};

const std::vector<Ask>& asks() {
  static const std::vector<Ask> made{
      {"add_user", "",
       R"({"userPrincipalName":"back@contoso.com","password":"d00r-keeper-of-all"})"},
      {"change_user", "id=clerk", R"({"mail":"boss@contoso.com"})"},
      {"change_user", "id=clerk", R"({"accountEnabled":false,"displayName":"Gone"})", 2},
      {"change_user", "id=away", R"({"accountEnabled":true})"},
      {"remove_user", "id=clerk", "", 2},
      {"reset_user_password", "id=clerk", ""},
      {"end_user_sessions", "id=clerk", ""},
      {"end_user_session", "id=clerk session=session", ""},
      {"add_user_role", "id=clerk role=Security%20Reader", ""},
      {"remove_user_role", "id=clerk role=Global%20Reader", ""},
      {"add_group", "", R"({"displayName":"Door"})"},
      {"remove_group", "id=staff", "", 3},
      {"remove_group", "id=crew", "", 4},
      {"add_member", "id=staff user=john", ""},
      {"remove_member", "id=staff user=clerk", ""},
      {"add_app", "", R"({"displayName":"Door"})"},
      {"change_app", "id=files", R"({"redirectUris":["https://door.test/"]})"},
      {"change_app", "id=files", R"({"accountEnabled":false,"displayName":"Gone"})", 2},
      {"change_app", "id=spa", R"({"accountEnabled":true})"},
      {"remove_app", "id=files", "", 2},
      {"add_app_role", "id=files role=Security%20Reader", ""},
      {"remove_app_role", "id=files role=Global%20Reader", ""},
      {"add_app_secret", "id=files", ""},
      {"remove_app_secret", "id=files key=secret", ""},
      {"add_client_keys", "id=files",
       R"({"jwk":{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
       R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}})"},
      {"remove_client_key", "id=files key=client_key", ""},
      {"add_assignment", "id=files", R"({"userId":"{john}"})"},
      {"remove_assignment", "id=files", R"({"userId":"{clerk}"})"},
      {"add_device", "", R"({"displayName":"Door"})"},
      {"change_device", "id=laptop", R"({"accountEnabled":false,"displayName":"Gone"})", 2},
      {"change_device", "id=phone", R"({"accountEnabled":true})"},
      {"remove_device", "id=laptop", "", 2},
      {"add_api_key", "", R"({"appId":"{files}"})"},
      {"remove_api_key", "id=key", ""},
      {"add_registration_token", "", "{}"},
      {"remove_registration_token", "id=registration_token", ""},
      {"add_gate", "", R"({"name":"door"})"},
      {"add_gate_code", "id=gate", ""},
      {"remove_gate", "id=gate", "", 2},
      {"add_stream", "", R"({"appId":"{files}"})"},
      {"change_stream", "id=stream", R"({"status":"paused"})"},
      {"remove_stream", "id=stream", ""},
      {"add_source", "",
       R"({"appId":"{files}","displayName":"Door","issuer":"https://door.test",)"
       R"("audiences":["us"],"jwksUri":"https://door.test/jwks"})"},
      {"change_source", "id=source", R"({"displayName":"Gone"})"},
      {"change_source", "id=source", R"({"isEnabled":false})"},
      {"renew_source_token", "id=source", ""},
      {"remove_source", "id=source", ""},
      {"keep_lost_block", "id=lost_block", ""},
      {"end_lost_block", "id=lost_block", ""},
      {"end_lost_blocks", "", R"({"gate":"edge"})"},
      {"add_target", "",
       R"({"displayName":"Door","url":"https://door.test/revoke","clientId":"door"})"},
      {"change_target", "id=target", R"({"isEnabled":false})"},
      {"remove_target", "id=target", ""},
      {"add_revocation", "", R"({"subject":"{clerk}"})"},
      {"add_revocation", "", R"({"subject":"{clerk}","mode":"sessions_only"})"},
      {"add_revocation", "", R"({"subject":"{clerk}","dryRun":true})"},
      {"restore_revocation", "id=run", ""},
      {"change_step", "id=run step=step verb=retry", ""},
      {"change_step", "id=run step=step verb=close", ""},
  };
  return made;
}

// Something of every kind that can be asked about.
struct Desk : Office {
  std::map<std::string, std::string> things;
  std::string token;

  Desk() {
    const UserId clerk = add_user("clerk@contoso.com");
    const UserId away = add_user("away@contoso.com");
    give_role(clerk.str(), Role::global_reader);
    give_role(server.files.str(), Role::global_reader);
    server.put(GroupMember{server.tenant, server.staff, clerk, server.clock.now()});
    server.put(AppAssignment{server.tenant, server.files, PrincipalKind::user, clerk.str(),
                             server.clock.now()});
    server.put(AppAssignment{server.tenant, server.files, PrincipalKind::group, server.staff.str(),
                             server.clock.now()});
    // John's own, and what he works with comes through it.
    const GroupId crew{new_guid()};
    server.put(Group{server.tenant, crew, "Crew", false, server.clock.now()});
    server.put(GroupMember{server.tenant, crew, clerk, server.clock.now()});
    server.put(GroupMember{server.tenant, crew, server.john, server.clock.now()});
    server.put(AppAssignment{server.tenant, server.web, PrincipalKind::group, crew.str(),
                             server.clock.now()});
    Device phone = server.row<Device>(server.laptop);
    phone.id = DeviceId{new_guid()};
    server.put(phone);
    server.add_api_key(server.files, {}, clerk);
    server.context->registers_clients = true;
    RegistrationToken registration_token;
    registration_token.tenant_id = server.tenant;
    registration_token.id = "rt";
    server.put(registration_token);
    Gate gate;
    gate.tenant_id = server.tenant;
    gate.app_id = AppId{new_guid()};
    gate.name = "edge";
    App gate_app;
    gate_app.tenant_id = server.tenant;
    gate_app.id = gate.app_id;
    gate_app.display_name = "Gate edge";
    server.put(gate_app);
    server.put(gate);
    const std::string stream = add_stream();
    const std::string source = add_source();
    const std::string target = add_target();
    const std::string lost_block = add_lost_block(clerk, gate.app_id);
    things = {{"john", server.john.str()},
              {"clerk", clerk.str()},
              {"away", away.str()},
              {"staff", server.staff.str()},
              {"crew", crew.str()},
              {"files", server.files.str()},
              {"spa", server.spa.str()},
              {"laptop", server.laptop.str()},
              {"phone", phone.id.str()},
              {"session", server.add_session(clerk).row.id.str()},
              {"secret", secret_of_files()},
              {"client_key", test::ClientSigner{server, server.files}.key_id()},
              {"key", server.all<ApiKey>().front().id},
              {"registration_token", registration_token.id},
              {"gate", gate.app_id.str()},
              {"stream", stream},
              {"source", source},
              {"lost_block", lost_block},
              {"target", target},
              {"run", "run-1"},
              {"step", "run-1.0"}};
    disable(away, phone.id);
    add_run(clerk);
    token = token_of_john(Role::global_administrator);
  }

  std::string secret_of_files() {
    for (const AppSecret& secret : server.all<AppSecret>()) {
      if (secret.app_id == server.files) return secret.id;
    }
    return "";
  }
  std::string add_stream() {
    SignalStream stream;
    stream.tenant_id = server.tenant;
    stream.id = new_guid();
    stream.app_id = server.files;
    server.put(stream);
    server.change<App>(server.files, [](App& app) {
      app.application_permissions.push_back(std::string{kSignalsResource} + "/ssf.manage");
    });
    return stream.id;
  }
  std::string add_source() {
    SignalSource source;
    source.tenant_id = server.tenant;
    source.id = new_guid();
    source.app_id = server.files;
    source.display_name = "Upstream";
    server.put(source);
    return source.id;
  }
  std::string add_target() {
    RevocationTarget target;
    target.tenant_id = server.tenant;
    target.id = new_guid();
    target.display_name = "Partner";
    target.url = "https://partner.test/revoke";
    target.client_id = "us";
    server.put(target);
    return target.id;
  }
  std::string add_lost_block(const UserId& user, const AppId& gate) {
    LostBlock block;
    block.tenant_id = server.tenant;
    block.id = new_guid();
    block.generation = 2;
    block.key_id = user.str();
    block.gate_id = gate;
    server.put(block);
    return block.id;
  }
  void disable(const UserId& user, const DeviceId& device) {
    Removal removal;
    removal.kind = RemovalKind::disable_user;
    removal.user_id = user;
    server.take_away(removal);
    removal = {};
    removal.kind = RemovalKind::disable_device;
    removal.device_id = device;
    server.take_away(removal);
    removal = {};
    removal.kind = RemovalKind::disable_app;
    removal.app_id = server.spa;
    server.take_away(removal);
  }
  // At rest, with a step that a person is asked about.
  void add_run(const UserId& subject) {
    RunData data;
    data.run.tenant_id = server.tenant;
    data.run.id = RunId{"run-1"};
    data.run.subject_id = subject;
    data.run.state = RunState::at_rest;
    Step step;
    step.tenant_id = server.tenant;
    step.run_id = data.run.id;
    step.id = StepId{"run-1.0"};
    step.connector = "elsewhere";
    step.state = StepState::failed;
    data.steps.push_back(step);
    server.write([&](WriteTx& tx) { return save_run(tx, data); });
  }

  HttpResponse ask(const EndpointSpec& spec, const Ask& one) {
    std::string path{spec.path.substr(std::string_view{"/curfew/v1"}.size())};
    for (const auto& pair : split(one.values, ' ')) {
      const std::size_t at = std::min(pair.find('='), pair.size());
      if (at == pair.size()) continue;
      const std::string value{pair.substr(at + 1)};
      const auto thing = things.find(value);
      fill(path, pair.substr(0, at), thing == things.end() ? value : thing->second);
    }
    std::string body = one.body;
    for (const auto& [name, id] : things) fill(body, name, id);
    return call(token, spec.methods.front(), path, body);
  }
  static void fill(std::string& text, std::string_view name, std::string_view value) {
    const std::string braced = "{" + std::string{name} + "}";
    const std::size_t at = text.find(braced);
    if (at != std::string::npos) text.replace(at, braced.size(), value);
  }
};

// What is written in the middle of a call that makes several writes has been answered for; what
// comes after the cut has not.
void check_write(const EndpointSpec& spec, const Ask& one, std::size_t let_through) {
  CAPTURE(let_through);
  Desk desk;
  std::vector<std::vector<Row>> before;
  desk.store->writes_let_through = let_through;
  desk.store->overtake = [&] {
    desk.server.take_away(RemovalKind::revoke_sessions);
    before = desk.rows();
  };
  const HttpResponse response = desk.ask(spec, one);
  CAPTURE(response.body);
  CHECK(!desk.store->overtake);
  CHECK(response.status == 401);
  CHECK(desk.rows() == before);
}

TEST_CASE("nothing is written for a caller whose own access was taken away before it was done") {
  for (const EndpointSpec& spec : admin_endpoints()) {
    if (spec.methods.front() == HttpMethod::get) continue;
    CAPTURE(spec.name);
    std::size_t asked = 0;
    for (const Ask& one : asks()) {
      if (one.endpoint != spec.name) continue;
      ++asked;
      CAPTURE(one.body);
      {
        Desk desk;  // left alone, it is done
        desk.store->writes = 0;
        const HttpResponse response = desk.ask(spec, one);
        CAPTURE(response.body);
        CHECK(response.status < 300);
        CHECK(desk.store->writes >= one.writes);
      }
      for (std::size_t write = 0; write < one.writes; ++write) check_write(spec, one, write);
    }
    CHECK_MESSAGE(asked > 0, "asks() has no request to this endpoint");
  }
}

TEST_CASE(
    "whoever removes a group that they are in finishes, and is let in no more by that token") {
  for (const bool assigned : {false, true}) {
    CAPTURE(assigned);
    Desk desk;
    ServerFixture& server = desk.server;
    const std::string crew = desk.things["crew"];
    if (!assigned) {
      server.write([&](WriteTx& tx) -> Status {
        CURFEW_TRY_STATUS(
            remove<AppAssignment>(tx, server.tenant, server.web, PrincipalKind::group, crew));
        return Done{};
      });
    }
    CHECK(desk.call(desk.token, HttpMethod::delete_, "/groups/" + crew).status == 200);
    CHECK(std::ranges::none_of(server.all<Group>(),
                               [&](const Group& group) { return group.id.str() == crew; }));
    CHECK(std::ranges::none_of(server.all<GroupMember>(), [&](const GroupMember& member) {
      return member.group_id.str() == crew;
    }));
    CHECK(desk.call(desk.token, HttpMethod::get, "/groups").status == 401);
  }
}

TEST_CASE("whoever removes what their own credential rests on finishes what they began") {
  Desk desk;
  ServerFixture& server = desk.server;
  ServerFixture::CodeOptions wanted;
  wanted.resource = std::string{kAdminApiResource};
  wanted.scopes = {"offline_access", "api://curfew/manage"};
  const std::string token =
      server.redeem(server.add_code(server.add_session(server.john, server.laptop).row, wanted))
          .access();
  const std::string laptop = "/devices/" + server.laptop.str();
  CHECK(desk.call(token, HttpMethod::delete_, laptop).status == 200);
  CHECK(server.all<Device>().size() == 1);
  CHECK(desk.call(token, HttpMethod::get, "/devices").status == 401);

  desk.give_role(server.web.str(), Role::global_administrator);
  const std::string key = server.add_api_key(server.web, {"api://curfew/manage"});
  CHECK(desk.call(key, HttpMethod::delete_, "/apps/" + server.web.str()).status == 200);
  CHECK(desk.call(key, HttpMethod::get, "/apps").status == 401);
  CHECK(std::ranges::none_of(server.all<App>(),
                             [&](const App& app) { return app.id == server.web; }));
}

}  // namespace
}  // namespace curfew
