// gate/feed/greeting.hpp: what a server signs to say how far its journal is, and what it proves.
//
// A JWS of type `curfew-gate-hello+jwt`. A gate keeps the newest one and shows it when it comes
// back. Shown to a server whose journal ends before it, or has another entry at that position, it
// proves that an older database took the place of ours: but only if the server's own key signed it.
// What a gate merely says of its position proves nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "gate/feed/message.hpp"
#include "protocol/jose/jws_key.hpp"
#include "protocol/jose/jwt_signer.hpp"

namespace curfew {

inline constexpr std::string_view kGreetingType = "curfew-gate-hello+jwt";

struct Greeting {
  std::string issuer;
  std::string node;
  std::int64_t version = kGateProtocolVersion;
  ChainMark head;
  Position floor;
  TimePoint at{};
  // The server's own chain hash at the position that the gate's hello named: whether both mean the
  // same journal. Empty where the gate named none, or the server has no such position.
  std::string chain_hash_at_yours;

  friend bool operator==(const Greeting&, const Greeting&) = default;
};

[[nodiscard]] Result<std::string> sign_greeting(const Greeting& greeting, const JwtSigner& signer);
// Errors: unauthenticated for a signature, type or issuer that is not the one expected;
// invalid_argument for what a signed greeting must have and this one has not.
[[nodiscard]] Result<Greeting> verify_greeting(std::string_view jws, const KeySet& keys,
                                               std::string_view issuer);

// What the server has at a position: nothing if its journal has no such entry.
using ChainHashAt = std::optional<std::string>;

enum class ShownGreeting {
  consistent,   // our journal goes on from there
  outdated,     // of an older generation: a fence has dealt with it
  rolled_back,  // our journal ends before it, or another one stands in its place
};

// `shown` is verified. `at_shown`: our chain hash at its position.
[[nodiscard]] ShownGreeting judge_shown(const Greeting& shown, Position head,
                                        const ChainHashAt& at_shown);

enum class ResumeFrom {
  position,  // send what comes after it
  snapshot,  // it has nothing, or something of another generation or journal, or is below the floor
};

// How the feed of a gate begins that says it has `has`. `at_has`: our chain hash there.
[[nodiscard]] ResumeFrom resume_from(const ChainMark& has, Position head, Position floor,
                                     const ChainHashAt& at_has);

}  // namespace curfew
