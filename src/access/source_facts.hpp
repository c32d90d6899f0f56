// access/source_facts.hpp: which keys a source of shared signals names; beside
// access/credential_facts.hpp.
//
//   source of signals   tenant application credential (its own id)
#pragma once

#include "model/position.hpp"
#include "model/signal_source.hpp"
#include "model/validity.hpp"

namespace curfew {

// Like a client secret, it proves anew at each use who it is; whoever made it is not among its
// keys, because what it leads to is that access ends: that must not stop with an administrator who
// leaves. `as_of`: the position read before its row was.
[[nodiscard]] CredentialFacts facts_of(const SignalSource& source, Position as_of);

}  // namespace curfew
