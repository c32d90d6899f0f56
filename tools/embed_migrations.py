#!/usr/bin/python3
"""Writes the C++ file that holds the SQL migrations, for the build: embed_migrations.py OUT SQL..."""

import pathlib
import re
import sys

NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
DELIMITER = "migration"


def literal(sql: str) -> str:
    if f'){DELIMITER}"' in sql:
        raise SystemExit("a migration contains the delimiter of raw strings")
    return f'R"{DELIMITER}({sql}){DELIMITER}"'


def main(out: str, paths: list[str]) -> None:
    entries = []
    for expected, path in enumerate(sorted(map(pathlib.Path, paths)), start=1):
        match = NAME.fullmatch(path.name)
        if match is None or int(match[1]) != expected:
            raise SystemExit(f"{path}: expected the name {expected:04}_<words>.sql")
        sql = path.read_text(encoding="utf-8")
        entries.append(f'    Migration{{{expected}, "{match[2]}", {literal(sql)}}},\n')
    text = (
        "// Made by tools/embed_migrations.py from src/store/migrations.\n"
        '#include <array>\n\n#include "store/migrations.hpp"\n\n'
        "namespace curfew {\n\n"
        "std::span<const Migration> built_in_migrations() {\n"
        f"  static constexpr std::array<Migration, {len(entries)}> kMigrations{{\n"
        f"{''.join(entries)}"
        "  };\n"
        "  return kMigrations;\n"
        "}\n\n"
        "}  // namespace curfew\n"
    )
    target = pathlib.Path(out)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
