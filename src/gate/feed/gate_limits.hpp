// gate/feed/gate_limits.hpp: every size, count and time limit of the gate protocol, with its
// reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace curfew::gate_limits {

using namespace std::chrono_literals;

// Messages. A gate says little; its longest message is a part of its blocks, whose ids may take six
// bytes a byte in JSON. The server sends thousands of entries at once, in a message that any gate
// can hold many times.
inline constexpr std::size_t kFromGateBytesMax = 128UL * 1024;
inline constexpr std::size_t kFromServerBytesMax = 1024UL * 1024;
inline constexpr std::size_t kMessageDepthMax = 8;
inline constexpr std::size_t kEntriesOfMessageMax = 4096;  // at some 200 bytes each
inline constexpr std::size_t kBlocksOfMessageMax = 32;
inline constexpr std::size_t kKeyIdBytesMax = 512;     // "user@application" is the longest
inline constexpr std::size_t kChainHashBytesMax = 64;  // base64url of 32 bytes, with room
inline constexpr std::size_t kInstanceBytesMin = 16;   // who names one must have been told it
inline constexpr std::size_t kInstanceBytesMax = 64;
inline constexpr std::size_t kNodeBytesMax = 128;
inline constexpr std::size_t kHeadBytesMax = 4096;
inline constexpr std::size_t kJwksTextBytesMax = 64UL * 1024;
inline constexpr std::size_t kRefusalBytesMax = 512;
inline constexpr std::size_t kProgramVersionBytesMax = 32;  // "0.1.0", with room for a package's
inline constexpr std::size_t kVersionsMax = 16;
inline constexpr std::uint32_t kPartsMax = 1U << 20;  // of a snapshot, or of blocks

// Leases. Whoever is told a longer one by mistake still stops within the minute.
inline constexpr auto kLeaseTimeMax = 60s;
inline constexpr auto kLeaseTimeMin = 1s;
inline constexpr auto kDriftMax = 30s;

// What the server keeps of gates. A gate asks some twice in the time of a lease; one that asks for
// more than this before any has ended is broken, and each counts until it has.
inline constexpr std::size_t kOpenGrantsMax = 16;
inline constexpr std::size_t kInstancesOfGateMax = 64;
inline constexpr std::size_t kGatesMax = 10'000;

// What a gate keeps of the server.
inline constexpr std::size_t kBlocksKeptMax = 10'000;  // by name, at some 200 bytes each
// Parts that so many take, of which each but the last is full.
inline constexpr std::uint32_t kBlockPartsMax =
    (kBlocksKeptMax + kBlocksOfMessageMax - 1) / kBlocksOfMessageMax;
// What is urgent overtakes the head that proves it, by few entries unless the link is stuck.
inline constexpr std::uint64_t kUrgentAheadMax = 64;
inline constexpr auto kAckPause = 20ms;  // between two acknowledgements
// A server that has many gates to hear may ask for more. A run waits so much longer.
inline constexpr auto kAckPauseMax = 100ms;
// An acknowledgement that would be due at once then waits, by chance, for up to this part of it.
inline constexpr int kAckTurns = 4;
// A server that has not greeted by then is not one. Less than a third of a lease.
inline constexpr auto kGreetingTimeMax = 3s;

// Connecting again.
inline constexpr auto kReconnectFirst = 100ms;
inline constexpr auto kReconnectMost = 5s;
inline constexpr auto kSteadyAfter = 20s;  // a connection that lasted so long was a good one
inline constexpr std::size_t kServerAddressesMax = 32;

}  // namespace curfew::gate_limits
