// api/sign_in/sign_in_commit.hpp: the one transaction in which a proved password becomes a session.
//
// The order is what makes it safe. The journal head was read before the password's hash was; the
// hash was checked outside of any transaction; here the user's row is read again, and the proof is
// held against the journal as it is now. A password that was changed, an account that was disabled
// or a person who was revoked while the hash was being computed gets nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "access/evaluate.hpp"
#include "api/sign_in/authorize_checks.hpp"
#include "api/sign_in/authorize_decision.hpp"
#include "api/sign_in/browser_session.hpp"
#include "model/sign_in.hpp"

namespace curfew {

// A password that was right, and the state that this is known from.
struct PasswordProof {
  UserId user_id;
  std::string password_id;
  Position as_of;        // read before the hash
  TimePoint given_at{};  // when the form with the password came: the auth_time
};

struct SignInOrder {
  Browser browser;
  PasswordProof proof;
  bool keep_signed_in = false;
  std::optional<CheckedRequest> request;   // nothing: our own account page, or
  std::optional<std::string> device_page;  // the page for devices, with this user code or none
  // If set, the password is replaced in the same transaction: the proof was a one-time password's.
  std::string new_password_hash;
};

enum class SignInEnd {
  signed_in,
  not_proved,            // the proof does not stand any more
  must_change_password,  // right, and good for one use only: no session yet
  refused,               // by an access rule
};

struct SignInOutcome {
  SignInEnd end = SignInEnd::not_proved;
  std::optional<AccessRefusal> refusal;
  std::optional<User> user;
  std::optional<NewSession> session;
  IssuedCode issued;  // meant only with a request
};

// Two rows, session and code; and where the browser had a session, that one ends, with what hangs
// on it.
[[nodiscard]] Result<SignInOutcome> commit_sign_in(WriteTx& tx, const ServerContext& context,
                                                   const SignInOrder& order);

// One line of the sign-in log, with what is known of browser and request.
[[nodiscard]] SignIn sign_in_line(const ServerContext& context, const Browser& browser,
                                  const std::optional<CheckedRequest>& request,
                                  std::string_view username);

// The whole answer to a sign-in that ended well: cookies, and the way on.
[[nodiscard]] HttpResponse answer_signed_in(const ServerContext& context, const SignInOrder& order,
                                            const SignInOutcome& outcome);

}  // namespace curfew
