"""The process of a gate: its start, its locks, its log, its end."""

import json

from gate_machine import Machine, new_code
from world import FAILED, Server


def enrolled(env):
    server = Server(env)
    machine = Machine(server)
    machine.enrol(new_code(server, "edge"))
    return server, machine


def test_without_a_lease_status_says_so_and_fails(env):
    server, machine = enrolled(env)
    before = machine.gate("status", "--data", machine.data, "--replica", machine.replica,
                          expect=FAILED)
    assert "judges now            no" in before.out and "no replica" in before.out, before.out
    server.process.stop()
    machine.run()
    status = env.wait_until(lambda: (machine.status()["process"] or {}).get("last_error")
                            and machine.status(), "the gate to say what is wrong")
    assert status["process"]["is_running"] and not status["may_judge"], status
    assert server.url in status["process"]["last_error"]["message"], status
    assert status["issuer"] == server.issuer and status["tenant_id"] == server.tenant, status


def test_a_second_process_is_refused_and_says_who_was_first(env):
    _, machine = enrolled(env)
    first = machine.run()
    for replica in (machine.replica, env.temp / "another" / "replica"):
        second = machine.gate("run", "--data", machine.data, "--replica", replica, expect=FAILED)
        assert "another curfew-gate runs with this folder" in second.err, second.err
        assert str(first.pid) in second.err, second.err
    assert first.stop() == 0
    assert '"event":"gate.stopped"' in first.output(), first.output()
    assert not machine.status()["process"]["is_running"]
    assert machine.run().running()


def test_what_is_wrong_with_a_start_is_said_with_what_to_do(env):
    _, machine = enrolled(env)
    run = ["run", "--data", machine.data, "--replica"]
    shared = machine.gate(*run, "/dev/shm/replica", expect=None)
    assert shared.code != 0 and "a directory of the gate's own" in shared.err, shared.err
    relative = machine.gate(*run, "replica", expect=None)
    assert relative.code != 0 and "the whole path" in relative.err, relative.err
    group = machine.gate(*run, machine.replica, "--reader-group", "no-such", expect=FAILED)
    assert "no group no-such" in group.err, group.err
    plain = machine.gate(*run, machine.replica, "--server", "http://localhost", expect=None)
    assert plain.code != 0 and "is not an https address" in plain.err, plain.err
    nothing = machine.gate("run", "--data", env.temp / "nothing", expect=FAILED)
    assert "curfew-gate enrol" in nothing.err, nothing.err
    foreign = env.temp / "own" / "replica"
    foreign.parent.mkdir(mode=0o700)
    foreign.write_text("something else of somebody's\n", encoding="utf-8")
    kept = machine.gate(*run, foreign, expect=FAILED)
    assert "is no replica of a gate" in kept.err and foreign.exists(), kept.err


def test_addresses_at_which_nobody_is_are_logged_once_each(env):
    _, machine = enrolled(env)
    nowhere = [f"https://localhost:{env.free_port()}" for _ in range(2)]
    gate = machine.run("--server", nowhere[0], "--server", nowhere[1])

    def tried_at():
        return ((machine.status()["process"] or {}).get("last_error") or {}).get("at")
    for address in nowhere:
        env.wait_until(lambda address=address: address in gate.output(), "each address to be tried")
    for _ in range(3):
        before = tried_at()
        env.wait_until(lambda before=before: tried_at() != before, "the gate to try again")
    gate.stop()
    # How long a try took may be in the words, so that some are said anew.
    said = [line.split('"why"')[1] for line in gate.output().splitlines()
            if "gate.not_connected" in line]
    assert len(said) == len(set(said)), said


def test_the_log_has_events_and_no_secret(env):
    server, machine = enrolled(env)
    gate = machine.run("--log-level", "debug")
    env.wait_until(lambda: "gate.not_connected" in gate.output() or
                   "gate.following" in gate.output(), "the gate to try")
    gate.stop()
    key = (machine.data / "key.pem").read_text(encoding="utf-8").splitlines()[1]
    for line in gate.output().splitlines():
        assert key not in line and "eyJ" not in line, line
        if line.startswith("{"):
            assert json.loads(line)["event"].startswith("gate."), line
    assert server.url in gate.output()
