#include "access/credential_facts.hpp"

#include <algorithm>
#include <optional>

namespace curfew {

namespace {

// Stored credentials are renewals: whatever they lead to is evaluated from state at each use, so
// the state that they vouch for themselves is the sign-in's.
CredentialFacts renewal(Position auth_as_of, TimePoint expires_at) {
  return {CredentialClass::renewal, {auth_as_of, auth_as_of}, expires_at, {}};
}

// An ended row is dead by itself, whatever became of its journal entry.
TimePoint end_of(TimePoint expires_at, const std::optional<TimePoint>& ended_at) {
  return ended_at ? std::min(expires_at, *ended_at) : expires_at;
}

// A credential that lacks a key which its kind always has could not be ended through that key, so
// it gets no stamps: the rule calls it dead.
CredentialFacts dead_if_incomplete(CredentialFacts facts) {
  const bool whole =
      std::ranges::none_of(facts.keys, [](const Key& key) { return key.id.empty(); });
  if (!whole) facts.stamps = {};
  return facts;
}

// Whoever made a credential for others: what they handed out ends with their access. The machine's
// root and the server itself have none that could be taken away.
void add_maker(CredentialFacts& facts, ActorKind kind, const std::string& id) {
  switch (kind) {
    case ActorKind::user: facts.keys.push_back(key_of(UserId{id})); return;
    case ActorKind::service_principal: facts.keys.push_back(key_of(AppId{id})); return;
    case ActorKind::local_root:
    case ActorKind::system: return;
  }
}

}  // namespace

CredentialFacts facts_of(const Session& session) {
  CredentialFacts facts = renewal(session.auth_as_of, end_of(session.expires_at, session.ended_at));
  facts.keys = {key_of(session.tenant_id), key_of(session.user_id), key_of(session.id),
                authenticator_key(session.authenticator_id)};
  if (session.device_id) facts.keys.push_back(key_of(*session.device_id));
  return dead_if_incomplete(std::move(facts));
}

CredentialFacts facts_of(const AuthorizationCode& code, const Session& session) {
  CredentialFacts facts = facts_of(session);
  facts.expires_at = std::min(facts.expires_at, end_of(code.expires_at, code.used_at));
  facts.keys.push_back(key_of(code.grant_id));
  facts.keys.push_back(key_of(code.app_id));
  facts.keys.push_back(assignment_key(code.user_id, code.app_id));

  const Position older = std::min(code.auth_as_of, session.auth_as_of);
  const bool belongs = code.tenant_id == session.tenant_id && code.session_id == session.id &&
                       code.user_id == session.user_id;
  facts.stamps = belongs ? Stamps{older, older} : Stamps{};
  return dead_if_incomplete(std::move(facts));
}

CredentialFacts facts_of(const DeviceCode& code, const Session& session) {
  CredentialFacts facts = facts_of(session);
  facts.expires_at = std::min(facts.expires_at, end_of(code.expires_at, code.used_at));
  facts.keys.push_back(key_of(code.grant_id));
  facts.keys.push_back(key_of(code.app_id));
  facts.keys.push_back(assignment_key(session.user_id, code.app_id));

  const Position older = std::min(code.auth_as_of, session.auth_as_of);
  const bool belongs = code.state == DeviceCodeState::approved &&
                       code.tenant_id == session.tenant_id && code.session_id == session.id &&
                       code.user_id == session.user_id;
  facts.stamps = belongs ? Stamps{older, older} : Stamps{};
  return dead_if_incomplete(std::move(facts));
}

CredentialFacts facts_of(const Grant& grant) {
  CredentialFacts facts = renewal(grant.auth_as_of, end_of(grant.expires_at, grant.ended_at));
  facts.keys = {key_of(grant.tenant_id),
                key_of(grant.user_id),
                key_of(grant.session_id),
                key_of(grant.id),
                key_of(grant.app_id),
                assignment_key(grant.user_id, grant.app_id),
                authenticator_key(grant.authenticator_id)};
  if (grant.device_id) facts.keys.push_back(key_of(*grant.device_id));
  for (const std::string& inherited : grant.inherited_keys) {
    facts.keys.push_back(parse_key(inherited).value_or(Key{}));  // without an id it is dead
  }
  return dead_if_incomplete(std::move(facts));
}

CredentialFacts facts_of(const ApiKey& key) {
  CredentialFacts facts = renewal(key.auth_as_of, key.expires_at.value_or(TimePoint::max()));
  facts.keys = {key_of(key.tenant_id), key_of(key.app_id), credential_key(key.id)};
  if (key.owner) facts.keys.push_back(key_of(*key.owner));
  return dead_if_incomplete(std::move(facts));
}

CredentialFacts facts_of(const AppSecret& secret, Position as_of) {
  CredentialFacts facts = renewal(as_of, secret.expires_at.value_or(TimePoint::max()));
  facts.keys = {key_of(secret.tenant_id), key_of(secret.app_id), authenticator_key(secret.id)};
  return dead_if_incomplete(std::move(facts));
}

CredentialFacts facts_of(const ClientKey& key, Position as_of) {
  CredentialFacts facts = renewal(as_of, key.expires_at.value_or(TimePoint::max()));
  facts.keys = {key_of(key.tenant_id), key_of(key.app_id), authenticator_key(key.id)};
  return dead_if_incomplete(std::move(facts));
}

CredentialFacts facts_of(const PushedRequest& pushed) {
  CredentialFacts facts = renewal(pushed.auth_as_of, end_of(pushed.expires_at, pushed.used_at));
  facts.keys = {key_of(pushed.tenant_id), key_of(pushed.app_id)};
  if (!pushed.authenticator_id.empty()) {
    facts.keys.push_back(authenticator_key(pushed.authenticator_id));
  }
  return dead_if_incomplete(std::move(facts));
}

CredentialFacts facts_of(const RegistrationToken& token) {
  CredentialFacts facts = renewal(token.auth_as_of, token.expires_at);
  facts.keys = {key_of(token.tenant_id), credential_key(token.id)};
  add_maker(facts, token.maker_kind, token.maker_id);
  if (token.enrols_app_id) facts.keys.push_back(key_of(*token.enrols_app_id));
  return dead_if_incomplete(std::move(facts));
}

CredentialFacts facts_of(const Registration& registration) {
  CredentialFacts facts = renewal(registration.auth_as_of, TimePoint::max());
  facts.keys = {key_of(registration.tenant_id), key_of(registration.app_id),
                credential_key(registration.id), credential_key(registration.token_id)};
  add_maker(facts, registration.maker_kind, registration.maker_id);
  return dead_if_incomplete(std::move(facts));
}

CredentialFacts facts_of(const PasswordResetCode& code) {
  CredentialFacts facts = renewal(code.auth_as_of, code.expires_at);
  facts.keys = {key_of(code.tenant_id), key_of(code.user_id),
                authenticator_key(code.authenticator_id)};
  return dead_if_incomplete(std::move(facts));
}

CredentialFacts facts_of(const Subscription& subscription) {
  CredentialFacts facts{CredentialClass::access,
                        {subscription.auth_as_of, subscription.as_of},
                        subscription.expires_at,
                        {key_of(subscription.tenant_id), key_of(subscription.app_id)}};
  for (const std::string& key : subscription.keys) {
    facts.keys.push_back(parse_key(key).value_or(Key{}));  // without an id it is dead
  }
  return dead_if_incomplete(std::move(facts));
}

CredentialFacts facts_of_password(const User& user, Position as_of) {
  CredentialFacts facts = renewal(as_of, TimePoint::max());
  facts.keys = {key_of(user.tenant_id), key_of(user.id), authenticator_key(user.password_id)};
  if (!user.password_hash) facts.stamps = {};
  return dead_if_incomplete(std::move(facts));
}

}  // namespace curfew
