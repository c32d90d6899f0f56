// The functions of curfew.h: each catches whatever is thrown, and refuses where it must answer.
#include "curfew/curfew.h"

#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "base/tick_clock.hpp"
#include "gate/session/forward_auth.hpp"
#include "gate/token/open_connections.hpp"
#include "gate/token/token_gate.hpp"
#include "guarded.hpp"
#include "model/session_control.hpp"
#include "options.hpp"

using curfew::GateAnswer;
using curfew::Result;
using curfew::Status;
using curfew::c_api::guarded;
using curfew::c_api::KnownRules;
using curfew::c_api::missing_argument;
using curfew::c_api::ReadRequest;

struct curfew_gate {
  curfew::TickClock clock;
  std::unique_ptr<curfew::TokenGate> gate;
  std::vector<curfew::SessionPlace> sites;
};

struct curfew_decision {
  GateAnswer answer;
  std::string sign_in;
};

struct curfew_connections {
  const curfew_gate* gate = nullptr;
  std::unique_ptr<curfew::OpenConnections> connections;
  KnownRules rules;
};

namespace {

// The same for what fills a decision: it refuses unless `body` came to its end.
template <typename Body>
curfew_code decided(curfew_decision* decision, Body body) noexcept {
  if (decision == nullptr) return CURFEW_INVALID_ARGUMENT;
  bool has_ended = false;
  const curfew_code code = guarded({}, [&]() -> Status {
    const Status status = body();
    if (!status.ok()) *decision = {curfew::unavailable_answer(status.error().message()), {}};
    has_ended = true;
    return status;
  });
  if (!has_ended) *decision = {};
  return code;
}

std::int64_t controls_of(const curfew::AccessTokenClaims& claims) {
  const auto controls = curfew::read_session_controls(claims.session_controls);
  return (controls.monitors ? CURFEW_CONTROL_MONITOR : 0) |
         (controls.blocks_downloads ? CURFEW_CONTROL_BLOCK_DOWNLOADS : 0);
}

// Where somebody can be sent to sign in, with the answer that the decision has.
void add_sign_in(curfew_decision& decision, const ReadRequest& read) {
  decision.sign_in.clear();
  if (decision.answer.status == 401 && read.signs_in_at != nullptr) {
    decision.sign_in = curfew::sign_in_address(read.signs_in_at->origin, read.uri);
  }
}

}  // namespace

