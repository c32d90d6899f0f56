// docs/graph.md lists every operation of the Graph API and no other, with the permissions that it
// needs. Its tables are kept by hand; the end-to-end walk against Microsoft's own description
// (tests/e2e/test_graph_contract.py) takes the operations from there.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "api/graph/graph_operations.hpp"
#include "base/text.hpp"

namespace curfew {
namespace {

// "/devices/{deviceId=}" as Graph's documents write it: "/devices(deviceId='{deviceId}')".
std::string documented_path(std::string_view path) {
  std::string text;
  for (const std::string_view segment : split(path.substr(1), '/')) {
    if (segment.ends_with("=}")) {
      const std::string name{segment.substr(1, segment.size() - 3)};
      text += "(" + name + "='{" + name + "}')";
    } else {
      text += "/" + std::string{segment};
    }
  }
  return text;
}

std::string sorted(std::string_view names) {
  std::vector<std::string_view> all = split(names, ' ');
  std::erase(all, std::string_view{});
  std::ranges::sort(all);
  std::string text;
  for (const std::string_view name : all) text += (text.empty() ? "" : " ") + std::string{name};
  return text.empty() ? "none" : text;
}

std::string line_of(std::string_view method, std::string_view path, std::string_view delegated,
                    std::string_view application, std::string_view oneself) {
  return std::string{method} + " " + std::string{path} + "; for a person: " + sorted(delegated) +
         "; by itself: " + sorted(application) + "; on oneself: " + sorted(oneself);
}

std::set<std::string> in_the_table() {
  std::set<std::string> lines;
  for (const GraphOperation& operation : graph_operations()) {
    const NeededPermissions& needed = operation.permissions;
    const std::string line =
        line_of(to_string(operation.method), documented_path(operation.path), needed.delegated,
                needed.application, needed.delegated_on_oneself);
    CHECK_MESSAGE(lines.insert(line).second, line);
  }
  return lines;
}

// The cells of a row of a table, without backticks; none: not a row.
std::vector<std::string> cells_of(std::string line) {
  std::erase(line, '`');
  if (!line.starts_with("| ") || !line.ends_with(" |")) return {};
  std::vector<std::string> cells;
  for (const std::string_view cell : split(std::string_view{line}.substr(1, line.size() - 2), '|'))
    cells.emplace_back(trim_ascii(cell));
  return cells;
}

std::set<std::string> in_the_document() {
  std::ifstream file{CURFEW_GRAPH_DOC};
  REQUIRE(file.is_open());
  std::map<std::string, std::vector<std::string>> sets;  // the permissions by their name
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> cells = cells_of(line);
    if (cells.size() == 4 && cells[0].starts_with("P-")) sets[cells[0]] = cells;
    if (cells.size() == 3 && cells[1].starts_with('/')) rows.push_back(cells);
  }
  std::set<std::string> lines;
  for (const std::vector<std::string>& row : rows) {
    CAPTURE(row[1]);
    REQUIRE(sets.contains(row[2]));
    const std::vector<std::string>& set = sets[row[2]];
    CHECK(lines.insert(line_of(row[0], row[1], set[1], set[2], set[3])).second);
  }
  return lines;
}

TEST_CASE("docs/graph.md lists every operation with its permissions, and no other") {
  const std::set<std::string> served = in_the_table();
  const std::set<std::string> documented = in_the_document();
  for (const std::string& line : served) {
    CHECK_MESSAGE(documented.contains(line), "the document lacks: " << line);
  }
  for (const std::string& line : documented) {
    CHECK_MESSAGE(served.contains(line), "nothing serves: " << line);
  }
}

}  // namespace
}  // namespace curfew
