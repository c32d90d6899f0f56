"""A replica that is damaged under a running gate, or while none runs."""

import os
import struct

from gate_machine import LASTING_LEASE
from test_gate_follow import World

TIMEOUT_SECONDS = 240

HEAD_BYTES = 4096
# docs/replica-format.md: the fixed part.
BLOOM_BLOCKS, SLOTS_OFFSET, BLOOM_OFFSET = 88, 136, 128
FILE_ID, FILE_ID_BYTES = 32, 16


def parts(path):
    """(offset, bytes) of the Bloom blocks and of the slots."""
    with open(path, "rb") as file:
        fixed = file.read(512)
    blocks, bloom, slots = (struct.unpack_from("<Q", fixed, at)[0]
                            for at in (BLOOM_BLOCKS, BLOOM_OFFSET, SLOTS_OFFSET))
    return {"bloom": (bloom, 32 * blocks), "slots": (slots, os.stat(path).st_size - slots),
            "head": (0, HEAD_BYTES)}


def zero(env, path, part):
    offset, count = part
    env.run(["dd", "if=/dev/zero", f"of={path}", "bs=1", f"seek={offset}", f"count={count}",
             "conv=notrunc", "status=none"])


def file_id(path):
    """What no other file has: the number of a removed one's inode may be the next one's. None:
    there is no file, or its head is damaged."""
    try:
        with open(path, "rb") as file:
            file.seek(FILE_ID)
            found = file.read(FILE_ID_BYTES)
    except FileNotFoundError:
        return None
    return found if any(found) else None


def blocked_world(env):
    world = World(env, lease=LASTING_LEASE)
    run = world.revoke()
    world.await_blocked()
    world.await_gates(run, "1 acknowledged")
    return world


def test_a_replica_that_is_overwritten_under_a_running_gate_is_fetched_anew(env):
    world = blocked_world(env)
    machine = world.machine
    for times, name in enumerate(("slots", "bloom", "head"), start=1):
        before = file_id(machine.replica)
        zero(env, machine.replica, parts(machine.replica)[name])
        env.wait_until(lambda before=before: file_id(machine.replica) not in (before, None)
                       and machine.judges(), f"another file after damage to the {name}")
        assert machine.is_blocked(world.john), name
        log = world.gate.output()
        assert log.count('"event":"gate.replica_damaged"') == times, log
        assert log.count('"event":"gate.snapshot"') == 1 + times, log
    assert world.gate.running()


def test_a_gate_whose_server_is_away_serves_no_damaged_replica(env):
    world = blocked_world(env)
    machine = world.machine
    world.server.process.stop()
    zero(env, machine.replica, parts(machine.replica)["slots"])
    env.wait_until(lambda: not machine.replica.exists(), "the file to be withdrawn")
    assert not machine.judges()
    world.gate.wait_for("gate.replica_damaged")


def test_damage_while_no_gate_runs_is_found_at_the_next_start(env):
    world = blocked_world(env)
    machine = world.machine
    for name in ("bloom", "slots", "head"):
        assert world.gate.stop() == 0
        zero(env, machine.replica, parts(machine.replica)[name])
        world.gate = world.start()
        assert "gate.replica_discarded" in world.gate.output(), world.gate.output()
        assert machine.is_blocked(world.john), name
    # Where a gate had its replica, whatever lies there is damage.
    assert world.gate.stop() == 0
    machine.replica.write_bytes(b"what a disk made of it\n" * 400)
    world.gate = world.start()
    assert machine.is_blocked(world.john)
