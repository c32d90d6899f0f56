#!/usr/bin/python3
"""tools/fuzz.py: runs the fuzz targets and keeps what they learned. Called by ./dev fuzz.

Each target works in a folder of its own under .cache/fuzz; afterwards the inputs that reach new
code are added to tests/fuzz/corpus/NAME, which is committed. An input that crashed is written to
.cache/fuzz/NAME.crash-*; once the defect is mended, put it into the corpus: ./dev test replays it.
"""

import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INPUT_BYTES_MAX = 65536
LAST_STATUS = re.compile(r"#(\d+)\s+DONE\s+cov: (\d+) ft: (\d+)")


def libfuzzer(program, *arguments):
    """Runs the fuzzer quietly; its whole output comes back."""
    done = subprocess.run([program, *map(str, arguments)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    return done.returncode, done.stdout


def fuzz(program, name, seconds):
    """True if nothing was found; prints a line with figures, or the end of the crash."""
    corpus = ROOT / "tests/fuzz/corpus" / name
    work = ROOT / ".cache/fuzz" / name
    for folder in (corpus, work):
        folder.mkdir(parents=True, exist_ok=True)
    known = len(list(corpus.iterdir()))
    print(f"{name}: {seconds} s from {known} inputs", flush=True)
    code, output = libfuzzer(program, f"-max_total_time={seconds}", f"-max_len={INPUT_BYTES_MAX}",
                             "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1",
                             f"-artifact_prefix={work}.", work, corpus)
    if code != 0:
        print("\n".join(output.splitlines()[-60:]))
        print(f"{name}: FAILED; again: {program} FILE, with the file named above", flush=True)
        return False
    libfuzzer(program, "-merge=1", corpus, work)
    added = len(list(corpus.iterdir())) - known
    status = LAST_STATUS.search(output)
    figures = "%s runs, %s edges, %s features" % status.groups() if status else "no figures"
    print(f"{name}: ok, {figures}, {added} inputs added", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
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
    results = [fuzz(options.bin / f"fuzz_{name}", name, options.seconds) for name in wanted]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
