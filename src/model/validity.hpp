// model/validity.hpp: the one rule that says whether a credential is live; pure, for everybody.
//
// A credential is live if and only if it has not expired and, for every key that it names: the key
// is not blocked, has no `reauth` newer than the credential's `auth_as_of`, and, for access tokens
// and gate sessions, no `reevaluate` newer than its `as_of`.
//
// Two stamps are on every credential. `auth_as_of` is the journal position read before the proof of
// who this is was checked; everything derived from one sign-in inherits it. `as_of` is the position
// read before the state that this very credential was computed from. Stamps are copied, never
// looked up again. Because a stamp is read before the data it vouches for, a credential that raced
// with a revocation is dead wherever the newer entry is known. No clock takes part, except for
// expiry.
//
// Server, gate and C library all call judge(); nothing else reads a watermark to decide.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "model/key.hpp"
#include "model/position.hpp"

namespace curfew {

// What a journal entry does to its key.
enum class Effect : std::uint8_t {
  reauth = 1,      // prove again who you are
  reevaluate = 2,  // a silent renewal is enough, if the answer is still yes
  block = 3,       // dead, whatever its stamps, until unblocked; also a reauth
  unblock = 4,     // ends one hold; revives nothing
};
[[nodiscard]] std::string_view to_string(Effect effect);

// The newest entries of one key. Positions only grow; merging two replicas is taking the maximum.
struct Watermark {
  Position reauth;
  TimePoint reauth_at{};
  Position reevaluate;
  TimePoint reevaluate_at{};
  std::uint32_t hold_count = 0;  // blocked while not zero

  friend bool operator==(const Watermark&, const Watermark&) = default;
};

enum class CredentialClass : std::uint8_t {
  renewal,  // refresh token, session cookie, code, API key: evaluated from state at each use
  access,   // access token, gate session: carries the result of an evaluation
};

struct Stamps {
  Position auth_as_of;
  Position as_of;
};

struct CredentialFacts {
  CredentialClass credential_class = CredentialClass::access;
  Stamps stamps;
  TimePoint expires_at{};
  std::vector<Key> keys;  // every key that the credential names
};

enum class Verdict : std::uint8_t {
  live,
  expired,
  unstamped,   // a credential of ours without stamps or keys: never ours, or damaged
  ahead,       // a stamp is above the journal's head: the journal was rolled back
  blocked,     // a key is blocked
  revoked,     // a reauth is newer than auth_as_of
  outdated,    // a reevaluate is newer than as_of: renew silently
  below_floor  // older than what a pruned replica still knows: renew
};
[[nodiscard]] std::string_view to_string(Verdict verdict);

// How far the journal reaches that the watermarks were read from.
struct JournalReach {
  // Below it a pruned replica has forgotten watermarks; {0,0} where nothing was forgotten.
  Position floor;
  // The newest position that anything issued can be stamped with: the head, read after the
  // credential was seen. The default is for who does not know it: nothing is ahead then.
  Position newest{kGenerationMax, kSequenceMax};
};

// `states` holds the watermark of facts.keys[i] at i (a default one where the journal names the key
// nowhere); the same size, checked. Of several reasons the gravest is given, in the order
// unstamped, ahead, blocked, revoked, expired, below_floor, outdated.
[[nodiscard]] Verdict judge(const CredentialFacts& facts, std::span<const Watermark> states,
                            TimePoint now, const JournalReach& reach = {});

// When the newest reauth of a key was, for people to read: nothing is decided by it. The zero point
// of time where there was none.
[[nodiscard]] TimePoint last_reauth_at(const Watermark& watermark);

// The watermark after one more entry at `position`. Applying entries in any order, or twice, gives
// the same positions; hold_count is the number of holds and is kept by whoever stores the holds.
[[nodiscard]] Watermark applied(Watermark watermark, Effect effect, Position position,
                                TimePoint at);

}  // namespace curfew
