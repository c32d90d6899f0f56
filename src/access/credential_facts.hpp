// access/credential_facts.hpp: which keys each stored credential names; what judge() needs of it.
//
// A credential that forgets a key cannot be ended through that key, so this list is the reach of
// every revocation. Access tokens carry their keys as claims (protocol/oidc/access_token.hpp).
//
//   session cookie      tenant user session device authenticator
//   authorization code  the session's keys, grant application assignment
//   device code         the approving session's keys, grant application assignment
//   refresh token       tenant user session device grant application assignment authenticator, and
//                       what it inherits from the token that it was derived from
//   API key             tenant application credential, and the owner's user key
//   client secret       tenant application authenticator
//   client assertion    tenant application authenticator (the key that signed it)
//   pushed request      tenant application, and the authenticator that the client had
//   password            tenant user authenticator
//   initial access token     tenant credential, and its maker's key: user or application
//   gate enrolment code same, and the gate's application
//   registration access token   tenant application credential, and the keys of the initial access
//                       token that the application came with
//   password reset code tenant user authenticator (the email method that it was sent to)
//   subscription        every key of the token by which it was made or last renewed
#pragma once

#include "base/clock.hpp"
#include "model/application.hpp"
#include "model/device_code.hpp"
#include "model/directory.hpp"
#include "model/password_reset.hpp"
#include "model/pushed_request.hpp"
#include "model/registration.hpp"
#include "model/session.hpp"
#include "model/subscription.hpp"
#include "model/validity.hpp"

namespace curfew {

[[nodiscard]] CredentialFacts facts_of(const Session& session);
// `session` is the one that the code was made in.
[[nodiscard]] CredentialFacts facts_of(const AuthorizationCode& code, const Session& session);
// `session` is the one that approved it; until it was approved it is dead.
[[nodiscard]] CredentialFacts facts_of(const DeviceCode& code, const Session& session);
[[nodiscard]] CredentialFacts facts_of(const Grant& grant);
[[nodiscard]] CredentialFacts facts_of(const ApiKey& key);
// `as_of`: the position read before the secret's row was.
[[nodiscard]] CredentialFacts facts_of(const AppSecret& secret, Position as_of);
// Of an assertion signed with this key; `as_of`: the position read before the key's row was.
[[nodiscard]] CredentialFacts facts_of(const ClientKey& key, Position as_of);
[[nodiscard]] CredentialFacts facts_of(const PushedRequest& pushed);
[[nodiscard]] CredentialFacts facts_of(const RegistrationToken& token);
[[nodiscard]] CredentialFacts facts_of(const Registration& registration);
[[nodiscard]] CredentialFacts facts_of(const PasswordResetCode& code);
// It says what the token said when it was presented, so it is judged as an access token is.
[[nodiscard]] CredentialFacts facts_of(const Subscription& subscription);
// A password that was just typed; `as_of`: the position read before its hash was.
[[nodiscard]] CredentialFacts facts_of_password(const User& user, Position as_of);

}  // namespace curfew
