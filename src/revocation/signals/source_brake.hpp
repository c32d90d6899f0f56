// revocation/signals/source_brake.hpp: how much access one source may end before a person looks.
//
// A transmitter that was taken over, or is wrong about everybody, may not empty the house: when a
// source has ended the access of SignalSource::people_per_hour_max people within an hour, it is
// held. What it says is kept, and nothing follows from it until an administrator releases it. The
// same where it ends one person's access again and again, as two servers do that tell each other of
// one incident in words of their own. Runs alone count: what is recorded, or shown as a risk, ends
// nothing. In transactions only.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/signal_source.hpp"
#include "store/store.hpp"

namespace curfew {

// Of one that waited for longer than limits::kReceivedAgeMax: where nothing was done for so long,
// somebody may have given the person their access anew since then.
inline constexpr const char* kWaitedTooLong = "it waited for longer than 14 days";

// Why a run about this person would be one too many now; empty: it would not.
[[nodiscard]] Result<std::string> why_to_hold(ReadTx& tx, const SignalSource& source,
                                              const std::string& user_id, TimePoint now);

// Counts the person of one that was acted on by a run, once in the hour. Before the row is saved;
// the caller saves the source.
Status count_person(ReadTx& tx, SignalSource& source, const ReceivedSignal& signal, TimePoint now);

void hold_source(SignalSource& source, std::string why, TimePoint now);
// The next hour begins.
void release_source(SignalSource& source);

}  // namespace curfew
