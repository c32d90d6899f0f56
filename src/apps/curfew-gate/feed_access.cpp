#include "apps/curfew-gate/feed_access.hpp"

#include <utility>

#include "apps/curfew-gate/server_calls.hpp"
#include "protocol/jose/jwk.hpp"

namespace curfew {

namespace {

struct Granted {
  FeedToken token;
  std::string jwks;  // empty: they could not be had
};

// Waits for the server: not on an I/O thread.
Result<Granted> ask(const GateFolder& folder, const GateIdentity& started_as,
                    const std::string& server) {
  CURFEW_TRY_STATUS(folder.settle());
  CURFEW_TRY(const GateIdentity enrolled, folder.enrolled_identity());
  if (enrolled.client_id != started_as.client_id || enrolled.issuer != started_as.issuer) {
    return Error{ErrorCode::conflict, Retry::after_human,
                 folder.path() + " is the folder of another gate now: start this program again"};
  }
  CURFEW_TRY(const GateKey key, folder.key(enrolled));
  const GateIdentity there = identity_at(server, enrolled);
  const std::string ca_file = folder.ca_file();
  HttpClient client;
  Granted granted;
  CURFEW_TRY(granted.token, ask_for_token(client, there, key, ca_file, SystemClock{}.now()));
  const auto keys = ask_for_keys(client, there, ca_file);
  if (keys.ok()) granted.jwks = *keys;
  return granted;
}

}  // namespace

FeedAccess::FeedAccess(OffloadPool& pool, Executor& executor, GateFolder folder,
                       GateIdentity identity, const std::string& jwks)
    : pool_(pool), executor_(executor), folder_(std::move(folder)), identity_(std::move(identity)) {
  set_keys(jwks);
}

void FeedAccess::set_keys(const std::string& jwks) {
  if (jwks == jwks_) return;
  auto keys = parse_jwks(jwks);
  if (!keys.ok() || keys->empty()) return;
  jwks_ = jwks;
  keys_ = std::move(keys).value();
}

Task<Result<Secret>> FeedAccess::token(std::string server) {
  const bool is_good = !token_.empty() && SystemClock{}.since_boot() < ends_at_;
  if (!is_good) {
    CURFEW_CO_TRY_STATUS(co_await renew(std::move(server)));
  }
  co_return token_;
}

Task<Status> FeedAccess::renew(std::string server) {
  // A failure is tried again when a fifth of a minute has passed, and by each new connection.
  constexpr Duration kTryAgain = std::chrono::seconds{12};
  const Duration asked_at = SystemClock{}.since_boot();
  renew_at_ = asked_at + kTryAgain;
  auto work = [folder = folder_, identity = identity_, server = std::move(server)] {
    return ask(folder, identity, server);
  };
  CURFEW_CO_TRY(Granted granted, co_await offload(pool_, executor_, std::move(work)));
  token_ = std::move(granted.token.token);
  ends_at_ = asked_at + granted.token.lifetime;
  renew_at_ = asked_at + granted.token.lifetime / 5 * 4;
  set_keys(granted.jwks);
  co_return Done{};
}

}  // namespace curfew
