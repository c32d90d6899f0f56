// tests/support/at_the_machine.hpp: the administrator's API as the machine's own root calls it.
#pragma once

#include <string>
#include <utility>

#include "tests/support/server_fixture.hpp"

namespace curfew::test {

inline HttpResponse at_the_machine(ServerFixture& server, HttpMethod method,
                                   const std::string& below, const std::string& body = "") {
  HttpRequest request;
  request.method = method;
  request.target = "/curfew/v1" + below;
  request.headers.add("Content-Type", "application/json");
  request.body = body;
  request.peer = {Transport::unix_socket, "", 0, 0};
  return server.send(std::move(request));
}

}  // namespace curfew::test
