// model/credential.hpp: every kind of thing we issue, or accept, that lets somebody go on.
//
// The generated matrix (tests/matrix) holds every kind here against every way of taking access away
// (revocation/removal.hpp) at every endpoint that accepts it. A new kind that is missing there does
// not compile.
#pragma once

#include <array>
#include <string_view>

namespace curfew {

enum class CredentialKind {
  password,            // typed into the sign-in form
  session_cookie,      // our browser session
  authorization_code,  // between authorization and token endpoint
  device_code,         // approved by a person, and not redeemed yet
  refresh_token,
  access_token,  // of a user, for our own or another resource
  // Got on behalf of a person, with the access token that a client of theirs called with.
  derived_access_token,
  derived_refresh_token,
  app_access_token,  // of a client by itself (client credentials)
  client_secret,
  client_assertion,    // signed by a client with a key of its own
  client_certificate,  // presented by a client in TLS
  pushed_request,      // the address of an authorization request that a client sent ahead
  api_key,             // opaque bearer of a service principal
  // Of dynamic registration: what an administrator hands to whoever may register applications, and
  // what a registered application manages itself with.
  initial_access_token,
  registration_access_token,
  gate_enrolment_code,  // with which a machine becomes a gate
  // Sent to a person's email method: whoever brings it back sets a new password.
  password_reset_code,
  subscription,  // to changes: what a receiver is told for as long as it stands
  gate_feed,     // open: what a gate is told, and the leases that it gets
  // Of who tells us that access should end: what a transmitter sends with each push, and the right
  // by which what it said leads to anything.
  signal_source,
};

inline constexpr std::array kCredentialKinds{CredentialKind::password,
                                             CredentialKind::session_cookie,
                                             CredentialKind::authorization_code,
                                             CredentialKind::device_code,
                                             CredentialKind::refresh_token,
                                             CredentialKind::access_token,
                                             CredentialKind::derived_access_token,
                                             CredentialKind::derived_refresh_token,
                                             CredentialKind::app_access_token,
                                             CredentialKind::client_secret,
                                             CredentialKind::client_assertion,
                                             CredentialKind::client_certificate,
                                             CredentialKind::pushed_request,
                                             CredentialKind::api_key,
                                             CredentialKind::initial_access_token,
                                             CredentialKind::registration_access_token,
                                             CredentialKind::gate_enrolment_code,
                                             CredentialKind::password_reset_code,
                                             CredentialKind::subscription,
                                             CredentialKind::gate_feed,
                                             CredentialKind::signal_source};

[[nodiscard]] constexpr std::string_view to_string(CredentialKind kind) {
  switch (kind) {
    case CredentialKind::password: return "password";
    case CredentialKind::session_cookie: return "session_cookie";
    case CredentialKind::authorization_code: return "authorization_code";
    case CredentialKind::device_code: return "device_code";
    case CredentialKind::refresh_token: return "refresh_token";
    case CredentialKind::access_token: return "access_token";
    case CredentialKind::derived_access_token: return "derived_access_token";
    case CredentialKind::derived_refresh_token: return "derived_refresh_token";
    case CredentialKind::app_access_token: return "app_access_token";
    case CredentialKind::client_secret: return "client_secret";
    case CredentialKind::client_assertion: return "client_assertion";
    case CredentialKind::client_certificate: return "client_certificate";
    case CredentialKind::pushed_request: return "pushed_request";
    case CredentialKind::api_key: return "api_key";
    case CredentialKind::initial_access_token: return "initial_access_token";
    case CredentialKind::registration_access_token: return "registration_access_token";
    case CredentialKind::gate_enrolment_code: return "gate_enrolment_code";
    case CredentialKind::password_reset_code: return "password_reset_code";
    case CredentialKind::subscription: return "subscription";
    case CredentialKind::gate_feed: return "gate_feed";
    case CredentialKind::signal_source: return "signal_source";
  }
  return "";
}

}  // namespace curfew
