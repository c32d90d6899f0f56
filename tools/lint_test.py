#!/usr/bin/python3
"""tools/lint_test.py: each rule of lint.py finds its planted violation, and nothing in clean code."""

import pathlib
import re
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
import lint
from lint_source import cpp_functions

ROOT = pathlib.Path(__file__).resolve().parent.parent

CLEAN = {
    "src/base/text.hpp": "// base/text.hpp: text.\n#pragma once\nint split_words();\n",
    "src/base/text.cpp": '#include "base/text.hpp"\nint split_words() { return 1; }\n',
    "src/base/text_test.cpp": '#include "base/text.hpp"\n\n#include <doctest/doctest.h>\n',
    "src/base/limits.hpp": "// base/limits.hpp: limits.\n#pragma once\nconst int kPageMax = 1;\n",
    "src/model/user.hpp": "// model/user.hpp: a user.\n#pragma once\n#include \"base/text.hpp\"\n"
                          "namespace curfew {\n\nstruct User {\n  int id;\n};\n\n"
                          "}  // namespace curfew\n",
    "src/store/store.cpp": "int page = kPageMax;\n",
    "tests/js/package-lock.json": '{"integrity": "sha512-x"}\n',
    "README.md": "`src/base/text.cpp : split_words`, `split_words()`, `base/text.hpp`, `text.hpp`,\n"
                 "`src/base/`, `src/<module>/*.hpp`, [text](src/base/text.cpp#L1), `a/b`, `x.toml`\n"
                 "```\n`src/not/here.cpp`\n```\n",
}


def long_function(lines):
    return "int f() {\n" + "  g();\n" * (lines - 2) + "}\n"


def header(path, body):
    return f"// {path}: planted.\n#pragma once\n{body}"


