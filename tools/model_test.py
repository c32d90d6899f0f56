#!/usr/bin/python3
"""tools/model_test.py: model.py tells what holds from what does not, and from what taught nothing."""

import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
FAULTS = """#define none 0
#define adds_two 1
#define is_five 2
#ifndef FAULT
#define FAULT none
#endif
#ifndef REACH
#define REACH none
#endif
"""
# Counts to three; nobody ever sees four.
COUNTER = FAULTS + """
byte n;
active proctype counter() {
  do
  :: atomic { n < 3 -> n++; printf("counter: counts to %d\\n", n) }
  :: atomic { n == 3 -> n = 0; printf("counter: begins again\\n") }
  :: atomic { FAULT == adds_two && n == 3 -> n = n + 2; printf("counter: is at %d\\n", n) }
  od
}
active proctype watcher() {
  atomic { n > END -> printf("watcher: has seen %d\\n", n); assert(false) }
}
active proctype reach() {
  atomic { REACH == is_five && n == LAST -> printf("reached\\n"); assert(false) }
}
"""


def case(name, kind, *switches):
    return (f'[[case]]\nmodel = "counter"\nname = "{name}"\nkind = "{kind}"\nsays = "for a test"\n'
            f"switches = {list(switches)}\n")


GOOD = [case("counts", "holds", "END=3", "LAST=5"), case("adds_two", "fault", "END=3", "LAST=5"),
        case("is_five", "reach", "END=9", "LAST=3")]


class ModelTest(unittest.TestCase):
    """Each case writes a small model and looks at what model.py says of it."""

    def said(self, cases, model=COUNTER, names=()):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "counter.pml").write_text(model, encoding="utf-8")
            (pathlib.Path(folder) / "cases.toml").write_text("".join(cases), encoding="utf-8")
            done = subprocess.run(
                [sys.executable, ROOT / "tools/model.py", "--models", folder, *names],
                capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_what_is_as_it_should_be(self):
        code, said = self.said(GOOD)
        self.assertEqual(code, 0, said)
        for words in ("holds     counter.counts: 4 states", "found     counter.adds_two: in 5 steps",
                      "reached   counter.is_five: in 4 steps", "model: 3 of 3 well"):
            self.assertIn(words, said)

    def test_a_violation_is_shown_step_by_step_with_its_end_and_how_to_see_it_again(self):
        code, said = self.said([case("counts", "holds", "END=2", "LAST=5"), *GOOD[1:]])
        self.assertEqual(code, 1, said)
        for words in ("VIOLATED  counter.counts", "    counter: counts to 3\n    watcher: has seen 3\n",
                      "at the end: n = 3", "again: tools/model.py counter.counts",
                      "spin -a -DEND=2 -DLAST=5 counter.pml", "model: 2 of 3 well"):
            self.assertIn(words, said)

    def test_a_fault_that_is_not_found_and_a_state_that_is_not_reached_fail(self):
        code, said = self.said([GOOD[0], case("adds_two", "fault", "END=9", "LAST=5"),
                                case("is_five", "reach", "END=9", "LAST=5")])
        self.assertEqual(code, 1, said)
        self.assertIn("NOT FOUND counter.adds_two", said)
        self.assertIn("NOT REACHED counter.is_five", said)

    def test_a_model_that_spin_refuses_teaches_nothing(self):
        code, said = self.said(GOOD, COUNTER.replace("byte n;", "bite n;"))
        self.assertEqual(code, 1, said)
        self.assertEqual(said.count("BROKEN    counter."), 3, said)

    def test_a_deadlock_is_a_violation(self):
        code, said = self.said(GOOD, COUNTER.replace("n == 3 -> n = 0", "n == 9 -> n = 0"))
        self.assertEqual(code, 1, said)
        self.assertIn("VIOLATED  counter.counts", said)
        self.assertIn("nothing can happen any more", said)

    def test_a_deadlock_does_not_count_as_a_fault_that_was_found(self):
        code, said = self.said([GOOD[0], case("adds_two", "fault", "END=9", "LAST=5"), GOOD[2]],
                               COUNTER.replace("n == 3 -> n = 0", "n == 9 -> n = 0"))
        self.assertEqual(code, 1, said)
        self.assertIn("NOT FOUND counter.adds_two", said)

    def test_a_name_without_a_case_and_a_case_without_a_name_are_refused(self):
        for cases in (GOOD[:2], [*GOOD, case("no_such_fault", "fault", "END=3", "LAST=5")]):
            code, said = self.said(cases)
            self.assertEqual(code, 1, said)
            self.assertIn("counter.pml and cases.toml differ in", said)

    def test_only_the_named_are_asked_and_their_ways_are_shown(self):
        code, said = self.said(GOOD, names=["adds_two"])
        self.assertEqual(code, 0, said)
        self.assertIn("    counter: is at 5\n    watcher: has seen 5\n", said)
        self.assertIn("model: 1 of 1 well", said)
        self.assertEqual(self.said(GOOD, names=["nobody"])[0], 1)


class PageTest(unittest.TestCase):
    """docs/gate-protocol.md against models/gate/cases.toml."""

    def test_the_page_tells_of_every_fault_and_limit_and_of_no_other(self):
        cases = tomllib.loads((ROOT / "models/gate/cases.toml").read_text())["case"]
        names = {case["name"] for case in cases}
        told = {case["name"] for case in cases
                if case["kind"] == "fault" or case["name"].startswith("limit_")}
        page = (ROOT / "docs/gate-protocol.md").read_text()
        cited = {word for word in re.findall(r"`(\w+)`", page) if word.count("_") >= 2}
        self.assertEqual(told - cited, set())
        self.assertEqual(cited - names, {"private_key_jwt"})


if __name__ == "__main__":
    unittest.main()
