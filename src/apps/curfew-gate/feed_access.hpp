// apps/curfew-gate/feed_access.hpp: what a running gate needs to be let in and to believe its
// server: a token for the feed, and the server's signing keys.
//
// Both are asked for together, on a thread that may wait, with the key that is in the folder then:
// `curfew-gate enrol --again` beside a running gate gives it its new key. A token is renewed before
// it ends; one that the server does not take is dropped, and another is asked for.
//
// Thread: the executor's. Lifetime: outlives the tasks that it made.
#pragma once

#include <string>

#include "apps/curfew-gate/gate_folder.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/task.hpp"
#include "io/offload_pool.hpp"
#include "protocol/jose/jws_key.hpp"

namespace curfew {

class FeedAccess {
 public:
  // `identity`: who the gate was when it started; another gate's enrolment in its folder is not
  // followed. `jwks`: the keys to believe until others come.
  FeedAccess(OffloadPool& pool, Executor& executor, GateFolder folder, GateIdentity identity,
             const std::string& jwks);

  // The token that it has, or a new one from this server. Errors as ask_for_token(), and conflict
  // where the folder is another gate's now.
  [[nodiscard]] Task<Result<Secret>> token(std::string server);
  // A new one in the place of the one that it has, which stays if that fails.
  [[nodiscard]] Task<Status> renew(std::string server);
  // The server does not take it.
  void drop() { token_ = Secret{}; }
  // Four fifths of its life are over, or none is there.
  [[nodiscard]] bool is_renewal_due(Duration boot_now) const { return boot_now >= renew_at_; }

  [[nodiscard]] const KeySet& keys() const { return keys_; }
  [[nodiscard]] const std::string& jwks() const { return jwks_; }
  // As the feed says. Left out where they are no keys: the server's own are then still believed.
  void set_keys(const std::string& jwks);

 private:
  OffloadPool& pool_;
  Executor& executor_;
  GateFolder folder_;
  GateIdentity identity_;
  std::string jwks_;
  KeySet keys_;
  Secret token_;
  Duration ends_at_{};
  Duration renew_at_{};
};

}  // namespace curfew