# (rule, path, its text, the line that must be named)
PLANTED = [
    ("ranks", "src/base/up.cpp", '\n#include "store/store.cpp"\n', 2),
    ("ranks", "src/crypto/aside.cpp", '#include "model/user.hpp"\n', 1),
    ("ranks", "src/store/relative.cpp", '#include "text.hpp"\n', 1),
    ("ranks", "src/drawer/x.cpp", "int x;\n", 1),
    ("ranks", "src/base/quiet.cpp", '/* why */ #include "base/text.hpp"\n'
                                    '#  include "store/store.cpp"\n', 2),
    ("file-size", "src/base/long.cpp", "int x;\n" * 501, 501),
    ("file-size", "src/base/long_test.cpp", "int x;\n" * 1001, 1001),
    ("file-size", "tools/long.py", "x = 1\n" * 501, 501),
    ("function-size", "src/base/f.cpp", "\n" + long_function(71), 2),
    ("function-size", "src/base/g.hpp",
     header("base/g.hpp", "class G {\n public:\n  G() : a_{1}, b_(2) {\n" + "    h();\n" * 70
            + "  }\n  int a_;\n};\n"), 5),
    ("function-size", "tools/f.py", "def f():\n" + "    x = 1\n" * 70, 1),
    ("function-size", "tools/f.sh", "f() {\n" + "  true\n" * 70 + "}\n", 1),
    ("calls", "src/model/now.cpp", "auto t = std::chrono::system_clock::now();\n", 1),
    ("calls", "src/io/now.cpp", "int n = ::clock_gettime(CLOCK_REALTIME, &t);\n", 1),
    ("calls", "src/io/then.cpp", "auto t = ::time(nullptr);\n", 1),
    ("calls", "src/model/dice.cpp", "auto d = std::random_device{}();\n", 1),
    ("calls", "src/api/dice.cpp", "int r = RAND_bytes(b, 1);\n", 1),
    ("calls", "src/model/twister.cpp", "std::mt19937_64 engine{1};\n", 1),
    ("calls", "src/store/env.cpp", 'auto* e = std::getenv("HOME");\n', 1),
    ("calls", "src/store/print.cpp", "void f() { std::cout << 1; }\n", 1),
    ("calls", "src/api/print.cpp", 'void f() {\n  std::fprintf(stderr, "x");\n}\n', 2),
    ("calls", "src/io/sleep.cpp", "void f() { std::this_thread::sleep_for(1s); }\n", 1),
    ("calls", "src/base/sleep_test.cpp", "void f() { usleep(1); }\n", 1),
    ("calls", "src/api/compare.cpp", "bool b = secret.hash == sha256(given);\n", 1),
    ("calls", "src/api/compare_other.cpp", "bool b =\n    x != session->secret_hash;\n", 2),
    ("calls", "src/api/compare_revealed.cpp", "bool b = given == secret.reveal();\n", 1),
    ("calls", "src/io/detach.cpp", "void f() { thread.detach(); }\n", 1),
    ("calls", "src/io/detached.cpp", "void f() { co_spawn(c, t, asio::detached); }\n", 1),
    ("libraries", "src/api/net.cpp", "#include <boost/asio/io_context.hpp>\n", 1),
    ("libraries", "src/io/net.hpp", header("io/net.hpp", "#include <boost/beast/http.hpp>\n"), 3),
    ("libraries", "src/api/tls.cpp", "#include <openssl/ssl.h>\n", 1),
    ("libraries", "src/api/get.cpp", "#include <curl/curl.h>\n", 1),
    ("libraries", "src/api/sql.cpp", "#include <sqlite3.h>\n", 1),
    ("libraries", "src/api/hash.cpp", "#include <argon2.h>\n", 1),
    ("libraries", "src/api/pack.cpp", "#include <zlib.h>\n", 1),
    ("libraries", "src/api/args.cpp", "#include <CLI/CLI.hpp>\n", 1),
    ("libraries", "src/api/config.cpp", "#include <toml++/toml.h>\n", 1),
    ("libraries", "src/api/test.cpp", "#include <doctest/doctest.h>\n", 1),
    ("libraries", "src/api/out.cpp", "#include <iostream>\n", 1),
    ("watermark", "src/api/second_rule.cpp", "bool b = a.reauth > c;\n", 1),
    ("watermark", "src/access/second_rule.cpp", "bool b =\n    state->hold_count > 0;\n", 2),
    ("header", "src/base/bare.hpp", "#pragma once\n", 1),
    ("header", "src/base/other.hpp", "// base/text.hpp: copied.\n#pragma once\n", 1),
    ("header", "src/base/twice.hpp", "// base/twice.hpp: no guard.\n", 1),
    ("one-definition", "src/store/user.hpp",
     header("store/user.hpp", "namespace curfew {\nclass User final : public Row {\n};\n"
            "}  // namespace curfew\n"), 4),
    ("one-definition", "src/store/rows.cpp",
     "namespace curfew {\nnamespace {\nstruct Row {};\n}  // namespace\n\n"
     "enum class User : int {};\n}  // namespace curfew\n", 6),
    ("limits", "src/base/limits.hpp", header("base/limits.hpp", "int kPageMax = 1;\nint kOld = 2;\n"),
     4),
    ("todo", "src/base/todo.cpp", "// TO" + "DO: later\n", 1),
    ("markdown", "docs/a.md", "see `src/base/gone.cpp`\n", 1),
    ("markdown", "docs/a.md", "see `base/gone.cpp`\n", 1),
    ("markdown", "docs/a.md", "\nsee `gone.hpp`\n", 2),
    ("markdown", "docs/a.md", "see `gone_words()`\n", 1),
    ("markdown", "docs/a.md", "| `src/base/text.cpp : gone` |\n", 1),
    ("markdown", "docs/a.md", "| `src/base/gone.cpp : split_words` |\n", 1),
    ("markdown", "docs/a.md", "[text](../src/base/gone.cpp)\n", 1),
    ("markdown", "docs/a.md", "```\ncode\n```\n`src/nowhere/`\n", 4),
    ("cited-tests", "docs/threat-model.md", '| it is refused | "it was refused" |\n', 1),
    ("cited-tests", "docs/defects.md", "\n| it is refused | `test_it_is_refused` |\n", 2),
    ("cited-tests", "docs/threat-model.md", "| it is refused | mutant `nobody_refuses` |\n", 1),
    ("workplace", "docs/a.md", "put it into /wo" + "rk/main\n", 1),
    ("workplace", "tools/x.sh", "curl https://registry.npm" + "js.org\n", 1),
    ("workplace", "tools/x.sh", "echo http://deb.deb" + "ian.org\n", 1),
    ("workplace", "src/base/x.cpp", "// see issue" + " 2\n", 1),
    ("npm-lock", "tests/js/package-lock.json", '{\n"resolved": "https://x/y.tgz"\n}\n', 2),
]

CYCLES = {
    "folders": {"src/api/op/a.hpp": header("api/op/a.hpp", '#include "api/ssf/b.hpp"\n'),
                "src/api/ssf/b.hpp": header("api/ssf/b.hpp", '#include "api/op/c.hpp"\n'),
                "src/api/op/c.hpp": header("api/op/c.hpp", "")},
    "files": {"src/api/a.hpp": header("api/a.hpp", '#include "api/b.hpp"\n'),
              "src/api/b.hpp": header("api/b.hpp", '#include "api/a.hpp"\n')},
}

# Looks like a violation, is none.
INNOCENT = {
    "src/api/words.cpp": '// system_clock, RAND_bytes\nconst char* s = "getenv( std::cout";\n'
                         "int n = 1'000'000; char q = '\"'; int m = 2'0;\n"
                         'const char* r = R"(std::cout << "x")"; int end;\n',
    "src/api/names.cpp": "co_await runtime.sleep_for(delay); int x = Effect::reauth; f(brand);\n"
                         'int n = std::snprintf(b, 4, "x"); auto e = watermark.reauth_text();\n',
    "src/base/apart.cpp": "int a() {\n" + "  g();\n" * 60 + "}\nint b() {\n" + "  g();\n" * 60
                          + "}\nconst T kTable[] = {\n" + "    {1, 2},\n" * 90 + "};\n",
    "src/store/names.cpp": "namespace curfew {\nstruct User;\ntemplate <>\nstruct User<int> {};\n"
                           "struct User::Part {};\nnamespace {\nstruct User {};\n}  // namespace\n"
                           "namespace page {\nclass User {\n};\n}  // namespace page\n"
                           "struct Outer {\n  struct User {};\n};\n}  // namespace curfew\n",
    "src/base/clock.cpp": "int n = ::clock_gettime(CLOCK_REALTIME, &t);\n",
    "src/store/suite_test.cpp": '#include "tests/conformance/suite.hpp"\n',
    "src/base/cycle_test.cpp": '#include "base/text.hpp"\n',
}


