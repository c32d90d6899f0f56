#include "protocol/odata/filter.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace curfew {

namespace {

constexpr std::size_t kGuidSize = 36;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_character(char c) { return is_letter(c) || is_digit(c); }
bool is_path_character(char c) { return is_word_character(c) || c == '.'; }
bool is_value_character(char c) {
  return is_word_character(c) || c == '.' || c == ':' || c == '+' || c == '-';
}

bool is_guid(std::string_view text) {
  if (text.size() != kGuidSize) return false;
  for (std::size_t i = 0; i < kGuidSize; ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = ascii_lower(text[i]);
    if (is_dash ? c != '-' : !(is_digit(c) || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

std::string_view take_digits(std::string_view& rest) {
  std::size_t count = 0;
  while (count < rest.size() && is_digit(rest[count])) ++count;
  const std::string_view digits = rest.substr(0, count);
  rest.remove_prefix(count);
  return digits;
}

// RFC 8259 6, with zeros in front.
bool is_number(std::string_view rest) {
  if (rest.starts_with('-')) rest.remove_prefix(1);
  if (take_digits(rest).empty()) return false;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    if (take_digits(rest).empty()) return false;
  }
  if (rest.starts_with('e') || rest.starts_with('E')) {
    rest.remove_prefix(1);
    if (rest.starts_with('+') || rest.starts_with('-')) rest.remove_prefix(1);
    if (take_digits(rest).empty()) return false;
  }
  return rest.empty();
}

bool is_date_or_time(std::string_view text) {
  if (text.size() == std::string_view{"2026-11-29"}.size()) {
    return parse_rfc3339(std::string{text} + "T00:00:00Z").has_value();
  }
  return parse_rfc3339(text).has_value();
}

std::optional<FilterKind> comparison_of(std::string_view word) {
  using enum FilterKind;
  for (const FilterKind kind : {eq, ne, gt, ge, lt, le, in}) {
    if (ascii_iequals(to_string(kind), word)) return kind;
  }
  return std::nullopt;
}

std::optional<FilterKind> function_of(std::string_view word) {
  using enum FilterKind;
  for (const FilterKind kind : {starts_with, ends_with, contains}) {
    if (ascii_iequals(to_string(kind), word)) return kind;
  }
  return std::nullopt;
}

// By recursive descent, one function for each rule of the grammar.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<FilterNode> parse() {
    CURFEW_TRY(FilterNode root, disjunction());
    skip_spaces();
    if (at_ < text_.size()) return expected("'and', 'or' or the end");
    return root;
  }

 private:
  [[nodiscard]] Error expected(std::string_view what) const {
    return Error::permanent(ErrorCode::invalid_argument, "Invalid filter clause at position " +
                                                             std::to_string(at_ + 1) + ": " +
                                                             std::string{what} + " was expected");
  }

  [[nodiscard]] static Error beyond(std::string_view what, std::size_t limit) {
    return Error::permanent(
        ErrorCode::exhausted,
        "Invalid filter clause: more than " + std::to_string(limit) + " " + std::string{what});
  }

  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  [[nodiscard]] bool is_next(char c) const { return at_ < text_.size() && text_[at_] == c; }

  bool take(char c) {
    skip_spaces();
    return take_here(c);
  }

  bool take_here(char c) {
    if (!is_next(c)) return false;
    ++at_;
    return true;
  }

  // The longest run of such characters from here; not taken.
  template <typename Is>
  [[nodiscard]] std::string_view peek(Is is_one) const {
    std::size_t end = at_;
    while (end < text_.size() && is_one(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }

  bool take_word(std::string_view word) {
    skip_spaces();
    if (!ascii_iequals(peek(is_word_character), word)) return false;
    at_ += word.size();
    return true;
  }

  // `not` as a word of its own, and not the first part of a path.
  bool take_not() {
    const std::size_t before = at_;
    if (!take_word("not")) return false;
    if (!is_next('/') && !is_next('.')) return true;
    at_ = before;
    return false;
  }

  Result<FilterNode> counted(FilterNode node) {
    if (++nodes_ > kFilterNodesMax) return beyond("conditions", kFilterNodesMax);
    return node;
  }

  // Parts joined by a word; one alone is itself, and a part of the same kind gives its children.
  template <typename Part>
  Result<FilterNode> chain(FilterKind kind, Part part) {
    CURFEW_TRY(FilterNode first, part());
    if (!take_word(to_string(kind))) return first;
    FilterNode whole;
    whole.kind = kind;
    adopt(whole, std::move(first));
    do {
      CURFEW_TRY(FilterNode next, part());
      adopt(whole, std::move(next));
    } while (take_word(to_string(kind)));
    return counted(std::move(whole));
  }

  static void adopt(FilterNode& whole, FilterNode part) {
    if (part.kind != whole.kind) {
      whole.children.push_back(std::move(part));
      return;
    }
    std::move(part.children.begin(), part.children.end(), std::back_inserter(whole.children));
  }

  Result<FilterNode> disjunction() {
    return chain(FilterKind::disjunction, [this] { return conjunction(); });
  }

  Result<FilterNode> conjunction() {
    return chain(FilterKind::conjunction, [this] { return unary(); });
  }

  Result<FilterNode> unary() {
    if (depth_ == kFilterDepthMax) return beyond("levels of nesting", kFilterDepthMax);
    ++depth_;
    CURFEW_TRY(FilterNode node, one());
    --depth_;
    return node;
  }

  Result<FilterNode> one() {
    if (take_not()) {
      FilterNode negation;
      negation.kind = FilterKind::negation;
      CURFEW_TRY(FilterNode child, unary());
      negation.children.push_back(std::move(child));
      return counted(std::move(negation));
    }
    if (!take('(')) return predicate();
    CURFEW_TRY(FilterNode inside, disjunction());
    if (!take(')')) return expected("')'");
    return inside;
  }

  Result<FilterNode> predicate() {
    skip_spaces();
    FilterNode node;
    CURFEW_TRY(node.path, path());
    if (!node.path.counts && take('(')) return call(std::move(node.path));
    skip_spaces();
    const std::string_view word = peek(is_word_character);
    const std::optional<FilterKind> comparison = comparison_of(word);
    if (comparison) {
      at_ += word.size();
      return compare(std::move(node), *comparison);
    }
    const bool ends = at_ == text_.size() || is_next(')') || ascii_iequals(word, "and") ||
                      ascii_iequals(word, "or");
    if (!ends || node.path.counts) return expected("an operator, one of eq ne gt ge lt le in,");
    node.kind = FilterKind::truth;
    return counted(std::move(node));
  }

  Result<FilterPath> path() {
    FilterPath found;
    do {
      if (!found.segments.empty() && ascii_iequals(peek(is_count_character), "$count")) {
        at_ += std::string_view{"$count"}.size();
        found.counts = true;
        return found;
      }
      const std::string_view segment = peek(is_path_character);
      if (segment.empty() || !is_letter(segment[0])) return expected("the name of a property");
      if (found.segments.size() == kFilterPathMax) return beyond("parts of a path", kFilterPathMax);
      found.segments.emplace_back(segment);
      at_ += segment.size();
    } while (take_here('/'));
    return found;
  }

  static bool is_count_character(char c) { return is_word_character(c) || c == '$'; }

  // After "name(" or "path/any(".
  Result<FilterNode> call(FilterPath callee) {
    const std::string& name = callee.segments.back();
    if (callee.segments.size() > 1 && ascii_iequals(name, "any")) {
      callee.segments.pop_back();
      return any(std::move(callee));
    }
    const std::optional<FilterKind> function = function_of(name);
    if (callee.segments.size() > 1 || !function) {
      return expected("a function, one of startsWith endsWith contains or path/any, before '('");
    }
    FilterNode node;
    node.kind = *function;
    skip_spaces();
    CURFEW_TRY(node.path, path());
    if (node.path.counts) return expected("the name of a property");
    if (!take(',')) return expected("','");
    CURFEW_TRY_STATUS(literal(node));
    if (node.literals[0].kind != LiteralKind::string) return expected("text in single quotes");
    if (!take(')')) return expected("')'");
    return counted(std::move(node));
  }

  Result<FilterNode> any(FilterPath collection) {
    FilterNode node;
    node.kind = FilterKind::any;
    node.path = std::move(collection);
    skip_spaces();
    const std::string_view variable = peek(is_word_character);
    if (variable.empty() || !is_letter(variable[0]))
      return expected("a name, as in any(x:x eq 1),");
    node.variable = variable;
    at_ += variable.size();
    if (!take(':')) return expected("':'");
    CURFEW_TRY(FilterNode inside, disjunction());
    node.children.push_back(std::move(inside));
    if (!take(')')) return expected("')'");
    return counted(std::move(node));
  }

  Result<FilterNode> compare(FilterNode node, FilterKind kind) {
    node.kind = kind;
    if (kind != FilterKind::in) {
      CURFEW_TRY_STATUS(literal(node));
      return counted(std::move(node));
    }
    if (!take('(')) return expected("'('");
    do {
      if (node.literals.size() == kFilterInMax) return beyond("values of one 'in'", kFilterInMax);
      CURFEW_TRY_STATUS(literal(node));
    } while (take(','));
    if (!take(')')) return expected("',' or ')'");
    return counted(std::move(node));
  }

  // Reads one to the end of node.literals.
  Status literal(FilterNode& node) {
    skip_spaces();
    if (is_next('\'')) {
      CURFEW_TRY(std::string text, quoted());
      node.literals.push_back({LiteralKind::string, std::move(text)});
      return Done{};
    }
    const std::string_view word = peek(is_value_character);
    std::optional<FilterLiteral> found = bare_literal(word);
    if (!found) {
      return expected(
          "a value: text in single quotes, true, false, null, a number, a GUID, a date");
    }
    at_ += word.size();
    node.literals.push_back(*std::move(found));
    return Done{};
  }

  static std::optional<FilterLiteral> bare_literal(std::string_view word) {
    using enum LiteralKind;
    if (ascii_iequals(word, "null")) return FilterLiteral{null, ""};
    if (ascii_iequals(word, "true")) return FilterLiteral{boolean, "true"};
    if (ascii_iequals(word, "false")) return FilterLiteral{boolean, "false"};
    if (is_guid(word)) return FilterLiteral{guid, ascii_lower(word)};
    if (is_number(word)) return FilterLiteral{number, std::string{word}};
    if (is_date_or_time(word)) return FilterLiteral{date_time, std::string{word}};
    return std::nullopt;
  }

  Result<std::string> quoted() {
    std::string content;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\'') {
        ++at_;
        if (!is_next('\'')) return content;
      }
      content += text_[at_];
    }
    return expected("a single quote that ends the text; double the quotes inside");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t nodes_ = 0;
};

}  // namespace

Result<FilterNode> parse_filter(std::string_view text) {
  if (text.size() > kFilterBytesMax) {
    return Error::permanent(ErrorCode::exhausted, "Invalid filter clause: longer than " +
                                                      std::to_string(kFilterBytesMax) + " bytes");
  }
  if (!is_utf8(text)) {
    return Error::permanent(ErrorCode::invalid_argument, "Invalid filter clause: not UTF-8");
  }
  return Parser{text}.parse();
}

}  // namespace curfew
