// examples/libcurfew/check_token.c: asks the gate on this machine about one token.
//
//   cc check_token.c $(pkg-config --cflags --libs curfew) -o check_token
//   ./check_token /run/curfew-gate/replica TENANT ISSUER AUDIENCE < token
#include <curfew/curfew.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char** argv) {
  char authorization[20000] = "Bearer ", why[256];
  if (argc != 5 || !fgets(authorization + 7, (int)sizeof authorization - 7, stdin)) return 2;
  authorization[strcspn(authorization, "\r\n")] = '\0';

  curfew_rules rules = CURFEW_RULES_INIT;
  rules.audiences = (const char* const[]){argv[4]};
  rules.audience_count = 1;
  curfew_gate_options options = CURFEW_GATE_OPTIONS_INIT;
  options.replica_path = argv[1];
  options.tenant_id = argv[2];
  options.issuer = argv[3];
  options.rules = &rules;
  curfew_gate* gate;
  if (curfew_gate_new(&options, &gate, why, sizeof why) != CURFEW_OK) {
    fprintf(stderr, "%s\n", why);
    return 2;
  }
  curfew_request request = CURFEW_REQUEST_INIT;
  request.authorization = authorization;
  request.authorization_length = strlen(authorization);
  curfew_decision* decision = curfew_decision_new();
  curfew_check(gate, &request, decision);
  const int is_live = curfew_decision_is_live(decision);
  printf("%d %s\n", curfew_decision_http_status(decision),
         curfew_decision_text(decision, is_live ? CURFEW_TEXT_SUBJECT : CURFEW_TEXT_REASON));
  curfew_decision_free(decision);
  curfew_gate_free(gate);
  return is_live ? 0 : 1;
}
