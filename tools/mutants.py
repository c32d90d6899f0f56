#!/usr/bin/python3
"""tools/mutants.py: plants each committed fault and demands that the tests find it.

    tools/mutants.py [--build FOLDER] [--summary FILE] [--cold] [NAME...]

A mutant is a file tests/mutants/<name>.patch: a sentence on what is broken, a line
`Killed by: <program> [argument...]`, and a patch of one file: a .cpp under src/, or a file of
tests/matrix, where a fault makes the test itself weaker. Only what the patch touches is compiled
again, without optimisation, in front of everything else; the tree and the build are not changed.

`Killed by: compiler <program> <unit>` says that the program's unit must not compile any more with
the patch, which may then be one of any header under src/.

A mutant that does not apply, compile, link or end is an error; one whose program ends with 0 has
survived. That a mutant was killed is remembered in .cache/mutants by the content of its patch, of
the file that it patches, of the program that kills it and of this tool; --cold asks again.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import compile_command  # pylint: disable=wrong-import-position

ROOT = pathlib.Path(__file__).resolve().parent.parent
MUTANTS = ROOT / "tests" / "mutants"
REMEMBERED = ROOT / ".cache" / "mutants"
RUN_SECONDS_MAX = 600  # many times what any takes: one that runs for ever needs another killer
NAMES_SHOWN_MAX = 5  # of the slowest
COMPILER = "compiler"
PATCHED = re.compile(r"^\+\+\+ b/(\S+)$", re.M)
KILLER = re.compile(r"^Killed by: (.+)$", re.M)


class Broken(Exception):
    """The mutant itself is wrong: nothing was learned."""


def output_of(arguments, folder, what):
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Broken(f"{what}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Mutant:
    """One file of tests/mutants."""

    def __init__(self, path):
        self.name = path.stem
        self.text = path.read_text()
        self.path = path
        killer = KILLER.search(self.text)
        patched = PATCHED.findall(self.text)
        if not killer or len(patched) != 1:
            raise Broken(f"{path.name} does not say what kills it, or does not patch one file")
        words = shlex.split(killer.group(1))
        self.is_for_compiler = words[0] == COMPILER
        self.program = words[1] if self.is_for_compiler else words[0]
        self.unit = words[2] if self.is_for_compiler else None
        self.arguments = [] if self.is_for_compiler else words[1:]
        self.source = patched[0]
        is_known = self.source.startswith("tests/matrix/") or (
            self.source.startswith("src/") and (self.is_for_compiler or self.is_unit()))
        if not is_known:
            raise Broken(f"{path.name} patches neither a .cpp under src/ nor a file of tests/matrix")

    def is_unit(self):
        return self.source.endswith(".cpp")

    def plant(self, folder):
        """Writes the broken file below `folder`, where it has the same path as in the tree."""
        original = (ROOT / self.source).read_text()
        copy = folder / self.source
        copy.parent.mkdir(parents=True)
        copy.write_text(original)
        output_of(["git", "apply", "--unsafe-paths", f"--directory={folder}", self.path], folder,
                  "the patch does not apply")
        if copy.read_text() == original:
            raise Broken("the patch changes nothing")


class Build:
    """An existing build, and its own commands."""

    def __init__(self, folder, programs):
        self.folder = folder
        targets = [f"bin/{program}" for program in programs]
        subprocess.run(["ninja", "-C", folder, *targets], check=True, stdout=subprocess.DEVNULL)
        units = json.loads(output_of(["ninja", "-t", "compdb"], folder, "ninja -t compdb"))
        # One source can be compiled for several programs: each object has its own command.
        self.units = {unit["output"]: unit for unit in units
                      if unit["file"].endswith(".cpp") and " -c " in unit["command"]}
        self.links = {program: self.link_line(program) for program in programs}

    def link_line(self, program):
        commands = output_of(["ninja", "-t", "commands", "-s", f"bin/{program}"], self.folder,
                             "ninja -t commands")
        return commands.strip().splitlines()[-1]

    def program(self, name):
        return self.folder / "bin" / name

    def objects(self, program):
        """The program's own objects; those of its libraries are in archives."""
        return [word for word in shlex.split(self.links[program]) if word.endswith(".o")]

    def object_of(self, source, program):
        """The object of a unit that is linked into the program, its own one first."""
        found = [output for output, unit in self.units.items() if unit["file"] == str(ROOT / source)]
        own = set(self.objects(program))
        found.sort(key=lambda output: output not in own)
        if not found:
            raise Broken(f"{source} is not compiled in this build")
        return found[0]

    def objects_with(self, header, program):
        """The program's own objects that were compiled from this header."""
        deps = output_of(["ninja", "-t", "deps", *self.objects(program)], self.folder, "ninja -t deps")
        found, current = [], None
        for line in deps.splitlines():
            if line and not line.startswith(" "):
                current = line.split(":")[0]
            elif line.strip() in (str(ROOT / header), os.path.relpath(ROOT / header, self.folder)):
                found.append(current)
        if not found:
            raise Broken(f"no unit of {program} includes {header}")
        return found

    def compiling(self, target, overlay):
        """The words that compile this object's source as it is under `overlay`."""
        kept = [word for word in compile_command.compiler_words(self.units[target]["command"])
                if not word.startswith(("-O", "-g")) and "_FORTIFY_SOURCE" not in word]
        source = pathlib.Path(self.units[target]["file"])
        copy = overlay / source.relative_to(ROOT) if source.is_relative_to(ROOT) else source
        # What is included is looked for among the planted first.
        kept[1:1] = [f"-I{overlay}", f"-I{overlay / 'src'}"]
        return [*kept, "-O0", "-c", copy if copy.exists() else source]

    def compile(self, target, overlay, to):
        output_of([*self.compiling(target, overlay), "-w", "-o", to], self.folder,
                  "it does not compile")

    def compiles(self, target, overlay):
        words = [*self.compiling(target, overlay), "-fsyntax-only"]
        return subprocess.run(words, cwd=self.folder, capture_output=True, check=False).returncode == 0

    def link(self, program, planted, to):
        """`planted`: object of the build -> the one to take instead."""
        text = self.links[program].replace(f"-o bin/{program} ", f"-o {shlex.quote(str(to))} ")
        in_front = []
        for target, replacement in planted.items():
            words = re.compile(rf"(?<!\S){re.escape(target)}(?!\S)")
            text, count = words.subn(shlex.quote(str(replacement)), text, count=1)
            if count == 0:  # of a library, which is then not asked for it
                in_front.append(shlex.quote(str(replacement)))
        first = re.search(r"\S+\.o\b", text).start()
        text = text[:first] + " ".join([*in_front, text[first:]])
        output_of(["/bin/sh", "-c", text], self.folder, "it does not link")


