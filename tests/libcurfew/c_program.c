// tests/libcurfew/c_program.c: what a C program sees of libcurfew, mistakes of its own included.
//
//   c_program REPLICA GOOD_TOKEN OTHER_AUDIENCE BOUND_TOKEN
//
// Prints each check that does not hold; the exit code is their number.
#include <curfew/curfew.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static int failures = 0;
#define CHECK(condition)                                           \
  do {                                                             \
    if (!(condition)) {                                            \
      ++failures;                                                  \
      printf("line %d does not hold: %s\n", __LINE__, #condition); \
    }                                                              \
  } while (0)

static const char* const kAudiences[] = {"api://files"};
static const curfew_rules kRules = {sizeof(curfew_rules), kAudiences, 1, NULL, 0, NULL, 0, 0};

static curfew_gate_options options_for(const char* replica) {
  curfew_gate_options options = CURFEW_GATE_OPTIONS_INIT;
  options.replica_path = replica;
  options.tenant_id = "tenant-1";
  options.issuer = "https://id.contoso.com/tenant-1/v2.0";
  options.rules = &kRules;
  return options;
}

static curfew_gate* gate_with(const curfew_gate_options* options) {
  curfew_gate* gate = NULL;
  char words[200] = "x";
  const curfew_code code = curfew_gate_new(options, &gate, words, sizeof words);
  if (code != CURFEW_OK) printf("curfew_gate_new: %d %s\n", (int)code, words);
  CHECK((code == CURFEW_OK) == (gate != NULL));
  return gate;
}

static int status_of(curfew_gate* gate, const char* header, const uint8_t* certificate,
                     curfew_decision* decision) {
  curfew_request request = CURFEW_REQUEST_INIT;
  request.authorization = header;
  request.authorization_length = header == NULL ? 0 : strlen(header);
  request.certificate_sha256 = certificate;
  CHECK(curfew_check(gate, &request, decision) == CURFEW_OK);
  return curfew_decision_http_status(decision);
}

static void check_answers(const char* replica, char** headers) {
  const curfew_gate_options options = options_for(replica);
  curfew_gate* gate = gate_with(&options);
  curfew_decision* decision = curfew_decision_new();
  CHECK(curfew_decision_is_live(decision) == 0);
  CHECK(curfew_decision_http_status(decision) == 503);
  CHECK(status_of(gate, headers[0], NULL, decision) == 200);
  CHECK(curfew_decision_is_live(decision) == 1);
  CHECK(strcmp(curfew_decision_text(decision, CURFEW_TEXT_SUBJECT), "user-1") == 0);
  CHECK(strcmp(curfew_decision_text(decision, CURFEW_TEXT_SCOPES), "Files.Read") == 0);
  CHECK(strcmp(curfew_decision_text(decision, CURFEW_TEXT_CLIENT_ID), "app-1") == 0);
  CHECK(strcmp(curfew_decision_text(decision, 9999), "") == 0);
  CHECK(curfew_decision_number(decision, CURFEW_NUMBER_EXPIRES_AT) > 1700000000);
  CHECK(curfew_decision_number(decision, CURFEW_NUMBER_APP_ONLY) == 0);
  CHECK(curfew_decision_number(decision, CURFEW_NUMBER_RETRY_AFTER) == -1);
  CHECK(status_of(gate, headers[1], NULL, decision) == 401);
  CHECK(strcmp(curfew_decision_text(decision, CURFEW_TEXT_ERROR), "invalid_token") == 0);
  CHECK(status_of(gate, NULL, NULL, decision) == 401);
  CHECK(strstr(curfew_decision_text(decision, CURFEW_TEXT_WWW_AUTHENTICATE),
               "https://id.contoso.com/tenant-1/oauth2/v2.0/authorize") != NULL);
  uint8_t certificate[32];
  memset(certificate, 0x42, sizeof certificate);
  CHECK(status_of(gate, headers[2], NULL, decision) == 401);
  CHECK(status_of(gate, headers[2], certificate, decision) == 200);
  certificate[31] = 0;
  CHECK(status_of(gate, headers[2], certificate, decision) == 401);
  curfew_decision_free(decision);
  curfew_gate_free(gate);
}

static void check_mistakes(const char* replica, const char* header) {
  const curfew_gate_options good = options_for(replica);
  curfew_gate* gate = (curfew_gate*)1;
  char words[200] = "";
  CHECK(curfew_gate_new(NULL, &gate, words, sizeof words) == CURFEW_INVALID_ARGUMENT);
  CHECK(gate == NULL && words[0] != '\0');
  CHECK(curfew_gate_new(&good, NULL, NULL, 0) == CURFEW_INVALID_ARGUMENT);
  char tiny[4] = "abc";
  CHECK(curfew_gate_new(NULL, &gate, tiny, sizeof tiny) == CURFEW_INVALID_ARGUMENT);
  CHECK(strlen(tiny) == 3);

  curfew_gate_options wrong = good;
  wrong.size = 0;
  CHECK(curfew_gate_new(&wrong, &gate, NULL, 0) == CURFEW_INVALID_ARGUMENT);
  wrong = good;
  wrong.replica_path = NULL;
  CHECK(curfew_gate_new(&wrong, &gate, NULL, 0) == CURFEW_INVALID_ARGUMENT);
  wrong = good;
  wrong.owner_count = 1;
  CHECK(curfew_gate_new(&wrong, &gate, NULL, 0) == CURFEW_INVALID_ARGUMENT);
  wrong = good;
  wrong.clock_skew_ms = -1;
  CHECK(curfew_gate_new(&wrong, &gate, NULL, 0) == CURFEW_INVALID_ARGUMENT);

  /* A structure of a later version: what it does not know must not be set. */
  struct {
    curfew_gate_options known;
    uint64_t later;
  } newer = {good, 0};
  newer.known.size = sizeof newer;
  CHECK(curfew_gate_new(&newer.known, &gate, NULL, 0) == CURFEW_OK);
  curfew_gate_free(gate);
  newer.later = 1;
  CHECK(curfew_gate_new(&newer.known, &gate, NULL, 0) == CURFEW_INVALID_ARGUMENT);

  gate = gate_with(&good);
  curfew_decision* decision = curfew_decision_new();
  CHECK(status_of(gate, header, NULL, decision) == 200);
  curfew_request request = CURFEW_REQUEST_INIT;
  request.authorization = header;
  request.authorization_length = strlen(header);
  request.flags = 1u << 31;
  CHECK(curfew_check(gate, &request, decision) == CURFEW_INVALID_ARGUMENT);
  CHECK(curfew_decision_is_live(decision) == 0 && curfew_decision_http_status(decision) == 503);
  request.flags = CURFEW_REQUEST_REPEATED_HEADER;
  CHECK(curfew_check(gate, &request, decision) == CURFEW_OK);
  CHECK(curfew_decision_http_status(decision) == 400);
  request.flags = 0;
  request.dpop_length = 5;
  CHECK(curfew_check(gate, &request, decision) == CURFEW_INVALID_ARGUMENT);
  CHECK(curfew_check(NULL, &request, decision) == CURFEW_INVALID_ARGUMENT);
  CHECK(curfew_check(gate, NULL, decision) == CURFEW_INVALID_ARGUMENT);
  CHECK(curfew_check(gate, &request, NULL) == CURFEW_INVALID_ARGUMENT);
  CHECK(curfew_decision_is_live(NULL) == 0 && curfew_decision_http_status(NULL) == 503);
  CHECK(curfew_connections_count(NULL) == 0);
  CHECK(curfew_connection_may_go_on(NULL, decision) == 0);
  CHECK(curfew_connection_may_go_on(NULL, NULL) == 0);
  curfew_connection_leave(NULL);
  curfew_connections_free(NULL);
  curfew_decision_free(NULL);
  curfew_gate_free(NULL);
  curfew_decision_free(decision);
  curfew_gate_free(gate);
}

struct Job {
  curfew_gate* gate;
  const char* header;
  int live;
};

static void* ask_often(void* argument) {
  struct Job* job = argument;
  curfew_decision* decision = curfew_decision_new();
  for (int i = 0; i < 500; ++i)
    job->live += status_of(job->gate, job->header, NULL, decision) == 200;
  curfew_decision_free(decision);
  return NULL;
}

static void check_threads(const char* replica, const char* header) {
  const curfew_gate_options options = options_for(replica);
  curfew_gate* gate = gate_with(&options);
  struct Job jobs[4];
  pthread_t threads[4];
  for (int i = 0; i < 4; ++i) {
    jobs[i] = (struct Job){gate, header, 0};
    CHECK(pthread_create(&threads[i], NULL, ask_often, &jobs[i]) == 0);
  }
  for (int i = 0; i < 4; ++i) {
    CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(jobs[i].live == 500);
  }
  curfew_gate_free(gate);
}

int main(int argc, char** argv) {
  if (argc != 5) return 99;
  static char headers[3][20000];
  char* given[3];
  for (int i = 0; i < 3; ++i) {
    snprintf(headers[i], sizeof headers[i], "Bearer %s", argv[i + 2]);
    given[i] = headers[i];
  }
  CHECK(curfew_abi_version() == CURFEW_ABI_VERSION);
  CHECK(curfew_version()[0] != '\0');
  check_answers(argv[1], given);
  check_mistakes(argv[1], given[0]);
  check_threads(argv[1], given[0]);
  return failures;
}
