#include "connectors/backchannel_logout/backchannel_logout.hpp"

#include <deque>
#include <optional>
#include <utility>

#include "base/limits.hpp"
#include "revocation/logout_notices.hpp"
#include "store/schema.hpp"
#include "store/schema_runs.hpp"

namespace curfew {

namespace {

// Steps that are remembered in part; beyond them one is told again from the beginning.
constexpr std::size_t kStepsRemembered = 1'000;

struct Sessions {
  App app;
  std::vector<SessionClient> clients;
  bool has_more = false;
};

Error needs_person(std::string what) {
  return Error{ErrorCode::conflict, Retry::after_human, std::move(what)};
}

Result<Sessions> load_sessions(ReadTx& tx, const TenantId& tenant_id, const ConnectorOrder& order) {
  CURFEW_TRY(const Run run, require<Run>(tx, "such run", tenant_id, order.run_id));
  CURFEW_TRY(auto app, load<App>(tx, tenant_id, AppId{order.target}));
  if (!app || !app->backchannel_logout_uri) {
    return needs_person("the application has no address any more to be told at");
  }
  Sessions found{*std::move(app), {}, false};
  CURFEW_TRY(auto clients, sessions_at(tx, tenant_id, order.subject_id, found.app.id,
                                       limits::kLogoutSessionsMax + 1));
  found.has_more = clients.size() > limits::kLogoutSessionsMax;
  for (SessionClient& client : clients) {
    if (client.auth_as_of < run.first_position) found.clients.push_back(std::move(client));
  }
  return found;
}

std::string counted(std::size_t sessions) {
  return std::to_string(sessions) + (sessions == 1 ? " session" : " sessions");
}

}  // namespace

// The calls of one order. It keeps itself alive until the last is answered.
struct BackchannelLogout::Round : std::enable_shared_from_this<Round> {
  Round(LogoutTeller& by, Acknowledged& known, ConnectorOrder given, Sessions found)
      : teller(by),
        acknowledged(known),
        order(std::move(given)),
        app(std::move(found.app)),
        all(found.clients.size()),
        has_more(found.has_more) {
    for (SessionClient& client : found.clients) {
      if (!acknowledged[order.step_id].contains(client.session_id)) {
        waiting.push_back(std::move(client));
      }
    }
  }

  void start(std::function<void(Result<Applied>)> at_end) {
    deliver = std::move(at_end);
    go_on();
  }

  void go_on() {
    while (under_way < limits::kLogoutCallsAtOnce && !waiting.empty() && !is_over()) {
      const SessionClient client = std::move(waiting.front());
      waiting.pop_front();
      ++under_way;
      teller.tell(app, client.user_id, client.session_id,
                  order.deadline - limits::kLogoutCallTimeMax,
                  [self = shared_from_this(), id = client.session_id](Result<std::string> said) {
                    self->answered(id, std::move(said));
                  });
    }
    if (under_way == 0) finish();
  }

  // What nothing cures for one session, nothing does for the others.
  [[nodiscard]] bool is_over() const {
    return worst && (worst->retry() != Retry::later || worst->code() == ErrorCode::timeout);
  }

  void answered(const SessionId& id, Result<std::string> said) {
    --under_way;
    if (said.ok()) {
      evidence = std::move(said).value();
      acknowledged[order.step_id].insert(id);
    } else if (!worst || worst->retry() == Retry::later) {
      worst = said.error();
    }
    go_on();
  }

  void finish() {
    const std::size_t told = acknowledged[order.step_id].size();
    if (worst) {
      return deliver(worst->within("told of " + std::to_string(told) + " of " + counted(all)));
    }
    if (has_more) {
      return deliver(needs_person("told of " + counted(told) +
                                  "; there are more than are told: end them at the application"));
    }
    acknowledged.erase(order.step_id);
    if (all == 0) return deliver(Applied{"no session there is known any more", ""});
    deliver(Applied{
        "told of " + counted(told) + ": " + (evidence.empty() ? "acknowledged before" : evidence),
        ""});
  }

  LogoutTeller& teller;
  Acknowledged& acknowledged;
  ConnectorOrder order;
  App app;
  std::size_t all = 0;
  bool has_more = false;
  std::deque<SessionClient> waiting;
  std::size_t under_way = 0;
  std::string evidence;
  std::optional<Error> worst;
  std::function<void(Result<Applied>)> deliver;
};

Result<std::shared_ptr<BackchannelLogout::Round>> BackchannelLogout::begin(
    const ConnectorOrder& order) {
  CURFEW_TRY(Sessions found, read_value<Sessions>(teller_.parts().store, [&](ReadTx& tx) {
               return load_sessions(tx, teller_.parts().tenant_id, order);
             }));
  if (acknowledged_.size() >= kStepsRemembered) acknowledged_.clear();
  return std::make_shared<Round>(teller_, acknowledged_, order, std::move(found));
}

Task<Result<std::string>> BackchannelLogout::prior_value(ConnectorOrder /*order*/) {
  co_return std::string{};
}

Task<Result<Applied>> BackchannelLogout::apply(ConnectorOrder order) {
  auto round = begin(order);
  if (!round.ok()) co_return round.error();
  std::function<void(std::function<void(Result<Applied>)>)> calls =
      [round = *round](std::function<void(Result<Applied>)> done) {
        round->start(std::move(done));
      };
  Result<Applied> applied =
      co_await await_callback<Result<Applied>>(teller_.parts().executor, std::move(calls));
  co_return applied;
}

Task<Result<Observation>> BackchannelLogout::observe(ConnectorOrder /*order*/) {
  co_return Observation{Finding::unobservable, ""};
}

Task<Result<Applied>> BackchannelLogout::undo(ConnectorOrder /*order*/) {
  co_return Applied{"nothing to do: the person signs in again", ""};
}

}  // namespace curfew
