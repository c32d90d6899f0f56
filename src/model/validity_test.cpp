#include "model/validity.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

namespace curfew {
namespace {

constexpr TimePoint kNow{Duration{1'000'000}};
constexpr TimePoint kLater{Duration{2'000'000}};
constexpr TimePoint kEarlier{Duration{500'000}};

CredentialFacts facts(CredentialClass credential_class, Position auth_as_of, Position as_of,
                      std::size_t key_count = 1) {
  CredentialFacts made{credential_class, {auth_as_of, as_of}, kLater, {}};
  for (std::size_t i = 0; i < key_count; ++i) {
    made.keys.push_back({KeyKind::user, std::to_string(i)});
  }
  return made;
}

// The rule again, word for word from the design, slow and obvious: the oracle for the real one.
bool live_by_the_book(const CredentialFacts& credential, const std::vector<Watermark>& states,
                      TimePoint now) {
  if (credential.expires_at <= now || credential.keys.empty()) return false;
  if (credential.stamps.auth_as_of == Position{} || credential.stamps.as_of == Position{}) {
    return false;
  }
  for (const Watermark& state : states) {
    const bool key_is_blocked = state.hold_count > 0;
    const bool has_newer_reauth = credential.stamps.auth_as_of < state.reauth;
    const bool has_newer_reevaluate = credential.stamps.as_of < state.reevaluate;
    if (key_is_blocked || has_newer_reauth) return false;
    if (credential.credential_class == CredentialClass::access && has_newer_reevaluate)
      return false;
  }
  return true;
}

TEST_CASE("the rule agrees with the design's sentence for every small combination") {
  const std::array<Position, 5> positions{{{0, 0}, {1, 1}, {1, 2}, {1, 3}, {2, 1}}};
  std::size_t live_count = 0;
  std::size_t dead_count = 0;
  for (const auto credential_class : {CredentialClass::renewal, CredentialClass::access}) {
    for (const Position auth_as_of : positions) {
      for (const Position as_of : positions) {
        for (const Position reauth : positions) {
          for (const Position reevaluate : positions) {
            for (const std::uint32_t holds : {0U, 1U, 2U}) {
              for (const TimePoint expires_at : {kEarlier, kNow, kLater}) {
                for (const std::size_t at : {0UL, 1UL}) {
                  CredentialFacts credential = facts(credential_class, auth_as_of, as_of, 2);
                  credential.expires_at = expires_at;
                  std::vector<Watermark> states(2);
                  states[at] = {reauth, {}, reevaluate, {}, holds};
                  const bool live = judge(credential, states, kNow) == Verdict::live;
                  REQUIRE(live == live_by_the_book(credential, states, kNow));
                  (live ? live_count : dead_count) += 1;
                }
              }
            }
          }
        }
      }
    }
  }
  CHECK(live_count > 0);
  CHECK(dead_count > live_count);
}

TEST_CASE("a credential stamped at the very position of a reauth is live: it was read after it") {
  const std::vector<Watermark> states{{{1, 5}, {}, {}, {}, 0}};
  CHECK(judge(facts(CredentialClass::renewal, {1, 5}, {1, 5}), states, kNow) == Verdict::live);
  CHECK(judge(facts(CredentialClass::renewal, {1, 4}, {1, 4}), states, kNow) == Verdict::revoked);
}

TEST_CASE("an older tenant entry does not hide a newer application entry") {
  CredentialFacts credential = facts(CredentialClass::access, {1, 5}, {1, 5}, 2);
  const std::vector<Watermark> states{{{1, 2}, {}, {}, {}, 0}, {{1, 9}, {}, {}, {}, 0}};
  CHECK(judge(credential, states, kNow) == Verdict::revoked);
}

TEST_CASE("a reevaluate ends access tokens and leaves renewal credentials alone") {
  const std::vector<Watermark> states{{{}, {}, {1, 9}, {}, 0}};
  CHECK(judge(facts(CredentialClass::access, {1, 5}, {1, 5}), states, kNow) == Verdict::outdated);
  CHECK(judge(facts(CredentialClass::renewal, {1, 5}, {1, 5}), states, kNow) == Verdict::live);
}

TEST_CASE("a credential without stamps, or that names no key, is dead") {
  const std::vector<Watermark> states(1);
  CHECK(judge(facts(CredentialClass::access, {}, {1, 1}), states, kNow) == Verdict::unstamped);
  CHECK(judge(facts(CredentialClass::access, {1, 1}, {}), states, kNow) == Verdict::unstamped);
  CHECK(judge(facts(CredentialClass::access, {1, 1}, {1, 1}, 0), {}, kNow) == Verdict::unstamped);
}

TEST_CASE("a new generation outdates every stamp before it") {
  const std::vector<Watermark> states{{{2, 1}, {}, {}, {}, 0}};
  CHECK(judge(facts(CredentialClass::renewal, {1, 999}, {1, 999}), states, kNow) ==
        Verdict::revoked);
}

JournalReach floor_at(Position floor) {
  JournalReach reach;
  reach.floor = floor;
  return reach;
}

TEST_CASE("a stamp above the journal's head is ahead, before every other reason") {
  JournalReach reach;
  reach.newest = {1, 5};
  const auto verdict = [&](Position auth_as_of, Position as_of, const Watermark& state) {
    return judge(facts(CredentialClass::access, auth_as_of, as_of), std::vector{state}, kNow,
                 reach);
  };
  CHECK(verdict({1, 5}, {1, 5}, {}) == Verdict::live);
  CHECK(verdict({1, 5}, {1, 6}, {}) == Verdict::ahead);
  CHECK(verdict({1, 6}, {1, 5}, {}) == Verdict::ahead);
  CHECK(verdict({2, 1}, {2, 1}, {}) == Verdict::ahead);
  Watermark blocked;
  blocked.reauth = {1, 5};
  blocked.hold_count = 1;
  CHECK(verdict({1, 1}, {1, 6}, blocked) == Verdict::ahead);
  CredentialFacts expired = facts(CredentialClass::access, {1, 6}, {1, 6});
  expired.expires_at = kNow;
  CHECK(judge(expired, std::vector{Watermark{}}, kNow, reach) == Verdict::ahead);
}

TEST_CASE("an access token below the floor of a pruned replica has to be renewed") {
  const std::vector<Watermark> states(1);
  const auto access = facts(CredentialClass::access, {1, 3}, {1, 3});
  CHECK(judge(access, states, kNow, floor_at({1, 4})) == Verdict::below_floor);
  CHECK(judge(access, states, kNow, floor_at({1, 3})) == Verdict::live);
  CHECK(judge(facts(CredentialClass::renewal, {1, 3}, {1, 3}), states, kNow, floor_at({1, 4})) ==
        Verdict::live);
}

TEST_CASE("entries give the same positions in any order, also when repeated") {
  const std::vector<std::pair<Effect, Position>> entries{{Effect::reauth, {1, 2}},
                                                         {Effect::block, {1, 4}},
                                                         {Effect::reevaluate, {1, 3}},
                                                         {Effect::unblock, {1, 5}}};
  Watermark forward;
  for (const auto& [effect, position] : entries) {
    forward = applied(forward, effect, position, kNow);
  }
  Watermark backward;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    backward = applied(backward, entry->first, entry->second, kNow);
    backward = applied(backward, entry->first, entry->second, kNow);
  }
  CHECK(forward == backward);
  CHECK(forward.reauth == Position{1, 4});
  CHECK(forward.reevaluate == Position{1, 3});
}

TEST_CASE("an unblock brings no old credential back: the block was also a reauth") {
  Watermark state = applied({}, Effect::block, {1, 7}, kNow);
  state.hold_count = 1;
  const auto old = facts(CredentialClass::renewal, {1, 6}, {1, 6});
  CHECK(judge(old, std::vector{state}, kNow) == Verdict::blocked);
  state = applied(state, Effect::unblock, {1, 8}, kNow);
  state.hold_count = 0;
  CHECK(judge(old, std::vector{state}, kNow) == Verdict::revoked);
}

}  // namespace
}  // namespace curfew
