#!/usr/bin/python3
"""tools/check.py: everything that is judged without running the product. Called by ./dev check.

All parts run, even after one has failed; the last lines say which failed and how to mend it.
"""

import argparse
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
from lint_source import Tree  # pylint: disable=wrong-import-position

ROOT = pathlib.Path(__file__).resolve().parent.parent
FORMAT = "clang-format-19"


def succeeds(*command):
    return subprocess.run([str(word) for word in command], cwd=ROOT, check=False).returncode == 0


def cpp_files():
    return [source.path for source in Tree(ROOT).cpp]


def parts(build):
    """(name, what to do if it fails, command), cheapest first."""
    here = ROOT / "tools"
    return [
        ("lint_test", "a rule of tools/lint.py no longer finds its planted violation",
         [here / "lint_test.py", "--quiet"]),
        ("run_tests_test", "tools/run_tests.py no longer counts what ctest reports",
         [here / "run_tests_test.py", "--quiet"]),
        ("model_test", "tools/model.py no longer tells a model that holds from one that does not",
         [here / "model_test.py", "--quiet"]),
        ("tidy_test", "tools/tidy.py no longer finds what is wrong in files that it looks at together",
         [here / "tidy_test.py", "--quiet"]),
        ("lint", "mend the places named above", [here / "lint.py"]),
        ("shellcheck", "mend the places named above", ["shellcheck", "-x", "dev", ".ci/run"]),
        ("format", f"{FORMAT} -i FILE", [FORMAT, "--dry-run", "-Werror", *cpp_files()]),
        ("clang-tidy", "mend the places named above; one file again: tools/tidy.py --build "
         f"{build.relative_to(ROOT)} FILE", [here / "tidy.py", "--build", build]),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    options = parser.parse_args()
    # Compared with the paths of the compile commands, which CMake writes without links.
    build = pathlib.Path(os.path.abspath(options.build))
    failed = []
    for name, cure, command in parts(build):
        print(f"check: {name}", flush=True)
        if not succeeds(*command):
            failed.append((name, cure))
    for name, cure in failed:
        print(f"check: {name} FAILED: {cure}")
    if not failed:
        print("check: all well")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
