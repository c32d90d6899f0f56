#include "tests/bench/enrolment.hpp"

#include <utility>

#include "apps/curfew-gate/server_calls.hpp"

namespace curfew::bench {

namespace {

Error failed(std::string message) {
  return Error::permanent(ErrorCode::internal, std::move(message));
}

std::string server_of(const RevokeWorld& known) {
  return "https://localhost:" + std::to_string(known.world->target().port);
}

std::string add_request(const std::string& token, const std::string& name) {
  const std::string headers = "Authorization: Bearer " + token + "\r\n";
  const std::string body = R"({"name":")" + name + R"("})";
  return request_text({.target = "/curfew/v1/gates",
                       .content_type = "application/json",
                       .more_headers = headers,
                       .body = body});
}

Result<EnrolledGate> enrol(HttpClient& client, const std::string& server, const std::string& ca,
                           const std::string& code) {
  CURFEW_TRY(const GateKey key, new_key());
  const Enrolling enrolling{server, ca, Secret{std::string_view{code}}};
  CURFEW_TRY(const auto answer, ask_to_enrol(client, enrolling, key));
  CURFEW_TRY(const GateIdentity identity, read_identity(answer));
  CURFEW_TRY(FeedToken granted, ask_for_token(client, identity, key, ca, SystemClock{}.now()));
  return EnrolledGate{server, std::move(granted.token)};
}

}  // namespace

Result<std::vector<std::string>> add_gates(const RevokeWorld& known,
                                           const std::string& operator_token,
                                           const std::string& name, std::size_t count) {
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < count; ++i) {
    requests.push_back(add_request(operator_token, name + "-" + std::to_string(i)));
  }
  CURFEW_TRY(const auto answers, ask_each(*known.world, std::move(requests)));
  std::vector<std::string> codes;
  for (const KeptAnswer& answer : answers) {
    codes.emplace_back(json_member(answer.body, "enrolmentCode"));
    if (codes.back().empty()) {
      return failed("a gate was not made: " + std::to_string(answer.status) + " " + answer.body);
    }
  }
  return codes;
}

Result<std::vector<EnrolledGate>> enrol_each(const RevokeWorld& known,
                                             const std::vector<std::string>& codes) {
  const std::string server = server_of(known);
  const std::string ca = known.world->target().ca_file;
  HttpClient client;
  std::vector<EnrolledGate> gates;
  for (const std::string& code : codes) {
    CURFEW_TRY(EnrolledGate gate, enrol(client, server, ca, code));
    gates.push_back(std::move(gate));
  }
  return gates;
}

Result<GateIdentity> enrol_program(const Options& options, const RevokeWorld& known,
                                   const std::string& code, const std::string& folder) {
  CURFEW_TRY_STATUS(
      run_to_end({options.bin + "/curfew-gate", "enrol", "--server", server_of(known), "--code",
                  code, "--data", folder, "--ca", known.world->target().ca_file},
                 folder + ".log"));
  return GateFolder{folder}.enrolled_identity();
}

Result<std::vector<std::string>> access_tokens(const RevokeWorld& known, std::size_t count) {
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < count; ++i) {
    requests.push_back(refresh_request(*known.world, known.apps.web, known.refresh_tokens[i]));
  }
  CURFEW_TRY(const auto answers, ask_each(*known.world, std::move(requests)));
  std::vector<std::string> tokens;
  for (const KeptAnswer& answer : answers) {
    tokens.emplace_back(json_member(answer.body, "access_token"));
    if (tokens.back().empty()) return failed("a user got no access token");
  }
  return tokens;
}

}  // namespace curfew::bench
