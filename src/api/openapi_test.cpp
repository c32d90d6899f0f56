#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <string>

#include "api/error_codes.hpp"
#include "api/router.hpp"
#include "base/text.hpp"

// docs/openapi.yaml describes /curfew/v1 exactly: each endpoint of the router's table and no other.
// Its layout is kept by hand and fixed: a path has two spaces in front, a method four. That its
// schemas are what the server answers is tested end to end (tests/e2e/test_openapi.py).

namespace curfew {
namespace {

constexpr std::string_view kPrefix = "/curfew/v1/";

std::string line_of(std::string_view method, std::string_view path, std::string_view name) {
  return ascii_lower(method) + " " + std::string{path} + " " + std::string{name};
}

std::set<std::string> in_the_table() {
  std::set<std::string> lines;
  for (const EndpointSpec& spec : all_endpoints()) {
    if (!spec.path.starts_with(kPrefix)) continue;
    for (const HttpMethod method : spec.methods) {
      CHECK(lines.insert(line_of(to_string(method), spec.path, spec.name)).second);
    }
  }
  return lines;
}

std::set<std::string> in_the_file() {
  std::ifstream file{CURFEW_OPENAPI};
  REQUIRE(file.is_open());
  std::set<std::string> lines;
  std::string path;
  std::string method;
  for (std::string line; std::getline(file, line);) {
    const std::string_view text = trim_ascii(line);
    const std::size_t indent = line.find_first_not_of(' ');
    if (indent == 0) path.clear();
    if (indent == 2 && text.starts_with('/')) path = text.substr(0, text.size() - 1);
    if (path.empty()) continue;
    if (indent == 4) method = text.substr(0, text.size() - 1);
    constexpr std::string_view kName = "operationId: ";
    if (indent == 6 && text.starts_with(kName)) {
      CHECK(lines.insert(line_of(method, path, text.substr(kName.size()))).second);
    }
  }
  return lines;
}

// The list under "enum:" of the schema Error's member `code`.
std::set<std::string> codes_in_the_file() {
  std::ifstream file{CURFEW_OPENAPI};
  REQUIRE(file.is_open());
  std::set<std::string> codes;
  bool is_error = false;
  bool is_code = false;
  bool is_enum = false;
  for (std::string line; std::getline(file, line);) {
    const std::string_view text = trim_ascii(line);
    if (line == "    Error:") is_error = true;
    if (is_error && text == "code:") is_code = true;
    if (is_enum && !text.starts_with("- ")) break;
    if (is_enum) CHECK(codes.insert(std::string{text.substr(2)}).second);
    if (is_code && text == "enum:") is_enum = true;
  }
  return codes;
}

TEST_CASE("every error code is in lower case and underscores, and in the OpenAPI file") {
  const std::set<std::string> in_file = codes_in_the_file();
  std::set<std::string> known;
  for (const std::string_view code : admin_error_codes()) {
    CAPTURE(code);
    CHECK(known.insert(std::string{code}).second);
    const std::string_view word = code.starts_with("guard.") ? code.substr(6) : code;
    CHECK(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
  }
  CHECK(known == in_file);
}

TEST_CASE("the OpenAPI file names each endpoint of the administrator's API, and no other") {
  const std::set<std::string> table = in_the_table();
  const std::set<std::string> file = in_the_file();
  CHECK(table.size() > 40);
  for (const std::string& line : table) CHECK_MESSAGE(file.contains(line), line);
  for (const std::string& line : file) CHECK_MESSAGE(table.contains(line), line);
}

}  // namespace
}  // namespace curfew
