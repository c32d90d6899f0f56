#!/usr/bin/python3
"""tools/tidy.py: clang-tidy over src/ with results kept by content. Called by ./dev check.

    tools/tidy.py --build build [--force] [FILE...]

A file is looked at again only if it, a header of ours that it reaches, its compile command, the
checks or clang-tidy itself changed. A clean result leaves an empty file in .cache/tidy, named by
the hash of all these. Tests are not looked at: the few checks are about code that runs for users.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache/tidy"
TIDY = "clang-tidy-19"
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)


@cache
def included_by(path):
    """Files of ours that `path` includes itself."""
    names = INCLUDE.findall(path.read_text(encoding="utf-8"))
    candidates = [base / name for name in names for base in (ROOT / "src", ROOT, path.parent)]
    return [candidate for candidate in candidates if candidate.is_file()]


def reached_from(path):
    """`path` and all files of ours that it includes, at any depth."""
    reached, waiting = set(), [path]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting.extend(included_by(current))
    return sorted(reached)


@cache
def content_hash(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def tool_version():
    return subprocess.run([TIDY, "--version"], capture_output=True, text=True, check=True).stdout


def key_of(entry):
    """The name of the result: a hash of all that it depends on within this repository."""
    path = pathlib.Path(entry["file"])
    parts = [tool_version(), content_hash(ROOT / ".clang-tidy"), entry["command"]]
    parts += [f"{reached.relative_to(ROOT)} {content_hash(reached)}"
              for reached in reached_from(path)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def entries_to_look_at(build, files):
    """The compile commands of src/ without tests; only those of `files` if there are any."""
    wanted = {pathlib.Path(name).resolve() for name in files}
    entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    return [entry for entry in entries
            if entry["file"].startswith(f"{ROOT}/src/")
            and not entry["file"].endswith("_test.cpp")
            and (not wanted or pathlib.Path(entry["file"]) in wanted)]


def look_at(build, entry):
    """The complaints about one file; an empty text if there are none."""
    done = subprocess.run([TIDY, "-p", str(build), "--quiet", entry["file"]],
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        (CACHE / key_of(entry)).touch()
        return ""
    noise = re.compile(r"^(\d+ warnings?( and \d+ errors?)? generated\.|Suppressed .*|Use .*)$\n?",
                       re.MULTILINE)
    text = done.stdout + noise.sub("", done.stderr)
    return text or f"{entry['file']}: clang-tidy ended with {done.returncode} and said nothing\n"


def forget_old(keys):
    """Results of files as they are no longer: a branch may come back, so the newest stay."""
    stale = [path for path in CACHE.iterdir() if path.name not in keys]
    stale.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in stale[5000:]:
        path.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--force", action="store_true", help="look at files with a kept result too")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()

    CACHE.mkdir(parents=True, exist_ok=True)
    entries = entries_to_look_at(options.build, options.files)
    keys = {key_of(entry) for entry in entries}
    due = [entry for entry in entries if options.force or not (CACHE / key_of(entry)).exists()]
    print(f"clang-tidy: {len(entries)} files, {len(due)} changed", flush=True)
    bad = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, text in enumerate(pool.map(lambda e: look_at(options.build, e), due), 1):
            if text:
                bad += 1
                print(text, end="" if text.endswith("\n") else "\n", flush=True)
            if done % 20 == 0:
                print(f"clang-tidy: {done} of {len(due)}", flush=True)
    forget_old(keys)
    print(f"clang-tidy: {bad} files with findings", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
