// tests/bench/figures.hpp: what a row of the table says, and how it is printed.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace curfew::bench {

struct Figure {
  std::string name;  // a word, the JSON member: "cpu_us"
  double value = 0;
  std::string unit;  // "us", "ms", "/s", "MiB", "" for a plain number
};

// What the design allows for one figure of a row.
struct Budget {
  std::string figure;
  double max = 0;
};

struct Row {
  std::string name;   // what ./dev bench NAME calls it
  std::string title;  // what a person reads
  std::vector<Figure> figures = {};
  std::optional<Budget> budget = {};

  Row& add(std::string figure, double value, std::string unit);
  [[nodiscard]] std::optional<double> value_of(const std::string& figure) const;
};

// A heading, then a line for each row: its title, its figures, and the budget if it has one.
[[nodiscard]] std::string plain_text(const std::vector<Row>& rows);
// {"rows":[{"name","title","figures":{"cpu_us":1.0,...},"units":{...},"budget":{...}}]}
[[nodiscard]] std::string json_text(const std::vector<Row>& rows);

}  // namespace curfew::bench
