// tests/fuzz/fuzz_odata.cpp: a query has one meaning, and its look-ups name every row that matches.
//
// Covers: protocol/odata/resource_path.cpp protocol/odata/query_options.cpp
//   protocol/odata/filter_parser.cpp protocol/odata/filter.cpp protocol/odata/bound_filter.cpp
//   protocol/odata/filter_lookup.cpp protocol/odata/search.cpp protocol/odata/property.cpp
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "base/text.hpp"
#include "protocol/http/percent.hpp"
#include "protocol/odata/bound_filter.hpp"
#include "protocol/odata/filter.hpp"
#include "protocol/odata/query_options.hpp"
#include "protocol/odata/resource_path.hpp"
#include "protocol/odata/search.hpp"

using namespace curfew;

namespace {

using namespace operators;

constexpr Operators kEverything = ~0U;

constexpr std::array kRules{
    PropertyRule{"id", PropertyType::guid, kEverything, kNone, SearchKind::starts_with, false},
    PropertyRule{"a", PropertyType::string, kEverything, kNone, SearchKind::tokens, false},
    PropertyRule{"b", PropertyType::string, kEverything, kNone, SearchKind::starts_with, true},
    PropertyRule{"c", PropertyType::string_collection, kEverything, kNone, SearchKind::tokens,
                 false},
    PropertyRule{"d/e", PropertyType::string_collection, kEq, kEverything, SearchKind::starts_with,
                 true},
    PropertyRule{"on", PropertyType::boolean, kEverything, kNone, SearchKind::none, false},
    PropertyRule{"n", PropertyType::number, kEquality, kOrder, SearchKind::none, false},
    PropertyRule{"at", PropertyType::date_time, kEverything, kNone, SearchKind::none, false},
};

// A row whose texts are pieces of the input, so that some are what it asks for.
class Row final : public PropertyReader {
 public:
  explicit Row(std::vector<std::string> texts) : texts_(std::move(texts)) {}

  [[nodiscard]] PropertyValue value(std::size_t index) const override {
    if (texts_.empty()) return std::monostate{};
    const std::string& text = texts_[index % texts_.size()];
    switch (kRules.at(index).type) {
      case PropertyType::string:
      case PropertyType::guid: return std::string_view{text};
      case PropertyType::string_collection: return std::span<const std::string>{texts_};
      case PropertyType::boolean: return text.size() % 2 == 0;
      case PropertyType::number: return static_cast<std::int64_t>(text.size());
      case PropertyType::date_time: return from_unix_seconds(1'800'000'000);
    }
    return std::monostate{};
  }

  // The texts of a property: its one, or its elements.
  [[nodiscard]] std::vector<std::string> texts_of(std::size_t index) const {
    const PropertyValue found = value(index);
    if (const auto* text = std::get_if<std::string_view>(&found)) return {std::string{*text}};
    const auto* elements = std::get_if<std::span<const std::string>>(&found);
    if (elements == nullptr) return {};
    return {elements->begin(), elements->end()};
  }

 private:
  std::vector<std::string> texts_;
};

// Pieces between any of these, as they are and without the escapes of a literal.
std::vector<std::string> pieces_of(std::string_view text) {
  constexpr std::size_t kPiecesMax = 24;
  std::vector<std::string> pieces;
  std::string piece;
  for (const char c : text) {
    if (std::string_view{"'\":(),"}.find(c) == std::string_view::npos) {
      piece += c;
      continue;
    }
    if (!piece.empty() && pieces.size() < kPiecesMax) pieces.push_back(piece);
    piece.clear();
  }
  if (!piece.empty()) pieces.push_back(piece);
  return pieces;
}

std::string folded(const std::string& text, std::size_t property) {
  return kRules.at(property).is_case_sensitive ? text : ascii_lower(text);
}

// Each text alone makes a row, and all together do; nothing makes one of nulls.
template <typename Check>
void for_each_row(std::string_view text, Check check) {
  const std::vector<std::string> pieces = pieces_of(text);
  check(Row{{}});
  check(Row{pieces});
  for (const std::string& piece : pieces) check(Row{{piece}});
}

void check_filter_row(const BoundFilter& filter, const Row& row) {
  if (!filter.matches(row)) return;
  for (std::size_t property = 0; property < kRules.size(); ++property) {
    const std::vector<std::string> texts = row.texts_of(property);
    if (const auto equal = filter.required_equal(property)) {
      CURFEW_CHECK(std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
        return std::find(equal->begin(), equal->end(), folded(text, property)) != equal->end();
      }));
    }
    if (const auto prefix = filter.required_prefix(property)) {
      CURFEW_CHECK(std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
        return folded(text, property).starts_with(*prefix);
      }));
    }
  }
}

