// tests/support/gate_enrolment.hpp: what a machine sends that becomes a gate.
#pragma once

#include <string>
#include <utility>

#include "tests/support/server_fixture.hpp"

namespace curfew::test {

// `jwk`: the public key as JSON.
inline std::string enrolment_body(const std::string& jwk) { return "{\"jwk\":" + jwk + "}"; }

inline HttpResponse ask_to_enrol(ServerFixture& server, const std::string& code,
                                 const std::string& body) {
  HttpRequest request =
      server.get("/curfew/v1/gate-enrolment",
                 {{"Authorization", "Bearer " + code}, {"Content-Type", "application/json"}});
  request.method = HttpMethod::post;
  request.body = body;
  return server.send(std::move(request));
}

}  // namespace curfew::test
