#include "protocol/odata/filter.hpp"

#include "base/text.hpp"

namespace curfew {

namespace {

void append_literal(std::string& text, const FilterLiteral& literal) {
  switch (literal.kind) {
    case LiteralKind::null: text += "null"; return;
    case LiteralKind::string:
      text += '\'';
      for (const char c : literal.text) text += c == '\'' ? std::string{"''"} : std::string{c};
      text += '\'';
      return;
    case LiteralKind::boolean:
    case LiteralKind::number:
    case LiteralKind::guid:
    case LiteralKind::date_time: text += literal.text; return;
  }
}

void append_node(std::string& text, const FilterNode& node);

// In parentheses if it binds weaker than what stands around it; only chains do.
void append_child(std::string& text, const FilterNode& parent, const FilterNode& child) {
  const bool is_weaker =
      child.kind == FilterKind::disjunction ||
      (child.kind == FilterKind::conjunction && parent.kind == FilterKind::negation);
  if (is_weaker) text += '(';
  append_node(text, child);
  if (is_weaker) text += ')';
}

void append_chain(std::string& text, const FilterNode& node) {
  bool is_first = true;
  for (const FilterNode& child : node.children) {
    if (!is_first) {
      text += ' ';
      text += to_string(node.kind);
      text += ' ';
    }
    is_first = false;
    append_child(text, node, child);
  }
}

void append_comparison(std::string& text, const FilterNode& node) {
  text += to_text(node.path);
  text += ' ';
  text += to_string(node.kind);
  text += ' ';
  if (node.kind == FilterKind::in) text += '(';
  for (std::size_t i = 0; i < node.literals.size(); ++i) {
    if (i > 0) text += ',';
    append_literal(text, node.literals[i]);
  }
  if (node.kind == FilterKind::in) text += ')';
}

void append_node(std::string& text, const FilterNode& node) {
  switch (node.kind) {
    case FilterKind::conjunction:
    case FilterKind::disjunction: append_chain(text, node); return;
    case FilterKind::negation:
      text += "not ";
      for (const FilterNode& child : node.children) append_child(text, node, child);
      return;
    case FilterKind::truth: text += to_text(node.path); return;
    case FilterKind::eq:
    case FilterKind::ne:
    case FilterKind::gt:
    case FilterKind::ge:
    case FilterKind::lt:
    case FilterKind::le:
    case FilterKind::in: append_comparison(text, node); return;
    case FilterKind::starts_with:
    case FilterKind::ends_with:
    case FilterKind::contains:
      text += std::string{to_string(node.kind)} + "(" + to_text(node.path) + ",";
      for (const FilterLiteral& literal : node.literals) append_literal(text, literal);
      text += ')';
      return;
    case FilterKind::any:
      text += to_text(node.path) + "/any(" + node.variable + ":";
      for (const FilterNode& child : node.children) append_node(text, child);
      text += ')';
      return;
  }
}

}  // namespace

std::string to_text(const FilterPath& path) {
  return join(path.segments, "/") + (path.counts ? "/$count" : "");
}

std::string to_text(const FilterNode& node) {
  std::string text;
  append_node(text, node);
  return text;
}

std::string_view to_string(FilterKind kind) {
  switch (kind) {
    case FilterKind::conjunction: return "and";
    case FilterKind::disjunction: return "or";
    case FilterKind::negation: return "not";
    case FilterKind::truth: return "eq true";
    case FilterKind::eq: return "eq";
    case FilterKind::ne: return "ne";
    case FilterKind::gt: return "gt";
    case FilterKind::ge: return "ge";
    case FilterKind::lt: return "lt";
    case FilterKind::le: return "le";
    case FilterKind::in: return "in";
    case FilterKind::starts_with: return "startsWith";
    case FilterKind::ends_with: return "endsWith";
    case FilterKind::contains: return "contains";
    case FilterKind::any: return "any";
  }
  return "";
}

}  // namespace curfew
