#include "api/ops/ops_endpoints.hpp"

#include <algorithm>

#include "api/authn.hpp"
#include "api/gate_feed/gate_hub.hpp"
#include "api/metrics.hpp"
#include "api/sign_in_log.hpp"
#include "api/token_keys.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

HttpResponse plain(int status, std::string text) {
  HttpResponse response = HttpResponse::text(status, std::move(text));
  response.headers.set("Cache-Control", "no-store");
  return response;
}

bool may_read_metrics(const Actor& actor) {
  constexpr Role kReaders[] = {Role::global_administrator, Role::global_reader,
                               Role::reports_reader,       Role::security_reader,
                               Role::security_operator,    Role::security_administrator};
  return std::ranges::any_of(kReaders, [&](Role role) { return actor.roles.contains(role); });
}

bool store_answers(const ServerContext& context) {
  return context.store
      .read([&](ReadTx& tx) -> Status {
        CURFEW_TRY_STATUS(require<Tenant>(tx, "tenant", context.tenant_id));
        return Done{};
      })
      .ok();
}

void append_gates(std::vector<Gauge>& gauges, const GateHub& hub) {
  const FeedTotals totals = hub.totals();
  gauges.push_back({"gates_connected", "Instances of gates that are connected.",
                    static_cast<double>(totals.connected)});
  gauges.push_back({"gate_leases_outstanding",
                    "Instances of gates that have a lease, also those that have gone.",
                    static_cast<double>(totals.leases)});
  gauges.push_back({"gate_lag_entries",
                    "Entries of the journal that the slowest connected gate has not acknowledged.",
                    static_cast<double>(totals.lag)});
}

std::vector<Gauge> gauges_of(const ServerContext& context) {
  const Position head = context.live().head().position;
  std::vector<Gauge> gauges{
      {"journal_generation", "Generation of the journal.", static_cast<double>(head.generation)},
      {"journal_sequence", "Newest entry of the journal in its generation.",
       static_cast<double>(head.sequence)},
      {"journal_rolled_back", "1 while the journal is known to lack entries: nothing is issued.",
       context.live().rollback().is_raised() ? 1.0 : 0.0},
      {"journal_keys", "Keys that the journal names.",
       static_cast<double>(context.live().key_count())},
      {"password_checks_waiting", "Password checks that wait for a thread.",
       static_cast<double>(context.password_pool.waiting())},
      {"signings_waiting", "Lots of shared signals that wait to be signed.",
       static_cast<double>(context.signing_pool->waiting())},
      {"sign_in_log_dropped", "Lines that the sign-in log had no room for.",
       static_cast<double>(context.sign_in_log.dropped())},
  };
  if (context.gate_hub != nullptr) append_gates(gauges, *context.gate_hub);
  return gauges;
}

std::string words_of(const RollbackProof& proof) {
  return "rolled back: a credential of ours is stamped " + to_string(proof.stamp) +
         ", but the journal ended at " + to_string(proof.head) +
         "; nothing is issued until an operator stops the server and either puts the newest "
         "database back or runs curfewd fence\n";
}

}  // namespace

Task<HttpResponse> healthz_endpoint(const ServerContext&, RoutedRequest) {
  co_return plain(200, "ok\n");
}

Task<HttpResponse> readyz_endpoint(const ServerContext& context, RoutedRequest) {
  if (!store_answers(context)) co_return plain(503, "the store does not answer\n");
  if (context.token_keys.active_key(TokenAlg::es256).empty() ||
      context.token_keys.active_key(TokenAlg::rs256).empty()) {
    co_return plain(503, "a signing key is missing\n");
  }
  const auto rollback = context.live().rollback().proof();
  if (rollback) co_return plain(503, words_of(*rollback));
  co_return plain(200, "ready\n");
}

Task<HttpResponse> metrics_endpoint(const ServerContext& context, RoutedRequest request) {
  auto caller = authenticate(context, request, kAdminApiResource);
  if (auto* refusal = std::get_if<HttpResponse>(&caller)) co_return std::move(*refusal);
  if (!may_read_metrics(std::get<Caller>(caller).actor)) {
    co_return plain(403, "none of your directory roles may read metrics\n");
  }
  HttpResponse response = plain(200, context.metrics.to_prometheus(gauges_of(context)));
  response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  co_return response;
}

}  // namespace curfew
