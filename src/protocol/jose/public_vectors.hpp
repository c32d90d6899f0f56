// protocol/jose/public_vectors.hpp: for tests: public test vectors from the folder that the
// environment variable CURFEW_TEST_DATA names.
//
// The vectors are not in this repository. A case that needs them is registered only where they are,
// so that no run counts a case that judged nothing; one line says so.
#pragma once

#include <doctest/doctest.h>

#include <boost/json/value.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "protocol/json/json.hpp"

namespace curfew::vectors {

inline const char* folder() { return std::getenv("CURFEW_TEST_DATA"); }

inline std::string read_text(const std::string& path) {
  std::ifstream file{std::filesystem::path{folder()} / "vectors" / path, std::ios::binary};
  REQUIRE_MESSAGE(file.good(), "no vectors in " << path);
  return {std::istreambuf_iterator<char>{file}, {}};
}

// Far larger than anything the product reads, with the same strictness otherwise.
inline boost::json::value read(const std::string& path) {
  return parse_json(read_text(path), {.bytes_max = 4UL << 20U, .depth_max = 32}).value();
}

inline std::string text(const boost::json::value& value) {
  const auto& string = value.as_string();
  return {string.data(), string.size()};
}
inline std::string bytes(const boost::json::value& hex) { return hex_decode(text(hex)).value(); }

using Group = boost::json::object;
using Test = boost::json::object;

// Judges every test of a Wycheproof file: `judge` says whether we accept it. A valid one must be
// accepted and an invalid one refused. Where we judge otherwise on purpose, and for each
// "acceptable" one, `on_purpose` lists the number and our verdict.
inline int judge_all(const std::string& file,
                     const std::function<bool(const Group&, const Test&)>& judge,
                     const std::map<std::int64_t, bool>& on_purpose = {}) {
  int judged = 0;
  const boost::json::value content = read(file);
  for (const auto& group : content.at("testGroups").as_array()) {
    for (const auto& test : group.at("tests").as_array()) {
      const std::int64_t id = test.at("tcId").as_int64();
      const auto ours = on_purpose.find(id);
      const std::string result = text(test.at("result"));
      INFO(file << " " << id << " " << text(test.at("comment")) << ": " << result);
      CHECK((ours != on_purpose.end() || result == "valid" || result == "invalid"));
      const bool expected = ours != on_purpose.end() ? ours->second : result == "valid";
      CHECK(judge(group.as_object(), test.as_object()) == expected);
      ++judged;
    }
  }
  return judged;
}

// Registers `run` as a test case if there are vectors.
inline int registered(const char* name, void (*run)(), const char* file, unsigned line) {
  if (folder() == nullptr) {
    static const int said =
        std::puts("CURFEW_TEST_DATA is not set: the public JOSE vectors are not judged");
    return said;
  }
  return doctest::detail::regTest(doctest::detail::TestCase(run, file, line, {}) * name);
}

}  // namespace curfew::vectors

// VECTOR_CASE(name, "sentence") { ... }
#define VECTOR_CASE(name, sentence)                                      \
  static void name();                                                    \
  static const int name##_registered [[maybe_unused]] =                  \
      ::curfew::vectors::registered(sentence, name, __FILE__, __LINE__); \
  static void name()