def run_planted(build, mutant, folder):
    """True: the program with the fault in it finds nothing wrong."""
    targets = [build.object_of(mutant.source, mutant.program)] if mutant.is_unit() \
        else build.objects_with(mutant.source, mutant.program)
    planted = {}
    for number, target in enumerate(targets):
        planted[target] = folder / f"{number}.o"
        build.compile(target, folder, planted[target])
    program = folder / mutant.program
    build.link(mutant.program, planted, program)
    # The first failure is enough.
    first_only = ["--abort-after=1"] if mutant.program.endswith("_test") else []
    try:
        run = subprocess.run([program, *mutant.arguments, *first_only], cwd=ROOT,
                             capture_output=True, timeout=RUN_SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired:
        raise Broken(f"its program does not end within {RUN_SECONDS_MAX} s") from None
    return run.returncode == 0


def survives(build, mutant):
    with tempfile.TemporaryDirectory(prefix="curfew-mutant-") as name:
        folder = pathlib.Path(name)
        mutant.plant(folder)
        if mutant.is_for_compiler:
            return build.compiles(build.object_of(mutant.unit, mutant.program), folder)
        return run_planted(build, mutant, folder)


class Memory:
    """Which mutants were killed, by the content of everything that decides it."""

    def __init__(self, build, is_believed):
        self.build = build
        self.is_believed = is_believed
        self.hashes = {}

    def hash_of(self, path):
        if path not in self.hashes:
            self.hashes[path] = hashlib.sha256(path.read_bytes()).hexdigest()
        return self.hashes[path]

    def place(self, mutant):
        paths = [mutant.path, ROOT / mutant.source, self.build.program(mutant.program),
                 pathlib.Path(__file__).resolve(), pathlib.Path(compile_command.__file__)]
        together = "".join(self.hash_of(path) for path in paths)
        return REMEMBERED / f"{mutant.name}-{hashlib.sha256(together.encode()).hexdigest()[:32]}"

    def knows(self, mutant):
        return self.is_believed and self.place(mutant).exists()

    def remember(self, mutant):
        REMEMBERED.mkdir(parents=True, exist_ok=True)
        for old in REMEMBERED.glob(f"{mutant.name}-*"):
            old.unlink()
        self.place(mutant).touch()


def judge(build, memory, mutant):
    """The verdict, and the seconds that it took."""
    began = time.monotonic()
    try:
        if memory.knows(mutant):
            return "killed", 0.0
        verdict = "SURVIVED" if survives(build, mutant) else "killed"
    except Broken as error:
        verdict = f"BROKEN: {error}"
    if verdict == "killed":
        memory.remember(mutant)
    return verdict, time.monotonic() - began


def report(mutants, outcomes, options, seconds):
    for mutant, (verdict, took) in zip(mutants, outcomes):
        if verdict != "killed" or options.names:
            print(f"mutant {mutant.name}: {verdict} ({took:.1f} s)")
    killed = sum(verdict == "killed" for verdict, _ in outcomes)
    slowest = sorted(((took, mutant.name) for mutant, (_, took) in zip(mutants, outcomes) if took),
                     reverse=True)[:NAMES_SHOWN_MAX]
    words = ", ".join(f"{name} {took:.0f} s" for took, name in slowest)
    print(f"mutants: {killed} of {len(mutants)} killed in {seconds:.0f} s"
          + (f"; slowest: {words}" if words else "; all were known"), flush=True)
    if options.summary:
        counts = {"passed": killed, "failed": len(mutants) - killed, "skipped": 0}
        options.summary.write_text(json.dumps(counts))
    return killed == len(mutants)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--mutants", type=pathlib.Path, default=MUTANTS, help="their folder")
    parser.add_argument("--summary", type=pathlib.Path, help="write the counts there, as JSON")
    parser.add_argument("--cold", action="store_true", help="believe no verdict from before")
    parser.add_argument("names", nargs="*")
    return parser.parse_args()


def main():
    options = parse_options()
    began = time.monotonic()
    try:
        mutants = [Mutant(path.resolve()) for path in sorted(options.mutants.glob("*.patch"))
                   if not options.names or path.stem in options.names]
    except Broken as error:
        sys.exit(f"mutants: {error}")
    if not mutants:
        sys.exit("there are no such mutants")
    build = Build(options.build.resolve(), sorted({mutant.program for mutant in mutants}))
    memory = Memory(build, not options.cold)
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        outcomes = list(pool.map(lambda mutant: judge(build, memory, mutant), mutants))
    sys.exit(0 if report(mutants, outcomes, options, time.monotonic() - began) else 1)


if __name__ == "__main__":
    main()
