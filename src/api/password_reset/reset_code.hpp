// api/password_reset/reset_code.hpp: from a person to the code that lets them set a new password,
// and from the code back to the person.
//
// Who may is asked twice: when the code is made, and again in the transaction that uses it, where
// the code is held against the journal as well. Whatever came in between counts: an account that
// was disabled, a revocation, another reset, another email method, a role that was given.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/context.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "model/directory.hpp"
#include "model/password_reset.hpp"
#include "store/store.hpp"

namespace curfew {

inline constexpr std::size_t kResetCodeBytes = 32;  // random; 43 characters

// Whether the person is one who may, as the directory and the settings have it now: an enabled
// member with a password, of no directory role unless the settings say so, no emergency account,
// and nobody of whom it was said that they are compromised.
[[nodiscard]] Result<bool> may_reset_alone(ReadTx& tx, const ServerContext& context,
                                           const User& user);

struct NewResetCode {
  Secret code;
  EmailMethod method;
};
// Makes and stores the one code of the person of that name; the one before it is void. Nothing if
// there is no such person, or they may not, or nothing is registered for them.
[[nodiscard]] Result<std::optional<NewResetCode>> make_reset_code(WriteTx& tx,
                                                                  const ServerContext& context,
                                                                  const std::string& username,
                                                                  TimePoint now);

// Whose code it is, if it is live by the validity rule and the person may; else nothing.
[[nodiscard]] Result<std::optional<User>> user_of_reset_code(ReadTx& tx,
                                                             const ServerContext& context,
                                                             std::string_view code, TimePoint now);

struct ResetOrder {
  std::string code;
  std::string new_password_hash;
  std::string address;  // where the request came from
  TimePoint now{};
};
// Sets the password and ends everything that the person had: sessions, grants, API keys and codes,
// this one too. In the audit as done by the person. False: the code is not live any more.
[[nodiscard]] Result<bool> use_reset_code(WriteTx& tx, const ServerContext& context,
                                          const ResetOrder& order);

}  // namespace curfew
