#include "tests/bench/figures.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <utility>

#include "protocol/json/writer.hpp"

namespace curfew::bench {

namespace {

// Three digits that mean something, never in scientific notation.
std::string number_text(double value) {
  const double size = std::abs(value);
  int decimals = 0;
  if (size < 10) {
    decimals = 2;
  } else if (size < 100) {
    decimals = 1;
  }
  char text[64];  // NOLINT(*-avoid-c-arrays): what snprintf takes
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string figure_text(const Figure& figure) {
  std::string text = figure.name;
  std::replace(text.begin(), text.end(), '_', ' ');
  const std::string suffix = " " + figure.unit;
  // "cpu us 31.2 us" would say the unit twice.
  if (!figure.unit.empty() && text.ends_with(suffix)) text.resize(text.size() - suffix.size());
  text += " " + number_text(figure.value);
  return figure.unit.empty() ? text : text + suffix;
}

std::string budget_text(const Row& row) {
  if (!row.budget) return {};
  const std::optional<double> value = row.value_of(row.budget->figure);
  if (!value) return {};
  const bool is_kept = *value <= row.budget->max;
  return std::string{is_kept ? "within" : "OVER"} + " its budget of " +
         number_text(row.budget->max);
}

}  // namespace

Row& Row::add(std::string figure, double value, std::string unit) {
  // A window shorter than a tick of the kernel's clock of processor time has no ratio to it.
  figures.push_back({std::move(figure), std::isfinite(value) ? value : 0, std::move(unit)});
  return *this;
}

std::optional<double> Row::value_of(const std::string& figure) const {
  for (const Figure& one : figures) {
    if (one.name == figure) return one.value;
  }
  return std::nullopt;
}

std::string plain_text(const std::vector<Row>& rows) {
  std::size_t width = 0;
  for (const Row& row : rows) width = std::max(width, row.name.size());
  std::string text;
  for (const Row& row : rows) {
    text += row.name + std::string(width - row.name.size(), ' ') + "  " + row.title + "\n";
    std::string line;
    for (const Figure& figure : row.figures) {
      line += (line.empty() ? "" : " | ") + figure_text(figure);
    }
    const std::string budget = budget_text(row);
    if (!budget.empty()) line += " | " + budget;
    text += std::string(width, ' ') + "  " + line + "\n";
  }
  return text;
}

std::string json_text(const std::vector<Row>& rows) {
  std::string list;
  for (const Row& row : rows) {
    std::string values;
    std::string units;
    JsonObjectWriter value_writer{values};
    JsonObjectWriter unit_writer{units};
    for (const Figure& figure : row.figures) {
      value_writer.raw(figure.name, std::to_string(figure.value));
      unit_writer.string(figure.name, figure.unit);
    }
    value_writer.end();
    unit_writer.end();
    if (!list.empty()) list += ",\n";
    JsonObjectWriter writer{list};
    writer.string("name", row.name).string("title", row.title);
    writer.raw("figures", values).raw("units", units);
    if (row.budget) {
      std::string budget;
      JsonObjectWriter budget_writer{budget};
      budget_writer.string("figure", row.budget->figure);
      budget_writer.raw("max", std::to_string(row.budget->max)).end();
      writer.raw("budget", budget);
    }
    writer.end();
  }
  return "{\"rows\":[\n" + list + "\n]}\n";
}

}  // namespace curfew::bench
