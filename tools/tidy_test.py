#!/usr/bin/python3
"""tools/tidy_test.py: tidy.py finds what is wrong in any of the files that it looks at together."""

import json
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
import tidy

OWN = "namespace {\nint twice(int number) { return 2 * number; }\n}  // namespace\n"
FILES = {
    "a.cpp": OWN + "int four() { return twice(2); }\n",
    # The same name for itself, which lines tell.
    "b.cpp": OWN + "int six() { return twice(3); }\n",
    "c.cpp": "int BadName() { return 1; }\n",
    # And one that they do not tell: these two do not compile together.
    "d.cpp": "static int hidden() { return 1; }\nint d() { return hidden(); }\n",
    "e.cpp": "static int hidden() { return 2; }\nint e() { return hidden(); }\n",
    "f.cpp": '#include "f.hpp"\nint f() { return 1; }\n',
    "f.hpp": "#pragma once\ninline int AlsoBad() { return 1; }\n",
    "g.cpp": "#include <string>\n#include <utility>\nstd::size_t g(std::string text) {\n"
             "  const std::string moved = std::move(text);\n  return text.size() + moved.size();\n}\n",
    "h.cpp": "int h() { return 1; }\n",
    "i.cpp": "#define NUMBER 1\nint i() { return NUMBER; }\n",
}
CLEAN = {"a.cpp", "b.cpp", "d.cpp", "e.cpp", "h.cpp", "i.cpp"}


class TidyTest(unittest.TestCase):
    """A small tree with our checks."""

    def setUp(self):
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.addCleanup(setattr, tidy, "CACHE", tidy.CACHE)
        self.addCleanup(setattr, tidy, "ROOT", tidy.ROOT)
        shutil.copy(tidy.ROOT / ".clang-tidy", self.root)
        tidy.ROOT, tidy.CACHE = self.root, self.root / ".cache/tidy"
        tidy.CACHE.mkdir(parents=True)
        (self.root / "src").mkdir()
        for name, text in FILES.items():
            (self.root / "src" / name).write_text(text, encoding="utf-8")
        entries = [{"directory": str(self.root), "file": f"{self.root}/src/{name}",
                    "command": f"ccache clang++-19 -std=c++20 -Isrc -o {name}.o -c src/{name}"}
                   for name in FILES if name.endswith(".cpp")]
        (self.root / "compile_commands.json").write_text(json.dumps(entries), encoding="utf-8")
        self.entries = tidy.entries_to_look_at(self.root, [])

    def names(self, entries):
        return [pathlib.Path(entry["file"]).name for entry in entries]

    def test_files_are_together_unless_they_have_the_same_name_for_themselves(self):
        groups = [self.names(group) for group in tidy.groups_of(self.entries)]
        self.assertEqual(groups, [["a.cpp", "c.cpp", "d.cpp", "e.cpp", "f.cpp", "g.cpp", "h.cpp"],
                                  ["b.cpp"], ["i.cpp"]])

    def test_what_is_wrong_is_found_in_its_file_and_the_others_are_remembered(self):
        said = {}
        for group in tidy.groups_of(self.entries):
            for entries, text in tidy.look_at(group):
                said.update(dict.fromkeys(self.names(entries), text))
        self.assertEqual({name for name, text in said.items() if not text}, CLEAN)
        self.assertIn("'BadName'", said["c.cpp"])
        self.assertIn("'AlsoBad'", said["f.cpp"])
        self.assertIn("bugprone-use-after-move", said["g.cpp"])
        kept = {path.name for path in tidy.CACHE.iterdir()}
        clean = [entry for entry in self.entries if self.names([entry])[0] in CLEAN]
        self.assertEqual(kept, {tidy.key_of(entry) for entry in clean})
        self.assertEqual(list(tidy.CACHE.parent.iterdir()), [tidy.CACHE])


if __name__ == "__main__":
    unittest.main()
