// revocation/fence/test_fence_world.hpp: a tenant that was restored and fenced, for tests of what
// gates hand over.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "revocation/fence/fence_holding.hpp"
#include "revocation/fence/fence_review.hpp"
#include "store/schema_clients.hpp"
#include "store/schema_fences.hpp"
#include "store/schema_password_reset.hpp"
#include "tests/support/revocation_world.hpp"

namespace curfew {

struct FenceWorld : RevocationWorld {
  const AppId gate{"gate"};

  FenceWorld() {
    pass_positions(10);
    write([&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(journal.start_generation(tx, "fence", clock.now()));
      return Done{};
    });
  }
  Handover handover(std::vector<NamedBlock> lost, const std::string& by = "gate") {
    for (NamedBlock& block : lost) block.object = object_of(block.key);
    return {2, AppId{by}, by, "192.0.2.1", std::move(lost)};
  }
  HandoverEffect hold(const Handover& handed) {
    HandoverEffect effect;
    write([&](WriteTx& tx) -> Status {
      CURFEW_TRY(effect, hold_lost_blocks(tx, journal, audit, handed, clock.now()));
      return Done{};
    });
    return effect;
  }
  // As a server does: nothing is written where there is nothing to write.
  bool hand_over(const Handover& handed) {
    const auto left = read<std::optional<Handover>>([&](ReadTx& tx) { return sifted(tx, handed); });
    if (left) hold(*left);
    return left.has_value();
  }
  Result<std::optional<Handover>> sifted(ReadTx& tx, Handover handed) {
    const std::vector<NamedBlock> lost = std::exchange(handed.lost, {});
    HandoverSieve sieve{tenant, std::move(handed)};
    for (const NamedBlock& block : lost) {
      CURFEW_TRY_STATUS(sieve.sift(tx, block));
    }
    return sieve.finish(tx);
  }
  std::optional<HeldObject> object_of(const Key& key) {
    return read<std::optional<HeldObject>>([&](ReadTx& tx) -> Result<std::optional<HeldObject>> {
      HeldObjects objects{tenant};
      objects.look_for(key);
      for (bool has_more = true; has_more;) {
        CURFEW_TRY(has_more, objects.read_some(tx));
      }
      return objects.find(tx, key);
    });
  }

  Status review(const std::string& id, ReviewVerdict verdict, const Actor& by) {
    return store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(review_lost_block(tx, journal, id, verdict, by, clock.now()));
      return Done{};
    });
  }
  void disbelieve(const std::string& who) {
    for (const LostBlock& block : open(AppId{who})) {
      write([&](WriteTx& tx) -> Status {
        CURFEW_TRY_STATUS(disbelieve_gate(tx, journal, block, AppId{who}, root(), clock.now()));
        return Done{};
      });
    }
  }
  std::vector<LostBlock> open(const AppId& of = {}) {
    return read<std::vector<LostBlock>>(
        [&](ReadTx& tx) { return open_lost_blocks(tx, tenant, of); });
  }
  std::vector<LostBlock> rows() {
    return read<std::vector<LostBlock>>([&](ReadTx& tx) {
      Query query;
      query.prefix = keys_of(tenant);
      return scan_as<LostBlock>(tx, query);
    });
  }
  bool is_blocked(const Key& key) {
    return live->states(std::vector<Key>{key}).front().hold_count != 0;
  }
  FenceGate gate_row() { return get<FenceGate>(std::uint64_t{2}, gate).value(); }

  Key add_secret(const std::string& app, const std::string& id) {
    AppSecret secret;
    secret.tenant_id = tenant;
    secret.app_id = AppId{app};
    secret.id = id;
    put(secret);
    return authenticator_key(id);
  }
  Key add_method(const std::string& user, const std::string& id) {
    EmailMethod method;
    method.tenant_id = tenant;
    method.user_id = UserId{user};
    method.authenticator_id = id;
    method.email_address = user + "@example.com";
    put(method);
    return authenticator_key(id);
  }
  // API keys "k0", "k1" and so on, as blocks at ascending positions.
  std::vector<NamedBlock> blocks_of_keys(std::size_t count, std::uint64_t first = 20) {
    std::vector<NamedBlock> lost;
    write([&](WriteTx& tx) -> Status {
      for (std::uint64_t i = 0; i < count; ++i) {
        ApiKey key;
        key.tenant_id = tenant;
        key.id = "k" + std::to_string(i);
        key.hash = "hash of " + key.id;
        key.app_id = AppId{"app"};
        key.display_name = key.id;
        CURFEW_TRY_STATUS(save(tx, key));
        lost.push_back({credential_key(key.id), {1, first + i}, "", {}});
      }
      return Done{};
    });
    return lost;
  }
};

inline Key user_key(const std::string& id) { return {KeyKind::user, id}; }
inline constexpr const char* kUnproved = "nothing proves it";

}  // namespace curfew
