"""A gate that follows a server: what it is told, and what it does when it is not."""

import os
import re
import signal

from gate_machine import LASTING_LEASE, Machine, gates_config, new_code
from world import JOHN, Server

TIMEOUT_SECONDS = 240
LEASE = "2s"  # soon over
CONFIG = gates_config(LEASE)


class World:
    """A server, a person, and a gate that judges."""

    def __init__(self, env, *, lease=LEASE, link=False, server=None, host=None):
        self.env = env
        self.server = server or Server(env, config=gates_config(lease))
        self.john = self.server.json("user", "add", JOHN)["id"]
        self.machine = Machine(self.server, host=host)
        self.machine.enrol(new_code(self.server, "edge"))
        self.link = None
        self.addresses = []
        if link:
            self.link, address = self.machine.link()
            self.addresses = ["--server", address]
        self.gate = self.start()

    def start(self):
        gate = self.machine.run(*self.addresses)
        self.machine.await_judging()
        return gate

    def await_blocked(self):
        self.env.wait_until(lambda: self.machine.is_blocked(self.john), "the block to arrive")

    def revoke(self):
        """The run's id."""
        return self.server.revoke(JOHN, expect=None)["run"]["id"]

    def await_gates(self, run, words):
        """The run says that its gates are done, and why, in these words."""
        def is_said():
            steps = self.server.json("run", "show", run, expect=None)["steps"]
            step = next(step for step in steps if step["connector"] == "local.gates")
            return step["state"] == "ended" and words in step["evidence"]

        self.env.wait_until(is_said, f"the run to say: {words}")


def test_who_is_revoked_is_refused_by_the_replica_and_the_run_says_acknowledged(env):
    world = World(env, lease=LASTING_LEASE)
    assert not world.machine.explain(world.john)["is_known"]
    run = world.revoke()
    world.await_blocked()
    world.await_gates(run, "1 acknowledged")
    world.machine.await_judging()
    status = world.machine.status()
    assert status["replica"]["blocked"] == 1 and status["may_judge"], status
    assert status["process"]["state"] == "following", status


def test_a_killed_gate_is_bounded_by_its_lease(env):
    world = World(env)
    version = env.run([env.bin / "curfew-gate", "--version"]).out.strip()
    listed = world.server.curfew("gate", "list").out
    assert f"\t{version}\t" in listed, listed
    os.kill(world.gate.pid, signal.SIGKILL)
    world.gate.wait()
    before = "(when it was last connected, "
    env.wait_until(lambda: f"\t{version} {before}" in world.server.curfew("gate", "list").out,
                   "the gate to be gone")
    shown = world.server.curfew("gate", "show", "edge").out
    assert f"version: {version} {before}" in shown, shown
    assert re.search(r"disconnectedDateTime: [^T]* UTC", shown), shown
    last = world.server.json("gate", "show", "edge")["feed"]["last"]
    assert f"acknowledged: {last['acknowledged']} {before}" in shown, (last, shown)
    run = world.revoke()
    world.machine.await_refusing()
    world.await_gates(run, "no lease of before any more")
    assert not world.machine.status()["process"]["is_running"]
    # What it missed it gets, and goes on from where it was.
    world.gate = world.start()
    world.await_blocked()
    assert "gate.snapshot" not in world.gate.output(), world.gate.output()


def test_a_stopped_gate_stops_nobody_for_longer_than_its_lease(env):
    world = World(env)
    os.kill(world.gate.pid, signal.SIGSTOP)
    run = world.revoke()
    world.machine.await_refusing()
    world.await_gates(run, "no lease of before any more")
    assert not world.machine.is_blocked(world.john)
    os.kill(world.gate.pid, signal.SIGCONT)
    world.machine.await_judging()
    assert world.machine.is_blocked(world.john)


def test_a_silent_link_ends_with_the_lease_and_another_address_is_taken(env):
    world = World(env, link=True)
    os.kill(world.link.pid, signal.SIGSTOP)
    run = world.revoke()
    world.machine.await_refusing()
    world.await_gates(run, "no lease of before any more")
    os.kill(world.link.pid, signal.SIGCONT)
    world.machine.await_judging()
    assert world.machine.is_blocked(world.john)
    world.gate.stop()
    # With a way around, silence costs nothing.
    world.addresses += ["--server", world.server.url]
    world.gate = world.start()
    os.kill(world.link.pid, signal.SIGSTOP)
    world.server.curfew("restore", run, "--yes", expect=None)
    env.wait_until(lambda: not world.machine.is_blocked(world.john), "the block to end")


def test_gate_and_server_start_again_and_go_on(env):
    world = World(env)
    world.server.process.stop()
    world.machine.await_refusing()
    world.server.serve()
    world.machine.await_judging()
    world.server.kill()
    world.gate.stop()
    world.server.serve()
    world.revoke()
    world.gate = world.start()
    assert world.machine.is_blocked(world.john)
    assert "gate.snapshot" not in world.gate.output(), world.gate.output()


def test_a_gate_that_is_removed_gets_nothing_more(env):
    world = World(env)
    world.server.curfew("gate", "remove", "edge", "--yes")
    world.machine.await_refusing()
    error = env.wait_until(lambda: world.machine.status()["process"].get("last_error"),
                           "the gate to say why")
    assert error["message"], error


def test_an_older_database_is_not_followed(env):
    world = World(env)
    backup = env.temp / "backup"
    world.server.curfewd("backup", backup)
    world.revoke()
    world.await_blocked()
    world.server.process.stop()
    world.server.put_back(backup)
    world.server.serve()
    env.wait_until(lambda: world.machine.status()["process"].get("divergence"),
                   "the gate to say that the server is not the one that it knew")
    world.machine.await_refusing()
    assert world.machine.is_blocked(world.john)
    assert '"event":"gate.diverged"' in world.gate.output()
