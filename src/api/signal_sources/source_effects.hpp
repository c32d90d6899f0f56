// api/signal_sources/source_effects.hpp: what follows from one event of a source.
//
// Access is taken away through the revocation service alone, as the source's application's doing:
// guarded, recorded, and in a run whose report says how far it came. Nothing is ever given back.
#pragma once

#include <string>

#include "api/context.hpp"
#include "base/task.hpp"
#include "model/signal_source.hpp"

namespace curfew {

// `signal` as it came, with state, effect, person, run and error as they are now: pending where it
// is to be tried again. Made again after a crash it finds the run that it began. Resumes on the I/O
// thread that it was started on; `context` outlives the task.
[[nodiscard]] Task<ReceivedSignal> act_on_signal(const ServerContext& context, SignalSource source,
                                                 ReceivedSignal signal);

}  // namespace curfew
