"""Other servers that are asked, by every run, to end what a person has there."""

import json

from https_receiver import Answer, HttpsReceiver, receivers_config
from logout_receiver import part
from world import ALICE, JOHN, Server

TIMEOUT_SECONDS = 180
CONNECTOR = "tell.global_revocation"
TOKEN = "given-by-the-other-server"


class Partner(HttpsReceiver):
    """A server with a global token revocation endpoint, which answers what it is told to."""

    PATH = "/revoke?tenant=7"

    def __init__(self, env, folder):
        self.calls = []  # (authorization, body)
        self.answers = []  # statuses, the first first; then 204
        super().__init__(env, folder)

    def take(self, request, body):
        with self.lock:
            self.calls.append((request.headers["Authorization"], json.loads(body)))
            return Answer(self.answers.pop(0) if self.answers else 204)

    def asked(self):
        with self.lock:
            return list(self.calls)


class World:
    """A server, two people and a partner."""

    def __init__(self, env):
        self.env = env
        self.server = Server(env, config=receivers_config(env.temp / "data"))
        for person in (JOHN, ALICE):
            self.server.add_user(person)
        self.partner = Partner(env, self.server.data)

    def revoke(self, name):
        return self.server.json("revoke", name, "--yes", "--no-wait", expect=None)[0]["run"]["id"]

    def step(self, run):
        """Of the run at the partner."""
        steps = self.server.json("run", "show", run)["steps"]
        return next(one for one in steps if one["connector"] == CONNECTOR)

    def await_step(self, run, state):
        self.env.wait_until(lambda: self.step(run)["state"] == state, f"the step to be {state}")


def test_a_run_asks_with_a_token_that_it_signs(env):
    world = World(env)
    world.server.curfew("target", "add", "Partner", "--url", world.partner.url,
                        "--client-id", "curfew-at-partner")
    world.await_step(world.revoke(JOHN), "acknowledged")
    (authorization, body), = world.partner.asked()
    assert body == {"sub_id": {"format": "email", "email": JOHN}}, body
    scheme, token = authorization.split(" ")
    assert scheme == "Bearer" and part(token, 0)["typ"] == "global-token-revocation+jwt"
    claims = part(token, 1)
    assert claims["sub"] == "curfew-at-partner"
    assert claims["aud"] == world.partner.url.split("?")[0]
    assert claims["exp"] - claims["nbf"] == 600


def test_older_spellings_given_tokens_and_what_time_cures(env):
    world = World(env)
    token = env.temp / "token"
    token.write_text(TOKEN + "\n")
    world.partner.answers = [503]
    shown = world.server.json("target", "add", "Partner", "--url", world.partner.url,
                              "--token-file", token, "--subject-format", "iss_sub",
                              "--subject-member", "subject")
    assert shown["hasToken"] and TOKEN not in json.dumps(shown), shown
    world.await_step(world.revoke(JOHN), "acknowledged")
    calls = world.partner.asked()
    assert len(calls) == 2 and {authorization for authorization, _ in calls} == {f"Bearer {TOKEN}"}
    assert list(calls[0][1]) == ["subject"] and calls[0][1]["subject"]["format"] == "iss_sub"


def test_a_wrong_address_is_not_believed_and_a_token_is_renewed(env):
    world = World(env)
    token = env.temp / "token"
    token.write_text("ended\n")
    world.server.curfew("target", "add", "Partner", "--url", world.partner.url,
                        "--token-file", token)
    world.partner.answers = [404]
    run = world.revoke(JOHN)
    env.wait_until(lambda: "404" in (world.step(run).get("last_error") or ""), "the doubt")
    token.write_text(TOKEN + "\n")
    world.server.curfew("target", "set", "Partner", "--token-file", token)
    world.await_step(world.revoke(ALICE), "acknowledged")
    assert world.partner.asked()[-1][0] == f"Bearer {TOKEN}"
    # Now that it has revoked somebody, it may say that it knows nobody.
    world.partner.answers = [404]
    run = world.revoke(ALICE)
    world.await_step(run, "acknowledged")
    paths = world.server.json("run", "show", run)["paths"]
    reasons = [path["reason"] for path in paths if path.get("display_name") == "Partner"]
    assert len(reasons) == 1 and "404" in reasons[0], paths


def test_what_the_partner_refuses_is_left_to_a_person(env):
    world = World(env)
    world.partner.answers = [422]
    world.server.curfew("target", "add", "Partner", "--url", world.partner.url, "--client-id", "us")
    run = world.revoke(JOHN)
    env.wait_until(lambda: "422" in (world.step(run).get("last_error") or ""), "the refusal")
    world.server.curfew("target", "disable", "Partner")
    steps = world.server.json("run", "show", world.revoke(ALICE))["steps"]
    assert CONNECTOR not in {step["connector"] for step in steps}


def test_a_server_that_was_killed_asks_when_it_is_back(env):
    world = World(env)
    world.server.curfew("target", "add", "Partner", "--url", world.partner.url, "--client-id", "us")
    world.partner.answers = [503] * 3
    run = world.revoke(JOHN)
    world.server.kill()
    world.server.serve()
    world.await_step(run, "acknowledged")
