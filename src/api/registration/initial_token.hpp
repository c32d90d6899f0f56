// api/registration/initial_token.hpp: what an administrator hands out so that others may register
// something: initial access tokens (RFC 7591 1.2), and the enrolment codes of gates.
//
// One row and one set of rules for both: 256 random bits of which the hash is kept, stamped when
// it is made, judged at each use together with its maker's right to make it.
#pragma once

#include <optional>
#include <string>

#include "api/api_call.hpp"
#include "base/result.hpp"
#include "model/registration.hpp"
#include "store/audit.hpp"
#include "store/store.hpp"

namespace curfew {

// In the caller's name, without a use or an end; the text is shown once.
struct NewInitialToken {
  RegistrationToken row;
  std::string text;
};
[[nodiscard]] NewInitialToken make_initial_token(const ApiCall& call);

// Stamps it and adds it, in a transaction in which the caller was judged and that has written
// nothing yet. `conflict` where its maker has as many as a revocation can take away at once.
[[nodiscard]] Status add_initial_token(WriteTx& tx, const ApiCall& call, RegistrationToken token);

// The gate's code of this hash if it is live by the rule and its maker could register an
// application today: who lost that right, has no deputies who hold it. It may be used up.
[[nodiscard]] Result<std::optional<RegistrationToken>> live_gate_code(ReadTx& tx,
                                                                      const ServerContext& context,
                                                                      const std::string& hash);
// The same of a token that registers applications, which a gate's code does not; and something is
// left of it.
[[nodiscard]] Result<std::optional<RegistrationToken>> usable_token(ReadTx& tx,
                                                                    const ServerContext& context,
                                                                    const std::string& hash);

// What is done with a token is done in the name of whoever made it: they answer for what it
// registers, and for the machine that has the code. Without a subject.
[[nodiscard]] AuditEvent event_in_name_of_maker(const RegistrationToken& token, std::string action,
                                                std::string address);

}  // namespace curfew
