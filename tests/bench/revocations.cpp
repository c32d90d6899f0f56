#include "tests/bench/revocations.hpp"

#include <algorithm>
#include <utility>

namespace curfew::bench {

namespace {

Error failed(std::string message) {
  return Error::permanent(ErrorCode::internal, std::move(message));
}

bool is_active(const KeptAnswer& answer) {
  return answer.status == 200 && answer.body.find("\"active\":true") != std::string::npos;
}

std::vector<std::string> introspections(const RevokeWorld& known,
                                        const std::vector<std::string>& tokens) {
  std::vector<std::string> requests;
  for (const std::string& token : tokens) {
    requests.push_back(introspect_request(*known.world, known.apps.resource, token));
  }
  return requests;
}

std::vector<std::string> refreshes(const RevokeWorld& known,
                                   const std::vector<std::string>& tokens) {
  std::vector<std::string> requests;
  for (const std::string& token : tokens) {
    requests.push_back(refresh_request(*known.world, known.apps.web, token));
  }
  return requests;
}

}  // namespace

Result<RevokeWorld> make_revoke_world(const Bench& bench, std::size_t users, std::size_t grants) {
  RevokeWorld known;
  CURFEW_TRY(known.world, World::make(bench.options()));
  std::vector<GrantId> ids;
  CURFEW_TRY_STATUS(known.world->fill([&](OfflineTenant& tenant) -> Status {
    CURFEW_TRY(known.apps, add_apps(tenant));
    CURFEW_TRY(known.users, add_users(tenant, users));
    CURFEW_TRY(ids, add_grants(tenant, known.apps, known.users, grants, GrantScope::access_only));
    return Done{};
  }));
  known.refresh_tokens = first_refresh_tokens(*known.world, ids);
  CURFEW_TRY_STATUS(known.world->serve(1));
  return known;
}

Result<std::string> operator_token(const RevokeWorld& known) {
  AppTokenScript script{*known.world, known.apps.operator_, "api://curfew/.default"};
  CURFEW_TRY(const auto answers, ask_each(*known.world, {script.next()}));
  std::string token{json_member(answers.front().body, "access_token")};
  if (token.empty()) return failed("the operator got no token: " + answers.front().body);
  return token;
}

std::string revocation_request(const std::string& token, const UserId& subject) {
  const std::string headers = "Authorization: Bearer " + token + "\r\n";
  const std::string body = R"({"subject":")" + subject.str() + R"(","reason":"bench"})";
  return request_text({.target = "/curfew/v1/revocations",
                       .content_type = "application/json",
                       .more_headers = headers,
                       .body = body});
}

Result<CredentialSample> CredentialSample::accepted(const RevokeWorld& known, std::size_t count) {
  const std::vector<std::string>& all = known.refresh_tokens;
  const std::size_t step = std::max<std::size_t>(1, all.size() / count);
  std::vector<std::string> chosen;
  for (std::size_t i = 0; i < all.size() && chosen.size() < count; i += step) {
    chosen.push_back(all[i]);
  }
  CURFEW_TRY(const auto answers, ask_each(*known.world, refreshes(known, chosen)));
  CredentialSample sample;
  for (const KeptAnswer& answer : answers) {
    sample.refresh_.emplace_back(json_member(answer.body, "refresh_token"));
    sample.access_.emplace_back(json_member(answer.body, "access_token"));
    if (answer.status != 200) return failed("before it was revoked, a refresh token was refused");
  }
  CURFEW_TRY(const auto seen, ask_each(*known.world, introspections(known, sample.access_)));
  if (std::all_of(seen.begin(), seen.end(), is_active)) return sample;
  return failed("before it was revoked, an access token was not active");
}

Status CredentialSample::check_refused(const RevokeWorld& known) const {
  CURFEW_TRY(const auto answers, ask_each(*known.world, refreshes(known, refresh_)));
  const bool are_refused = std::all_of(answers.begin(), answers.end(), [](const auto& answer) {
    return answer.status == 400 && json_member(answer.body, "error") == "invalid_grant";
  });
  if (!are_refused) return failed("a refresh token still works after its user was revoked");
  CURFEW_TRY(const auto seen, ask_each(*known.world, introspections(known, access_)));
  if (std::none_of(seen.begin(), seen.end(), is_active)) return Done{};
  return failed("an access token is still active after its user was revoked");
}

}  // namespace curfew::bench
