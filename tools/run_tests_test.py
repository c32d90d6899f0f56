#!/usr/bin/python3
"""tools/run_tests_test.py: run_tests.py counts what ctest reports, and finds the stated figures."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
import run_tests

REPORT = """<?xml version="1.0"?>
<testsuite name="Linux" tests="3">
  <testcase name="api" status="run"><system-out>[doctest] run with "--help"
../src/api/a_test.cpp:7: MESSAGE: figure: race, seed 1: 3 issued, 0 survivors

../src/api/a_test.cpp:8: MESSAGE: no figure: this is said to who looks
../src/api/a_test.cpp:9: MESSAGE: figure: 2 &gt; 1
[doctest] test cases:  5 |  4 passed | 1 failed | 2 skipped
</system-out></testcase>
  <testcase name="tool" status="run"><system-out>OK</system-out></testcase>
  <testcase name="broken" status="fail"><system-out>figure: 9</system-out></testcase>
</testsuite>
"""


class ReportTest(unittest.TestCase):
    """What is made of one report."""

    def setUp(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "ctest.xml"
            path.write_text(REPORT, encoding="utf-8")
            self.counts, self.figures = run_tests.read_report(path)

    def test_the_cases_of_all_programs_are_added_up(self):
        self.assertEqual(dict(self.counts), {"passed": 5, "failed": 2, "skipped": 2})

    def test_the_figures_are_the_marked_messages_with_their_program(self):
        self.assertEqual(self.figures,
                         ["api: race, seed 1: 3 issued, 0 survivors", "api: 2 > 1"])


if __name__ == "__main__":
    unittest.main()
