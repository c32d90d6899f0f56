"""tests/e2e/test_bench.py: the benchmark measures every row, and only of a server that works.

Tiny counts, and nothing about how long anything took.
"""

import json
import pathlib

TIMEOUT_SECONDS = 300
ALONE = True

BROKEN_SERVER = """#!/bin/sh
# init is the real one; what serves afterwards answers everything with 200 and the same bytes.
[ "$1" = serve ] || exec "{bin}/curfewd" "$@"
while [ "$1" != --config ]; do [ "$1" != --data ] || data=$2; shift; done
port=$(sed -n 's/^listen = .*:\\([0-9]*\\)".*/\\1/p' "$2")
echo "Curfew serves nothing"
exec "{bin}/http_floor" 1 0 "$port" "$data/server.pem" "$data/server-key.pem"
"""


def bench(env, *args, expect=0):
    return env.run([env.bin / "curfew-bench", "--quick", "--temp", env.temp, *args], expect=expect,
                   timeout=TIMEOUT_SECONDS)


def folders(env):
    """those of benchmarks, also of others that were killed"""
    return {*env.temp.glob("curfew-bench-*"), *pathlib.Path("/dev/shm").glob("curfew-bench-*")}


def measure_all(env, *table):
    """{row: figures} of every row of the table, in one run"""
    names = bench(env, *table, "--list").out.split()
    before = folders(env)
    measured = bench(env, *table, "--json")
    rows = json.loads(measured.out)["rows"]
    assert [row["name"] for row in rows] == names, measured.out
    for row in rows:
        assert row["figures"] and row["figures"].keys() == row["units"].keys(), row
        budget = row.get("budget")
        assert not budget or budget["figure"] in row["figures"], row
    left = folders(env) - before
    assert not left, f"folders were left behind: {left}"
    return {row["name"]: row["figures"] for row in rows}


def test_every_row_is_measured(env):
    rows = measure_all(env)
    revoked = {name: figures for name, figures in rows.items() if "refused_after" in figures}
    assert set(revoked) == {"revoke-1", "revoke-10k", "revoke-1m", "users-revoked"}, revoked
    for name, figures in revoked.items():
        assert figures["refused_after"] > 0, f"{name}: nothing was tried after the revocation"


def test_every_row_about_gates_is_measured(env):
    rows = measure_all(env, "--gates")
    assert list(rows) == ["gates-1", "gates-100", "gates-1000", "gates-1000-alone",
                          "new-gate", "replica-1m", "replica-10m"], rows
    for name, gates in (("gates-1", 1), ("gates-100", 3), ("gates-1000", 6),
                        ("gates-1000-alone", 6)):
        figures = rows[name]
        assert figures["gates"] == gates, figures
        assert figures["refusals"] == 6 * gates, f"{name}: not every gate refused: {figures}"
        assert figures["others_per_minute"] > 0, f"{name}: nobody else was revoked: {figures}"
        assert 0 < figures["refused_p50_ms"] <= figures["last_gate_p99_ms"], figures
    assert rows["new-gate"]["refused_meanwhile"] > 0, rows["new-gate"]


def test_every_row_of_the_peers_is_measured(env):
    measured = env.run(["/usr/bin/python3", env.root / "tests/bench/peers.py", "--bin", env.bin,
                        "--node", env.node, "--glewlwyd", env.root / ".cache/glewlwyd", "--temp",
                        env.temp, "--quick", "--json"], timeout=TIMEOUT_SECONDS)
    result = json.loads(measured.out)
    assert set(result["openssl"]) == {"es256", "rs256"}, measured.out
    assert list(result["rows"]) == ["app-token-es256", "app-token-rs256", "introspection",
                                    "refresh"], measured.out
    for name, row in result["rows"].items():
        assert set(row) == {"curfew", "oidc-provider", "glewlwyd"}, name
        assert all(figure > 0 for figure in row.values()), f"{name}: {row}"
    assert not list(env.temp.glob("curfew-*")), "folders were left behind"


def test_nginx_is_measured_in_each_way(env):
    measured = env.run(["/usr/bin/python3", env.root / "tests/bench/nginx.py", "--bin", env.bin,
                        "--quick", "--json"], timeout=TIMEOUT_SECONDS)
    ways = json.loads(measured.out)["ways"]
    plain = ["plain", "curfew", "told", "asked"]
    assert list(ways) == plain + [way + "-tls" for way in plain], measured.out
    for way, figures in ways.items():
        assert all(figure > 0 for figure in figures.values()), f"{way}: {figures}"


def test_one_row_is_measured_by_its_name_and_printed_as_text(env):
    measured = bench(env, "app-token-es256")
    lines = measured.out.splitlines()
    assert lines[0].split()[0] == "app-token-es256", measured.out
    assert "per cpu second" in lines[1] and "times floor" in lines[1], measured.out
    assert "no row nothing" in bench(env, "nothing", expect=2).err


def test_a_server_that_only_answers_fast_is_not_measured(env):
    broken = env.temp / "bin"
    broken.mkdir()
    (broken / "http_floor").symlink_to(env.bin / "http_floor")
    server = broken / "curfewd"
    server.write_text(BROKEN_SERVER.format(bin=env.bin))
    server.chmod(0o755)
    for row in ("app-token-es256", "refresh", "introspection", "sign-in", "revoke-1"):
        failed = bench(env, row, "--bin", broken, expect=1)
        assert row + ": " in failed.err, failed.err
        assert row not in failed.out, failed.out
