"""A sweep: what somebody left behind with an hour in an administrator's account."""

import datetime
import json

from test_cli import MANAGE, enabled, with_people
from world import ALICE, JOHN, OK, PASSWORD, PENDING, USAGE

SPY = "spy@contoso.com"
READER = "Reports Reader"


class Intruder:
    """Somebody who has John's access token, and nothing else of his."""

    def __init__(self, env, server):
        self.env = env
        self.server = server
        cli = next(app for app in server.json("app", "list") if app["displayName"] == "Curfew CLI")
        self.token = server.tokens(JOHN, {**cli, "client": {}},
                                   scope="openid " + MANAGE)["access_token"]

    def curfew(self, *args, **options):
        remote = [self.env.bin / "curfew", "--server", self.server.url, "--ca", self.server.ca,
                  "-o", "json"]
        done = self.env.run([*remote, *args], env={"CURFEW_API_KEY": self.token}, **options)
        return json.loads(done.out)


def now():
    """As --since takes it."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def is_refused(server, app, secret):
    """Whether the token endpoint takes that secret for no client at all."""
    page = server.token({"appId": app["appId"], "client": {"client_secret": secret}},
                        {"grant_type": "client_credentials", "scope": "api://curfew/.default"})
    return page.json.get("error") == "invalid_client"


def roles(server, name):
    return [role["displayName"] for role in server.json("user", "show", name)["roles"]]


def test_a_sweep_takes_what_an_intruder_left_and_a_restore_gives_it_back(env):
    server = with_people(env)
    server.curfew("user", "add-role", JOHN, "Global Administrator")
    payroll = server.add_app("Payroll")
    own_secret = payroll["client"]["client_secret"]
    intruder = Intruder(env, server)
    since = now()

    backdoor = intruder.curfew("app", "add", "Backdoor")
    door_secret = backdoor["client"]["client_secret"]
    added = intruder.curfew("app", "add-secret", "Payroll")["secretText"]
    intruder.curfew("user", "add", SPY, "--password-stdin", "--keep-password",
                    stdin=PASSWORD + "\n")
    intruder.curfew("user", "add-role", SPY, "Global Administrator")
    intruder.curfew("user", "add-role", ALICE, READER)
    key = intruder.curfew("key", "add", "export", "--app", payroll["appId"], "--scope", MANAGE)
    intruder.curfew("app", "set", "Payroll", "--redirect-uri", "https://evil.example/cb")
    assert not is_refused(server, payroll, added) and not is_refused(server, backdoor, door_secret)

    plan = server.curfew("revoke", JOHN, "--since", since, "--dry-run").out
    for named in ("Backdoor", "of Payroll", SPY, f"{READER} of {ALICE}", "export",
                  "https://evil.example/cb", f"by {JOHN}"):
        assert named in plan, (named, plan)
    assert enabled(server, SPY) and enabled(server, JOHN), "a dry run changes nothing"

    run = server.revoke(JOHN, "--since", since, expect=PENDING)
    assert run["run"]["state"] == "at_rest", run
    states = {path["display_name"]: path["state"] for path in run["paths"]
              if "made_at" in path and path["kind"] != "change"}
    assert len(states) >= 6 and set(states.values()) == {"ended"}, states
    assert not enabled(server, JOHN) and not enabled(server, SPY)
    assert is_refused(server, payroll, added) and is_refused(server, backdoor, door_secret)
    assert server.get(server.url + "/curfew/v1/users", key["keyText"]).status == 401
    assert server.get(server.url + "/curfew/v1/users", intruder.token).status == 401
    assert READER not in roles(server, ALICE) and enabled(server, ALICE)
    assert not is_refused(server, payroll, own_secret), "what was there before stays"

    asked = server.curfew("restore", run["run"]["id"], expect=USAGE).err
    found = asked[asked.index("WARNING"):]
    for named in (f"1 x person: {SPY}", "1 x application: Backdoor", f"{READER} of {ALICE}",
                  f"curfew user disable {SPY}", f"curfew app disable {backdoor['appId']}"):
        assert named in found, (named, asked)
    # The undo gives back as a whole; what is to stay shut is held by an administrator before.
    server.curfew("app", "disable", backdoor["appId"])
    server.curfew("restore", run["run"]["id"], "--yes", expect=OK)
    assert enabled(server, JOHN) and enabled(server, SPY)
    assert READER in roles(server, ALICE)
    assert not server.json("app", "show", "Backdoor")["accountEnabled"]
    # No credential comes back, whoever made it.
    assert is_refused(server, payroll, added) and is_refused(server, backdoor, door_secret)
    assert server.get(server.url + "/curfew/v1/users", key["keyText"]).status == 401


def test_parts_are_named_and_times_have_passed(env):
    server = with_people(env)
    said = server.curfew("revoke", JOHN, "--yes", "--also", "passports", expect=None).err
    assert "also takes" in said and "roles" in said, said
    said = server.curfew("revoke", JOHN, "--yes", "--since", "tomorrow", expect=None).err
    assert "2h" in said, said
    assert enabled(server, JOHN)
    server.curfew("user", "add-role", JOHN, READER)
    run = server.revoke(JOHN, "--also", "roles,methods", "--remove-assignments", expect=None)
    assert roles(server, JOHN) == []
    said = server.curfew("restore", run["run"]["id"], "--yes").out
    assert "can sign in again" not in said and f"user reset-password {JOHN}" in said, said


def test_a_step_that_waits_is_named_by_its_number_and_a_retry_asks(env):
    server = with_people(env)
    server.curfew("user", "add-role", JOHN, "Global Administrator")
    server.add_app("Payroll")
    intruder = Intruder(env, server)
    since = now()
    intruder.curfew("app", "set", "Payroll", "--redirect-uri", "https://evil.example/cb")
    intruder.curfew("user", "reset-password", ALICE, "--yes")
    run = server.revoke(JOHN, "--since", since, expect=PENDING)
    run_id = run["run"]["id"]

    def number(kind):
        return next(path["step"] for path in run["paths"] if path["kind"] == kind).split(".")[1]

    password, settings = number("method"), number("change")
    shown = server.curfew("run", "show", run_id).out
    for step in (password, settings):
        assert f"waiting: step {step}: " in shown, shown
    before = server.json("user", "show", ALICE)
    asked = server.curfew("run", "retry", run_id, password, expect=USAGE).err
    assert f"password of {ALICE}" in asked and "nobody knows" in asked and "--yes" in asked, asked
    assert server.json("user", "show", ALICE) == before
    said = server.curfew("run", "retry", run_id, password, "--yes").out
    assert f"step {password}: " in said and said.count("\n") == 1, said
    said = server.curfew("run", "close", run_id, settings).out
    assert "closed" in said and said.count("\n") == 1, said
    # The run takes it up after the other step, which it may be at.
    env.wait_until(
        lambda: "left as it is, by a person" in server.curfew("run", "show", run_id).out,
        "the step to be closed")
    assert f"step {settings}: " not in server.curfew("run", "show", run_id).out
    said = server.curfew("run", "close", run_id, "999", expect=None).err
    assert f"curfew run show {run_id}" in said, said
