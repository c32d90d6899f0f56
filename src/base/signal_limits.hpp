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

// Sources: whom we hear signals from. Each is polled and may push; an enterprise has a handful.
inline constexpr std::size_t kSourcesMax = 20;          // of a tenant
inline constexpr std::size_t kSourceAudiencesMax = 20;  // that its tokens may name
inline constexpr std::size_t kSourceTextBytesMax = 512;
// Of one event's URI and jti, and of a subject: stored until it was acted on.
inline constexpr std::size_t kReceivedUriBytesMax = 256;
inline constexpr std::size_t kReceivedSubjectBytesMax = 2048;
// What has not been acted on yet; a transmitter that sends more is told to come again.
inline constexpr std::int64_t kReceivedPendingMax = 10'000;
// A token that is older is refused, so that what is remembered of it may be forgotten later.
inline constexpr auto kReceivedAgeMax = std::chrono::hours{24 * 14};
inline constexpr auto kReceivedSkewMax = std::chrono::minutes{5};  // its clock in front of ours
inline constexpr auto kReceivedKept = std::chrono::hours{24 * 30};
// Records of one source, whatever became of them: 11 days of one event each second.
inline constexpr std::int64_t kReceivedKeptMax = 1'000'000;
// The brake: whose access one source may end in an hour, unless it is set otherwise; and how often
// the same person's, where two servers tell each other of one incident in other words.
inline constexpr std::int64_t kSourcePeopleOfHour = 100;
inline constexpr std::int64_t kSourcePeopleOfHourMax = 1'000'000;
inline constexpr std::size_t kSourceRunsOfPersonMax = 20;
// Events with one `txn` about one person are one incident for so long; longer would let one who
// sends a constant silence all that follows.
inline constexpr auto kOneIncident = std::chrono::hours{1};
// A source that is removed takes so much of what waits with it at once; housekeeping the rest.
inline constexpr std::size_t kReceivedErasedAtOnce = 1'000;
inline constexpr std::int64_t kReceivedTriesMax = 20;  // then an administrator has to look
inline constexpr auto kSourceCallTimeMax = std::chrono::seconds{10};
inline constexpr std::size_t kSourceJwksBytesMax = 64UL * 1024;
// So many tokens of kJwtBytesMax, and room for their names.
inline constexpr std::size_t kSourcePollEvents = 20;
inline constexpr std::size_t kSourcePollBytesMax = 512UL * 1024;
// Keys are fetched again so often, sooner for a name that is not among them, and used so long where
// they cannot be fetched.
inline constexpr auto kSourceKeysFresh = std::chrono::minutes{30};
inline constexpr auto kSourceKeysFetchedEvery = std::chrono::minutes{1};
inline constexpr auto kSourceKeysKept = std::chrono::hours{24};

}  // namespace curfew::limits
