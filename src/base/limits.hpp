// base/limits.hpp: every size, count and time limit of the product, with its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace curfew::limits {

using namespace std::chrono_literals;

// HTTP. A sign-in form or token request is under 8 KiB; 64 KiB leaves room for long claims
// requests, and for an application with a hundred redirect URIs of the usual length. Bodies are
// read before their sender is known, so there is no endpoint with a larger limit.
inline constexpr std::size_t kHttpHeaderBytesMax = 16UL * 1024;
inline constexpr std::size_t kHttpBodyBytesMax = 64UL * 1024;
inline constexpr std::size_t kHttpConnectionsMax = 20'000;
inline constexpr auto kHttpHeaderTimeMax = 10s;  // a whole request head; ends slow senders
inline constexpr auto kHttpBodyTimeMax = 20s;    // a whole body
inline constexpr auto kHttpWriteTimeMax = 20s;   // a peer that never reads its answer
inline constexpr auto kHttpIdleTimeMax = 75s;    // between two requests of a kept connection
inline constexpr auto kTlsHandshakeTimeMax = 10s;

// WebSockets (RFC 6455). Such a connection stays for days, so there is a number of its own for
// them, within that of all connections; and whoever does not read must not keep in memory what the
// others have long got.
inline constexpr std::size_t kHttpUpgradesMax = 4096;
inline constexpr std::size_t kWebsocketMessageBytesMax = 64UL * 1024;          // of a client's
inline constexpr std::size_t kWebsocketServerMessageBytesMax = 1024UL * 1024;  // of a server's
inline constexpr std::size_t kWebsocketFragmentsMax = 1024;                    // of one message
inline constexpr std::size_t kWebsocketQueueBytesMax = 4UL * 1024 * 1024;
inline constexpr auto kWebsocketPingTime = 20s;        // between two pings
inline constexpr auto kWebsocketPongTimeMax = 20s;     // then the peer is gone
inline constexpr auto kWebsocketWriteTimeMax = 20s;    // a peer that reads nothing of what waits
inline constexpr auto kWebsocketCloseTimeMax = 5s;     // until the peer has closed as well
inline constexpr auto kWebsocketConnectTimeMax = 10s;  // name, connection, TLS and handshake

// Parsers.
inline constexpr std::size_t kFormFieldsMax = 100;
inline constexpr std::size_t kCookiesMax = 50;
inline constexpr std::size_t kJsonDepthMax = 16;
inline constexpr std::size_t kJwtBytesMax = 16UL * 1024;
inline constexpr std::size_t kRedirectUriBytesMax = 2048;
inline constexpr std::size_t kIdentifierUriBytesMax = 255;  // Entra's
inline constexpr std::size_t kScopeBytesMax = 4096;
inline constexpr std::size_t kStateBytesMax = 4096;

// Client assertions (RFC 7523 3). What was accepted is remembered until it would be refused anyhow,
// so it must not be valid for long: MSAL asks for ten minutes. Clocks of applications differ.
inline constexpr auto kClientAssertionTimeMax = 15min;
inline constexpr auto kClientAssertionSkewMax = 30s;
inline constexpr std::size_t kJtiBytesMax = 256;
inline constexpr std::size_t kClientKeysMax = 20;  // of one application: each is tried by name

// Pushed authorization requests (RFC 9126). Each is a row from somebody who may have proved
// nothing, so it is not long and not for long: brought to us soon after, and a sign-in within its
// time.
inline constexpr std::size_t kPushedRequestBytesMax = 16UL * 1024;
inline constexpr auto kPushedRequestTime = 90s;
inline constexpr auto kPushedSignInTimeMax = 15min;

// Dynamic registration (RFC 7591). Whoever registers is a stranger with a token: what they leave
// behind is small, and there is a number to how much of it.
inline constexpr std::size_t kClientMetadataBytesMax = 16UL * 1024;  // the whole request
inline constexpr std::size_t kClientNameBytesMax = 128;
inline constexpr std::size_t kClientUrisMax = 10;       // of each list of addresses
inline constexpr std::size_t kClientUriBytesMax = 512;  // of those that only inform
inline constexpr std::size_t kClientContactsMax = 5;
inline constexpr std::size_t kClientContactBytesMax = 128;
inline constexpr std::size_t kClientScopesMax = 50;
inline constexpr auto kRegistrationTokenTimeMin = 60s;
inline constexpr auto kRegistrationTokenTimeMax = 90 * 24h;
inline constexpr std::int64_t kRegistrationTokenUsesMax = 1'000;

// Signing out (OIDC Front-Channel Logout): each application is a frame in the person's browser.
inline constexpr std::size_t kLogoutFramesMax = 50;
inline constexpr auto kLogoutFramesTime = 3s;  // before the browser goes on by itself

// Logout tokens (OIDC Back-Channel Logout): made anew for each try, so two minutes are enough, as
// the specification recommends. A receiver ends a session of its own and may call us back before it
// answers. Outside of a run nobody closes what fails: it is dropped after a day.
inline constexpr auto kLogoutTokenTime = 120s;
inline constexpr auto kLogoutCallTimeMax = 5s;
inline constexpr auto kLogoutRetryTimeMax = std::chrono::hours{24};
inline constexpr std::size_t kLogoutCallsAtOnce = 8;        // to one application, for one person
inline constexpr std::size_t kLogoutNoticesAtOnce = 1'000;  // written by one removal
inline constexpr std::size_t kLogoutSessionsMax = 5'000;    // of one person at one application

// Change notifications: Graph's own numbers. A receiver's address is as long as a redirect URI.
inline constexpr auto kSubscriptionTimeMax = 41'760min;  // under 29 days
inline constexpr std::size_t kSubscriptionsOfAppMax = 100;
inline constexpr std::size_t kSubscriptionsMax = 1000;
inline constexpr std::size_t kReceiverUrlBytesMax = 2048;
inline constexpr std::size_t kClientStateBytesMax = 128;
inline constexpr auto kHandshakeTimeMax = 10s;
inline constexpr auto kNotifyTimeMax = 3s;       // until a receiver has said that it got it
inline constexpr auto kNotifyRetryTimeMax = 4h;  // then what it missed is dropped, and said to be
inline constexpr std::size_t kNotificationsAtOnce = 100;
inline constexpr std::size_t kReceiverAnswerBytesMax = 4096;

// Delta queries: how long one can be gone on with, and how long its token may be.
inline constexpr auto kDeltaTimeMax = std::chrono::hours{24 * 7};
inline constexpr std::size_t kDeltaTokenBytesMax = 8192;
inline constexpr std::size_t kDeltaIdsMax = 50;

// Lists: Graph's own default and maximum page.
inline constexpr std::size_t kPageSizeDefault = 100;
inline constexpr std::size_t kPageSizeMax = 999;

}  // namespace curfew::limits
