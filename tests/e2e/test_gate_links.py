"""Gates and a server on hosts of their own, and links between them that are cut, half-open and slow."""

import sqlite3
import time

from gate_machine import LASTING_LEASE, Machine, gates_config, new_code
from hosts import Hosts
from test_gate_follow import CONFIG, World
from world import Server

TIMEOUT_SECONDS = 300
PORT = 8443
# With this lease no question for another one is asked before the wait for an answer is over.
LONG_LEASE = gates_config(LASTING_LEASE)
MANY = 30_000
SLOW_KBITS = 2_000  # at which the snapshot takes longer than a lease's answer or a pong may


class Far:
    """A server on one host and a gate on another."""

    def __init__(self, env, config=CONFIG):
        self.env = env
        hosts = Hosts(env)
        self.host = hosts.add()
        self.near = hosts.add()
        self.server = Server(env, config=config, serve=False, host=self.host.address, port=PORT)
        settings = self.server.data / "curfewd.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace("127.0.0.1", self.host.address), encoding="utf-8")
        self.serve()
        self.world = World(env, server=self.server, host=self.near)
        self.machine = self.world.machine

    def serve(self):
        self.server.process = self.env.start(
            self.host.words([self.env.bin / "curfewd", "serve", "--data", self.server.data]),
            name="curfewd", ready="Curfew serves")

    def fill_journal(self, count):
        """So many entries, each about somebody else; the server is down."""
        with sqlite3.connect(self.server.data / "curfew.db") as db:
            names = [column[1] for column in db.execute("pragma table_info(journal)")]
            last = dict(zip(names, db.execute(
                "select * from journal order by position desc limit 1").fetchone()))
            marks = ",".join("?" * len(names))
            for number in range(1, count + 1):
                row = dict(last, position=last["position"] + number,
                           key_id=f"11111111-2222-3333-4444-{number:012}",
                           chain_hash=f"h{number}", at=int(time.time() * 1000))
                db.execute(f"insert into journal values ({marks})", list(row.values()))

    def enable_again(self, run):
        self.server.curfew("restore", run, "--yes", expect=None)
        self.env.wait_until(lambda: not self.machine.is_blocked(self.world.john), "the block to end")


def is_bounded_by_the_lease(far):
    """Nothing arrives: the run is done by the lease, and no reader goes by the replica then."""
    run = far.world.revoke()
    far.world.await_gates(run, "no lease of before any more")
    assert not far.machine.judges() and not far.machine.is_blocked(far.world.john)
    return run


def goes_on(far, run):
    far.near.mend()
    far.machine.await_judging()
    assert far.machine.is_blocked(far.world.john)
    far.enable_again(run)


def test_a_cut_link_is_bounded_by_the_lease_and_a_mended_one_goes_on(env):
    far = Far(env)
    far.near.cut()
    goes_on(far, is_bounded_by_the_lease(far))


def test_a_gate_that_is_heard_and_hears_nothing_is_bounded_by_its_lease(env):
    far = Far(env)
    far.near.cut(from_it=False)
    goes_on(far, is_bounded_by_the_lease(far))


def test_a_gate_that_hears_and_is_not_heard_may_have_the_block_and_no_lease(env):
    far = Far(env)
    far.near.cut(to_it=False)
    run = far.world.revoke()
    far.world.await_gates(run, "no lease of before any more")
    assert not far.machine.judges()
    goes_on(far, run)


def test_over_a_slow_link_a_gate_acknowledges_what_it_has(env):
    far = Far(env, config=LONG_LEASE)
    far.near.slow(kbits=64)
    for _ in range(3):
        run = far.world.revoke()
        far.world.await_gates(run, "1 acknowledged")
        assert far.machine.is_blocked(far.world.john)
        far.enable_again(run)


def test_a_snapshot_over_a_slow_link_comes_to_its_end(env):
    far = Far(env, config=LONG_LEASE)
    far.world.gate.stop()
    assert far.server.process.stop() == 0
    far.fill_journal(MANY)
    far.serve()
    fresh = Machine(far.server, "fresh", host=far.near)
    fresh.enrol(new_code(far.server, "fresh"))
    far.near.slow(kbits=SLOW_KBITS)
    fresh.run()
    # If slow parts ended a connection, none would come to its end.
    env.wait_until(fresh.judges, "the gate to have the snapshot and a lease", 120)
