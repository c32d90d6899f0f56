"""tools/lint_docs.py: what Markdown names must exist: files, folders, symbols, links.

Looked at are words between backticks outside of code blocks: `src/base/text.hpp`, `base/text.hpp`,
`text.hpp`, `tests/fuzz/fuzz_*.cpp`, `split_words()`, `src/base/text.cpp : split_words`, and links
to files. A placeholder in angle brackets stands for anything: `docs/decisions/<number>-<title>.md`.
"""

import re
from fnmatch import fnmatch

from lint_source import Finding

SOURCE_NAME = re.compile(r"[\w.<>*-]+\.(?:cpp|hpp|py|md|mjs|sh)$")
PATH = re.compile(r"(?:\./)?[\w.<>*-]+(?:/[\w.<>*-]+)*/?$")
CALL = re.compile(r"(?:[A-Za-z_]\w*(?:::|\.|->))*([A-Za-z_]\w*)\(\)$")
PLACE = re.compile(r"(\S+) : ([~\w:]+?)(?:\(\))?$")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
CODE_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def outside_blocks(source):
    """(line number, line) outside of fenced code."""
    inside = False
    for number, line in enumerate(source.lines, 1):
        if re.match(r"\s*(```|~~~)", line):
            inside = not inside
        elif not inside:
            yield number, line


class Names:
    """What can be named: the paths of the tree, and the words of its code."""

    def __init__(self, tree):
        self.tree = tree
        self.paths = set()
        for path in tree.paths:
            relative = path.relative_to(tree.root)
            self.paths.add(relative.as_posix())
            self.paths.update(parent.as_posix() for parent in relative.parents)
        self.basenames = {path.name for path in tree.paths}
        self.first_words = {path.split("/")[0] for path in self.paths if "/" in path}
        self.first_words |= {path.split("/")[1] for path in self.paths
                             if path.startswith("src/") and path.count("/") > 1}

    def find(self, named, beside):
        """The paths of the tree that `named` can mean, in a document of the folder `beside`."""
        pattern = re.sub(r"<[^<>]*>", "*", named.removeprefix("./").rstrip("/"))
        spellings = [pattern, f"src/{pattern}", f"{beside}/{pattern}".lstrip("/")]
        return [path for path in self.paths if any(fnmatch(path, s) for s in spellings)]

    def is_ours(self, word):
        """Does it look like a path of this tree, rather than of another machine or program?"""
        if not PATH.match(word):
            return False
        if "/" not in word.removeprefix("./").rstrip("/"):
            return bool(SOURCE_NAME.match(word))
        return word.removeprefix("./").split("/")[0] in self.first_words


def judge_place(names, named, symbol, beside):
    found = [names.tree.by_path[path] for path in names.find(named, beside)
             if path in names.tree.by_path]
    if not found:
        return f"there is no file {named}"
    last = symbol.split("::")[-1].lstrip("~")
    if not any(re.search(rf"\b{last}\b", source.text) for source in found):
        return f"{named} has no {symbol}"
    return None


def judge_span(names, word, beside):
    """What is wrong with the words between two backticks, or nothing."""
    place, call = PLACE.match(word), CALL.match(word)
    if place and SOURCE_NAME.search(place[1]):
        return judge_place(names, place[1], place[2], beside)
    if call:
        return None if call[1] in names.tree.names else f"there is no function {call[1]}"
    if not names.is_ours(word):
        return None
    if "/" not in word and any(fnmatch(name, word) for name in names.basenames):
        return None
    return None if names.find(word, beside) else f"there is no {word} in this tree"


def judge_link(names, target, folder):
    if re.match(r"[a-z]+:", target):
        return None
    path = (names.tree.root / folder / target.rstrip("/")).resolve()
    return None if path.exists() else f"the link leads nowhere: {target}"


def check_markdown(tree):
    names = Names(tree)
    for source in tree.sources:
        if source.suffix != ".md":
            continue
        folder = source.path.rpartition("/")[0]
        for number, line in outside_blocks(source):
            problems = [judge_span(names, word.strip(), folder) for word in CODE_SPAN.findall(line)]
            problems += [judge_link(names, target, folder) for target in LINK.findall(line)]
            for problem in filter(None, problems):
                yield Finding(source.path, number, "markdown", problem)


# Pages whose tables name the tests that show what they claim: unit tests between quotes, end-to-end
# tests and mutants between backticks.
CITING_PAGES = ["docs/threat-model.md", "docs/defects.md"]
UNIT_TEST = re.compile(r'\bTEST_CASE\w*\s*\((?:\s*[\w:]+\s*,)?((?:\s*"(?:\\.|[^"\\\n])*")+)')
LITERAL_PART = re.compile(r'"((?:\\.|[^"\\\n])*)"')
QUOTED = re.compile(r'"([^"]+)"')
SNAKE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+$")


class Tests:
    """What a page can cite: names of unit tests, of end-to-end tests, of mutants."""

    def __init__(self, tree):
        self.units, self.scripts = set(), set()
        for source in tree.sources:
            if source.is_cpp and source.is_test:
                for literals in UNIT_TEST.findall(source.text):
                    name = "".join(LITERAL_PART.findall(literals))
                    self.units.add(re.sub(r"\\(.)", r"\1", name))
            if source.path.startswith("tests/e2e/test_"):
                self.scripts.update(re.findall(r"(?m)^def (test_\w+)\(", source.text))
        self.mutants = {path.stem for path in tree.paths if path.suffix == ".patch"}


def judge_citations(tests, line):
    """What is cited in a line of a table, and is not there."""
    for name in QUOTED.findall(line):
        if name not in tests.units:
            yield f'there is no unit test "{name}"'
    for word in CODE_SPAN.findall(line):
        if SNAKE.match(word) and word not in tests.scripts | tests.mutants:
            yield f"there is no end-to-end test and no mutant {word}"


def check_cited_tests(tree):
    tests = None
    for source in tree.sources:
        if source.path not in CITING_PAGES:
            continue
        tests = tests or Tests(tree)
        for number, line in outside_blocks(source):
            if line.startswith("|"):
                for problem in judge_citations(tests, line):
                    yield Finding(source.path, number, "cited-tests", problem)
