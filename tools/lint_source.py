"""tools/lint_source.py: reads the tree for lint.py: files, C++ without comments, functions.

No parser of C++: comments and literals are blanked (line numbers stay), the rest is matched by its
punctuation. That is enough for counting and for finding names, and it never needs a build.
"""

import ast
import pathlib
import re
from bisect import bisect
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property

FOLDERS_LEFT_OUT = {".git", ".cache", "build", "node_modules", "__pycache__", "corpus"}
CPP_SUFFIXES = {".cpp", ".hpp", ".c", ".h"}
CODE_SUFFIXES = CPP_SUFFIXES | {".py", ".sh", ".js", ".mjs", ".cmake", ".css", ".html"}
TEXT_SUFFIXES = CODE_SUFFIXES | {
    ".md", ".pml", ".txt", ".toml", ".json", ".yaml", ".yml", ".sql", ".service", ".conf", ""}

# Tests, and what only tests include.
TESTS = ["tests/*", "*_test.cpp", "*_test.py", "*/test_*.hpp", "*/public_vectors.hpp"]

COMMENT = r"//(?:\\\n|[^\n])*|/\*.*?\*/"
RAW_STRING = r'R"(?P<fence>[^()\\\s]{0,16})\(.*?\)(?P=fence)"'
# A quote after a digit separates digits: 1'000.
LITERAL = r'"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\''
CPP_NOT_CODE = re.compile(f"(?P<comment>{COMMENT})|(?P<literal>{RAW_STRING}|{LITERAL})", re.DOTALL)


@dataclass(frozen=True)
class Finding:
    """One violation: where, which rule, and what to do instead."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message} [{self.rule}]"


@dataclass(frozen=True)
class Function:
    """A function's name, for the message, with its first and last line."""

    name: str
    first: int
    last: int


def blank(text):
    """The same lines and columns, with nothing on them."""
    return re.sub(r"[^\n]", " ", text)


class Source:
    """One file of the tree."""

    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.suffix = path.suffix
        self.text = path.read_text(encoding="utf-8", errors="replace")

    @property
    def is_cpp(self):
        return self.suffix in CPP_SUFFIXES

    @property
    def is_test(self):
        return any(fnmatch(self.path, glob) for glob in TESTS)

    @property
    def module(self):
        """"store" for src/store/...; nothing outside src."""
        parts = self.path.split("/")
        return parts[1] if parts[0] == "src" and len(parts) > 2 else None

    @property
    def lines(self):
        return self.text.splitlines()

    @cached_property
    def without_comments(self):
        return CPP_NOT_CODE.sub(lambda m: blank(m[0]) if m["comment"] else m[0], self.text)

    @cached_property
    def code(self):
        """Without comments and without what stands between quotes."""
        return CPP_NOT_CODE.sub(lambda m: blank(m[0]), self.text)

    def matches(self, pattern, text=None):
        """(line number, match) for each match, in the code unless told otherwise."""
        text = self.code if text is None else text
        ends = [m.start() for m in re.finditer(r"\n", text)]
        return [(bisect(ends, m.start()) + 1, m) for m in re.finditer(pattern, text)]

    @cached_property
    def includes(self):
        """(line number, opening character, path) for each #include."""
        found = self.matches(r'(?m)^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]',
                             self.without_comments)
        return [(line, m[1], m[2]) for line, m in found]

    @cached_property
    def types(self):
        """(line number, qualified name) of each type defined for other files to see too."""
        return list(cpp_types(self.lines, self.code.splitlines()))

    @cached_property
    def functions(self):
        if self.is_cpp:
            return list(cpp_functions(self.code))
        if self.suffix == ".py":
            return list(python_functions(self.text))
        return list(shell_functions(self.lines))


