"""Reports: `curfew verify` finds any changed byte, and believes one key only."""

import random

from test_cli import with_people
from world import FAILED, JOHN, OK, PENDING, REDIRECT


def test_a_report_verifies_and_any_changed_byte_is_found(env):
    server = with_people(env)
    web = server.add_app("Web", "--redirect-uri", REDIRECT)
    server.tokens(JOHN, web)
    report = env.temp / "report.jsonl"
    server.curfew("revoke", JOHN, "--yes", "--report", report, expect=PENDING)
    whole = report.read_bytes()
    assert "as it was signed" in server.curfew("verify", report).out
    # At random places of a fixed seed, and at both ends of both lines.
    end = whole.index(b"\n")
    places = random.Random(20).sample(range(len(whole)), 200)
    places += [0, end - 1, end, end + 1, len(whole) - 1]
    changed = env.temp / "changed.jsonl"
    survivors = []
    for place in places:
        bytes_now = bytearray(whole)
        bytes_now[place] ^= 1
        changed.write_bytes(bytes_now)
        done = env.run([env.bin / "curfew", "verify", changed], expect=None)
        if done.code == OK:
            survivors.append((place, chr(whole[place]), chr(bytes_now[place])))
    assert not survivors, survivors
    changed.write_bytes(whole[:-40])
    env.run([env.bin / "curfew", "verify", changed], expect=FAILED)


def test_a_report_by_another_key_is_not_trusted(env):
    server = with_people(env)
    report, keys = env.temp / "report.jsonl", env.temp / "keys.json"
    server.curfew("revoke", JOHN, "--yes", "--report", report)
    keys.write_text(server.curfew("run", "keys").out)
    said = server.curfew("verify", report, "--keys", keys).out
    assert "in the keys that you trust" in said, said
    other = env.run([env.bin / "curfewd", "init", "--data", env.temp / "other", "--domain",
                     "fabrikam.com", "--port", env.free_port()])
    assert other.code == OK
    process = env.start([env.bin / "curfewd", "serve", "--data", env.temp / "other"],
                        ready="Curfew serves")
    keys.write_text(env.run([env.bin / "curfew", "--data", env.temp / "other", "run",
                             "keys"]).out)
    process.stop()
    said = server.curfew("verify", report, "--keys", keys, expect=FAILED).err
    assert "does not verify" in said, said
