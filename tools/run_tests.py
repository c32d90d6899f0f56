#!/usr/bin/python3
"""tools/run_tests.py: runs unit tests, mutants, the formal model and end-to-end tests; counts cases.

Called by ./dev test, asan and tsan after the build. The last line is the plain count of all cases;
before it are the figures that tests state, each by a doctest MESSAGE that begins with "figure: ".
Ends with 1 if a case failed, or was skipped while the variable CI is set.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree
from collections import Counter

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEST_SECONDS_MAX = 1200
DOCTEST_SUMMARY = re.compile(
    r"test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed(?: \|\s*(\d+) skipped)?")
FIGURE = re.compile(r"MESSAGE: figure: (.*)")


def count_program(status, output):
    """The cases of one test program: doctest's own summary, or one case for any other program."""
    ok = status == "run"
    summary = DOCTEST_SUMMARY.search(output)
    if not summary:
        return Counter(passed=int(ok), failed=int(not ok))
    passed, failed, skipped = (int(number or 0) for number in summary.groups())
    # A program can fail with all its cases passed: a leak found at its end, or a crash there.
    failed = max(failed, int(not ok))
    return Counter(passed=passed, failed=failed, skipped=skipped)


def read_report(report):
    """Counts over ctest's JUnit file, and the figures that its programs stated."""
    counts, figures = Counter(), []
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        output = case.findtext("system-out") or ""
        counts += count_program(case.get("status"), output)
        figures += [f"{case.get('name')}: {figure}" for figure in FIGURE.findall(output)]
    return counts, figures


def run_unit(build, names):
    """Runs the programs registered with ctest; with names, only those."""
    report = build / "ctest.xml"
    report.unlink(missing_ok=True)
    command = ["ctest", "--test-dir", str(build), "-j", str(os.cpu_count()), "--output-on-failure",
               "--output-junit", str(report), "--timeout", str(TEST_SECONDS_MAX),
               "--test-output-size-passed", "10000000", "--test-output-size-failed", "10000000"]
    if names:
        command += ["-R", "^(" + "|".join(map(re.escape, names)) + ")$"]
    if not os.environ.get("CURFEW_TEST_DATA"):
        print("CURFEW_TEST_DATA is not set: cases that judge public vectors are not registered",
              flush=True)
    code = subprocess.run(command, check=False).returncode
    counts, figures = read_report(report) if report.exists() else (Counter(), [])
    if code != 0 and counts["failed"] == 0:
        counts["failed"] += 1  # ctest itself could not do its work
    return counts, figures


def run_e2e(build, node, names):
    summary = build / "e2e.json"
    summary.unlink(missing_ok=True)
    command = [sys.executable, str(ROOT / "tests/e2e/run.py"), "--bin", str(build / "bin"),
               "--summary", str(summary)]
    if node:
        command += ["--node", str(node)]
    for name in names:
        command += ["--only", name]
    # With names, one half of the tests may well know none of them; main() looks at both halves.
    subprocess.run(command, check=False, stderr=subprocess.DEVNULL if names else None)
    if not summary.exists():
        return Counter(failed=1)
    return Counter(json.loads(summary.read_text()))


def run_mutants(build, names):
    """Plants each committed fault; one case each. With names, those of them, or all: `mutants`."""
    known = {path.stem for path in (ROOT / "tests/mutants").glob("*.patch")}
    chosen = [] if not names or "mutants" in names else sorted(known.intersection(names))
    if names and not chosen and "mutants" not in names:
        return Counter()
    summary = build / "mutants.json"
    summary.unlink(missing_ok=True)
    command = [sys.executable, str(ROOT / "tools/mutants.py"), "--build", str(build),
               "--summary", str(summary), *chosen]
    subprocess.run(command, check=False)
    return Counter(json.loads(summary.read_text())) if summary.exists() else Counter(failed=1)


def run_model(build, names):
    """Asks spin about models/gate; one case each. With names, those of them, or all: `model`."""
    tool = [sys.executable, str(ROOT / "tools/model.py")]
    listed = subprocess.run([*tool, "--list"], check=False, capture_output=True, text=True).stdout
    chosen = [] if not names or "model" in names else sorted(set(listed.split()).intersection(names))
    if names and not chosen and "model" not in names:
        return Counter()
    summary = build / "model.json"
    summary.unlink(missing_ok=True)
    subprocess.run([*tool, "--summary", str(summary), *chosen], check=False)
    return Counter(json.loads(summary.read_text())) if summary.exists() else Counter(failed=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--node", type=pathlib.Path)
    parser.add_argument("--unit-only", action="store_true")
    parser.add_argument("names", nargs="*", help="programs of ctest, mutants, cases of the "
                        "model, or end-to-end tests")
    options = parser.parse_args()
    options.build = options.build.resolve()  # ctest writes its report from another folder

    counts, figures = run_unit(options.build, options.names)
    if not options.unit_only:
        counts += run_mutants(options.build, options.names)
        counts += run_model(options.build, options.names)
        counts += run_e2e(options.build, options.node, options.names)
    if not sum(counts.values()):
        print("no test was run: ctest -N --test-dir build, ls tests/mutants, tools/model.py --list "
              "and tests/e2e/run.py --list print the names", file=sys.stderr)
        return 2
    for figure in figures:
        print(figure)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped",
          flush=True)
    return 1 if counts["failed"] or (counts["skipped"] and os.environ.get("CI")) else 0


if __name__ == "__main__":
    sys.exit(main())
