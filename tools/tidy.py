#!/usr/bin/python3
"""tools/tidy.py: clang-tidy over src/ with results kept by content. Called by ./dev check.

    tools/tidy.py --build build [--force] [FILE...]

A file is looked at again only if it, a header of ours that it reaches, its compile command, the
checks or clang-tidy itself changed. A clean result leaves an empty file in .cache/tidy, named by
the hash of all these. Tests are not looked at: the few checks are about code that runs for users.

Most of the time goes into what files include, so several are looked at as one unit that includes
them, as long as no two have a name for themselves that is the same; where the compiler finds that
they do not go together after all, they are looked at in halves.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache

sys.dont_write_bytecode = True
from compile_command import compiler_words  # pylint: disable=wrong-import-position

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache/tidy"
TIDY = "clang-tidy-19"
TOGETHER_MAX = 12
OPEN_GROUPS_MAX = 4  # files beside each other include the same
HEADERS = r"/src/.*\.hpp$"
HEADERS_AND_SOURCES = r"/src/.*\.[ch]pp$"
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
    chosen = [entry for entry in entries
              if entry["file"].startswith(f"{ROOT}/src/")
              and not entry["file"].endswith("_test.cpp")
              and (not wanted or pathlib.Path(entry["file"]) in wanted)]
    assert all(entry["file"].endswith(".cpp") for entry in chosen), "HEADERS_AND_SOURCES names others"
    return chosen


def flags_of(entry):
    """How a file is compiled, without its name and its object's."""
    return tuple(compiler_words(entry["command"])[1:])


def own_names(path):
    """What a file has for itself, as far as lines tell: in its namespaces without a name."""
    text = path.read_text(encoding="utf-8")
    names = set(re.findall(r"^int (\w+)", text, re.MULTILINE))  # main()
    for block in re.findall(r"^namespace \{\n(.*?)^\}  // namespace$", text, re.MULTILINE | re.DOTALL):
        for line in re.findall(r"^[A-Za-z].*$", block, re.MULTILINE):
            if not line.startswith("template"):
                names.update(re.findall(r"(\w+)\s*$", re.split(r"[({=;\[]", line)[0]))
    return names


@cache
def shared_types():
    """What types of headers are called: a file's own of the same name would be in the way of others."""
    return {name for header in (ROOT / "src").rglob("*.hpp")
            for name in re.findall(r"^(?:struct|class|enum class) (\w+)",
                                   header.read_text(encoding="utf-8"), re.MULTILINE)}


def has_macros(path):
    """Whether what comes after the file in one unit could be read otherwise than by itself."""
    return bool(re.search(r"^[ \t]*#[ \t]*(?:define|undef)\b", path.read_text(encoding="utf-8"),
                          re.MULTILINE))


def groups_of(entries):
    """Entries that can be looked at together, in the order of their paths."""
    groups, alone = [], []  # (flags, names, entries)
    for entry in sorted(entries, key=lambda e: e["file"]):
        path = pathlib.Path(entry["file"])
        flags, names = flags_of(entry), own_names(path)
        if has_macros(path) or names & shared_types():
            alone.append([entry])
            continue
        is_open = [g for g in groups if g[0] == flags and len(g[2]) < TOGETHER_MAX]
        fitting = [g for g in is_open[-OPEN_GROUPS_MAX:] if not g[1] & names]
        if fitting:
            fitting[0][1].update(names)
            fitting[0][2].append(entry)
        else:
            groups.append((flags, names, [entry]))
    return [group[2] for group in groups] + alone


def complaints(entries, folder):
    """Of one unit that includes these files; an empty text if there are none."""
    unit, headers = entries[0]["file"], HEADERS
    if len(entries) > 1:
        unit, headers = str(pathlib.Path(folder) / "together.cpp"), HEADERS_AND_SOURCES
        pathlib.Path(unit).write_text("".join(f'#include "{e["file"]}"\n' for e in entries),
                                      encoding="utf-8")
    done = subprocess.run([TIDY, "--quiet", f"--header-filter={headers}", unit, "--",
                           *flags_of(entries[0])],
                          cwd=entries[0]["directory"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    noise = re.compile(r"^(\d+ warnings?( and \d+ errors?)? generated\.|Suppressed .*|Use .*)$\n?",
                       re.MULTILINE)
    text = done.stdout + noise.sub("", done.stderr)
    return text or f"{unit}: clang-tidy ended with {done.returncode} and said nothing\n"


def look_at(entries):
    """[(files, the complaints about them)]; remembers each file without any."""
    # Within the tree, whose checks are for what lies in it and not for the system's headers: given
    # as --config-file they would be for both, and one of them ten times as slow.
    with tempfile.TemporaryDirectory(prefix="tidy-", dir=CACHE.parent) as folder:
        text = complaints(entries, folder)
    if text and len(entries) > 1:
        # They do not go together, or which of them is it: half of them at a time.
        middle = len(entries) // 2
        halves = [look_at(entries[:middle]), look_at(entries[middle:])]
        return [part for half in halves for part in half]
    if not text:
        for entry in entries:
            (CACHE / key_of(entry)).touch()
    return [(entries, text)]


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
    bad = done = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for looked_at in pool.map(look_at, groups_of(due)):
            for files, text in looked_at:
                done += len(files)
                if text:
                    bad += 1
                    print(text, end="" if text.endswith("\n") else "\n", flush=True)
            print(f"clang-tidy: {done} of {len(due)}", flush=True)
    forget_old(keys)
    print(f"clang-tidy: {bad} files with findings", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
