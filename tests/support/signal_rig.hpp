// tests/support/signal_rig.hpp: a server whose web application is a receiver of shared signals,
// with streams that are polled, and pushed when round() is called.
#pragma once

#include <boost/json.hpp>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "api/ssf/signal_connector.hpp"
#include "api/ssf/signal_sender.hpp"
#include "api/ssf/stream_right.hpp"
#include "io/offload_pool.hpp"
#include "model/signals_app.hpp"
#include "protocol/json/json.hpp"
#include "protocol/ssf/event_types.hpp"
#include "store/schema_signals.hpp"
#include "tests/support/server_fixture.hpp"
#include "tests/support/test_receivers.hpp"

namespace curfew::test {

inline constexpr std::string_view kCaep = "https://schemas.openid.net/secevent/caep/event-type/";
inline constexpr std::string_view kRisc = "https://schemas.openid.net/secevent/risc/event-type/";

// Holds up what is signed by the page (ServerContext::signing_pool) until it is let go.
class HeldSigning {
 public:
  explicit HeldSigning(ServerFixture& server) : pool_(*server.context->signing_pool) {
    std::promise<void> is_held;
    REQUIRE(pool_.submit([&is_held, go = go_.get_future().share()] {
      is_held.set_value();
      go.wait();
    }));
    is_held.get_future().wait();
  }
  ~HeldSigning() {
    if (!is_let_go_) let_go();
  }
  HeldSigning(const HeldSigning&) = delete;
  HeldSigning& operator=(const HeldSigning&) = delete;

  // Until nothing more may wait.
  void fill() const {
    while (pool_.submit([] {}).ok()) {
    }
  }
  void let_go() {
    is_let_go_ = true;
    go_.set_value();
  }
  // Until somebody waits for it.
  void await_work() const {
    while (pool_.waiting() == 0) {
    }
  }

 private:
  OffloadPool& pool_;
  std::promise<void> go_;
  bool is_let_go_ = false;
};

// What waits to be signed is done in time, in the order in which it came: until then.
inline void await_signed(ServerFixture& server) {
  std::promise<void> is_empty;
  while (!server.context->signing_pool->submit([&] { is_empty.set_value(); })) {
  }
  is_empty.get_future().wait();
}

class SignalRig {
 public:
  explicit SignalRig(ServerFixture& fixture) : SignalRig(fixture, nullptr) {}
  // Beside other calls to receivers of the same server.
  SignalRig(ServerFixture& fixture, TestReceivers* shared)
      : server(fixture), receivers(shared != nullptr ? *shared : own_) {
    server.context->receivers = &receivers;
    let(server.web);
    restart();
  }

  ServerFixture& server;
  TestReceivers& receivers;
  // Steps that were told to look again; between rounds.
  std::vector<std::pair<RunId, StepId>> woken;

  // What the connector of runs asks.
  [[nodiscard]] SignalConnector::Stands stands() const {
    return [this](ReadTx& tx, const SignalStream& stream) {
      return check_stream_stands(tx, *server.context, stream);
    };
  }

  // Gives the application both permissions.
  void let(const AppId& id) {
    server.change<App>(id, [](App& app) {
      app.application_permissions.push_back(std::string{kSignalsResource} + "/ssf.manage");
      app.application_permissions.push_back(std::string{kSignalsResource} + "/ssf.read");
    });
  }

  std::string token(const std::string& scope = "ssf.manage ssf.read") {
    const TokenAnswer answer = server.app_token(scope);
    REQUIRE_MESSAGE(answer.ok(), answer.http.body);
    return answer.access();
  }

  TokenAnswer call_as(const std::string& token, HttpMethod method, const std::string& below,
                      const std::string& body = "") {
    HttpRequest request =
        server.get(server.path("/ssf/v1" + below),
                   {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}});
    request.method = method;
    request.body = body;
    return ServerFixture::taken_apart(server.send(std::move(request)));
  }
  TokenAnswer call(HttpMethod method, const std::string& below, const std::string& body = "") {
    return call_as(token(), method, below, body);
  }

  // Of every event that there is.
  static std::string all_events() { return boost::json::serialize(list_of(askable_event_uris())); }
  // Its id.
  std::string poll_stream() {
    const TokenAnswer made =
        call(HttpMethod::post, "/stream", R"({"events_requested":)" + all_events() + "}");
    REQUIRE_MESSAGE(made.status == 201, made.http.body);
    return made.text("stream_id");
  }
  std::string push_stream(const std::string& authorization = "Bearer of-the-receiver") {
    boost::json::object delivery{{"method", "urn:ietf:rfc:8935"},
                                 {"endpoint_url", "https://watch.contoso.com/events"}};
    if (!authorization.empty()) delivery["authorization_header"] = authorization;
    const TokenAnswer made = call(HttpMethod::post, "/stream",
                                  R"({"delivery":)" + boost::json::serialize(delivery) +
                                      R"(,"events_requested":)" + all_events() + "}");
    REQUIRE_MESSAGE(made.status == 201, made.http.body);
    return made.text("stream_id");
  }

  // The claims of what is there, by jti, in order.
  std::vector<boost::json::object> poll(const std::string& stream,
                                        const std::string& body = R"({"returnImmediately":true})") {
    const TokenAnswer answer = call(HttpMethod::post, "/poll/" + stream, body);
    REQUIRE_MESSAGE(answer.status == 200, answer.http.body);
    std::vector<boost::json::object> sets;
    for (const auto& [jti, set] : answer.body.at("sets").as_object()) {
      const std::string text{set.as_string()};
      CHECK(header_in(text).at("typ").as_string() == "secevent+jwt");
      CHECK(header_in(text).at("alg").as_string() == "RS256");
      sets.push_back(claims_in(text));
      CHECK(sets.back().at("jti").as_string() == jti);
    }
    return sets;
  }
  void acknowledge(const std::string& stream, const std::vector<boost::json::object>& sets) {
    boost::json::array jtis;
    for (const auto& set : sets) jtis.push_back(set.at("jti"));
    static_cast<void>(poll(stream, R"({"maxEvents":0,"returnImmediately":true,"ack":)" +
                                       boost::json::serialize(jtis) + "}"));
  }
  // The last part of each one's event URI.
  static std::vector<std::string> names_of(const std::vector<boost::json::object>& sets) {
    std::vector<std::string> names;
    for (const auto& set : sets) {
      const auto& events = set.at("events").as_object();
      REQUIRE(events.size() == 1);
      const std::string uri{events.begin()->key()};
      names.push_back(uri.substr(uri.rfind('/') + 1));
    }
    return names;
  }
  static const boost::json::object& event_in(const boost::json::object& set) {
    return set.at("events").as_object().begin()->value().as_object();
  }
  std::vector<std::string> poll_names(const std::string& stream) { return names_of(poll(stream)); }

  // --- push

  // As after a restart: nothing is left in memory.
  void restart() {
    sender_ = std::make_shared<SignalSender>(
        *server.context, server.runtime->executor(0),
        [this](const RunId& run, const StepId& step) { woken.emplace_back(run, step); });
  }
  // One round, and what it began is settled.
  void round() { run_round(server.runtime->executor(0), *sender_); }
  // Rounds until nothing is sent any more; what was.
  std::vector<boost::json::object> pushed() {
    std::vector<boost::json::object> sets;
    for (;;) {
      round();
      const auto calls = receivers.take();
      if (calls.empty()) return sets;
      for (const ReceiverCall& one : calls) sets.push_back(claims_in(one.body));
    }
  }

 private:
  TestReceivers own_;
  std::shared_ptr<SignalSender> sender_;
};

}  // namespace curfew::test