extern "C" {

uint32_t curfew_abi_version(void) { return CURFEW_ABI_VERSION; }
const char* curfew_version(void) { return CURFEW_VERSION; }

curfew_code curfew_gate_new(const curfew_gate_options* options, curfew_gate** gate, char* error,
                            size_t error_size) {
  if (gate != nullptr) *gate = nullptr;
  return guarded({error, error_size}, [&]() -> Status {
    if (options == nullptr || gate == nullptr) return missing_argument();
    CURFEW_TRY(auto config, curfew::c_api::read_options(*options));
    CURFEW_TRY(auto sites, curfew::c_api::read_sites(*options));
    CURFEW_TRY(const curfew::BootId boot_id, curfew::read_boot_id());
    auto made = std::make_unique<curfew_gate>();
    const curfew::TickClock* const clock = &made->clock;
    CURFEW_TRY(made->gate, curfew::TokenGate::make(std::move(config), [boot_id, clock] {
                 return curfew::machine_time(boot_id, *clock);
               }));
    made->sites = std::move(sites);
    *gate = made.release();
    return curfew::Done{};
  });
}

void curfew_gate_free(curfew_gate* gate) { delete gate; }

curfew_code curfew_gate_set_foreign_jwks(curfew_gate* gate, const char* issuer, const char* jwks,
                                         char* error, size_t error_size) {
  return guarded({error, error_size}, [&]() -> Status {
    if (gate == nullptr || issuer == nullptr || jwks == nullptr) return missing_argument();
    return gate->gate->set_foreign_keys(issuer, jwks);
  });
}

curfew_decision* curfew_decision_new(void) { return new (std::nothrow) curfew_decision; }
void curfew_decision_free(curfew_decision* decision) { delete decision; }

curfew_code curfew_check(curfew_gate* gate, const curfew_request* request,
                         curfew_decision* decision) {
  return decided(decision, [&]() -> Status {
    if (gate == nullptr || request == nullptr) return missing_argument();
    ReadRequest read;
    KnownRules rules;
    CURFEW_TRY_STATUS(curfew::c_api::read_request(*request, gate->sites, rules, read));
    gate->gate->check(read.request, nullptr, decision->answer);
    add_sign_in(*decision, read);
    return curfew::Done{};
  });
}

int curfew_decision_is_live(const curfew_decision* decision) {
  return decision != nullptr && decision->answer.is_live() ? 1 : 0;
}

int curfew_decision_http_status(const curfew_decision* decision) {
  return decision == nullptr ? 503 : decision->answer.status;
}

const char* curfew_decision_text(const curfew_decision* decision, curfew_text which) {
  if (decision == nullptr) return "";
  const GateAnswer& answer = decision->answer;
  switch (which) {
    case CURFEW_TEXT_WWW_AUTHENTICATE: return answer.www_authenticate.c_str();
    case CURFEW_TEXT_ERROR: return answer.error.c_str();
    case CURFEW_TEXT_REASON: return answer.reason.c_str();
    case CURFEW_TEXT_SIGN_IN: return decision->sign_in.c_str();
    case CURFEW_TEXT_VERDICT: return answer.verdict.data();
    default: break;
  }
  if (answer.token == nullptr) return "";
  const curfew::AccessTokenClaims& claims = answer.token->claims;
  switch (which) {
    case CURFEW_TEXT_ISSUER: return claims.iss.c_str();
    case CURFEW_TEXT_SUBJECT: return claims.sub.c_str();
    case CURFEW_TEXT_OBJECT_ID: return claims.oid.c_str();
    case CURFEW_TEXT_CLIENT_ID: return claims.client_id.str().c_str();
    case CURFEW_TEXT_TENANT_ID: return claims.tid.str().c_str();
    case CURFEW_TEXT_SESSION_ID: return claims.sid.str().c_str();
    case CURFEW_TEXT_TOKEN_ID: return claims.jti.c_str();
    case CURFEW_TEXT_SCOPES: return claims.scp.c_str();
    case CURFEW_TEXT_ROLES: return answer.token->roles_text.c_str();
    case CURFEW_TEXT_DEVICE_ID: return claims.deviceid.str().c_str();
    case CURFEW_TEXT_ACR: return claims.acr.c_str();
    case CURFEW_TEXT_SESSION_CONTROLS: return answer.token->session_controls_text.c_str();
    default: return "";
  }
}

int64_t curfew_decision_number(const curfew_decision* decision, curfew_number which) {
  if (decision == nullptr) return -1;
  const GateAnswer& answer = decision->answer;
  if (which == CURFEW_NUMBER_RETRY_AFTER) return answer.retry_after.value_or(-1);
  if (answer.token == nullptr) return -1;
  const curfew::AccessTokenClaims& claims = answer.token->claims;
  switch (which) {
    case CURFEW_NUMBER_EXPIRES_AT: return claims.exp;
    case CURFEW_NUMBER_ISSUED_AT: return claims.iat;
    case CURFEW_NUMBER_AUTH_TIME: return claims.auth_time.value_or(-1);
    case CURFEW_NUMBER_APP_ONLY: return claims.app_only ? 1 : 0;
    case CURFEW_NUMBER_SESSION_CONTROLS: return controls_of(claims);
    default: return -1;
  }
}

curfew_code curfew_connections_new(curfew_gate* gate, curfew_connections** connections, char* error,
                                   size_t error_size) {
  if (connections != nullptr) *connections = nullptr;
  return guarded({error, error_size}, [&]() -> Status {
    if (gate == nullptr || connections == nullptr) return missing_argument();
    auto made = std::make_unique<curfew_connections>();
    made->gate = gate;
    CURFEW_TRY(made->connections, curfew::OpenConnections::open(*gate->gate));
    *connections = made.release();
    return curfew::Done{};
  });
}

void curfew_connections_free(curfew_connections* connections) { delete connections; }

curfew_code curfew_connections_check(curfew_connections* connections, const curfew_request* request,
                                     void* user, curfew_decision* decision,
                                     curfew_connection** connection) {
  if (connection != nullptr) *connection = nullptr;
  return decided(decision, [&]() -> Status {
    if (connections == nullptr || request == nullptr || connection == nullptr) {
      return missing_argument();
    }
    ReadRequest read;
    CURFEW_TRY_STATUS(
        curfew::c_api::read_request(*request, connections->gate->sites, connections->rules, read));
    auto* const opened = connections->connections->check(read.request, user, decision->answer);
    *connection = reinterpret_cast<curfew_connection*>(opened);
    add_sign_in(*decision, read);
    return curfew::Done{};
  });
}

void* curfew_connection_user(const curfew_connection* connection) {
  if (connection == nullptr) return nullptr;
  return reinterpret_cast<const curfew::OpenConnections::Connection*>(connection)->user;
}

void curfew_connection_leave(curfew_connection* connection) {
  if (connection == nullptr) return;
  auto& open = *reinterpret_cast<curfew::OpenConnections::Connection*>(connection);
  open.home->leave(open);
}

curfew_code curfew_connections_review(curfew_connections* connections, curfew_decision* decision,
                                      curfew_connection** dead) {
  if (dead != nullptr) *dead = nullptr;
  return guarded({}, [&]() -> Status {
    if (connections == nullptr || dead == nullptr) return missing_argument();
    auto found = connections->connections->review();
    if (decision != nullptr) *decision = {std::move(found.why), {}};
    *dead = reinterpret_cast<curfew_connection*>(found.connection);
    return curfew::Done{};
  });
}

int curfew_connection_may_go_on(curfew_connection* connection, curfew_decision* decision) {
  if (decision != nullptr) *decision = {};
  if (connection == nullptr) return 0;
  bool may_go_on = false;
  const curfew_code code = guarded({}, [&]() -> Status {
    auto& open = *reinterpret_cast<curfew::OpenConnections::Connection*>(connection);
    const GateAnswer* const why = open.home->must_end(open);
    if (why != nullptr && decision != nullptr) *decision = {*why, {}};
    may_go_on = why == nullptr;
    return curfew::Done{};
  });
  return code == CURFEW_OK && may_go_on ? 1 : 0;
}

size_t curfew_connections_count(const curfew_connections* connections) {
  return connections == nullptr ? 0 : connections->connections->count();
}

}  // extern "C"
