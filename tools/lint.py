#!/usr/bin/python3
"""tools/lint.py: the rules of this repository that no compiler knows. Called by ./dev check.

    tools/lint.py [--root FOLDER]

Each rule is one function below, named in RULES; tools/lint_test.py plants a violation of each and
demands that it is found. There are no exceptions in comments: a rule is changed here, or obeyed.
"""

import argparse
import pathlib
import re
import sys
from dataclasses import dataclass
from fnmatch import fnmatch

sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
from lint_docs import check_cited_tests, check_markdown
from lint_source import CODE_SUFFIXES, TESTS, Finding, Tree

# A module includes itself and lower ranks, never its own rank.
RANKS = {
    "base": 0,
    "crypto": 1, "model": 1, "io": 1,
    "protocol": 2, "store": 2,
    "access": 3, "revocation": 3, "gate": 3,
    "api": 4, "connectors": 4,
    "apps": 5,
}

FILE_LINES_MAX = 500
TEST_FILE_LINES_MAX = 1000
FUNCTION_LINES_MAX = 70


@dataclass(frozen=True)
class Home:
    """Code that matches `pattern` may stand only in files that match `allowed`."""

    what: str
    pattern: str
    allowed: list
    instead: str


CALLS_WITH_ONE_HOME = [
    # io/runtime.cpp: Asio's timers count on this clock, and only there. nginx's module is C beside
    # a library that gives out no time.
    Home("the clock", r"\b(?:system_clock|steady_clock|high_resolution_clock|clock_gettime"
         r"|gettimeofday)\b|(?:\bstd::|(?<![\w>])::)time\s*\(",
         ["src/base/clock.cpp", "src/base/tick_clock.cpp", "src/io/runtime.cpp",
          "integrations/nginx/*", *TESTS],
         "take a TimePoint, or hold a Clock"),
    Home("randomness", r"\b(?:RAND_\w+|random_device|getrandom|getentropy|arc4random\w*|s?rand"
         r"|l?rand48)\b(?=\s*[({\s])",
         ["src/crypto/random.cpp", *TESTS], "crypto/random.hpp"),
    Home("a seeded generator", r"\b(?:mt19937(?:_64)?|minstd_rand0?|default_random_engine)\b",
         ["src/apps/sim/*", *TESTS], "crypto/random.hpp"),
    Home("the environment", r"\b(?:secure_)?getenv\b|\bsetenv\b", ["src/apps/*", *TESTS],
         "let the program read its configuration and hand it down"),
    Home("printing", r"\b(?:v?f?printf|f?puts|fputc|putchar|perror)\s*\(|\bstd::(?:cout|cerr|clog)"
         r"\b|\bfmt::print", ["src/apps/*", "src/base/log.cpp", "src/base/check.cpp", "examples/*", *TESTS],
         "base/log.hpp"),
    Home("sleeping", r"\bthis_thread::sleep_\w+|(?<![\w:.>])(?:std::|::)?(?:u|nano)?sleep\s*\(",
         ["tests/*"], "wait for what you need, with a deadline"),
    Home("a comparison of secrets",
         r"(?:secret_hash|password_hash|secret\.hash|reveal\(\))\)?\s*[!=]=(?!=)"
         r"|[!=]=\s*\*?(?:\w+(?:\.|->))*(?:secret_hash|password_hash|reveal\(\))",
         TESTS, "equal_constant_time() of base/secret.hpp"),
    Home("a detached task or thread", r"\.\s*detach\s*\(|\bdetached\b", [],
         "say who waits for the end"),
]

# Members of the struct Watermark in model/validity.hpp: whoever reads them outside decides validity a second time.
WATERMARK_MEMBERS = ["reauth", "reauth_at", "reevaluate", "reevaluate_at", "hold_count"]
WATERMARK_READERS = ["src/model/*", "src/store/*", "src/revocation/*",
                     "src/api/gate_feed/journal_pages.cpp", *TESTS]

