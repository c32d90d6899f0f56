// tests/libcurfew/cxx_program.cpp: the C++ wrapper, as another compiler in C++17 sees it.
//
//   cxx_program REPLICA TOKEN
#include <cstdio>
#include <curfew/curfew.hpp>
#include <string>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  namespace lib = curfew::lib;
  try {
    const curfew_gate_options nothing = CURFEW_GATE_OPTIONS_INIT;
    const lib::Gate gate{nothing};
    return 3;
  } catch (const lib::Failure& failure) {
    if (failure.code() != CURFEW_INVALID_ARGUMENT) return 4;
  }
  const char* const audiences[] = {"api://files"};
  curfew_rules rules = CURFEW_RULES_INIT;
  rules.audiences = audiences;
  rules.audience_count = 1;
  curfew_gate_options options = CURFEW_GATE_OPTIONS_INIT;
  options.replica_path = argv[1];
  options.tenant_id = "tenant-1";
  options.issuer = "https://id.contoso.com/tenant-1/v2.0";
  lib::Gate gate{options};
  lib::Decision decision;
  const std::string header = std::string{"Bearer "} + argv[2];
  lib::Request request;
  request.authorization(header);
  if (gate.check(request, decision)) return 5;  // no audience
  if (!gate.check(request.rules(&rules), decision)) return 6;
  lib::Connections connections{gate};
  int user = 0;
  curfew_connection* const open = connections.check(request, &user, decision);
  if (open == nullptr || connections.count() != 1) return 7;
  lib::Decision why;
  if (!lib::Connections::may_go_on(open, why) || lib::Connections::may_go_on(nullptr, why))
    return 9;
  connections.review(why, [](void*, const lib::Decision&) {});
  curfew_connection_leave(open);
  std::printf("%.*s\n", static_cast<int>(decision.text(CURFEW_TEXT_SUBJECT).size()),
              decision.text(CURFEW_TEXT_SUBJECT).data());
  return connections.count() == 0 ? 0 : 8;
}