void check_filter(std::string_view text) {
  const Result<FilterNode> filter = parse_filter(text);
  if (!filter.ok()) return;
  const std::string again = to_text(*filter);
  const Result<FilterNode> reread = parse_filter(again);
  CURFEW_CHECK(again.size() > kFilterBytesMax || (reread.ok() && *reread == *filter));

  const Bound<BoundFilter> plain = bind_filter(*filter, kRules, false);
  const Bound<BoundFilter> bound = bind_filter(*filter, kRules, true);
  const auto* good = std::get_if<BoundFilter>(&bound);
  // An advanced query can do what a plain one can.
  CURFEW_CHECK(good != nullptr || std::holds_alternative<QueryError>(plain));
  if (good == nullptr) return;
  FilterNode opposite;
  opposite.kind = FilterKind::negation;
  opposite.children.push_back(*filter);
  const Bound<BoundFilter> other = bind_filter(opposite, kRules, true);
  for_each_row(text, [&](const Row& row) {
    check_filter_row(*good, row);
    const auto* negated = std::get_if<BoundFilter>(&other);
    if (negated != nullptr) CURFEW_CHECK(negated->matches(row) != good->matches(row));
  });
}

void check_search_row(const BoundSearch& search, const Row& row) {
  if (!search.matches(row)) return;
  for (std::size_t property = 0; property < kRules.size(); ++property) {
    const std::vector<std::string> texts = row.texts_of(property);
    if (const auto prefix = search.required_prefix(property)) {
      CURFEW_CHECK(std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
        return ascii_lower(text).starts_with(*prefix);
      }));
    }
    if (const auto prefix = search.required_token_prefix(property)) {
      CURFEW_CHECK(std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
        const std::vector<std::string> tokens = search_tokens(text);
        return std::any_of(tokens.begin(), tokens.end(),
                           [&](const std::string& token) { return token.starts_with(*prefix); });
      }));
    }
  }
}

void check_search(std::string_view text) {
  for (const std::string& token : search_tokens(text)) {
    CURFEW_CHECK(!token.empty() && token == ascii_lower(token));
  }
  const Result<SearchNode> search = parse_search(text);
  if (!search.ok()) return;
  const std::string again = to_text(*search);
  const Result<SearchNode> reread = parse_search(again);
  CURFEW_CHECK(again.size() > kSearchBytesMax || (reread.ok() && *reread == *search));
  const Bound<BoundSearch> bound = bind_search(*search, kRules);
  if (const auto* good = std::get_if<BoundSearch>(&bound)) {
    for_each_row(text, [&](const Row& row) { check_search_row(*good, row); });
  }
}

// What was given comes back with the next page, but for where to go on.
void check_query(std::string_view text) {
  const Result<QueryOptions> options = parse_query_options(text, {});
  if (!options.ok()) return;
  const std::string next = next_page_query(*options, "t+1");
  const Result<QueryOptions> again = parse_query_options(next, {});
  if (next.size() > kQueryBytesMax || options->given.size() >= limits::kFormFieldsMax) return;
  CURFEW_CHECK(again.ok());
  CURFEW_CHECK(again->select == options->select && again->filter == options->filter &&
               again->search == options->search && again->order_by == options->order_by &&
               again->top == options->top && again->count == options->count &&
               again->expand == options->expand && again->format == options->format &&
               again->unknown == options->unknown && again->id == options->id);
  CURFEW_CHECK(again->skip_token == "t+1" && !again->skip && !again->delta_token);
  CURFEW_CHECK(next_page_query(*again, "t+1") == next);
  if (options->filter) check_filter(*options->filter);
  if (options->search) check_search(*options->search);
}

void check_path(std::string_view text) {
  const Result<std::vector<PathSegment>> path = parse_resource_path(text);
  if (!path.ok()) return;
  std::string again;
  for (const PathSegment& segment : *path) {
    CURFEW_CHECK(!segment.text.empty() && is_utf8(segment.text));
    CURFEW_CHECK(segment.has_parentheses || (!segment.key && segment.keys.empty()));
    CURFEW_CHECK(!segment.key || segment.keys.empty());
    again += "/" + percent_encode(segment.text);
  }
  const Result<std::vector<PathSegment>> reread = parse_resource_path(again);
  CURFEW_CHECK(again.size() > kResourcePathBytesMax || (reread.ok() && *reread == *path));
}

}  // namespace

// The first byte says what the rest is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  switch (data[0]) {
    case 'f': check_filter(text); break;
    case 's': check_search(text); break;
    case 'p': check_path(text); break;
    default: check_query(text);
  }
  return 0;
}
