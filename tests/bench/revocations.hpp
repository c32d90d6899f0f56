// tests/bench/revocations.hpp: revoking over the API, and the proof that it took.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/bench/bench.hpp"

namespace curfew::bench {

// A tenant for one row, whose operator has the right to revoke.
struct RevokeWorld {
  std::unique_ptr<World> world;
  Apps apps;
  std::vector<User> users;
  std::vector<std::string> refresh_tokens;  // number i belongs to user i modulo their number
};
[[nodiscard]] Result<RevokeWorld> make_revoke_world(const Bench& bench, std::size_t users,
                                                    std::size_t grants);

// An access token of the operator's for the administrator's API.
[[nodiscard]] Result<std::string> operator_token(const RevokeWorld& known);
[[nodiscard]] std::string revocation_request(const std::string& token, const UserId& subject);

// Revokes its users in turn, each once.
class RevokeScript final : public Script {
 public:
  RevokeScript(std::string token, std::vector<UserId> subjects)
      : token_(std::move(token)), subjects_(std::move(subjects)) {}
  std::string next() override {
    return at_ == subjects_.size() ? std::string{} : revocation_request(token_, subjects_[at_++]);
  }
  Outcome take(const Answer& answer) override {
    return is_made(answer.status) ? Outcome::unit_done : Outcome::wrong;
  }
  [[nodiscard]] static bool is_made(int status) { return status >= 200 && status < 300; }

 private:
  std::string token_;
  std::vector<UserId> subjects_;
  std::size_t at_ = 0;
};

// Some of the credentials that a revocation must end: refresh tokens, and access tokens made of
// them.
class CredentialSample {
 public:
  // Uses every `step`-th refresh token once. An error if one of them is not accepted, or if one of
  // the access tokens got with them is not active.
  [[nodiscard]] static Result<CredentialSample> accepted(const RevokeWorld& known,
                                                         std::size_t count);
  // An error if one of them is accepted now.
  Status check_refused(const RevokeWorld& known) const;
  [[nodiscard]] std::size_t size() const { return refresh_.size() + access_.size(); }

 private:
  std::vector<std::string> refresh_;  // the successors, not used yet
  std::vector<std::string> access_;
};

}  // namespace curfew::bench
