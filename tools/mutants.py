#!/usr/bin/python3
"""tools/mutants.py: plants each committed fault and demands that the tests find it.

    tools/mutants.py [--build FOLDER] [NAME...]

A mutant is a file tests/mutants/<name>.patch: a sentence on what is broken, a line
`Killed by: <program> [argument...]`, and a patch of one source file under src/. Only that file is
compiled again, without optimisation; its object is linked in front of the libraries of the program,
which so takes it instead of the right one. The tree and the build are not changed. A mutant that
does not apply, compile or link is an error; one whose program ends with 0 has survived.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MUTANTS = ROOT / "tests" / "mutants"
RUN_SECONDS_MAX = 120  # a mutant that makes its program run for ever is found too


class Broken(Exception):
    """The mutant itself is wrong: nothing was learned."""


def command(arguments, folder, what):
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Broken(f"{what}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Mutant:
    """One file of tests/mutants."""

    def __init__(self, path):
        self.name = path.stem
        self.path = path
        text = path.read_text()
        killer = re.search(r"^Killed by: (.+)$", text, re.M)
        source = re.search(r"^\+\+\+ b/(src/\S+\.cpp)$", text, re.M)
        if not killer or not source:
            raise Broken(f"{path.name} does not say what kills it, or patches no .cpp under src/")
        self.killer = shlex.split(killer.group(1))
        self.source = source.group(1)

    def planted(self, folder):
        """The broken source, outside of the tree."""
        copy = folder / self.source
        copy.parent.mkdir(parents=True)
        copy.write_text((ROOT / self.source).read_text())
        command(["git", "apply", "--unsafe-paths", f"--directory={folder}", self.path], folder,
                "the patch does not apply")
        if copy.read_text() == (ROOT / self.source).read_text():
            raise Broken("the patch changes nothing")
        return copy


class Build:
    """An existing build, and its own commands."""

    def __init__(self, folder, programs):
        self.folder = folder
        targets = [f"bin/{program}" for program in programs]
        subprocess.run(["ninja", "-C", folder, *targets], check=True, stdout=subprocess.DEVNULL)
        units = json.loads(command(["ninja", "-t", "compdb"], folder, "ninja -t compdb"))
        self.compiles = {unit["file"]: unit["command"] for unit in units
                         if unit["file"].endswith(".cpp") and " -c " in unit["command"]}
        self.links = {}
        for program in programs:
            commands = command(["ninja", "-t", "commands", "-s", f"bin/{program}"], folder,
                               "ninja -t commands")
            self.links[program] = commands.strip().splitlines()[-1]

    def compile(self, source, copy, target):
        words = shlex.split(self.compiles[str(ROOT / source)])
        kept, skip = [], False
        for word in words:
            if skip:
                skip = False
            elif word in ("-MT", "-MF", "-o", "-c"):
                skip = True
            elif word != "-MD" and not word.startswith(("-O", "-g")) \
                    and "_FORTIFY_SOURCE" not in word and not word.endswith("ccache"):
                kept.append(word)
        command([*kept, "-O0", "-w", "-c", copy, "-o", target], self.folder, "it does not compile")

    def link(self, program, replacement, target):
        text = self.links[program].replace(f"-o bin/{program} ", f"-o {shlex.quote(str(target))} ")
        first = re.search(r"\S+\.o\b", text)
        text = text[:first.start()] + shlex.quote(str(replacement)) + " " + text[first.start():]
        command(["/bin/sh", "-c", text], self.folder, "it does not link")


def survives(build, mutant):
    with tempfile.TemporaryDirectory(prefix="curfew-mutant-") as name:
        folder = pathlib.Path(name)
        build.compile(mutant.source, mutant.planted(folder), folder / "mutant.o")
        program = folder / mutant.killer[0]
        build.link(mutant.killer[0], folder / "mutant.o", program)
        try:
            run = subprocess.run([program, *mutant.killer[1:]], cwd=ROOT, capture_output=True,
                                 timeout=RUN_SECONDS_MAX, check=False)
        except subprocess.TimeoutExpired:
            return False
        return run.returncode == 0


def judge(build, mutant):
    try:
        return "SURVIVED" if survives(build, mutant) else "killed"
    except Broken as error:
        return f"BROKEN: {error}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    began = time.monotonic()
    mutants = [Mutant(path) for path in sorted(MUTANTS.glob("*.patch"))
               if not arguments.names or path.stem in arguments.names]
    if not mutants:
        sys.exit("there are no such mutants")
    build = Build(arguments.build.resolve(), sorted({mutant.killer[0] for mutant in mutants}))
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        verdicts = list(pool.map(lambda mutant: judge(build, mutant), mutants))
    for mutant, verdict in zip(mutants, verdicts):
        if verdict != "killed" or arguments.names:
            print(f"{mutant.name}: {verdict}")
    killed = verdicts.count("killed")
    print(f"mutants: {killed} of {len(mutants)} killed in {time.monotonic() - began:.0f} s")
    sys.exit(0 if killed == len(mutants) else 1)


if __name__ == "__main__":
    main()
