// api/directory/email_methods.hpp: setting and removing the address that a person's reset of their
// own password is sent to, for every API that can.
//
// Whoever sets it can set the password, so it is guarded like a reset: an administrator whose roles
// reach that person, or the person a moment after they proved who they are. Each change is in the
// audit, and the row says when and by whom it was made.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "api/api_call.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/password_reset.hpp"
#include "revocation/guard.hpp"

namespace curfew {

// How long ago the caller may have signed in who changes their own.
inline constexpr auto kRecentSignInMax = std::chrono::minutes{10};

// What the caller of such a change has shown. `denied` / after_human: it is their own, and they
// signed in too long ago, or with nothing that says when.
[[nodiscard]] Result<ActorProof> proof_of_caller(const ApiCall& call, const UserId& subject);

enum class SetMethod {
  add,      // `conflict` where there is one
  replace,  // `not_found` where there is none; the codes that were sent to it are void
};
// `invalid_argument` for what is no address. The same address again changes nothing.
[[nodiscard]] Task<Result<EmailMethod>> set_email_method(const ApiCall& call, UserId id,
                                                         std::string address, SetMethod how);
[[nodiscard]] Task<Status> remove_email_method(const ApiCall& call, UserId id);

}  // namespace curfew