class Tree:
    """All files of the repository that are written by hand."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.paths = sorted(self._walk(self.root))
        self.sources = [Source(self.root, path) for path in self.paths
                        if path.suffix in TEXT_SUFFIXES and path.name != "LICENSE"]
        self.by_path = {source.path: source for source in self.sources}

    def _walk(self, folder):
        for entry in folder.iterdir():
            if entry.is_symlink() or entry.name in FOLDERS_LEFT_OUT:
                continue
            if entry.is_dir():
                yield from self._walk(entry)
            else:
                yield entry

    @property
    def cpp(self):
        return [source for source in self.sources if source.is_cpp]

    @cached_property
    def names(self):
        """Every word of the code: what a document may call by name."""
        words = set()
        for source in self.sources:
            if source.suffix in CODE_SUFFIXES or source.suffix == "":
                text = source.without_comments if source.is_cpp else source.text
                words.update(re.findall(r"[A-Za-z_]\w*", text))
        return words


# What may stand between a parameter list and the body.
BODY_FOLLOWS = re.compile(
    r"\)\s*(?:(?:const|noexcept(?:\s*\([^()]*\))?|override|final|mutable|try|&&?)\s*)*"
    r"(?:->[^;{}]*|requires\b[^;{}]*|:(?!:)[^;{}]*)?$")
MEMBER_INITIALIZER = re.compile(r"\)\s*(?:noexcept\s*)?:(?!:)[^;]*[\w>]\s*$")
ACCESS_LABELS = re.compile(r"(?:\s*(?:public|private|protected)\s*:)*\s*")
FUNCTION_NAME = re.compile(r"([~\w:]+(?:\s*operator\s*\S+?)?)\s*\(")


class CppScanner:
    """Finds the outermost functions by following braces; everything inside one belongs to it."""

    def __init__(self, code):
        self.code = re.sub(r"(?m)^[ \t]*#(?:\\\n|[^\n])*", lambda m: blank(m[0]), code)
        self.stack = []  # for each open brace: "scope", "function" or "inner"
        self.head_start = 0
        self.parentheses = 0
        self.found = []
        self.open_function = None

    def scan(self):
        for match in re.finditer(r"[{}();]", self.code):
            self._see(match[0], match.start())
        return self.found

    def _see(self, character, at):
        if character == "(":
            self.parentheses += 1
        elif character == ")":
            self.parentheses -= 1
        elif character == "{":
            self._open(at)
        elif character == "}":
            self._close(at)
        elif self.parentheses == 0:
            self.head_start = at + 1

    def _open(self, at):
        head = self.code[self.head_start:at].rstrip()
        kind = self._kind_of(head)
        self.stack.append((kind, self.parentheses))
        if kind == "initializer":
            return
        if kind == "function":
            lead = ACCESS_LABELS.match(head).end()
            name = FUNCTION_NAME.search(head, lead)
            self.open_function = (name[1] if name else "a function", self.head_start + lead)
        self.head_start = at + 1
        self.parentheses = 0

    def _kind_of(self, head):
        inside = any(kind in ("function", "inner") for kind, _ in self.stack)
        if inside or self.parentheses > 0:
            return "inner"
        if re.search(r"\b(namespace|extern)\b[^()]*$|\bTEST_SUITE(_BEGIN)?\s*\([^()]*\)$", head):
            return "scope"
        if MEMBER_INITIALIZER.search(head):
            return "initializer"
        if BODY_FOLLOWS.search(head):
            return "function"
        if re.search(r"\b(class|struct|union|enum)\b", head):
            return "scope"
        return "inner"

    def _close(self, at):
        if not self.stack:
            return
        kind, self.parentheses = self.stack.pop()
        if kind == "initializer":
            return
        if kind == "function":
            name, start = self.open_function
            self.found.append(Function(name, self._line(start), self._line(at)))
        if self.parentheses == 0:
            self.head_start = at + 1

    def _line(self, at):
        return self.code.count("\n", 0, at) + 1


TYPE_DEFINED = re.compile(r"(?:struct|class|union|enum(?: class)?) (?:\[\[\w+\]\] )?(\w+)"
                          r"(?: final)?\s*(?:\{|:(?!:))")
NAMESPACE_BEGINS = re.compile(r"namespace ?([\w:]*) \{$")
NAMESPACE_ENDS = re.compile(r"\}\s*// namespace")


def cpp_types(lines, code_lines):
    """By the layout that clang-format gives: what is at namespace scope begins its line."""
    spaces = []
    for number, (line, code) in enumerate(zip(lines, code_lines), 1):
        begins, defined = NAMESPACE_BEGINS.match(line), TYPE_DEFINED.match(code)
        if begins:
            spaces.append(begins[1])
        elif NAMESPACE_ENDS.match(line) and spaces:
            spaces.pop()
        elif defined and "" not in spaces:
            yield number, "::".join([*spaces, defined[1]])


def cpp_functions(code):
    return CppScanner(code).scan()


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield Function(node.name, node.lineno, node.end_lineno)


def shell_functions(lines):
    name, first = None, 0
    for number, line in enumerate(lines, 1):
        opening = re.match(r"(\w+)\(\) \{$", line)
        if opening:
            name, first = opening[1], number
        elif line == "}" and name:
            yield Function(name, first, number)
            name = None
