// tests/bench/scripts.hpp: what the connections of the load generator ask for. Each checks that the
// answer is what it asked for: a server that only answers fast ends the measurement.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/load.hpp"
#include "tests/bench/seed.hpp"
#include "tests/bench/world.hpp"

namespace curfew::bench {

// The text of a JSON member; empty if it is not there. Enough for answers of our own server.
[[nodiscard]] std::string_view json_member(std::string_view json, std::string_view name);

// A form that is always the same but for its end.
struct FormHead {
  std::string target;
  std::string begin;
  std::string headers = {};  // whole lines, each with its CR LF
};
[[nodiscard]] FormHead refresh_form(const World& world, const Client& client);
[[nodiscard]] FormHead introspect_form(const World& world, const Client& client);
[[nodiscard]] std::string form_post(const FormHead& form, std::string_view end);

// Asks for the same thing each time.
class SameRequest : public Script {
 public:
  explicit SameRequest(std::string request) : request_(std::move(request)) {}
  std::string next() override { return request_; }

 private:
  std::string request_;
};

// grant_type=client_credentials.
class AppTokenScript final : public SameRequest {
 public:
  AppTokenScript(const World& world, const Client& client, const std::string& scope,
                 double pause_micros = 0);
  Outcome take(const Answer& answer) override;
  double pause() const override { return pause_micros_; }
  [[nodiscard]] const std::string& token() const { return token_; }

 private:
  std::string token_;  // the last one
  double pause_micros_;
};

// grant_type=refresh_token: its grants in turn, each time with the newest token of the grant.
class RefreshScript final : public Script {
 public:
  enum class Expect { id_token, no_id_token };
  RefreshScript(FormHead form, std::vector<std::string> tokens, Expect expect)
      : form_(std::move(form)), tokens_(std::move(tokens)), expect_(expect) {}
  std::string next() override;
  Outcome take(const Answer& answer) override;
  [[nodiscard]] const std::vector<std::string>& access_tokens() const { return access_tokens_; }

 private:
  FormHead form_;
  std::vector<std::string> tokens_;         // of each grant
  std::vector<std::string> access_tokens_;  // the first ones that it was given
  std::size_t at_ = 0;
  Expect expect_;
};

// The form with each of its ends in turn.
class FormScript : public Script {
 public:
  enum class Turns { once, for_ever };
  FormScript(FormHead form, std::vector<std::string> ends, Turns turns)
      : form_(std::move(form)), ends_(std::move(ends)), turns_(turns) {}
  std::string next() override;

 private:
  FormHead form_;
  std::vector<std::string> ends_;
  std::size_t at_ = 0;
  Turns turns_;
};

// Introspection: each token must be active.
class IntrospectScript final : public FormScript {
 public:
  using FormScript::FormScript;
  Outcome take(const Answer& answer) override;
};

// A grant for tokens: an access token must come of it.
class GrantScript final : public FormScript {
 public:
  using FormScript::FormScript;
  Outcome take(const Answer& answer) override;
};

// The refresh tokens of new grants: nothing but the grant's id goes into them.
[[nodiscard]] std::vector<std::string> first_refresh_tokens(const World& world,
                                                            const std::vector<GrantId>& grants);

// Deals `items` out to so many hands.
template <typename T>
std::vector<std::vector<T>> dealt(const std::vector<T>& items, std::size_t hands) {
  std::vector<std::vector<T>> dealt(hands);
  for (std::size_t i = 0; i < items.size(); ++i) dealt[i % hands].push_back(items[i]);
  return dealt;
}

// Sends each of the requests once, over several connections, and gives their answers in the order
// of the requests.
struct KeptAnswer {
  int status = 0;
  std::string body;
};
[[nodiscard]] Result<std::vector<KeptAnswer>> ask_each(const World& world,
                                                       std::vector<std::string> requests);

[[nodiscard]] std::string refresh_request(const World& world, const Client& client,
                                          std::string_view token);
[[nodiscard]] std::string introspect_request(const World& world, const Client& client,
                                             std::string_view token);

}  // namespace curfew::bench
