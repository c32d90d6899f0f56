#include "tests/bench/scripts.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "api/op/refresh_token.hpp"

namespace curfew::bench {

namespace {

constexpr std::size_t kAccessTokensKept = 2'000;
constexpr Duration kAskingTimeMax{120'000};
constexpr std::size_t kAskingConnections = 32;

std::string app_token_request(const World& world, const Client& client, const std::string& scope) {
  // ':' and '/' may stand in a form as they are.
  return form_post(
      {world.path("/oauth2/v2.0/token"), client.form() + "&grant_type=client_credentials&scope="},
      scope);
}

// Several connections share a list of requests; each answer is kept at its request's place.
struct Asking {
  std::vector<std::string> requests;
  std::vector<KeptAnswer> answers;
  std::size_t at = 0;
};

class AskScript final : public Script {
 public:
  explicit AskScript(Asking& asking) : asking_(asking) {}
  std::string next() override {
    if (asking_.at == asking_.requests.size()) return {};
    place_ = asking_.at++;
    return std::move(asking_.requests[place_]);
  }
  Outcome take(const Answer& answer) override {
    asking_.answers[place_] = {answer.status, std::string{answer.body}};
    return Outcome::unit_done;
  }

 private:
  Asking& asking_;
  std::size_t place_ = 0;
};

}  // namespace

std::string_view json_member(std::string_view json, std::string_view name) {
  const std::string mark = "\"" + std::string{name} + "\":\"";
  const std::size_t at = json.find(mark);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = json.substr(at + mark.size());
  return rest.substr(0, rest.find('"'));
}

FormHead refresh_form(const World& world, const Client& client) {
  return {world.path("/oauth2/v2.0/token"),
          client.form() + "&grant_type=refresh_token&refresh_token="};
}

FormHead introspect_form(const World& world, const Client& client) {
  return {world.path("/oauth2/v2.0/introspect"), client.form() + "&token="};
}

std::string form_post(const FormHead& form, std::string_view end) {
  const std::string body = form.begin + std::string{end};
  return request_text({.target = form.target, .more_headers = form.headers, .body = body});
}

AppTokenScript::AppTokenScript(const World& world, const Client& client, const std::string& scope,
                               double pause_micros)
    : SameRequest(app_token_request(world, client, scope)), pause_micros_(pause_micros) {}

Outcome AppTokenScript::take(const Answer& answer) {
  token_ = json_member(answer.body, "access_token");
  return answer.status == 200 && !token_.empty() ? Outcome::unit_done : Outcome::wrong;
}

std::string RefreshScript::next() {
  if (tokens_.empty()) return {};
  return form_post(form_, tokens_[at_]);
}

Outcome RefreshScript::take(const Answer& answer) {
  const std::string_view refresh = json_member(answer.body, "refresh_token");
  const std::string_view access = json_member(answer.body, "access_token");
  const bool has_id_token = !json_member(answer.body, "id_token").empty();
  const bool is_right = answer.status == 200 && !access.empty() && !refresh.empty() &&
                        refresh != tokens_[at_] && has_id_token == (expect_ == Expect::id_token);
  if (!is_right) return Outcome::wrong;
  tokens_[at_] = refresh;
  at_ = (at_ + 1) % tokens_.size();
  if (access_tokens_.size() < kAccessTokensKept) access_tokens_.emplace_back(access);
  return Outcome::unit_done;
}

std::string FormScript::next() {
  if (at_ == ends_.size()) {
    if (turns_ == Turns::once || ends_.empty()) return {};
    at_ = 0;
  }
  return form_post(form_, ends_[at_++]);
}

Outcome GrantScript::take(const Answer& answer) {
  const bool is_right = answer.status == 200 && !json_member(answer.body, "access_token").empty();
  return is_right ? Outcome::unit_done : Outcome::wrong;
}

Outcome IntrospectScript::take(const Answer& answer) {
  const bool is_active = answer.body.find("\"active\":true") != std::string_view::npos;
  return answer.status == 200 && is_active ? Outcome::unit_done : Outcome::wrong;
}

std::vector<std::string> first_refresh_tokens(const World& world,
                                              const std::vector<GrantId>& grants) {
  std::vector<std::string> tokens;
  tokens.reserve(grants.size());
  for (const GrantId& id : grants) {
    tokens.push_back(make_refresh_token(world.refresh_key(), world.tenant_id(), {id, 1}));
  }
  return tokens;
}

Result<std::vector<KeptAnswer>> ask_each(const World& world, std::vector<std::string> requests) {
  const std::size_t count = requests.size();
  Asking asking{std::move(requests), std::vector<KeptAnswer>(count)};
  Load load;
  load.count = count;
  load.time_max = kAskingTimeMax;
  for (std::size_t i = 0; i < std::min(kAskingConnections, count); ++i) {
    load.scripts.push_back(std::make_unique<AskScript>(asking));
  }
  CURFEW_TRY(const LoadResult result, run_load(world.target(), std::move(load)));
  if (result.ended == count) return std::move(asking.answers);
  return Error::permanent(ErrorCode::timeout, "the server left requests without an answer");
}

std::string refresh_request(const World& world, const Client& client, std::string_view token) {
  return form_post(refresh_form(world, client), token);
}

std::string introspect_request(const World& world, const Client& client, std::string_view token) {
  return form_post(introspect_form(world, client), token);
}

}  // namespace curfew::bench
