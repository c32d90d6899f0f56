#!/usr/bin/python3
"""tools/model.py: checks the models of models/gate with spin: scenarios, planted faults, reachability.

    tools/model.py [--models FOLDER] [--summary FILE] [--list] [NAME...]

What is asked is in cases.toml beside the models. A NAME is `leases`, `leases.one_gate` or `one_gate`.
A scenario holds if spin has visited every state (no bitstate, no lost depth) and nothing is wrong; a
planted fault must be found; a state must be reached. Faults and states are searched breadth first, so
what is printed is a shortest way there. With names, the ways are printed. Ends with 1 if a case failed.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ROOT / "models" / "gate"
RUN_SECONDS_MAX = 300
MEMORY_MB_MAX = 1500
DEPTH_MAX = 2_000_000
HOLDS, FAULT, REACH = "holds", "fault", "reach"
GOOD = {HOLDS: "holds", FAULT: "found", REACH: "reached"}
BAD = {HOLDS: "VIOLATED", FAULT: "NOT FOUND", REACH: "NOT REACHED"}
# What pan says when it has not visited every state.
INCOMPLETE = ["max search depth too small", "out of memory", "Search not completed", "bit statespace",
              "interrupted"]
NAMED = re.compile(r"(?m)^#define (\w+) ([1-9]\d*)$")
STEP = re.compile(r"^\s*([\w ]+: .*|reached)$")


class Broken(Exception):
    """Nothing was learned."""


@dataclass(frozen=True)
class Case:
    """One question to spin."""

    model: str
    name: str
    kind: str
    says: str
    switches: list = field(default_factory=list)

    @property
    def id(self):
        return f"{self.model}.{self.name}"

    @property
    def defines(self):
        named = {HOLDS: [], FAULT: [f"FAULT={self.name}"], REACH: [f"REACH={self.name}"]}[self.kind]
        return [f"-D{word}" for word in [*self.switches, *named]]


@dataclass
class Outcome:
    """What spin said."""

    verdict: str
    seconds: float = 0.0
    states: int = 0
    depth: int = 0
    steps: list = field(default_factory=list)   # of the shortest way, or of the violation
    end: list = field(default_factory=list)     # the variables at its end
    why: str = ""


def load_cases(folder):
    cases = [Case(**case) for case in tomllib.loads((folder / "cases.toml").read_text())["case"]]
    for case in cases:
        if case.kind not in GOOD or not (folder / f"{case.model}.pml").exists():
            raise Broken(f"{case.id}: there is no kind {case.kind}, or no model {case.model}.pml")
    if len({case.id for case in cases}) != len(cases):
        raise Broken("two cases have one name")
    for model in sorted(folder.glob("*.pml")):
        check_names(model, [case for case in cases if case.model == model.stem])
    return cases


def check_names(model, cases):
    """Every name that the model knows for FAULT and REACH has a case, and the other way round."""
    head = model.read_text().partition("#ifndef FAULT")[0].partition("#define none 0")[2]
    known = {name for name, _ in NAMED.findall(head)}
    asked = {case.name for case in cases if case.kind != HOLDS}
    if known != asked:
        raise Broken(f"{model.name} and cases.toml differ in {', '.join(sorted(known ^ asked))}")


def said_by(words, folder, what):
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False,
                              timeout=RUN_SECONDS_MAX)
    except FileNotFoundError:
        raise Broken(f"there is no {words[0]}: apt-get install spin clang-19") from None
    except subprocess.TimeoutExpired:
        raise Broken(f"{what} did not end within {RUN_SECONDS_MAX} s") from None
    return done


def compiler():
    return shutil.which("clang-19") or "cc"


def spin(case, *how):
    """The words that let spin read the model; its own preprocessor would be gcc."""
    return ["spin", f"-P{compiler()} -E -x c", *how, *case.defines, f"{case.model}.pml"]


def built(case, folder):
    """Generates and compiles the verifier in `folder`."""
    done = said_by(spin(case, "-a"), folder, "spin")
    if done.returncode != 0 or not (folder / "pan.c").exists() or "Error" in done.stdout:
        raise Broken(f"spin refuses the model:\n{done.stdout}{done.stderr}")
    # Many small questions: to compile takes longer than to search, but for whole scenarios.
    how = ["-O1"] if case.kind == HOLDS else ["-O0", "-DBFS"]
    done = said_by([compiler(), *how, "-w", "-DSAFETY", "-DNOFAIR", "-DNOCLAIM",
                    f"-DMEMLIM={MEMORY_MB_MAX}", "-o", "pan", "pan.c"], folder, "the compiler")
    if done.returncode != 0:
        raise Broken(f"the verifier does not compile:\n{done.stderr}")


def number_after(pattern, text):
    found = re.search(pattern, text)
    return int(float(found[1])) if found else 0


def searched(case, folder):
    # Where nothing can happen any more is wrong in a scenario, but not what a fault is found by.
    how = [] if case.kind == HOLDS else ["-E"]
    said = said_by(["./pan", f"-m{DEPTH_MAX}", "-w22", *how], folder, "the search").stdout
    if "errors:" not in said:
        raise Broken(f"the search did not end:\n{said[-2000:]}")
    is_wrong = (folder / f"{case.model}.pml.trail").exists()
    left = [words for words in INCOMPLETE if words in said]
    if left and not is_wrong:
        raise Broken(f"not every state was visited: {left[0]}")
    outcome = Outcome(BAD[case.kind] if is_wrong == (case.kind == HOLDS) else GOOD[case.kind],
                      states=number_after(r"(\S+) states, stored", said),
                      depth=number_after(r"depth reached (\d+)", said))
    if is_wrong:
        replay(case, folder, outcome)
        if "pan:1: invalid end state" in said:
            outcome.why = "nothing can happen any more, though not everybody is done"
    return outcome


def replay(case, folder, outcome):
    said = said_by(spin(case, "-t", "-T"), folder, "spin").stdout
    for line in said.splitlines():
        if line.startswith("spin: text of failed assertion") and "assert(0)" not in line:
            outcome.why = line.removeprefix("spin: ")
        elif re.match(r"\t+\S", line):
            outcome.end.append(line.strip())
        elif STEP.match(line) and not line.startswith("spin:"):
            outcome.steps.append(line.strip())


def judge(folder, case):
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="curfew-model-") as name:
            work = pathlib.Path(name)
            shutil.copy(folder / f"{case.model}.pml", work)
            built(case, work)
            outcome = searched(case, work)
    except Broken as error:
        outcome = Outcome("BROKEN", why=str(error))
    outcome.seconds = time.monotonic() - began
    return outcome


def describe(case, outcome):
    if case.kind == HOLDS:
        figures = f"{outcome.states:,} states, depth {outcome.depth:,}"
    else:
        figures = f"in {len(outcome.steps)} steps" if outcome.steps else f"in {outcome.states:,} states"
    return f"{outcome.verdict:<9} {case.id}: {figures}, {outcome.seconds:.1f} s: {case.says}"


def print_way(case, outcome):
    for step in outcome.steps:
        print(f"    {step}")
    if outcome.verdict == BAD[HOLDS]:
        print("  at the end: " + ", ".join(outcome.end))
    if outcome.why:
        print(f"  {outcome.why}")
    if outcome.verdict != GOOD[case.kind]:
        print(f"  again: tools/model.py {case.id}")
        how = "" if case.kind == HOLDS else " -DBFS"
        print(f"  by hand, in models/gate: spin -a {' '.join(case.defines)} {case.model}.pml && "
              f"cc -DSAFETY{how} -o pan pan.c && ./pan -m{DEPTH_MAX}; "
              f"spin -t -p {' '.join(case.defines)} {case.model}.pml")


def report(cases, outcomes, options, seconds):
    good = 0
    for case, outcome in zip(cases, outcomes):
        is_good = outcome.verdict == GOOD[case.kind]
        good += is_good
        print(describe(case, outcome))
        if not is_good or options.names:
            print_way(case, outcome)
    kinds = {kind: sum(case.kind == kind for case in cases) for kind in GOOD}
    print(f"model: {good} of {len(cases)} well in {seconds:.0f} s: {kinds[HOLDS]} scenarios, "
          f"{kinds[FAULT]} planted faults, {kinds[REACH]} states to reach", flush=True)
    if options.summary:
        options.summary.write_text(
            json.dumps({"passed": good, "failed": len(cases) - good, "skipped": 0}))
    return good == len(cases)


def is_named(case, names):
    return not names or not {case.id, case.name, case.model}.isdisjoint(names)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=pathlib.Path, default=MODELS, help="their folder")
    parser.add_argument("--summary", type=pathlib.Path, help="write the counts there, as JSON")
    parser.add_argument("--list", action="store_true", help="print the names, and end")
    parser.add_argument("names", nargs="*")
    return parser.parse_args()


def main():
    options = parse_options()
    began = time.monotonic()
    try:
        cases = [case for case in load_cases(options.models) if is_named(case, options.names)]
    except Broken as error:
        sys.exit(f"model: {error}")
    if options.list:
        print("\n".join(case.id for case in cases))
        return
    if not cases:
        sys.exit("there are no such cases: tools/model.py --list")
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        outcomes = list(pool.map(lambda case: judge(options.models, case), cases))
    sys.exit(0 if report(cases, outcomes, options, time.monotonic() - began) else 1)


if __name__ == "__main__":
    main()
