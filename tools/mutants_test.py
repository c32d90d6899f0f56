#!/usr/bin/python3
"""tools/mutants_test.py: mutants.py tells what was killed from what survived and what is broken.

    tools/mutants_test.py --build FOLDER
"""

import argparse
import difflib
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = "src/model/position.cpp"
HEADER = "src/model/position.hpp"
LINE = "  if (dot == std::string_view::npos) return std::nullopt;\n"
KILLER = "model_test -tc=*position*"
COMPILER = "compiler model_test src/model/position.cpp"


def mutant(killer, path, line, replacement):
    before = (ROOT / path).read_text()
    assert before.count(line) == 1, f"{path} has changed: choose another line"
    after = before.replace(line, replacement)
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), f"a/{path}",
                                 f"b/{path}")
    return f"For a test.\nKilled by: {killer}\n\n{''.join(lines)}"


CASES = {
    "test_killed": (mutant(KILLER, SOURCE, LINE, ""), "killed"),
    "test_survives": (mutant(KILLER, SOURCE, LINE, LINE + "  // no fault\n"), "SURVIVED"),
    "test_does_not_apply": (
        mutant(KILLER, SOURCE, LINE, "").replace("text.find", "text.rfind"), "BROKEN"),
    "test_does_not_compile": (mutant(KILLER, SOURCE, LINE, "  no such thing;\n"), "BROKEN"),
    "test_of_nothing": (mutant("model_test -tc=nothing*", SOURCE, LINE, ""), "SURVIVED"),
    "test_must_not_compile": (
        mutant(COMPILER, HEADER, "#pragma once\n", "#pragma once\n#error planted\n"), "killed"),
    "test_compiles_all_the_same": (
        mutant(COMPILER, HEADER, "#pragma once\n", "#pragma once\n// planted\n"), "SURVIVED"),
}


def judged(build, names):
    """What mutants.py says of these cases, by name, and whether it was content."""
    with tempfile.TemporaryDirectory(prefix="curfew-mutants-test-") as folder:
        for name in names:
            (pathlib.Path(folder) / f"{name}.patch").write_text(CASES[name][0])
        done = subprocess.run(
            [sys.executable, ROOT / "tools/mutants.py", "--build", build, "--mutants", folder,
             "--cold", *names], capture_output=True, text=True, check=False)
    said = dict(line.removeprefix("mutant ").split(": ", 1) for line in done.stdout.splitlines()
                if line.startswith("mutant "))
    return said, done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build
    said, is_content = judged(build, CASES)
    wrong = [f"{name}: {verdict!r} was expected, mutants.py says {said.get(name)!r}"
             for name, (_, verdict) in CASES.items()
             if not said.get(name, "").startswith(verdict)]
    if is_content:
        wrong.append("mutants.py ended with 0 although mutants survived")
    if not judged(build, ["test_killed"])[1]:
        wrong.append("mutants.py did not end with 0 although every mutant was killed")
    print("\n".join(wrong) or f"mutants.py judged {len(CASES)} cases right")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
