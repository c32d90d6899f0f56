#include "model/chain_mark.hpp"

#include <doctest/doctest.h>

namespace curfew {

TEST_CASE("a journal that ends before a mark, or has another entry there, was rolled back") {
  const ChainMark mark{{3, 10}, "h"};
  CHECK(judge_mark(mark, {3, 10}, "h") == MarkVerdict::consistent);
  CHECK(judge_mark(mark, {3, 11}, "h") == MarkVerdict::consistent);
  CHECK(judge_mark(mark, {4, 1}, "h") == MarkVerdict::consistent);
  CHECK(judge_mark(mark, {3, 9}, std::nullopt) == MarkVerdict::behind);
  CHECK(judge_mark(mark, {2, 99}, std::nullopt) == MarkVerdict::behind);
  CHECK(judge_mark(mark, {}, std::nullopt) == MarkVerdict::behind);
  CHECK(judge_mark(mark, {3, 10}, "x") == MarkVerdict::other_chain);
  CHECK(judge_mark(mark, {4, 1}, std::nullopt) == MarkVerdict::other_chain);
}

TEST_CASE("a mark of where no entry is says only how far the journal was") {
  CHECK(judge_mark({}, {}, std::nullopt) == MarkVerdict::consistent);
  CHECK(judge_mark({}, {1, 5}, std::nullopt) == MarkVerdict::consistent);
  CHECK(judge_mark({{2, 0}, ""}, {2, 1}, std::nullopt) == MarkVerdict::consistent);
  CHECK(judge_mark({{2, 0}, ""}, {1, 5}, std::nullopt) == MarkVerdict::behind);
}

TEST_CASE("what our own key signed proves a rollback, until a fence has dealt with it") {
  const ChainMark mark{{3, 10}, "h"};
  CHECK_FALSE(proves_rollback(mark, {3, 11}, "h"));
  CHECK(proves_rollback(mark, {3, 9}, std::nullopt));
  CHECK(proves_rollback(mark, {3, 11}, "x"));
  CHECK(proves_rollback(mark, {2, 99}, std::nullopt));
  CHECK_FALSE(proves_rollback(mark, {4, 1}, std::nullopt));
  CHECK_FALSE(proves_rollback(mark, {4, 1}, "x"));
}

}  // namespace curfew
