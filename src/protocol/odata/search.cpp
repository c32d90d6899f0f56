#include "protocol/odata/search.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"

namespace curfew {

namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_small(char c) { return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; }
bool is_name_character(char c) {
  return is_capital(c) || (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '/';
}

// Reading.

std::string_view word_of(SearchNodeKind kind) {
  return kind == SearchNodeKind::conjunction ? "AND" : "OR";
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<SearchNode> parse() {
    CURFEW_TRY(SearchNode root, disjunction());
    skip_spaces();
    if (at_ < text_.size()) return expected("AND, OR or the end");
    return root;
  }

 private:
  [[nodiscard]] Error expected(std::string_view what) const {
    return Error::permanent(ErrorCode::invalid_argument, "Invalid $search at position " +
                                                             std::to_string(at_ + 1) + ": " +
                                                             std::string{what} + " was expected");
  }

  [[nodiscard]] static Error beyond(std::string_view what, std::size_t limit) {
    return Error::permanent(
        ErrorCode::exhausted,
        "Invalid $search: more than " + std::to_string(limit) + " " + std::string{what});
  }

  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  bool take(std::string_view word) {
    skip_spaces();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  // Parts joined by a word; one alone is itself, and a part of the same kind gives its children.
  template <typename Part>
  Result<SearchNode> chain(SearchNodeKind kind, Part part) {
    CURFEW_TRY(SearchNode first, part());
    if (!take(word_of(kind))) return first;
    SearchNode whole;
    whole.kind = kind;
    adopt(whole, std::move(first));
    do {
      CURFEW_TRY(SearchNode next, part());
      adopt(whole, std::move(next));
    } while (take(word_of(kind)));
    return whole;
  }

  static void adopt(SearchNode& whole, SearchNode part) {
    if (part.kind != whole.kind) {
      whole.children.push_back(std::move(part));
      return;
    }
    std::move(part.children.begin(), part.children.end(), std::back_inserter(whole.children));
  }

  Result<SearchNode> disjunction() {
    return chain(SearchNodeKind::disjunction, [this] { return conjunction(); });
  }

  Result<SearchNode> conjunction() {
    return chain(SearchNodeKind::conjunction, [this] { return one(); });
  }

  Result<SearchNode> one() {
    if (!take("(")) return clause();
    if (depth_ == kSearchDepthMax) return beyond("levels of parentheses", kSearchDepthMax);
    ++depth_;
    CURFEW_TRY(SearchNode inside, disjunction());
    --depth_;
    if (!take(")")) return expected("')'");
    return inside;
  }

  Result<SearchNode> clause() {
    if (!take("\"")) return expected("a clause in double quotes, \"property:text\",");
    if (++clauses_ > kSearchClausesMax) return beyond("clauses", kSearchClausesMax);
    SearchNode node;
    const std::size_t colon = text_.find(':', at_);
    node.property = text_.substr(at_, colon == std::string_view::npos ? 0 : colon - at_);
    if (node.property.empty() ||
        !std::all_of(node.property.begin(), node.property.end(), is_name_character)) {
      return expected("the name of a property and ':'");
    }
    at_ = colon + 1;
    CURFEW_TRY(const std::string content, rest_of_quoted());
    node.text = trim_ascii(content);
    if (node.text.empty()) return expected("text to look for before the double quote");
    return node;
  }

  // To the double quote that ends the clause, which is taken.
  Result<std::string> rest_of_quoted() {
    std::string content;
    for (; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == '"') {
        ++at_;
        return content;
      }
      if (c == '\\') {
        ++at_;
        c = at_ < text_.size() ? text_[at_] : '\0';
        if (c != '"' && c != '\\') return expected("'\"' or '\\' after '\\'");
      }
      content += c;
    }
    return expected("a double quote that ends the clause");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t clauses_ = 0;
};

void append_node(std::string& text, const SearchNode& node) {
  if (node.kind == SearchNodeKind::clause) {
    text += '"' + node.property + ':';
    for (const char c : node.text) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
    return;
  }
  bool is_first = true;
  for (const SearchNode& child : node.children) {
    if (!is_first) text += " " + std::string{word_of(node.kind)} + " ";
    is_first = false;
    const bool is_weaker = child.kind == SearchNodeKind::disjunction;
    if (is_weaker) text += '(';
    append_node(text, child);
    if (is_weaker) text += ')';
  }
}

// Words.

using Word = BoundSearch::Word;

// Divides a text at white space, symbols, and between letters and digits, then each word into
// parts. `on_gap(can_join)` comes between two words, with whether they count as one word besides.
template <typename OnWord, typename OnGap>
void for_each_word(std::string_view text, OnWord on_word, OnGap on_gap) {
  std::size_t at = 0;
  bool can_join = false;
  while (at < text.size()) {
    const char first = text[at];
    const bool is_number = is_digit(first);
    if (!is_number && !is_capital(first) && !is_small(first)) {
      can_join = can_join && !is_space(first);
      ++at;
      continue;
    }
    Word word;
    char before = first;
    word.parts.emplace_back();
    while (at < text.size() &&
           (is_number ? is_digit(text[at]) : is_capital(text[at]) || is_small(text[at]))) {
      const char c = text[at];
      if (is_small(before) && is_capital(c)) word.parts.emplace_back();
      word.parts.back() += ascii_lower(c);
      word.whole += ascii_lower(c);
      before = c;
      ++at;
    }
    on_gap(can_join && !is_number);
    on_word(std::move(word));
    can_join = !is_number;
  }
}

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  for_each_word(text, [&words](Word word) { words.push_back(std::move(word)); }, [](bool) {});
  return words;
}

bool begins_a_token(const std::vector<std::string>& tokens, const std::string& beginning) {
  // In order of bytes, all that begin with it stand together, where it would stand itself.
  const auto found = std::lower_bound(tokens.begin(), tokens.end(), beginning);
  return found != tokens.end() && found->starts_with(beginning);
}

// Matching.

using Node = BoundSearch::Node;

bool finds(const Node& clause, std::string_view value) {
  if (clause.beginning) return ascii_lower(value).starts_with(*clause.beginning);
  const std::vector<std::string> tokens = search_tokens(value);
  return std::all_of(clause.words.begin(), clause.words.end(), [&tokens](const Word& word) {
    return begins_a_token(tokens, word.whole) ||
           std::all_of(word.parts.begin(), word.parts.end(),
                       [&tokens](const std::string& part) { return begins_a_token(tokens, part); });
  });
}

bool matches_clause(const Node& clause, const PropertyReader& row) {
  const PropertyValue value = row.value(clause.property);
  if (const auto* text = std::get_if<std::string_view>(&value)) return finds(clause, *text);
  const auto* elements = std::get_if<std::span<const std::string>>(&value);
  return elements != nullptr &&
         std::any_of(elements->begin(), elements->end(),
                     [&clause](const std::string& element) { return finds(clause, element); });
}

bool matches_node(const Node& node, const PropertyReader& row) {
  const auto does = [&row](const Node& child) { return matches_node(child, row); };
  switch (node.kind) {
    case SearchNodeKind::conjunction:
      return std::all_of(node.children.begin(), node.children.end(), does);
    case SearchNodeKind::disjunction:
      return std::any_of(node.children.begin(), node.children.end(), does);
    case SearchNodeKind::clause: return matches_clause(node, row);
  }
  return false;
}

// What is implied.

std::string common_prefix(std::string_view a, std::string_view b) {
  const auto [end, other] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return {a.begin(), end};
}

// A word is found whole or in parts: either way a token begins with its first part.
std::string longest_first_part(const std::vector<Word>& words) {
  std::string longest;
  for (const Word& word : words) {
    if (word.parts.front().size() > longest.size()) longest = word.parts.front();
  }
  return longest;
}

// Empty: nothing is implied.
std::string implied(const Node& node, std::size_t property, SearchKind search) {
  if (node.kind == SearchNodeKind::clause) {
    if (node.property != property) return {};
    if (search == SearchKind::starts_with) return node.beginning.value_or("");
    return longest_first_part(node.words);
  }
  std::optional<std::string> found;
  for (const Node& child : node.children) {
    std::string one = implied(child, property, search);
    if (!found) {
      found = std::move(one);
    } else if (node.kind == SearchNodeKind::disjunction) {
      found = common_prefix(*found, one);
    } else if (one.size() > found->size()) {
      found = std::move(one);
    }
  }
  return found.value_or("");
}

std::optional<std::string> unless_empty(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

// Binding.

QueryError fault(QueryFault kind, const std::string& name, std::string_view rule) {
  return {kind, "Invalid $search: '" + escape_for_display(name, 100) + "' " + std::string{rule}};
}

Bound<Node> bind_clause(const SearchNode& clause, std::span<const PropertyRule> rules) {
  const std::optional<std::size_t> property = find_property(rules, clause.property);
  if (!property) return fault(QueryFault::bad_request, clause.property, "is no property");
  Node node;
  node.property = *property;
  switch (rules[*property].search) {
    case SearchKind::none:
      return fault(QueryFault::unsupported, clause.property, "cannot be searched");
    case SearchKind::starts_with: node.beginning = ascii_lower(clause.text); break;
    case SearchKind::tokens:
      node.words = words_of(clause.text);
      if (node.words.empty()) {
        return fault(QueryFault::bad_request, clause.property,
                     "has no word to look for; words are letters or digits");
      }
      break;
  }
  return node;
}

Bound<Node> bind_node(const SearchNode& search, std::span<const PropertyRule> rules) {
  if (search.kind == SearchNodeKind::clause) return bind_clause(search, rules);
  Node node;
  node.kind = search.kind;
  for (const SearchNode& child : search.children) {
    Bound<Node> bound = bind_node(child, rules);
    auto* good = std::get_if<Node>(&bound);
    if (good == nullptr) return bound;
    node.children.push_back(std::move(*good));
  }
  return node;
}

}  // namespace

Result<SearchNode> parse_search(std::string_view text) {
  if (text.size() > kSearchBytesMax) {
    return Error::permanent(ErrorCode::exhausted, "Invalid $search: longer than " +
                                                      std::to_string(kSearchBytesMax) + " bytes");
  }
  if (!is_utf8(text)) {
    return Error::permanent(ErrorCode::invalid_argument, "Invalid $search: not UTF-8");
  }
  return Parser{text}.parse();
}

std::string to_text(const SearchNode& node) {
  std::string text;
  append_node(text, node);
  return text;
}

std::vector<std::string> search_tokens(std::string_view text) {
  std::vector<std::string> tokens;
  std::vector<std::string> joined;  // words that no white space or digit divides
  const auto end_joined = [&] {
    if (joined.size() > 1) tokens.push_back(join(joined, ""));
    joined.clear();
  };
  for_each_word(
      text,
      [&](Word word) {
        joined.push_back(word.whole);
        tokens.push_back(std::move(word.whole));
        std::move(word.parts.begin(), word.parts.end(), std::back_inserter(tokens));
      },
      [&](bool can_join) {
        if (!can_join) end_joined();
      });
  end_joined();
  std::sort(tokens.begin(), tokens.end());
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  return tokens;
}

bool BoundSearch::matches(const PropertyReader& row) const { return matches_node(root_, row); }

std::optional<std::string> BoundSearch::required_prefix(std::size_t property) const {
  return unless_empty(implied(root_, property, SearchKind::starts_with));
}

std::optional<std::string> BoundSearch::required_token_prefix(std::size_t property) const {
  return unless_empty(implied(root_, property, SearchKind::tokens));
}

Bound<BoundSearch> bind_search(const SearchNode& search, std::span<const PropertyRule> rules) {
  Bound<Node> root = bind_node(search, rules);
  auto* good = std::get_if<Node>(&root);
  if (good == nullptr) return std::get<QueryError>(std::move(root));
  return BoundSearch{std::move(*good)};
}

}  // namespace curfew
