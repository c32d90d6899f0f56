// gate/simulation/test_world.hpp: what the simulated servers and gates live in: dice, clocks that
// drift, links, the weather, and what was revoked. All of one life is on one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/sign_key.hpp"
#include "gate/feed/signed_head.hpp"
#include "gate/follower/follower.hpp"
#include "model/validity.hpp"

namespace curfew::simulation {

using namespace std::chrono_literals;

inline constexpr Duration kTick = 20ms;
inline constexpr Duration kLease = 2s;
inline constexpr Duration kDrift = 250ms;
inline constexpr Duration kSilenceMax = 3s;  // a side that hears nothing gives the connection up
inline constexpr std::int64_t kRatePermilleMax =
    40;  // (1 + r) / (1 - r) fits into 1 + drift / lease
inline constexpr std::size_t kUsers = 4;
inline constexpr std::size_t kInstancesMax = 3;
inline constexpr std::string_view kIssuer = "https://id.contoso.com";
inline const TimePoint kWallStart = from_unix_millis(1'700'000'000'000);
inline const Key kTenant{KeyKind::tenant, "tenant"};

inline const JwtSigner& server_key() {
  static const JwtSigner signer{SigningKey::generate(SignatureAlg::es256).value(), "server"};
  return signer;
}

inline Result<ChainMark> verify(std::string_view jws) {
  static const KeySet keys = KeySet::of(
      JwsKey::asymmetric("server", SignatureAlg::es256, server_key().verify_key()).value());
  return verify_head(jws, keys, kIssuer);
}

class SimDice {
 public:
  explicit SimDice(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() { return engine_(); }
  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
  bool permille(std::uint64_t chance) { return below(1000) < chance; }
  Duration up_to(Duration most) {
    return Duration{static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most.count()) + 1))};
  }

 private:
  std::mt19937_64 engine_;
};

// A machine's clocks, each with a rate of its own.
struct Machine {
  std::int64_t rate_permille = 0;
  Duration boot_offset{};
  Duration wall_jump{};

  explicit Machine(SimDice& dice)
      : rate_permille(static_cast<std::int64_t>(dice.below(2 * kRatePermilleMax + 1)) -
                      kRatePermilleMax),
        boot_offset(dice.up_to(1000s)) {}
  [[nodiscard]] Duration boot(Duration now) const {
    return boot_offset + now + now * rate_permille / 1000;
  }
  [[nodiscard]] GateTime time(Duration now) const {
    return {boot(now), kWallStart + boot(now) + wall_jump};
  }
};

// One connection: two streams, each in its order.
struct Wire {
  struct Sent {
    Duration at;
    std::string text;
  };
  struct Stream {
    std::deque<Sent> sent;
    Duration stuck_until{};
    Duration last_heard{};

    void send(std::string text, Duration at) {
      if (!sent.empty()) at = std::max(at, sent.back().at);
      sent.push_back({at, std::move(text)});
    }
    std::optional<std::string> receive(Duration now) {
      if (sent.empty() || now < stuck_until || sent.front().at > now) return std::nullopt;
      std::string text = std::move(sent.front().text);
      sent.pop_front();
      last_heard = now;
      return text;
    }
  };
  AppId gate;
  Stream to_server;
  Stream to_gate;
  bool is_open = true;
  bool is_refused = false;  // by the server, which closes it when the gate has heard why

  [[nodiscard]] bool is_served() const { return is_open && !is_refused; }
  [[nodiscard]] bool is_over() const { return !is_open || (is_refused && to_gate.sent.empty()); }
};

// A revocation, and the credential that it outdates.
struct Revocation {
  Position position;
  std::string user;
  CredentialFacts credential;
  bool is_lost = false;          // by a rollback: nothing is claimed of it any more
  std::set<AppId> complete_for;  // gates of which the ledger said so

  [[nodiscard]] bool covers(const CredentialFacts& facts) const {
    return facts.stamps.auth_as_of < position &&
           std::ranges::find(facts.keys, credential.keys.back()) != facts.keys.end();
  }
};

struct Weather {  // how bad it is
  bool is_bad = true;
  bool are_links_dead = false;
};

struct World {
  SimDice dice;
  Duration now{};
  Weather weather;
  std::vector<AppId> gates;
  std::optional<std::string> violation;
  std::size_t claims = 0;
  std::size_t divergences = 0;
  std::size_t rollbacks_proved = 0;
  std::size_t blocks_written = 0;  // which gates handed over

  explicit World(std::uint64_t seed) : dice(seed) {}
  void fail(std::string what) {
    if (!violation) violation = std::move(what) + " at " + std::to_string(now.count()) + " ms";
  }
  Duration delay() {
    if (!weather.is_bad) return 5ms;
    return dice.permille(50) ? dice.up_to(1500ms) : dice.up_to(100ms);
  }
};

}  // namespace curfew::simulation
