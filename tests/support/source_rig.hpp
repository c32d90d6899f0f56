// tests/support/source_rig.hpp: a server that hears the signals of a transmitter, whose keys are
// published, which pushes, and which is polled when round() is called.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/signal_sources/source_keys.hpp"
#include "api/signal_sources/source_right.hpp"
#include "api/signal_sources/source_rounds.hpp"
#include "crypto/random.hpp"
#include "crypto/sign_key.hpp"
#include "model/built_in_app_ids.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/json/json.hpp"
#include "store/schema_sources.hpp"
#include "tests/support/client_signer.hpp"
#include "tests/support/server_fixture.hpp"
#include "tests/support/test_receivers.hpp"

namespace curfew::test {

inline constexpr std::string_view kSourceIssuer = "https://idp.fabrikam.test";
inline constexpr std::string_view kSourceAudience = "https://curfew.contoso.test/heard";
inline constexpr std::string_view kSourceJwks = "https://idp.fabrikam.test/jwks";
inline constexpr std::string_view kSourcePolls = "https://idp.fabrikam.test/poll";

class SourceRig {
 public:
  explicit SourceRig(ServerFixture& fixture) : SourceRig(fixture, nullptr) {}
  // Beside other calls to receivers of the same server.
  SourceRig(ServerFixture& fixture, TestReceivers* shared)
      : server(fixture), receivers(shared != nullptr ? *shared : own_) {
    server.context->receivers = &receivers;
    keys_ = std::make_unique<SourceKeys>(*server.context);
    server.context->source_keys = keys_.get();
    receivers.answer_with([this](const ReceiverCall& call) { return answer(call); });
    for (const SignalEffect effect : kSignalEffects) let(effect);
    restart();
  }

  ServerFixture& server;
  TestReceivers& receivers;
  SigningKey key = SigningKey::generate(SignatureAlg::es256).value();
  std::string kid = "one";
  int jwks_status = 200;
  std::size_t jwks_fetched = 0;
  std::function<void()> while_fetching;  // what happens while keys are fetched
  int poll_status = 200;
  std::vector<std::string> poll_answers;  // the next ones, the first first; then there is nothing

  // Gives the application what the effect needs.
  void let(SignalEffect effect) {
    const std::string_view name = permission_for(effect);
    if (name.empty()) return;
    server.change<App>(server.web, [&](App& app) {
      app.application_permissions.push_back(std::string{kGraphResource} + "/" + std::string{name});
    });
  }
  void let_nothing() {
    server.change<App>(server.web, [](App& app) { app.application_permissions.clear(); });
  }

  SignalSource& add(StreamDelivery delivery = StreamDelivery::push) {
    SourceToken made = new_source_token();
    token = made.text;
    source = SignalSource{};
    source.tenant_id = server.tenant;
    source.id = new_guid();
    source.app_id = server.web;
    source.display_name = "Fabrikam";
    source.issuer = kSourceIssuer;
    source.audiences = {std::string{kSourceAudience}};
    source.jwks_uri = kSourceJwks;
    source.delivery = delivery;
    source.created_at = server.clock.now();
    if (delivery == StreamDelivery::push) source.token_hash = made.hash;
    if (delivery == StreamDelivery::poll) source.poll_url = kSourcePolls;
    server.put(source);
    return source;
  }
  SignalSource source;
  std::string token;
  [[nodiscard]] SignalSource row() { return server.row<SignalSource>(source.id); }
  void change(const std::function<void(SignalSource&)>& how) {
    server.change<SignalSource>(source.id, how);
  }

  // --- tokens

