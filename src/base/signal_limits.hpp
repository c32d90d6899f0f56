// base/signal_limits.hpp: the limits of shared signals, with their reasons; beside base/limits.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace curfew::limits {

// Each cut writes to every stream, and waits for it: so there are few.
inline constexpr std::size_t kStreamsMax = 100;      // of a tenant
inline constexpr std::size_t kStreamsOfAppMax = 10;  // a push and a poll stream for each of a few
inline constexpr std::size_t kStreamBodyBytesMax = 16UL * 1024;  // of a request about a stream
inline constexpr std::size_t kStreamEventsMax = 100;             // that one may ask for
inline constexpr std::size_t kStreamTextBytesMax = 512;          // description, reason
inline constexpr std::size_t kStreamHeaderBytesMax = 4096;       // the receiver's own authorization
inline constexpr std::size_t kVerificationStateBytesMax = 1024;
inline constexpr std::int64_t kVerificationsOfMinuteMax = 30;  // of one stream
inline constexpr std::size_t kSubjectsRemovedMax = 10'000;     // of one stream

// What a receiver has not acknowledged is kept for it, so many and so long; then the oldest goes,
// and the stream says so. A week: a receiver that is down over a long holiday misses nothing.
inline constexpr std::int64_t kSignalsPendingMax = 10'000;
inline constexpr auto kSignalKept = std::chrono::hours{24 * 7};
// What was settled stays as the record of a run for so long.
inline constexpr auto kSignalRecordKept = std::chrono::hours{24 * 30};

inline constexpr std::size_t kPollEventsMax = 100;  // in one answer, whatever is asked for
inline constexpr std::size_t kPollAcksMax = 1'000;  // in one request
inline constexpr auto kLongPollTime = std::chrono::seconds{25};  // below what proxies cut off
inline constexpr auto kSignalCallTimeMax = std::chrono::seconds{10};
inline constexpr std::int64_t kSignalRefusalsMax = 5;  // of one event, then it is a dead letter

}  // namespace curfew::limits
