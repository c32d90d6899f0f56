#include "protocol/provider_commands/provider_command.hpp"

#include <algorithm>
#include <array>

#include "base/target_limits.hpp"
#include "protocol/http/answer_status.hpp"
#include "protocol/http/form.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"
#include "protocol/json/writer.hpp"

namespace curfew {

namespace {

constexpr std::array<std::string_view, 4> kCommands{"suspend", "reactivate", "invalidate", "audit"};
constexpr std::array<std::string_view, 4> kStates{"unknown", "active", "suspended", "archived"};

Error broken(const std::string& said, std::string_view why) {
  return Error::permanent(ErrorCode::protocol, said + ", " + std::string{why});
}

Result<CommandAnswer> read_answer(int status, std::string_view body, std::string_view subject) {
  const std::string said = "the application answered HTTP " + std::to_string(status);
  const auto read = parse_json_object(body);
  if (!read.ok()) return broken(said, "with what is no command response");
  const auto named = get_string(*read, "sub");
  if (!named.ok() || *named != subject) return broken(said, "and not about this person");
  const auto state = get_string(*read, "account_state");
  const auto* const known = state.ok() ? std::ranges::find(kStates, *state) : kStates.end();
  if (known == kStates.end()) return broken(said, "without an account_state that is known");
  CommandAnswer answer{status, static_cast<PartyAccountState>(known - kStates.begin()),
                       std::nullopt};
  const auto last_access = get_optional_numeric_date(*read, "last_access");
  if (last_access.ok()) answer.last_access = *last_access;
  return answer;
}

}  // namespace

std::string_view to_string(AccountCommand command) {
  return kCommands.at(static_cast<std::size_t>(command));
}

std::string_view to_string(PartyAccountState state) {
  return kStates.at(static_cast<std::size_t>(state));
}

std::string command_token_claims(const CommandToken& token) {
  std::string claims;
  JsonObjectWriter writer{claims};
  writer.string("iss", token.issuer)
      .string("aud", token.command_endpoint)
      .string("client_id", token.client_id)
      .integer("iat", to_unix_seconds(token.now))
      .integer("exp", to_unix_seconds(token.now + limits::kCommandTokenTime))
      .string("jti", token.id)
      .string("command", to_string(token.command))
      .string("tenant", token.tenant)
      .string("sub", token.subject);
  writer.end();
  return claims;
}

std::string command_request_body(std::string_view command_token) {
  Form form;
  form.add("command_token", command_token);
  return form.encode();
}

Result<CommandAnswer> judge_command_answer(int status, std::string_view body,
                                           std::string_view subject) {
  const std::string said = "the application answered HTTP " + std::to_string(status);
  const bool has_nothing_to_say = status == 204 || (status == 200 && body.empty());
  if (has_nothing_to_say) return CommandAnswer{status, std::nullopt, std::nullopt};
  if (status == 200 || status == 409) return read_answer(status, body, subject);
  if (is_passing_status(status)) return Error::transient(ErrorCode::unavailable, said);
  if (status == 400) {
    return Error::permanent(ErrorCode::invalid_argument,
                            said + ": it does not take this command, or not our command token");
  }
  if (status == 401) {
    return Error{ErrorCode::denied, Retry::after_human,
                 said + ": it does not know this server by its issuer; look at its settings"};
  }
  return broken(said, "which does not say that anything was done; look at its command endpoint");
}

std::string describe(AccountCommand command, const CommandAnswer& answer) {
  std::string text =
      "HTTP " + std::to_string(answer.status) + " to " + std::string{to_string(command)};
  if (answer.state) text += ": account_state " + std::string{to_string(*answer.state)};
  if (answer.last_access) text += ", last access " + to_rfc3339(*answer.last_access);
  return text;
}

}  // namespace curfew
