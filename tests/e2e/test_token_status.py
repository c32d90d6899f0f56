"""A resource that judges by itself reads in a status list what was taken away, also of tokens from
before a kill -9, and the run says how long it may go by an older list."""

import datetime
import json

from logout_receiver import part
from world import ALICE, JOHN, REDIRECT, Server

API = "api://reports"
SCOPE = f"openid offline_access {API}/read"
LIST_SECONDS = 60   # from a list's iat to its exp
SKEW_SECONDS = 300  # what resources allow for clocks


class World:
    """A server with two people, and an application that looks its tokens up in a list."""

    def __init__(self, env):
        self.env = env
        self.server = Server(env)
        for person in (JOHN, ALICE):
            self.server.add_user(person)
        self.app = self.server.add_app("Reports", "--redirect-uri", REDIRECT)
        self.server.curfew("app", "set", self.app["appId"], "--identifier-uri", API, "--scope",
                           "read", "--consent", API + "/read", "--status-list", "on")

    def token(self, person):
        return self.server.tokens(person, self.app, scope=SCOPE)["access_token"]

    def judged(self, *tokens):
        """What a resource in Node, with jose and zlib, makes of each."""
        done = self.env.run([self.env.node, self.env.js / "token_status.mjs"], timeout=60,
                            env=self.server.client_environment({"api": API, "tokens": tokens}))
        return json.loads(done.out)


def place_in(token):
    place = part(token, 1)["status"]["status_list"]
    return place["uri"], place["idx"]


def seconds_until(report, target):
    """From the cut to the bound of the path."""
    path = next(path for path in report["paths"] if path.get("target") == target)
    assert path["state"] == "ends_by", path
    ends, cut = (datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
                 for text in (path["ends_by"], report["run"]["cut_at"]))
    return (ends - cut).total_seconds(), path


def test_a_resource_reads_in_the_list_what_a_revocation_ended(env):
    world = World(env)
    johns, alices = world.token(JOHN), world.token(ALICE)
    assert place_in(johns)[0] == place_in(alices)[0]
    assert place_in(johns)[1] != place_in(alices)[1]
    assert world.judged(johns, alices) == ["valid", "valid"]

    report = world.server.revoke(JOHN)
    assert world.judged(johns, alices) == ["invalid", "valid"]
    bound, path = seconds_until(report, API)
    assert LIST_SECONDS + SKEW_SECONDS - 2 <= bound <= LIST_SECONDS + SKEW_SECONDS + 2, path
    assert "status list" in path["control"], path


def test_places_and_what_was_said_of_them_survive_kill_9(env):
    world = World(env)
    tokens = [world.token(JOHN), world.token(ALICE)]
    world.server.kill()
    world.server.serve()
    assert world.judged(*tokens) == ["valid", "valid"]
    world.server.revoke(JOHN)
    world.server.kill()
    world.server.serve()
    tokens.append(world.token(ALICE))
    assert world.judged(*tokens) == ["invalid", "valid", "valid"]
    assert len({place_in(token) for token in tokens}) == len(tokens)


def test_a_list_is_there_for_as_long_as_tokens_name_it(env):
    world = World(env)
    token = world.token(JOHN)
    world.server.curfew("app", "set", world.app["appId"], "--status-list", "off")
    assert world.judged(token) == ["valid"]
    uri, _ = place_in(token)
    assert world.server.get(uri).status == 200
    assert world.server.get(uri + "9").status == 404
