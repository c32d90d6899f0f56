// tests/support/race_server.hpp: the server of server_fixture.hpp with a pause at every point where
// a revocation can slip in between: before a read, before a commit, before a signature. Its runs
// are driven by the connectors to ourselves.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "revocation/local_connectors.hpp"
#include "tests/support/pausing_store.hpp"
#include "tests/support/server_fixture.hpp"

namespace curfew::test {

// Gives way to other threads at each point, as often as a seeded generator says.
class SeededPauses {
 public:
  explicit SeededPauses(std::uint64_t seed) : state_(seed) {}
  void operator()(Point point) {
    const std::uint64_t bits = next() + static_cast<std::uint64_t>(point);
    const bool is_long = bits % 31 == 0;  // long enough for a whole removal to pass by
    for (std::uint64_t i = is_long ? 200 : bits % 16; i > 0; --i) std::this_thread::yield();
  }

 private:
  std::uint64_t next() {  // splitmix64
    std::uint64_t z = state_.fetch_add(0x9E3779B97F4A7C15ULL, std::memory_order_relaxed);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  std::atomic<std::uint64_t> state_;
};

// The real keys, with a pause before each token that they sign.
class PausingKeys final : public TokenKeys {
 public:
  PausingKeys(TokenKeys& inner, SeededPauses& pauses) : inner_(inner), pauses_(pauses) {}

  Status reload() override { return inner_.reload(); }
  [[nodiscard]] Result<std::string> sign(TokenAlg alg, std::string_view typ,
                                         std::string_view payload_json) const override {
    pauses_(Point::before_sign);
    return inner_.sign(alg, typ, payload_json);
  }
  [[nodiscard]] KeyId active_key(TokenAlg alg) const override { return inner_.active_key(alg); }
  [[nodiscard]] Result<std::shared_ptr<const VerifiedAccessToken>> verify_access_token(
      std::string_view compact) const override {
    return inner_.verify_access_token(compact);
  }
  [[nodiscard]] std::shared_ptr<const KeySet> verify_keys() const override {
    return inner_.verify_keys();
  }
  [[nodiscard]] std::string jwks_json() const override { return inner_.jwks_json(); }
  [[nodiscard]] Result<std::string> sign_report(std::string_view payload_json) const override {
    return inner_.sign_report(payload_json);
  }
  [[nodiscard]] std::string report_public_jwk() const override {
    return inner_.report_public_jwk();
  }
  [[nodiscard]] std::string report_jwks_json() const override { return inner_.report_jwks_json(); }

 private:
  TokenKeys& inner_;
  SeededPauses& pauses_;
};

class RaceServer : public ServerFixture {
 public:
  RaceServer(std::unique_ptr<Store> inner, std::uint64_t seed)
      : RaceServer(std::move(inner), std::make_unique<SeededPauses>(seed)) {}
  ~RaceServer() { runtime->stop(); }

 private:
  RaceServer(std::unique_ptr<Store> inner, std::unique_ptr<SeededPauses> pauses)
      : ServerFixture(options(std::move(inner), *pauses)),
        pauses_(std::move(pauses)),
        paused_keys_(*keys, *pauses_),
        local_({*store, *journal, clock, runtime->executor(0)}),
        driving_({tenant,
                  *store,
                  clock,
                  runtime->executor(0),
                  never_,
                  local_.all(),
                  {},
                  [](const RunData&) {}}),
        service_(ServiceParts{tenant,
                              *store,
                              *journal,
                              audit,
                              clock,
                              {},
                              {[this](std::string_view text) { return keys->sign_report(text); },
                               [this] { return keys->report_public_jwk(); }},
                              [] { return new_guid(); }},
                 driving_, watch) {
    const ServerContext& c = *context;
    context.reset(new ServerContext{c.tenant_id, c.domains, c.base_url, c.lifetimes, c.store,
                                    c.journal, c.clock, c.runtime, c.password_pool, paused_keys_,
                                    c.throttle, c.sign_in_log, service_, c.audit, c.metrics,
                                    c.refusals, c.refresh_token_key, c.sealing_key});
  }

  static FixtureOptions options(std::unique_ptr<Store> inner, SeededPauses& pauses) {
    FixtureOptions made;
    made.store =
        std::make_unique<PausingStore>(std::move(inner), [&pauses](Point point) { pauses(point); });
    made.threads = 2;
    return made;
  }

  // What a run would do later is not what these tests wait for.
  class NeverTimer final : public RunTimer {
   public:
    void call_at(TimePoint /*at*/, std::function<void()> /*work*/) override {}
  };

  std::unique_ptr<SeededPauses> pauses_;
  NeverTimer never_;
  PausingKeys paused_keys_;
  LocalConnectors local_;
  RunEngine driving_;
  RevocationService service_;
};

}  // namespace curfew::test
