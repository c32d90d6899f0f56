// tests/bench/rows_graph.cpp: the rows that read the directory through the Graph API.
#include <utility>

#include "model/built_in_app_ids.hpp"
#include "tests/bench/bench.hpp"

namespace curfew::bench {

namespace {

constexpr std::size_t kBatchCalls = 20;

// Sends its requests in turn; each answer must be 200 and hold a text.
class ReadScript final : public Script {
 public:
  ReadScript(std::vector<std::string> requests, std::string wanted)
      : requests_(std::move(requests)), wanted_(std::move(wanted)) {}
  std::string next() override { return requests_[at_++ % requests_.size()]; }
  Outcome take(const Answer& answer) override {
    const bool is_right =
        answer.status == 200 && answer.body.find(wanted_) != std::string_view::npos;
    return is_right ? Outcome::unit_done : Outcome::wrong;
  }

 private:
  std::vector<std::string> requests_;
  std::string wanted_;
  std::size_t at_ = 0;
};

Result<std::string> graph_token(const World& world, const Apps& apps) {
  AppTokenScript script{world, apps.operator_, std::string{kGraphResource} + "/.default"};
  CURFEW_TRY(const auto answers, ask_each(world, {script.next()}));
  std::string token{json_member(answers.front().body, "access_token")};
  if (!token.empty()) return token;
  return Error::permanent(ErrorCode::internal, "no token for Graph: " + answers.front().body);
}

std::string get_request(const std::string& token, const std::string& target) {
  const std::string headers = "Authorization: Bearer " + token + "\r\n";
  return request_text({.method = "GET",
                       .target = target,
                       .content_type = "application/json",
                       .more_headers = headers});
}

std::string batch_request(const std::string& token, const std::vector<User>& users,
                          std::size_t first) {
  std::string calls;
  for (std::size_t i = 0; i < kBatchCalls; ++i) {
    const User& user = users[(first + i) % users.size()];
    calls += (i == 0 ? "" : ",") + (R"({"id":")" + std::to_string(i)) +
             R"(","method":"GET","url":"/users/)" + user.id.str() + R"("})";
  }
  const std::string headers = "Authorization: Bearer " + token + "\r\n";
  const std::string body = R"({"requests":[)" + calls + "]}";
  return request_text({.target = "/v1.0/$batch",
                       .content_type = "application/json",
                       .more_headers = headers,
                       .body = body});
}

Status measure_reads(Bench& bench, const World& world, Row& row,
                     const std::vector<std::string>& requests, const std::string& wanted) {
  CURFEW_TRY(const Floors* const floors, bench.floors());
  Scripts scripts;
  for (auto& hand : dealt(requests, bench.scale().connections)) {
    scripts.push_back(std::make_unique<ReadScript>(std::move(hand), wanted));
  }
  CURFEW_TRY(const LoadResult result, run_load(world.target(), bench.load_of(std::move(scripts))));
  add_request_figures(row, result, floors->https);
  return Done{};
}

}  // namespace

Status measure_graph_user(Bench& bench, Row& row) {
  CURFEW_TRY(const TokenWorld* const known, bench.tokens());
  CURFEW_TRY(const std::string token, graph_token(*known->world, known->apps));
  std::vector<std::string> requests;
  for (const User& user : known->users) {
    requests.push_back(get_request(token, "/v1.0/users/" + user.id.str()));
  }
  return measure_reads(bench, *known->world, row, requests, "userPrincipalName");
}

Status measure_graph_batch(Bench& bench, Row& row) {
  CURFEW_TRY(const TokenWorld* const known, bench.tokens());
  CURFEW_TRY(const std::string token, graph_token(*known->world, known->apps));
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < bench.scale().connections * 4; ++i) {
    requests.push_back(batch_request(token, known->users, i * kBatchCalls));
  }
  return measure_reads(bench, *known->world, row, requests, R"("status":200)");
}

Status measure_graph_filter(Bench& bench, Row& row) {
  const std::size_t count = bench.scale().users_filtered;
  row.title = "$filter by the beginning of a name over " + std::to_string(count) + " users";
  CURFEW_TRY(const auto world, World::make(bench.options()));
  Apps apps;
  CURFEW_TRY_STATUS(world->fill([&](OfflineTenant& tenant) -> Status {
    CURFEW_TRY(apps, add_apps(tenant));
    CURFEW_TRY_STATUS(add_users(tenant, count));
    return Done{};
  }));
  CURFEW_TRY_STATUS(world->serve(1));
  CURFEW_TRY(const std::string token, graph_token(*world, apps));
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < bench.scale().connections * 16; ++i) {
    // Somebody in the middle, and up to a hundred more whose number begins alike.
    const std::size_t number = (count / 2 + i * 7919) % count;
    requests.push_back(
        get_request(token, "/v1.0/users?$top=20&$filter=startsWith(displayName,'User%20" +
                               std::to_string(number) + "')"));
  }
  row.add("users", static_cast<double>(count), "");
  return measure_reads(bench, *world, row, requests, "userPrincipalName");
}

}  // namespace curfew::bench
