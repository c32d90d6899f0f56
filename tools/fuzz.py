#!/usr/bin/python3
"""tools/fuzz.py: runs the fuzz targets and keeps what they learned. Called by ./dev fuzz.

    ./dev fuzz [TARGET] [SECONDS]     so much processor time for each target
    ./dev fuzz --minimise [TARGET]    leaves only inputs that reach something no other one does
    ./dev fuzz --coverage [TARGET]    how much of the parsers the corpus reaches, file by file

Each target works in a folder of its own under .cache/fuzz; afterwards the inputs that reach new
code are added to tests/fuzz/corpus/NAME, which is committed. Files that a person named are kept as
they are; the fuzzer's own are named by their SHA-1. An input that crashed is written to
.cache/fuzz/NAME.crash-*; once the defect is mended, put it into the corpus with a name that says
what it is: ./dev test replays it.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
from fuzz_coverage import show_coverage

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests/fuzz/corpus"
INPUT_BYTES_MAX = 65536
LOOK_SECONDS = 0.5
# A line each time that something is learned, and now and then: the last is near the end.
STATUS = re.compile(r"^#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+)", re.M)
MADE_BY_FUZZER = re.compile(r"[0-9a-f]{40}$")


def processor_time(pid):
    """Of a process that runs, in seconds."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def libfuzzer(program, *arguments, seconds=None):
    """Runs the fuzzer quietly, until it has used so much processor time: its exit code, its whole
    output, its processor time in seconds."""
    with tempfile.TemporaryFile() as log:
        # pylint: disable=consider-using-with
        child = subprocess.Popen([program, *map(str, arguments)], stdout=log,
                                 stderr=subprocess.STDOUT)
        while seconds is not None:
            if os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                break
            if processor_time(child.pid) >= seconds:
                child.send_signal(signal.SIGUSR1)  # asks it to come to an end
                break
            time.sleep(LOOK_SECONDS)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        output = log.read().decode(errors="replace")
    return child.returncode, output, used.ru_utime + used.ru_stime


def fuzz(program, name, seconds):
    """True if nothing was found; prints a line with figures, or the end of the crash."""
    corpus = CORPUS / name
    work = ROOT / ".cache/fuzz" / name
    for folder in (corpus, work):
        folder.mkdir(parents=True, exist_ok=True)
    known = len(list(corpus.iterdir()))
    print(f"{name}: {seconds} s of processor time from {known} inputs", flush=True)
    code, output, used = libfuzzer(
        program, f"-max_len={INPUT_BYTES_MAX}", "-timeout=60", "-rss_limit_mb=2048",
        f"-artifact_prefix={work}.", work, corpus, seconds=seconds)
    if code != 0:
        print("\n".join(output.splitlines()[-60:]))
        print(f"{name}: FAILED; again: {program} FILE, with the file named above", flush=True)
        return False
    libfuzzer(program, "-merge=1", corpus, work)
    added = len(list(corpus.iterdir())) - known
    status = STATUS.findall(output)
    figures = "%s runs, %s edges, %s features" % status[-1] if status else "no figures"
    print(f"{name}: ok, {used:.0f} s, {figures}, {added} inputs added", flush=True)
    return True


def minimise(program, name):
    """Named files first, then the smallest inputs that add something. True if that worked."""
    corpus = CORPUS / name
    before = sorted(corpus.iterdir())
    with tempfile.TemporaryDirectory() as folder:
        kept = pathlib.Path(folder)
        for path in before:
            if not MADE_BY_FUZZER.match(path.name):
                shutil.copy(path, kept)
        code, output, _ = libfuzzer(program, "-set_cover_merge=1", kept, corpus)
        if code != 0:
            print("\n".join(output.splitlines()[-20:]))
            return False
        for path in before:
            path.unlink()
        for path in kept.iterdir():
            shutil.copy(path, corpus)
    after = list(corpus.iterdir())
    size = sum(path.stat().st_size for path in after)
    print(f"{name}: {len(before)} inputs, now {len(after)} with {size / 1024:.0f} KiB", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--minimise", action="store_true")
    parser.add_argument("--coverage", action="store_true")
    parser.add_argument("target", nargs="?", default="all")
    parser.add_argument("seconds", nargs="?", type=int, default=60)
    options = parser.parse_args()
    targets = sorted(path.stem.removeprefix("fuzz_")
                     for path in (ROOT / "tests/fuzz").glob("fuzz_*.cpp"))
    wanted = targets if options.target == "all" else [options.target]
    if not set(wanted) <= set(targets):
        print(f"there is no fuzz target '{options.target}'; there are: {', '.join(targets)}",
              file=sys.stderr)
        return 2
    if options.coverage:
        return 0 if show_coverage(options.bin, wanted) else 1
    program = {name: options.bin / f"fuzz_{name}" for name in wanted}
    if options.minimise:
        results = [minimise(program[name], name) for name in wanted]
    else:
        results = [fuzz(program[name], name, options.seconds) for name in wanted]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