  static std::string uri(const std::string& event) {
    const bool is_risc = event.starts_with("account-") || event == "sessions-revoked";
    return "https://schemas.openid.net/secevent/" + std::string{is_risc ? "risc" : "caep"} +
           "/event-type/" + event;
  }
  [[nodiscard]] boost::json::object john() const {
    return {{"format", "email"}, {"email", server.upn}};
  }
  boost::json::object claims(const std::string& event, boost::json::object subject,
                             boost::json::object members = {}) {
    return {{"iss", kSourceIssuer},
            {"aud", kSourceAudience},
            {"jti", random_token(16)},
            {"iat", to_unix_seconds(server.clock.now())},
            {"sub_id", std::move(subject)},
            {"events", boost::json::object{{uri(event), std::move(members)}}}};
  }
  [[nodiscard]] std::string sign(const boost::json::object& claims,
                                 const std::string& typ = "secevent+jwt") const {
    boost::json::object header{{"alg", "ES256"}, {"kid", kid}};
    if (!typ.empty()) header["typ"] = typ;
    return sign_compact(key, header, claims);
  }
  std::string about_john(const std::string& event) { return sign(claims(event, john())); }

  HttpResponse push_as(const std::string& bearer, const std::string& body) {
    HttpRequest request = server.get(server.path("/ssf/v1/events/" + source.id),
                                     {{"Content-Type", "application/secevent+jwt"}});
    if (!bearer.empty()) request.headers.set("Authorization", "Bearer " + bearer);
    request.method = HttpMethod::post;
    request.body = body;
    return server.send(std::move(request));
  }
  HttpResponse push(const std::string& body) { return push_as(token, body); }
  // The code of a refusal.
  static std::string code_in(const HttpResponse& response) {
    const auto body = parse_json_object(response.body);
    REQUIRE_MESSAGE(body.ok(), response.body);
    return std::string{body->at("err").as_string()};
  }

  // --- what follows

  // As after a restart: nothing is left in memory.
  void restart() {
    rounds_ = std::make_shared<SourceRounds>(*server.context, server.runtime->executor(0));
  }
  // One round, and what it began is settled.
  void round() { run_round(server.runtime->executor(0), *rounds_); }
  // Rounds until nothing waits any more; what came, in order.
  std::vector<ReceivedSignal> settled() {
    constexpr int kRoundsMax = 100;  // what is tried again is tried again later
    for (int i = 0; row().pending_count > 0 && i < kRoundsMax; ++i) round();
    REQUIRE(row().pending_count == 0);
    return server.all<ReceivedSignal>();
  }
  ReceivedSignal settled_one() {
    const auto all = settled();
    REQUIRE(all.size() == 1);
    return all.front();
  }
  // An answer to a poll with these tokens, each by its jti.
  [[nodiscard]] std::string answer_of(const std::vector<boost::json::object>& all) const {
    boost::json::object sets;
    for (const auto& one : all) sets[one.at("jti").as_string()] = sign(one);
    return boost::json::serialize(boost::json::object{{"sets", std::move(sets)}});
  }
  // What was said in polls since the last time.
  std::vector<boost::json::object> polled() {
    std::vector<boost::json::object> all;
    for (const ReceiverCall& call : receivers.take()) {
      if (call.url == kSourcePolls) all.push_back(parse_json_object(call.body).value());
    }
    return all;
  }

  // Of the transmitter, to whatever it is asked.
  Result<ReceiverAnswer> answer(const ReceiverCall& call) {
    if (call.url == kSourceJwks) {
      ++jwks_fetched;
      if (while_fetching) while_fetching();
      return ReceiverAnswer{
          jwks_status, "application/json",
          serialize_jwks({serialize_jwk(key.verify_key(), SignatureAlg::es256, kid)})};
    }
    if (call.url != kSourcePolls) return TestReceivers::usual(call);
    if (poll_answers.empty()) {
      return ReceiverAnswer{poll_status, "application/json", R"({"sets":{}})"};
    }
    ReceiverAnswer next{poll_status, "application/json", poll_answers.front()};
    poll_answers.erase(poll_answers.begin());
    return next;
  }

 private:
  TestReceivers own_;
  std::unique_ptr<SourceKeys> keys_;
  std::shared_ptr<SourceRounds> rounds_;
};

}  // namespace curfew::test
