// access/stream_facts.hpp: which keys a push stream of shared signals names; beside
// access/credential_facts.hpp.
//
//   stream of signals   every key of the token by which it was made or last changed; tenant
//                       application
#pragma once

#include "model/signal_stream.hpp"
#include "model/validity.hpp"

namespace curfew {

// It goes on without a new token, and whether its application may still have it is looked up at
// each delivery: so it is judged as a renewal is.
[[nodiscard]] CredentialFacts facts_of(const SignalStream& stream);

}  // namespace curfew
