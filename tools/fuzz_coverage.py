"""tools/fuzz_coverage.py: how much of each parser its target's corpus reaches. Used by fuzz.py.

Which files a target is about stands in the target itself, in a line "// Covers: FILE FILE ...".
The programs are the replay ones, built with clang's source-based coverage.
"""

import json
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
COVERS = re.compile(r"^// Covers: (.*(?:\n// {2,}.*)*)", re.MULTILINE)


def covered_files(name):
    """The files that the target NAME is about, below src/ where they do not say more."""
    text = (ROOT / f"tests/fuzz/fuzz_{name}.cpp").read_text()
    found = COVERS.search(text)
    return re.sub(r"\n// +", " ", found[1]).split() if found else []


def path_of(file):
    return ROOT / file if file.startswith("integrations/") else ROOT / "src" / file


def summary_of(program, name):
    """path -> llvm-cov's summary, for a replay of the corpus."""
    with tempfile.TemporaryDirectory() as folder:
        raw, profile = pathlib.Path(folder, "raw"), pathlib.Path(folder, "profile")
        subprocess.run([program, ROOT / "tests/fuzz/corpus" / name], check=True,
                       stdout=subprocess.DEVNULL, env={"LLVM_PROFILE_FILE": str(raw)})
        subprocess.run(["llvm-profdata-19", "merge", "-sparse", raw, "-o", profile], check=True)
        files = [str(path_of(file)) for file in covered_files(name)]
        report = subprocess.run(["llvm-cov-19", "export", "-summary-only",
                                 f"-instr-profile={profile}", program, *files],
                                check=True, stdout=subprocess.PIPE).stdout
    files = json.loads(report)["data"][0]["files"]
    return {pathlib.Path(one["filename"]): one["summary"] for one in files}


def percent(part):
    return f"{100 * part['covered'] / max(1, part['count']):.0f} %"


def show_coverage(bin_dir, names):
    """A Markdown table; False if a target names no file, or one that it does not reach at all."""
    ok = True
    print("| target | file | lines | regions |\n|---|---|---|---|")
    for name in names:
        files = covered_files(name)
        summary = summary_of(bin_dir / f"replay_{name}", name)
        ok = ok and bool(files)
        for file in files:
            path = path_of(file)
            if path not in summary or not summary[path]["lines"]["covered"]:
                print(f"| {name} | `{file}` | nothing | nothing |")
                ok = False
                continue
            lines, regions = summary[path]["lines"], summary[path]["regions"]
            print(f"| {name} | `{file}` | {percent(lines)} of {lines['count']} | "
                  f"{percent(regions)} |")
    return ok
