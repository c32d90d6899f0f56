// tests/matrix/fate.hpp: what each way of taking access away must do to each kind of credential.
//
// The switches of fate.cpp have no default: a new member of either enumeration does not compile
// until somebody has decided there.
#pragma once

#include <optional>
#include <string>

#include "model/credential.hpp"
#include "revocation/removal.hpp"

namespace curfew::matrix {

enum class Fate {
  dies,      // refused from then on, for ever: giving back revives nothing
  suspends,  // refused until the state is given back: it proves anew who somebody is at each use
  lives,     // not what the removal is about
};

// What one cell shows: whether the credential was accepted, three times.
struct Seen {
  bool before = false;  // the removal
  bool after = false;
  std::optional<bool> given_back;  // nothing: it was not presented again
};

// Empty if that is what the fate says; else what is wrong.
[[nodiscard]] std::string complaint(Fate fate, const Seen& seen);

// How a credential is used, where that changes which keys it stands for.
enum class Use {
  plain,
  at_client,        // a session cookie, for the web application
  proof_under_way,  // a password that was proved, and waits for the next form
  push_stream,      // an application's token, for the stream of signals that it made
};

[[nodiscard]] Fate fate_of(CredentialKind credential, Use use, RemovalKind removal);

}  // namespace curfew::matrix
