// protocol/odata/search.hpp: the expression of `$search`, as directories know it, and what it
// finds.
//
// A clause is `"property:text"` in double quotes, with '"' and '\' inside escaped by '\'. Clauses
// are joined by AND and OR in upper case, AND first; parentheses group.
//
// Spec: OData 4.01 URL conventions 5.1.8, with properties in the phrases. Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "protocol/odata/property.hpp"

namespace curfew {

inline constexpr std::size_t kSearchBytesMax = 4UL * 1024;
inline constexpr std::size_t kSearchDepthMax = 16;
inline constexpr std::size_t kSearchClausesMax = 32;

enum class SearchNodeKind { conjunction, disjunction, clause };

struct SearchNode {
  SearchNodeKind kind = SearchNodeKind::clause;
  std::string property;              // of a clause, as written
  std::string text;                  // of a clause, without escapes
  std::vector<SearchNode> children;  // two or more; a chain of one word is one node

  friend bool operator==(const SearchNode&, const SearchNode&) = default;
};

// invalid_argument with the place and what was expected there; exhausted for one of the limits.
[[nodiscard]] Result<SearchNode> parse_search(std::string_view text);
// One spelling of a parsed search: parse_search(to_text(node)) is `node`, unless too long.
[[nodiscard]] std::string to_text(const SearchNode& node);

// The words of a text in lower case, in order of bytes, without duplicates: divided at white space,
// symbols, between letters and digits, and where a capital follows a small letter; and, besides,
// the words that no white space or digit divides as one ("hello-World": hello, world, helloworld).
// Bytes outside of ASCII count as small letters. What an index for required_token_prefix() holds.
[[nodiscard]] std::vector<std::string> search_tokens(std::string_view text);

// A clause about a tokens property finds a value of which each of its words begins a token, in any
// order; a word such as "HelloWorld" can also stand as "Hello World" there. One about a starts_with
// property finds a value that begins with its text. Both without case (ASCII), whatever the rule
// says about case; of a collection, one element suffices.
class BoundSearch {
 public:
  struct Word {
    std::string whole;
    std::vector<std::string> parts;  // where a capital followed a small letter; one at least
  };

  // All texts are in lower case.
  struct Node {
    SearchNodeKind kind = SearchNodeKind::clause;
    std::size_t property = 0;
    std::optional<std::string> beginning;  // of a clause about a starts_with property
    std::vector<Word> words;               // of one about a tokens property
    std::vector<Node> children;
  };

  explicit BoundSearch(Node root) : root_(std::move(root)) {}

  [[nodiscard]] bool matches(const PropertyReader& row) const;

  // What the text of a starts_with property must begin with, in lower case, for a row to be found;
  // nothing if the search does not imply that. May end inside of a UTF-8 character.
  [[nodiscard]] std::optional<std::string> required_prefix(std::size_t property) const;
  // The same for one of the search_tokens() of a tokens property.
  [[nodiscard]] std::optional<std::string> required_token_prefix(std::size_t property) const;

 private:
  Node root_;
};

// bad_request for an unknown property and a text without a word; unsupported for a property that
// cannot be searched.
[[nodiscard]] Bound<BoundSearch> bind_search(const SearchNode& search,
                                             std::span<const PropertyRule> rules);

}  // namespace curfew
