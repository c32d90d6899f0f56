#include "protocol/provider_commands/provider_command.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "protocol/http/form.hpp"
#include "protocol/json/json.hpp"

namespace curfew {
namespace {

CommandToken token() {
  return {"https://op.test/t/v2.0", "https://app.test/commands?a=1", "app", "t", "u", "id-1",
          AccountCommand::suspend,  from_unix_seconds(1'900'000'000)};
}

std::string answer(const std::string& state, const std::string& more = "") {
  return R"({"sub":"u","account_state":")" + state + "\"" + more + "}";
}

}  // namespace

TEST_CASE("a command token has the claims of an account command, and no other") {
  const boost::json::object claims = parse_json_object(command_token_claims(token())).value();
  CHECK(claims == boost::json::object{{"iss", "https://op.test/t/v2.0"},
                                      {"aud", "https://app.test/commands?a=1"},
                                      {"client_id", "app"},
                                      {"iat", 1'900'000'000},
                                      {"exp", 1'900'000'120},
                                      {"jti", "id-1"},
                                      {"command", "suspend"},
                                      {"tenant", "t"},
                                      {"sub", "u"}});
  CHECK_FALSE(claims.contains("nonce"));
  CHECK(kCommandTokenTyp == "command+jwt");
  CHECK(parse_form(command_request_body("a.b.c")).value().single("command_token") == "a.b.c");
}

TEST_CASE("an answer is about this account, with a state that is known") {
  const auto said = judge_command_answer(200, answer("suspended", R"(,"x":[1])"), "u");
  REQUIRE(said.ok());
  CHECK(said->state == PartyAccountState::suspended);
  CHECK(describe(AccountCommand::suspend, *said) == "HTTP 200 to suspend: account_state suspended");
  const auto seen =
      judge_command_answer(200, answer("active", R"(,"last_access":1900000000)"), "u");
  CHECK(describe(AccountCommand::audit, seen.value()) ==
        "HTTP 200 to audit: account_state active, last access 2030-03-17T17:46:40.000Z");
  CHECK(judge_command_answer(409, answer("archived"), "u")->state == PartyAccountState::archived);
  for (const int status : {200, 204}) CHECK_FALSE(judge_command_answer(status, "", "u")->state);
}

TEST_CASE("a 200 that is no command response says nothing") {
  const std::vector<std::string> bodies{"<html>Welcome</html>",
                                        "{}",
                                        "[]",
                                        R"({"sub":"u"})",
                                        R"({"account_state":"suspended"})",
                                        R"({"sub":"v","account_state":"suspended"})",
                                        R"({"sub":"u","account_state":"gone"})",
                                        R"({"sub":"u","account_state":3})",
                                        R"({"sub":"u","sub":"u","account_state":"suspended"})",
                                        answer("Suspended")};
  for (const int status : {200, 409}) {
    for (const std::string& body : bodies) {
      CAPTURE(body);
      const auto judged = judge_command_answer(status, body, "u");
      REQUIRE_FALSE(judged.ok());
      CHECK(judged.error().retry() == Retry::never);
      CHECK(judged.error().code() == ErrorCode::protocol);
      CHECK(judged.error().message().find("Welcome") == std::string::npos);
    }
  }
  CHECK_FALSE(judge_command_answer(409, "", "u").ok());
}

TEST_CASE("every other status says who can cure it, whatever its body says") {
  const auto retry = [](int status) {
    const auto judged = judge_command_answer(status, answer("suspended"), "u");
    REQUIRE_FALSE(judged.ok());
    return judged.error().retry();
  };
  for (const int status : {500, 501, 503, 408, 425, 429}) CHECK(retry(status) == Retry::later);
  for (const int status : {201, 202, 302, 307, 403, 404, 405}) CHECK(retry(status) == Retry::never);
  CHECK(retry(401) == Retry::after_human);
  CHECK(judge_command_answer(400, "", "u").error().code() == ErrorCode::invalid_argument);
}

}  // namespace curfew