LIBRARIES_WITH_ONE_HOME = [
    Home("Asio and Beast", r"boost/(?:asio|beast)", ["src/io/*.cpp"], "io/"),
    Home("OpenSSL", r"openssl/", ["src/crypto/*", "src/io/*", "tests/bench/*"],
         "crypto/"),
    Home("libcurl", r"curl/", ["src/io/*.cpp", "src/io/curl.hpp"], "io/http_client.hpp"),
    Home("SQLite", r"sqlite3", ["src/store/*"], "store/store.hpp"),
    Home("Argon2", r"argon2\.h", ["src/crypto/*"], "crypto/password_hash.hpp"),
    Home("zlib", r"zlib\.h", ["src/protocol/token_status/*", *TESTS],
         "protocol/token_status/status_list.hpp"),
    Home("CLI11", r"CLI/", ["src/apps/*"], "apps/"),
    Home("toml++", r"toml", ["src/apps/*"], "apps/"),
    Home("doctest and rapidcheck", r"doctest|rapidcheck", TESTS, "a file NAME_test.cpp"),
    Home("a slow standard header", r"(?:iostream|regex)$", [], "base/log.hpp, or a small parser"),
]

# Words of the machines this is made on mean nothing to a reader. Spelled so that this file, which
# is searched too, does not have them.
WORKPLACE_WORDS = ["/wo" + "rk/", "registry.npm" + "js", "deb.deb" + "ian", "shared/" + "data",
                   "shared/" + "reference", r"\bissues? #?\d+\b"]
WORKPLACE_EXCEPT = {"shared/" + "data": [".ci/run"]}


def allowed_in(path, globs):
    return any(fnmatch(path, glob) for glob in globs)


def check_ranks(tree):
    for source in tree.cpp:
        if source.module is None:
            continue
        if source.module not in RANKS:
            yield Finding(source.path, 1, "ranks", f"src/{source.module} has no rank; see RANKS")
            continue
        for line, quote, included in source.includes:
            target = included.split("/")[0]
            if quote != '"' or (source.is_test and target == "tests"):
                continue
            if f"src/{included}" not in tree.by_path:
                yield Finding(source.path, line, "ranks",
                              f'"{included}" is not a path from src/')
            elif target != source.module and RANKS.get(target, 99) >= RANKS[source.module]:
                yield Finding(source.path, line, "ranks",
                              f"{source.module} (rank {RANKS[source.module]}) may not include "
                              f"{target} (rank {RANKS.get(target)})")


