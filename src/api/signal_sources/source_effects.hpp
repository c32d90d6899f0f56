// api/signal_sources/source_effects.hpp: what follows from one event of a source.
//
// Access is taken away through the revocation service alone, as the source's application's doing:
// guarded, recorded, and in a run whose report says how far it came. Nothing is ever given back.
//
// One incident leads to one run of a kind. An event whose `txn` is ours (revocation/signals/
// own_txn.hpp) is our own word that came back from somebody whom we tell; it is `covered` by what
// we did, also when that was undone since. So is one for which there is a run already, of the same
// person and as strong, by the same source: under the same `txn`, or cut after the event had come.
// A run that follows hands its `txn` on (Removal::txn), so that two servers that hear each other
// come to rest.
#pragma once

#include <string>

#include "api/context.hpp"
#include "base/task.hpp"
#include "model/signal_source.hpp"

namespace curfew {

struct Outcome {
  // As it came, with state, effect, person, run and error as they are now: pending where it is to
  // be tried again.
  ReceivedSignal signal;
  // Not empty: nothing was tried; the source is to be held (revocation/signals/source_brake.hpp).
  std::string hold_because = {};
};

// Made again after a crash it finds the run that it began. Resumes on the I/O thread that it was
// started on; `context` outlives the task.
[[nodiscard]] Task<Outcome> act_on_signal(const ServerContext& context, SignalSource source,
                                          ReceivedSignal signal);

}  // namespace curfew
