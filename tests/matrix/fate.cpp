#include "tests/matrix/fate.hpp"

#include "base/check.hpp"

namespace curfew::matrix {

namespace {

// Everything that a person's sign-in led to, at one client: code, refresh token, access token, and
// the session when it is used for that client.
Fate fate_of_sign_in(RemovalKind removal) {
  switch (removal) {
    case RemovalKind::revoke_user:
    case RemovalKind::disable_user:
    case RemovalKind::revoke_sessions:
    case RemovalKind::reset_password:
    case RemovalKind::disable_device:
    case RemovalKind::disable_app:
    case RemovalKind::remove_assignment:
    case RemovalKind::remove_consent:
    case RemovalKind::remove_group_member:
    case RemovalKind::end_session:
    case RemovalKind::reauth_tenant: return Fate::dies;
    case RemovalKind::remove_role:
    case RemovalKind::tighten_app:
    case RemovalKind::tighten_device:
    case RemovalKind::end_grant:
    case RemovalKind::remove_app_secret:
    case RemovalKind::hold_key:
    case RemovalKind::remove_client_key:
    case RemovalKind::remove_api_key:
    case RemovalKind::remove_registration_token:
    case RemovalKind::remove_method:
    case RemovalKind::withdraw_key: return Fate::lives;
  }
  CURFEW_CHECK(false);
}

// The session by itself, at no client.
Fate fate_of_session(RemovalKind removal) {
  switch (removal) {
    case RemovalKind::revoke_user:
    case RemovalKind::disable_user:
    case RemovalKind::revoke_sessions:
    case RemovalKind::reset_password:
    case RemovalKind::disable_device:
    case RemovalKind::end_session:
    case RemovalKind::reauth_tenant: return Fate::dies;
    case RemovalKind::disable_app:
    case RemovalKind::remove_assignment:
    case RemovalKind::remove_consent:
    case RemovalKind::remove_group_member:
    case RemovalKind::remove_role:
    case RemovalKind::tighten_app:
    case RemovalKind::tighten_device:
    case RemovalKind::end_grant:
    case RemovalKind::remove_app_secret:
    case RemovalKind::hold_key:
    case RemovalKind::remove_client_key:
    case RemovalKind::remove_api_key:
    case RemovalKind::remove_registration_token:
    case RemovalKind::remove_method:
    case RemovalKind::withdraw_key: return Fate::lives;
  }
  CURFEW_CHECK(false);
}

// A password that is typed proves anew who it is.
Fate fate_of_password(RemovalKind removal) {
  switch (removal) {
    case RemovalKind::revoke_user:
    case RemovalKind::disable_user: return Fate::suspends;
    case RemovalKind::reset_password: return Fate::dies;
    case RemovalKind::revoke_sessions:
    case RemovalKind::disable_device:
    case RemovalKind::disable_app:
    case RemovalKind::tighten_app:
    case RemovalKind::tighten_device:
    case RemovalKind::remove_assignment:
    case RemovalKind::remove_consent:
    case RemovalKind::remove_role:
    case RemovalKind::remove_group_member:
    case RemovalKind::end_session:
    case RemovalKind::end_grant:
    case RemovalKind::remove_app_secret:
    case RemovalKind::hold_key:
    case RemovalKind::remove_client_key:
    case RemovalKind::remove_api_key:
    case RemovalKind::remove_registration_token:
    case RemovalKind::remove_method:
    case RemovalKind::withdraw_key:
    case RemovalKind::reauth_tenant: return Fate::lives;
  }
  CURFEW_CHECK(false);
}

// One that was proved a moment ago is what the proof made of it: a sign-in without a session yet.
Fate fate_of_proof(RemovalKind removal) {
  switch (removal) {
    case RemovalKind::revoke_user:
    case RemovalKind::disable_user:
    case RemovalKind::revoke_sessions:
    case RemovalKind::reset_password:
    case RemovalKind::reauth_tenant: return Fate::dies;
    case RemovalKind::disable_device:
    case RemovalKind::disable_app:
    case RemovalKind::tighten_app:
    case RemovalKind::tighten_device:
    case RemovalKind::remove_assignment:
    case RemovalKind::remove_consent:
    case RemovalKind::remove_role:
    case RemovalKind::remove_group_member:
    case RemovalKind::end_session:
    case RemovalKind::end_grant:
    case RemovalKind::remove_app_secret:
    case RemovalKind::hold_key:
    case RemovalKind::remove_client_key:
    case RemovalKind::remove_api_key:
    case RemovalKind::remove_registration_token:
    case RemovalKind::remove_method:
    case RemovalKind::withdraw_key: return Fate::lives;
  }
  CURFEW_CHECK(false);
}

// A client's secret proves anew who it is; a token that was got with it does not.
Fate fate_of_client(RemovalKind removal, bool is_token) {
  switch (removal) {
    case RemovalKind::disable_app: return is_token ? Fate::dies : Fate::suspends;
    case RemovalKind::remove_app_secret: return Fate::dies;
    // The secret is held, and given back as it was.
    case RemovalKind::hold_key: return is_token ? Fate::dies : Fate::suspends;
    case RemovalKind::tighten_app:
    case RemovalKind::withdraw_key:
    case RemovalKind::reauth_tenant: return is_token ? Fate::dies : Fate::lives;
    case RemovalKind::revoke_user:
    case RemovalKind::disable_user:
    case RemovalKind::revoke_sessions:
    case RemovalKind::reset_password:
    case RemovalKind::disable_device:
    case RemovalKind::tighten_device:
    case RemovalKind::remove_assignment:
    case RemovalKind::remove_consent:
    case RemovalKind::remove_role:
    case RemovalKind::remove_group_member:
    case RemovalKind::end_session:
    case RemovalKind::end_grant:
    case RemovalKind::remove_client_key:
    case RemovalKind::remove_method:
    case RemovalKind::remove_api_key:
    case RemovalKind::remove_registration_token: return Fate::lives;
  }
  CURFEW_CHECK(false);
}

// A stream goes on without a new token, so what an evaluation would change is looked up by itself;
// it is not revived where its application is enabled again: its receiver updates it.
Fate fate_of_stream(RemovalKind removal) {
  if (removal == RemovalKind::tighten_app) return Fate::lives;
  return fate_of_client(removal, /*is_token=*/true);
}

// An assertion is to the client's key what a secret is to itself.
Fate fate_of_assertion(RemovalKind removal) {
  if (removal == RemovalKind::remove_client_key) return Fate::dies;
  if (removal == RemovalKind::remove_app_secret || removal == RemovalKind::hold_key) {
    return Fate::lives;
  }
  return fate_of_client(removal, /*is_token=*/false);
}

// What a transmitter shows with each push is to the source what a secret is to a client; it has no
// other, and rests on no secret or key of its application that could be held.
Fate fate_of_source(RemovalKind removal) {
  if (removal == RemovalKind::remove_app_secret || removal == RemovalKind::hold_key) {
    return Fate::lives;
  }
  return fate_of_client(removal, /*is_token=*/false);
}

// The token of a gate, whose one credential is its key; and what it is shown for as long as that is
// live.
Fate fate_of_gate(RemovalKind removal) {
  if (removal == RemovalKind::remove_client_key) return Fate::dies;
  if (removal == RemovalKind::remove_app_secret || removal == RemovalKind::hold_key) {
    return Fate::lives;
  }
  return fate_of_client(removal, /*is_token=*/true);
}

// What a client sent ahead rests on the proof of that moment.
Fate fate_of_pushed_request(RemovalKind removal) {
  switch (removal) {
    case RemovalKind::disable_app:
    case RemovalKind::remove_app_secret:
    case RemovalKind::hold_key:
    case RemovalKind::reauth_tenant: return Fate::dies;
    case RemovalKind::remove_client_key:
    case RemovalKind::tighten_app:
    case RemovalKind::tighten_device:
    case RemovalKind::withdraw_key:
    case RemovalKind::revoke_user:
    case RemovalKind::disable_user:
    case RemovalKind::revoke_sessions:
    case RemovalKind::reset_password:
    case RemovalKind::disable_device:
    case RemovalKind::remove_assignment:
    case RemovalKind::remove_consent:
    case RemovalKind::remove_role:
    case RemovalKind::remove_group_member:
    case RemovalKind::end_session:
    case RemovalKind::end_grant:
    case RemovalKind::remove_method:
    case RemovalKind::remove_api_key:
    case RemovalKind::remove_registration_token: return Fate::lives;
  }
  CURFEW_CHECK(false);
}

// A key of the web application, owned by the person.
Fate fate_of_api_key(RemovalKind removal) {
  switch (removal) {
    case RemovalKind::revoke_user:
    case RemovalKind::disable_user:
    case RemovalKind::revoke_sessions:
    case RemovalKind::reset_password:
    case RemovalKind::disable_app:
    case RemovalKind::remove_api_key:
    case RemovalKind::reauth_tenant: return Fate::dies;
    case RemovalKind::disable_device:
    case RemovalKind::remove_registration_token:
    case RemovalKind::tighten_app:
    case RemovalKind::tighten_device:
    case RemovalKind::remove_assignment:
    case RemovalKind::remove_consent:
    case RemovalKind::remove_role:
    case RemovalKind::remove_group_member:
    case RemovalKind::end_session:
    case RemovalKind::end_grant:
    case RemovalKind::remove_app_secret:
    case RemovalKind::hold_key:
    case RemovalKind::remove_client_key:
    case RemovalKind::remove_method:
    case RemovalKind::withdraw_key: return Fate::lives;
  }
  CURFEW_CHECK(false);
}

// Made by the person for others to use; the registration access token is the web application's, and
// came of the initial access token.
Fate fate_of_registration(RemovalKind removal, bool is_of_app) {
  switch (removal) {
    case RemovalKind::revoke_user:
    case RemovalKind::disable_user:
    case RemovalKind::revoke_sessions:
    case RemovalKind::reset_password:
    case RemovalKind::remove_registration_token:
    case RemovalKind::reauth_tenant: return Fate::dies;
    case RemovalKind::disable_app: return is_of_app ? Fate::dies : Fate::lives;
    case RemovalKind::disable_device:
    case RemovalKind::tighten_app:
    case RemovalKind::tighten_device:
    case RemovalKind::remove_assignment:
    case RemovalKind::remove_consent:
    case RemovalKind::remove_role:
    case RemovalKind::remove_group_member:
    case RemovalKind::end_session:
    case RemovalKind::end_grant:
    case RemovalKind::remove_app_secret:
    case RemovalKind::hold_key:
    case RemovalKind::remove_client_key:
    case RemovalKind::remove_method:
    case RemovalKind::remove_api_key:
    case RemovalKind::withdraw_key: return Fate::lives;
  }
  CURFEW_CHECK(false);
}

}  // namespace

std::string complaint(Fate fate, const Seen& seen) {
  if (!seen.before) return "it was not accepted before";
  switch (fate) {
    case Fate::dies:
      if (seen.after) return "it outlives the removal";
      return seen.given_back == false ? "" : "giving back revives it";
    case Fate::suspends:
      if (seen.after) return "it is good while access is taken away";
      return seen.given_back == true ? "" : "giving back does not give it back";
    case Fate::lives:
      if (!seen.after) return "it ends with what it is not about";
      return seen.given_back == false ? "giving back ends it" : "";
  }
  CURFEW_CHECK(false);
}

namespace {

// It proves that somebody reads the mail of the person, and was asked for at one moment: whatever
// ends what the person had before that moment, or the method, ends it.
Fate fate_of_reset_code(RemovalKind removal) {
  return removal == RemovalKind::remove_method ? Fate::dies : fate_of_proof(removal);
}

// It carries an evaluation and a signature, which the others do not.
Fate fate_of_access_token(RemovalKind removal) {
  const bool ends = removal == RemovalKind::end_grant || removal == RemovalKind::remove_role ||
                    removal == RemovalKind::tighten_app || removal == RemovalKind::tighten_device ||
                    removal == RemovalKind::withdraw_key;
  return ends ? Fate::dies : fate_of_sign_in(removal);
}

}  // namespace

Fate fate_of(CredentialKind credential, Use use, RemovalKind removal) {
  const bool is_grant_ended = removal == RemovalKind::end_grant;
  switch (credential) {
    case CredentialKind::password:
      return use == Use::proof_under_way ? fate_of_proof(removal) : fate_of_password(removal);
    case CredentialKind::session_cookie:
      return use == Use::at_client ? fate_of_sign_in(removal) : fate_of_session(removal);
    case CredentialKind::authorization_code:
    case CredentialKind::device_code: return fate_of_sign_in(removal);
    case CredentialKind::refresh_token:
      return is_grant_ended ? Fate::dies : fate_of_sign_in(removal);
    // A derived one ends with whatever ends the token that led to it, and with what is its own; of
    // what a renewal survives by itself, the withdrawn key signed the token that led to it.
    case CredentialKind::access_token:
    case CredentialKind::derived_access_token: return fate_of_access_token(removal);
    case CredentialKind::derived_refresh_token:
      return is_grant_ended || removal == RemovalKind::withdraw_key ? Fate::dies
                                                                    : fate_of_sign_in(removal);
    case CredentialKind::app_access_token:
      return use == Use::push_stream ? fate_of_stream(removal)
                                     : fate_of_client(removal, /*is_token=*/true);
    case CredentialKind::client_secret: return fate_of_client(removal, /*is_token=*/false);
    case CredentialKind::client_assertion:
    case CredentialKind::client_certificate: return fate_of_assertion(removal);
    case CredentialKind::pushed_request: return fate_of_pushed_request(removal);
    case CredentialKind::api_key: return fate_of_api_key(removal);
    case CredentialKind::initial_access_token:
      return fate_of_registration(removal, /*is_of_app=*/false);
    case CredentialKind::registration_access_token:
      return fate_of_registration(removal, /*is_of_app=*/true);
    // Made by the person as well, and removed as what the others are made with.
    case CredentialKind::gate_enrolment_code:
      return fate_of_registration(removal, /*is_of_app=*/false);
    case CredentialKind::password_reset_code: return fate_of_reset_code(removal);
    // What the token is good for, for as long as the subscription lasts.
    case CredentialKind::subscription: return fate_of_access_token(removal);
    // The gate's application got the token that it is judged by, with its one key.
    case CredentialKind::gate_feed: return fate_of_gate(removal);
    case CredentialKind::signal_source: return fate_of_source(removal);
  }
  CURFEW_CHECK(false);
}

}  // namespace curfew::matrix