class LintTest(unittest.TestCase):
    """Each case writes a small tree and looks at what lint finds in it."""

    def findings(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for path, text in {**CLEAN, **files}.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text, encoding="utf-8")
            return lint.lint(root)[1]

    def test_clean_code_has_no_findings(self):
        self.assertEqual(self.findings({}), [])

    def test_what_only_looks_like_a_violation_is_none(self):
        for path, text in INNOCENT.items():
            with self.subTest(path):
                self.assertEqual([str(f) for f in self.findings({path: text})], [])

    def test_each_planted_violation_is_found_at_its_line_and_alone(self):
        for rule, path, text, line in PLANTED:
            with self.subTest(rule=rule, path=path, text=text[:60]):
                found = [(f.rule, f.path, f.line) for f in self.findings({path: text})]
                self.assertEqual(found, [(rule, path, line)])

    def test_cycles_of_folders_and_of_files_are_found(self):
        for what, files in CYCLES.items():
            with self.subTest(what):
                found = self.findings(files)
                self.assertEqual([f.rule for f in found], ["cycles"])
                self.assertTrue(found[0].message.startswith(what), found[0].message)

    def test_every_rule_has_a_planted_violation(self):
        self.assertEqual({rule for rule, *_ in PLANTED} | {"cycles"}, set(lint.RULES))

    def test_the_members_of_a_watermark_are_guarded_each_by_its_name(self):
        header_text = (ROOT / "src/model/validity.hpp").read_text(encoding="utf-8")
        body = re.search(r"(?ms)^struct Watermark \{\n(.*?)^\};", header_text)[1]
        members = re.findall(r"(?m)^  [\w:]+ (\w+)(?:\{\}| = \w+)?;", body)
        self.assertEqual(len(members), 5, members)
        self.assertEqual(lint.WATERMARK_MEMBERS, members)
        for member in members:
            for access in (f"state.{member}", f"state->{member}"):
                with self.subTest(access):
                    found = self.findings({"src/api/third_rule.cpp": f"auto x = {access};\n"})
                    self.assertEqual([(f.rule, f.line) for f in found], [("watermark", 1)])

    def test_every_home_has_a_planted_violation(self):
        calls = [text for rule, _, text, _ in PLANTED if rule == "calls"]
        included = [re.search(r"<(.*)>", text)[1] for rule, _, text, _ in PLANTED
                    if rule == "libraries"]
        for home in lint.CALLS_WITH_ONE_HOME:
            with self.subTest(home.what):
                self.assertTrue(any(re.search(home.pattern, text) for text in calls))
        for home in lint.LIBRARIES_WITH_ONE_HOME:
            with self.subTest(home.what):
                self.assertTrue(any(re.match(home.pattern, path) for path in included))


class FunctionTest(unittest.TestCase):
    """Where functions begin and end."""

    def found(self, code):
        return [(f.name, f.first, f.last) for f in cpp_functions(code)]

    def test_functions_in_namespaces_and_classes_are_found(self):
        code = ("namespace a {\nclass B : public C {\n  int f() const {\n    if (x) {\n    }\n"
                "  }\n  int v = {1};\n};\n\nint B::g(int a,\n         int b) noexcept -> int {\n"
                "  return std::sort(x, [](int i) { return i; });\n}\n}\n")
        self.assertEqual(self.found(code), [("f", 3, 6), ("B::g", 10, 13)])

    def test_tables_are_no_functions(self):
        self.assertEqual(self.found("const std::array<T, 2> kT{{\n  {f(1), 2},\n  {3, 4}}};\n"), [])

    def test_a_constructor_reaches_from_its_name_to_its_last_brace(self):
        self.assertEqual(self.found("X::X(int a)\n    : a_{a},\n      b_(1) {\n  f();\n}\n"),
                         [("X::X", 1, 5)])

    def test_a_test_suite_is_no_function_but_its_cases_are(self):
        self.assertEqual(self.found("TEST_SUITE(  ) {\nTEST_CASE(  ) {\n  f();\n}\n}\n"),
                         [("TEST_CASE", 2, 4)])

    def test_a_test_case_is_a_function(self):
        self.assertEqual(self.found("TEST_CASE(  ) {\n  f();\n}\n"), [("TEST_CASE", 1, 3)])


if __name__ == "__main__":
    unittest.main()