def find_cycle(graph):
    """A list of nodes that leads back to its first, or nothing. `graph`: node -> set of nodes."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for following in sorted(graph.get(node, ())):
            cycle = visit(following)
            if cycle:
                return cycle
        path.pop()
        done.add(node)
        return None

    for start in sorted(graph):
        cycle = visit(start)
        if cycle:
            return cycle
    return None


def check_cycles(tree):
    """Between folders, and between the files of one folder."""
    folders, files = {}, {}
    for source in tree.cpp:
        if source.module is None or source.is_test:
            continue
        here = source.path.rpartition("/")[0]
        for _, quote, included in source.includes:
            there = f"src/{included}".rpartition("/")[0]
            if quote == '"':
                files.setdefault(source.path, set()).add(f"src/{included}")
            if quote == '"' and here != there:
                folders.setdefault(here, set()).add(there)
    for graph, what in ((folders, "folders"), (files, "files")):
        cycle = find_cycle(graph)
        if cycle:
            yield Finding(cycle[0], 1, "cycles", f"{what} include each other: {' -> '.join(cycle)}")


def check_file_size(tree):
    for source in tree.sources:
        if source.suffix not in CODE_SUFFIXES and source.path != "dev":
            continue
        most = TEST_FILE_LINES_MAX if source.is_test else FILE_LINES_MAX
        if len(source.lines) > most:
            yield Finding(source.path, most + 1, "file-size",
                          f"{len(source.lines)} lines, at most {most}: it does more than one thing")


def check_function_size(tree):
    for source in tree.sources:
        if not (source.is_cpp or source.suffix in (".py", ".sh") or source.path == "dev"):
            continue
        for function in source.functions:
            count = function.last - function.first + 1
            if count > FUNCTION_LINES_MAX:
                yield Finding(source.path, function.first, "function-size",
                              f"{function.name} has {count} lines, at most {FUNCTION_LINES_MAX}")


def check_calls(tree):
    for source in tree.cpp:
        for home in CALLS_WITH_ONE_HOME:
            if allowed_in(source.path, home.allowed):
                continue
            for line, match in source.matches(home.pattern):
                yield Finding(source.path, line, "calls",
                              f"{match[0].strip()}: {home.what} has one home; use {home.instead}")


def check_libraries(tree):
    for source in tree.cpp:
        for line, _, included in source.includes:
            for home in LIBRARIES_WITH_ONE_HOME:
                if re.match(home.pattern, included) and not allowed_in(source.path, home.allowed):
                    yield Finding(source.path, line, "libraries",
                                  f"<{included}>: {home.what} may not be included here; "
                                  f"use {home.instead}")


def check_watermark(tree):
    members = "|".join(WATERMARK_MEMBERS)
    for source in tree.cpp:
        if allowed_in(source.path, WATERMARK_READERS):
            continue
        for line, match in source.matches(rf"(?:\.|->)\s*({members})\b(?!\s*\()"):
            yield Finding(source.path, line, "watermark",
                          f"{match[1]} is read by the validity rule only: model/validity.hpp")


def check_header(tree):
    for source in tree.cpp:
        if source.suffix not in (".hpp", ".h"):
            continue
        opening = f"// {source.path.removeprefix('src/')}: "
        if not source.text.startswith(opening):
            yield Finding(source.path, 1, "header", f"the first line must begin with '{opening}'")
        if not re.search(r"(?m)^#pragma once$", source.text):
            yield Finding(source.path, 1, "header", "#pragma once is missing")


def check_one_definition(tree):
    """Two types of one name get one destructor in a program: no compiler or linker says so."""
    homes = {}
    for source in tree.cpp:
        for line, name in source.types:
            home = homes.setdefault(name, source.path)
            if home != source.path:
                yield Finding(source.path, line, "one-definition",
                              f"{name} is defined in {home} as well; rename one of them")


def check_limits(tree):
    """A limit that nobody applies is a promise that nobody keeps."""
    limits = tree.by_path.get("src/base/limits.hpp")
    if limits is None:
        return
    used = set()
    for source in tree.cpp:
        if source is not limits and not source.is_test:
            used.update(re.findall(r"\bk[A-Z]\w*", source.code))
    for line, match in limits.matches(r"\b(k[A-Z]\w*)\s*="):
        others = len(re.findall(rf"\b{match[1]}\b", limits.code)) > 1
        if match[1] not in used and not others:
            yield Finding(limits.path, line, "limits", f"{match[1]} is applied nowhere")


def check_todo(tree):
    for source in tree.sources:
        if source.suffix in CODE_SUFFIXES and not source.path.startswith("tools/lint"):
            for line, _ in source.matches(r"\bTODO\b(?!\((?:security|soon|someday)\): )",
                                          source.text):
                yield Finding(source.path, line, "todo",
                              "write TODO(security|soon|someday): and a sentence")


def check_workplace(tree):
    for source in tree.sources:
        for word in WORKPLACE_WORDS:
            if source.path in WORKPLACE_EXCEPT.get(word, []):
                continue
            for line, match in source.matches(word, source.text):
                yield Finding(source.path, line, "workplace",
                              f"'{match[0]}' belongs to a machine, not to this project")


def check_npm_lock(tree):
    for source in tree.sources:
        if source.path.endswith("package-lock.json"):
            for line, _ in source.matches(r'"resolved"\s*:', source.text):
                yield Finding(source.path, line, "npm-lock",
                              "download addresses do not belong into the lock: npm install with "
                              "omit-lockfile-registry-resolved=true")


RULES = {
    "ranks": check_ranks,
    "cycles": check_cycles,
    "file-size": check_file_size,
    "function-size": check_function_size,
    "calls": check_calls,
    "libraries": check_libraries,
    "watermark": check_watermark,
    "header": check_header,
    "one-definition": check_one_definition,
    "limits": check_limits,
    "todo": check_todo,
    "markdown": check_markdown,
    "cited-tests": check_cited_tests,
    "workplace": check_workplace,
    "npm-lock": check_npm_lock,
}


def lint(root):
    """All findings, ordered by place."""
    tree = Tree(root)
    findings = [finding for rule in RULES.values() for finding in rule(tree)]
    return tree, sorted(findings, key=lambda f: (f.path, f.line, f.rule))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    options = parser.parse_args()
    tree, findings = lint(options.root)
    for finding in findings:
        print(finding)
    print(f"lint: {len(tree.sources)} files, {len(RULES)} rules, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
