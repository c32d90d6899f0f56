// api/sign_in/authorize_decision.hpp: does the person at this browser get a code for this request
// now?
//
// An ordered table of named checks on the session; the first that does not pass says what stands in
// the way: a page that the person can answer, or, where the client asked for silence
// (prompt=none), which error it gets. With nothing in the way a code is made.
//
// Works in the caller's transaction. A reading one tells which page to show; the answer counts only
// in the writing one that stores the code, where everything is read and judged again.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/evaluate.hpp"
#include "api/context.hpp"
#include "api/sign_in/authorize_checks.hpp"
#include "api/sign_in/browser_session.hpp"
#include "base/result.hpp"
#include "model/session.hpp"
#include "protocol/oauth/error.hpp"
#include "store/store.hpp"

namespace curfew {

// What the person did in this very interaction; sealed into our forms, never from the client.
struct Progress {
  bool signed_in_now = false;
  bool account_chosen = false;
  bool agreed = false;  // on the consent page, to these permissions
  std::vector<std::string> agreed_names;
};

// What could take an obstacle away.
enum class Remedy { sign_in, choose_account, consent, none };

struct Obstacle {
  Remedy remedy = Remedy::none;
  OAuthError error;  // what the client gets where there is no remedy, or no asking
};

// What the pages show.
struct DecisionView {
  std::optional<Session> session;
  std::optional<User> user;
  std::vector<std::string> names_to_ask;  // permissions that nobody agreed to yet
  // The person agreed to this very application, as it says that it is now.
  bool agreed_before = false;
};

struct Decision {
  std::optional<Obstacle> obstacle;
  DecisionView view;
  AuthorizationCode code;  // complete but for hash and grant; meant only without an obstacle
};

// `session`: live by the validity rule, as find_session() gives it, or nothing.
[[nodiscard]] Result<Decision> decide(ReadTx& tx, const ServerContext& context,
                                      const CheckedRequest& request, std::optional<Session> session,
                                      const Progress& progress, TimePoint now);

struct IssuedCode {
  Decision decision;
  std::string code;  // empty if there is an obstacle
};
// decide(), and with nothing in the way one row for the code (and one for a fresh consent). The
// code is bound to client, redirect URI, challenge, nonce, session and stamps (RFC 6749 4.1.2).
[[nodiscard]] Result<IssuedCode> decide_and_issue(WriteTx& tx, const ServerContext& context,
                                                  const CheckedRequest& request,
                                                  std::optional<Session> session,
                                                  const Progress& progress, TimePoint now);

// What the person agreed to and nobody had agreed to yet is remembered: one row, or none.
[[nodiscard]] Status remember_consent(WriteTx& tx, const ServerContext& context,
                                      const CheckedRequest& request, const DecisionView& view,
                                      TimePoint now);

// Whether what is asked for reaches further than the person who signs in. There is a resource.
[[nodiscard]] bool asks_to_manage(const CheckedRequest& request);

// A code with the tenant's administration behind it, for a client that proves nothing about itself,
// goes to whichever program on this computer takes it (RFC 8252 8.6): the person is asked each
// time, whatever was consented to.
[[nodiscard]] bool lets_local_program_manage(const CheckedRequest& request);

// What the client is told, and the sign-in log, of a refusal by access rules.
[[nodiscard]] OAuthError error_of(AccessRefusal refusal);

[[nodiscard]] std::vector<std::string_view> session_check_names();

}  // namespace curfew
