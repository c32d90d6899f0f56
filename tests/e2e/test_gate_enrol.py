"""A gate's life as an operator lives it: added, enrolled, rebuilt, removed; nothing but curfew-gate."""

import json
import os
import stat

from gate_machine import Machine, new_code
from world import DENIED, FAILED, USAGE, Server


def test_a_machine_becomes_a_gate_and_says_who_it_is(env):
    server = Server(env)
    said = server.curfew("gate", "add", "edge", "--mode", "best_effort")
    assert "enrolment code: " in said.out and "curfew-gate enrol" in said.err, said
    machine = Machine(server)
    code = said.out.split("enrolment code: ")[1].split()[0]
    told = machine.enrol("-", stdin=code + "\n")  # not on the command line
    assert "gate edge" in told.out and "is enrolled at " + server.issuer in told.out, told.out
    assert stat.S_IMODE(machine.data.stat().st_mode) == 0o700
    assert machine.files() == {"key.pem": 0o600, "gate.json": 0o600, "ca.pem": 0o600, "lock": 0o600}
    assert machine.identity()["jwks"]["keys"] and "PRIVATE" not in str(machine.identity())

    me = machine.check()  # the authority was remembered
    listed = server.json("gate", "list")
    assert [gate["name"] for gate in listed] == ["edge"]
    shown = server.json("gate", "show", "edge")
    assert me["client_id"] == shown["appId"] and me["mode"] == shown["mode"] == "best_effort"
    assert shown["enrolledDateTime"] and "enrolmentCode" not in shown
    assert "works: " in machine.gate("check", "--data", machine.data).out


def test_a_code_is_good_once_and_the_same_command_goes_on_after_a_crash(env):
    server = Server(env)
    code = new_code(server, "edge")
    machine = Machine(server)
    server.process.stop()
    lost = machine.enrol(code, expect=FAILED)
    assert server.url in lost.err, lost.err
    server.serve()
    machine.enrol(code)
    # The answer came, and the machine died before it had put its key in place.
    os.rename(machine.data / "key.pem", machine.data / "enrolling.pem")
    machine.enrol(code)
    assert machine.check()["name"] == "edge"
    # It died before it had written the answer.
    os.rename(machine.data / "key.pem", machine.data / "enrolling.pem")
    os.remove(machine.data / "gate.json")
    machine.enrol(code)
    assert machine.check()["name"] == "edge"

    again = machine.enrol(code, expect=FAILED)
    assert "is the folder of the gate edge already" in again.err, again.err
    thief = Machine(server, "thief")
    refused = thief.enrol(code, expect=DENIED)
    assert "--again" in refused.err, refused.err
    assert not (thief.data / "gate.json").exists()


def test_a_rebuilt_machine_gets_a_new_key_and_the_old_one_ends(env):
    server = Server(env)
    first, second = Machine(server, "first"), Machine(server, "second")
    first.enrol(new_code(server, "edge"))
    code = new_code(server, "edge", "--again")
    assert first.check()["name"] == "edge"  # nobody has used the code yet
    second.enrol(code)
    assert second.check()["name"] == "edge"
    refused = first.gate("check", "--data", first.data, expect=DENIED)
    assert "curfew gate show edge" in refused.err, refused.err
    # The folder of before, with a new key in it.
    first.enrol(new_code(server, "edge", "--again"), "--again")
    assert first.check()["client_id"] == first.identity()["client_id"]
    second.gate("check", "--data", second.data, expect=DENIED)


def test_a_removed_gate_is_refused_at_once(env):
    server = Server(env)
    machine = Machine(server)
    machine.enrol(new_code(server, "edge"))
    code = new_code(server, "edge", "--again")
    server.curfew("gate", "remove", "edge", "--yes")
    machine.gate("check", "--data", machine.data, expect=DENIED)
    Machine(server, "other").enrol(code, expect=DENIED)
    assert server.json("gate", "list") == []
    assert not [app for app in server.json("app", "list") if app["displayName"] == "Gate edge"]


def test_a_code_dies_with_its_maker(env):
    server = Server(env)
    app = server.add_app("Rollout")
    server.curfew("app", "add-role", app["appId"], "Application Administrator")
    server.add_user("ops@contoso.com")
    key = server.json("key", "add", "rollout", "--app", app["appId"], "--scope",
                      "api://curfew/manage", "--owner", "ops@contoso.com")["keyText"]
    made = env.run([env.bin / "curfew", "--server", server.url, "--ca", server.ca, "-o", "json",
                    "gate", "add", "edge"], env={"CURFEW_API_KEY": key})
    server.curfew("app", "disable", app["appId"])
    Machine(server).enrol(json.loads(made.out)["enrolmentCode"], expect=DENIED)


def test_what_is_wrong_is_said_with_what_to_do(env):
    server = Server(env)
    machine = Machine(server)
    code = new_code(server, "edge")
    plain = machine.gate("enrol", "--server", "http://localhost:1", "--data", machine.data, "--code",
                         code, expect=USAGE)
    assert "must begin with https://" in plain.err, plain.err
    none = machine.gate("enrol", "--server", server.url, "--data", machine.data, expect=USAGE)
    assert "CURFEW_GATE_CODE" in none.err, none.err
    untrusted = machine.gate("enrol", "--server", server.url, "--data", machine.data, "--code", code,
                             expect=FAILED)
    assert "--ca FILE" in untrusted.err and "nothing was sent" in untrusted.err, untrusted.err
    nowhere = machine.gate("check", "--data", env.temp / "nowhere", expect=FAILED)
    assert "there is no gate in" in nowhere.err, nowhere.err
    typo = machine.gate("enroll", expect=USAGE)
    assert "enrol" in typo.err, typo.err
    machine.enrol(code)  # none of it cost the code
    (machine.data / "key.pem").write_text("x", encoding="utf-8")
    damaged = machine.gate("check", "--data", machine.data, expect=FAILED)
    assert "key.pem is not the private key" in damaged.err, damaged.err
