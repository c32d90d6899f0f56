// protocol/provider_commands/provider_command.hpp: what we say when we command another party about
// one person's account there, and what its answer is worth.
//
// A command token is signed with the keys of ID tokens and must pass for nothing else: its `typ` is
// its own, its `aud` the party's command endpoint and not its client_id, and a `nonce` never is in
// it.
//
// Pure; any thread. Spec: OpenID Provider Commands 1.0 (draft 02): Command Token, Account Commands.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace curfew {

inline constexpr std::string_view kCommandTokenTyp = "command+jwt";

// Of the draft's account commands those that take away, look, and give back. `suspend` includes
// what `invalidate` does: sessions, tokens and what was granted to others end.
enum class AccountCommand { suspend, reactivate, invalidate, audit };
[[nodiscard]] std::string_view to_string(AccountCommand command);

// Where the party has the account. `unknown`: it has none.
enum class PartyAccountState { unknown, active, suspended, archived };
[[nodiscard]] std::string_view to_string(PartyAccountState state);

struct CommandToken {
  std::string issuer;
  std::string command_endpoint;  // `aud`
  std::string client_id;
  std::string tenant;
  std::string subject;
  std::string id;  // `jti`
  AccountCommand command = AccountCommand::audit;
  TimePoint now{};
};

[[nodiscard]] std::string command_token_claims(const CommandToken& token);
// The body of the call that brings it, as application/x-www-form-urlencoded.
[[nodiscard]] std::string command_request_body(std::string_view command_token);

struct CommandAnswer {
  int status = 0;  // 200, 204, or 409: the account's state does not allow it
  std::optional<PartyAccountState> state;  // always with 409; nothing: the party did not say
  std::optional<TimePoint> last_access;
};

// What an answer says about `subject`. A 200 with a body, and a 409, count only where the body says
// whose account it is about, and its state: a page of a web site that answers 200 to everything is
// no answer. Errors: `later` for 408, 425, 429 and 5xx; `after_human` for 401 (it does not know
// us); invalid_argument, `never`, for 400: it does not take this command, or not our token;
// `never` for everything else, such as 302.
[[nodiscard]] Result<CommandAnswer> judge_command_answer(int status, std::string_view body,
                                                         std::string_view subject);

// "HTTP 200 to suspend: account_state suspended", for evidence.
[[nodiscard]] std::string describe(AccountCommand command, const CommandAnswer& answer);

}  // namespace curfew
