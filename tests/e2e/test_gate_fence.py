"""A restored server, and gates that know better: what they refuse is refused after the fence too."""

import json

from gate_machine import Machine, new_code
from world import ALICE, JOHN, Server

TIMEOUT_SECONDS = 300
CONFIG = '\n[gates]\nlease = "2s"\n'
PENDING = 3


class World:
    """A server with two people, a backup, and two gates."""

    def __init__(self, env):
        self.env = env
        self.server = Server(env, config=CONFIG)
        self.server.add_user(JOHN)
        self.server.add_user(ALICE)
        self.machines = [Machine(self.server, name) for name in ("first", "second")]
        for machine in self.machines:
            machine.enrol(new_code(self.server, machine.data.name))
        self.gates = [machine.run() for machine in self.machines]
        for machine in self.machines:
            machine.await_judging()
        self.backup = env.temp / "backup.db"
        self.server.curfewd("backup", self.backup)

    def user_id(self, name):
        return self.server.json("user", "show", name)["id"]

    def revoke_john(self):
        john = self.user_id(JOHN)
        self.server.curfew("revoke", JOHN, "--yes", expect=None)
        for machine in self.machines:
            self.env.wait_until(lambda machine=machine: machine.is_blocked(john),
                                "the block to arrive")
        return john

    def review(self, *more):
        return self.server.json("fence", "review", *more)

    def await_review(self, count):
        self.env.wait_until(lambda: len(self.review()) == count, f"{count} blocks to look at")


def test_what_gates_had_as_blocked_is_blocked_after_a_restore(env):
    world = World(env)
    john = world.revoke_john()
    world.server.process.stop()
    said = world.server.curfewd("restore", world.backup).out
    assert "2 gates follow this server" in said and "curfew fence show" in said, said
    world.server.serve()
    world.await_review(1)
    (block,) = world.review()
    assert (block["kind"], block["objectName"], block["state"]) == ("user", JOHN, "held"), block
    shown = world.server.json("user", "show", JOHN)
    assert not shown["accountEnabled"], shown
    for machine in world.machines:
        machine.await_judging()
        assert machine.is_blocked(john)
    # Complete: both have the new generation, or nothing of before.
    show = lambda: world.server.curfew("-o", "json", "fence", "show", expect=None)
    env.wait_until(lambda: json.loads(show().out)["isComplete"], "the fence to be complete")
    assert show().code == PENDING  # somebody has to look
    world.server.curfew("fence", "keep", block["id"])
    assert show().code == 0
    assert not world.review()


def test_a_gate_that_was_away_comes_late_and_is_asked(env):
    world = World(env)
    john = world.revoke_john()
    for gate in world.gates:
        gate.stop()
    world.server.process.stop()
    world.server.curfewd("restore", world.backup)
    world.server.serve()
    assert world.server.json("user", "show", JOHN)["accountEnabled"]
    world.machines[1].run()
    world.await_review(1)
    assert not world.server.json("user", "show", JOHN)["accountEnabled"]
    assert world.machines[1].is_blocked(john)
    # In one command, as where the gate's key was stolen.
    world.server.curfew("fence", "end", "--gate", "second", "--yes")
    assert world.server.json("user", "show", JOHN)["accountEnabled"]
    env.wait_until(lambda: not world.machines[1].is_blocked(john), "the block to end")
    # The other gate proves the same, and it is not its word that was refused.
    assert "first" in world.server.curfew("fence", "show", expect=None).out
    world.machines[0].run()
    world.await_review(1)
    assert not world.server.json("user", "show", JOHN)["accountEnabled"]
    (block,) = world.review()
    assert block["gate"] == "first", block
    # What a person says of the block itself stands.
    world.server.curfew("fence", "end", block["id"])
    assert world.server.json("user", "show", JOHN)["accountEnabled"]
    env.wait_until(lambda: world.server.curfew("fence", "show", expect=None).code == 0,
                   "the fence to be done")


def test_a_server_that_ran_on_an_older_database_is_proved_to_fenced_and_told(env):
    world = World(env)
    john = world.revoke_john()
    world.server.process.stop()
    world.server.put_back(world.backup)
    world.server.serve()
    env.wait_until(lambda: world.machines[0].status()["process"].get("divergence"),
                   "the gate to say that the server is not the one that it knew")
    assert world.machines[0].is_blocked(john)
    world.server.process.stop()
    world.server.curfewd("fence")
    world.server.serve()
    world.await_review(1)
    assert not world.server.json("user", "show", JOHN)["accountEnabled"]
    for machine in world.machines:
        machine.await_judging()
        assert machine.is_blocked(john)
