"""Applications that are commanded about their accounts (OpenID Provider Commands), by every run."""

import json

from https_receiver import receivers_config
from logout_receiver import part
from world import ALICE, JOHN, REDIRECT, Server

TIMEOUT_SECONDS = 180
CONNECTOR = "command.account"
API = "api://reports"
ON_BEHALF_OF = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class Party:
    """tests/js/apps/command_party.mjs, and the application that it is on the server."""

    def __init__(self, env, server, certificate, name="Portal"):
        self.server = server
        port = env.free_port()
        self.origin = f"https://localhost:{port}"
        self.endpoint = self.origin + "/commands?for=curfew"
        self.app = server.add_app(name, "--redirect-uri", REDIRECT)
        server.drive("apps/command_party.mjs", {
            "clientId": self.app["appId"], "endpoint": self.endpoint, "port": port,
            "certificate": certificate}).wait_for("ready")
        server.curfew("app", "set", self.app["appId"], "--command-endpoint", self.endpoint)

    def seen(self):
        """What came. Every token so far was one that jose verified, and new."""
        seen = self.server.browser().request(self.origin + "/seen").json
        assert not seen["refused"], seen["refused"]
        return seen

    def commands(self):
        return [command for command, _ in self.seen()["commands"]]

    def behave(self, **manner):
        self.server.post(self.origin + "/behave", {"manner": json.dumps(manner)})


class World:
    """A server, two people and a party."""

    def __init__(self, env):
        self.env = env
        self.server = Server(env, config=receivers_config(env.temp / "data"))
        for person in (JOHN, ALICE):
            self.server.add_user(person)
        self.certificate = self.server.certificate("localhost")
        self.party = Party(env, self.server, self.certificate)

    def revoke(self, name, *options):
        return self.server.json("revoke", name, "--yes", "--no-wait", *options,
                                expect=None)[0]["run"]["id"]

    def steps(self, run, party=None):
        """Of the run at the party: the command's, and the one of its undo."""
        steps = self.server.json("run", "show", run)["steps"]
        app = (party or self.party).app["appId"]
        return [one for one in steps if one["connector"] == CONNECTOR and one["target"] == app]

    def await_step(self, run, state, *, party=None, ordinal=0):
        def found():
            steps = self.steps(run, party)
            return len(steps) > ordinal and steps[ordinal]["state"] == state and steps[ordinal]
        return self.env.wait_until(found, f"the step to be {state}")


def test_an_account_is_suspended_shown_to_be_so_and_given_back(env):
    world = World(env)
    tokens = world.server.tokens(JOHN, world.party.app)
    sub = part(tokens["id_token"], 1)["sub"]
    run = world.revoke(JOHN)
    step = world.await_step(run, "ended")
    assert "to audit: account_state suspended, last access 2023-11-14" in step["evidence"], step
    assert world.party.seen()["commands"] == [["suspend", sub], ["audit", sub]]
    shown = world.server.json("run", "show", run)
    path, = [one for one in shown["paths"] if one["kind"] == "app_session"]
    assert path["state"] == "ended" and path["observed_at"], path
    world.env.wait_until(lambda: world.server.json("run", "show", run)["run"]["state"] == "at_rest",
                         "the run to rest")
    world.server.curfew("restore", run, "--yes")
    undone = world.await_step(run, "acknowledged", ordinal=1)
    assert undone["evidence"].startswith("HTTP 200 to reactivate: account_state active"), undone
    assert world.party.seen()["accounts"] == {sub: "active"}


def test_nobody_else_and_sessions_only(env):
    world = World(env)
    run = world.revoke(ALICE, "--sessions-only")
    step = world.await_step(run, "acknowledged")
    assert "account_state active" in step["evidence"], step
    assert world.party.commands() == ["invalidate", "audit"]
    # One that takes no suspend, and cannot be audited.
    world.party.behave(takes=["invalidate"])
    step = world.await_step(world.revoke(JOHN), "acknowledged")
    assert "does not take suspend" in step["evidence"], step
    assert len({sub for _, sub in world.party.seen()["commands"]}) == 2
    world.server.curfew("app", "set", world.party.app["appId"], "--command-endpoint", "")
    assert not world.steps(world.revoke(ALICE))


def test_who_redirects_or_says_yes_to_everything_is_not_believed(env):
    world = World(env)
    world.party.behave(location=world.party.origin + "/elsewhere")
    step = world.await_step(world.revoke(JOHN), "failed")
    assert "HTTP 307" in step["last_error"], step
    world.party.behave(page=True)
    step = world.await_step(world.revoke(ALICE), "failed")
    assert "no command response" in step["last_error"] and "Hi" not in json.dumps(step), step
    assert world.party.seen()["elsewhere"] == 0


def test_who_hangs_holds_up_nobody_and_a_killed_server_goes_on(env):
    world = World(env)
    prompt = Party(env, world.server, world.certificate, "Prompt")
    world.party.behave(hang=True)
    run = world.revoke(JOHN)
    world.await_step(run, "ended", party=prompt)
    assert world.steps(run)[0]["state"] == "running"
    world.server.kill()
    world.party.behave(answers=[503])
    world.server.serve()
    # What hung had suspended the account; it is told again, and shows it.
    world.await_step(run, "ended")
    assert world.party.commands().count("suspend") >= 2, world.party.commands()


def test_a_command_token_is_good_for_nothing_else(env):
    world = World(env)
    server, app = world.server, world.party.app
    reports = server.add_app("Reports", "--identifier-uri", API, "--scope", "read",
                             "--may-introspect")
    world.await_step(world.revoke(ALICE), "ended")
    token = world.party.seen()["tokens"][0]
    assert part(token, 0)["typ"] == "command+jwt"
    assert server.userinfo(token).status == 401
    assert server.get(f"{server.url}/curfew/v1/users", token).status == 401
    assert server.get(f"{server.url}/v1.0/users", token).status == 401
    page = server.token_endpoint(reports, "introspect", {"token": token})
    assert page.json == {"active": False}, page.text
    for fields in ({"grant_type": "refresh_token", "refresh_token": token},
                   {"grant_type": ON_BEHALF_OF, "assertion": token, "scope": "openid",
                    "requested_token_use": "on_behalf_of"}):
        assert server.token(app, fields).status == 400, fields
