"""Shared signals: resource servers and receivers that run no gate learn that somebody's access is
gone, also from a server that was killed, and the run says what each of them said."""

import http.client
import json
import ssl
import urllib.parse

from https_receiver import Answer, HttpsReceiver, receivers_config
from world import ALICE, JOHN, REDIRECT, Server

MANAGE = "api://curfew-signals/ssf.manage"
READ = "api://curfew-signals/ssf.read"
SECRET = "Bearer what only the receiver knows"
TIMEOUT_SECONDS = 300
LONG_SECONDS = 90


class Receiver(HttpsReceiver):
    """Takes Security Event Tokens, once it has come."""

    PATH = "/events"

    def __init__(self, env, folder):
        self.sets = []
        self.refuses = False
        super().__init__(env, folder, is_there=False)

    def take(self, request, body):
        is_right = (request.headers.get("Content-Type") == "application/secevent+jwt"
                    and request.headers.get("Authorization") == SECRET)
        if self.refuses:
            why = json.dumps({"err": "invalid_key", "description": "which?"})
            return Answer(400, why.encode(), "application/json")
        if not is_right:
            return Answer(400)
        with self.lock:
            self.sets.append(body)
        return Answer(202)


class World:
    """A server that may push to this machine, two people and an application that receives."""

    def __init__(self, env):
        self.env = env
        self.server = Server(env, config=receivers_config(env.temp / "data"))
        for person in (JOHN, ALICE):
            self.server.add_user(person)
        self.app = self.server.add_app(
            "Files", "--redirect-uri", REDIRECT, "--application-permission", MANAGE,
            "--application-permission", READ)

    def id_of(self, name):
        return self.server.json("user", "show", name)["id"]

    def push_stream(self, receiver):
        header = self.env.temp / "header"
        header.write_text(SECRET + "\n")
        made = self.server.json("stream", "add", "--app", self.app["appId"], "--push",
                                receiver.url, "--authorization-file", header)
        assert "authorization" not in made, made
        return made["id"]

    def revoke(self, name):
        return self.server.json("revoke", name, "--yes", "--no-wait", expect=None)[0]["run"]["id"]

    def step(self, run):
        """Of the run at the stream."""
        steps = self.server.json("run", "show", run)["steps"]
        return next(one for one in steps if one["connector"] == "signals.stream")


class Application:
    """The world's application at the API of streams: each call (status, body as an object)."""

    def __init__(self, world):
        self.world = world
        self.token = self.new_token()

    def new_token(self):
        page = self.world.server.token(self.world.app, {"grant_type": "client_credentials",
                                                        "scope": "ssf.manage ssf.read"})
        assert page.status == 200, page.text
        return page.json["access_token"]

    def call(self, method, below, body=None, token=None):
        server = self.world.server
        host = urllib.parse.urlsplit(server.url)
        context = ssl.create_default_context(cafile=str(server.ca))
        connection = http.client.HTTPSConnection(host.hostname, host.port, timeout=30,
                                                 context=context)
        try:
            connection.request(method, f"/{server.tenant}/ssf/v1{below}", body and json.dumps(body),
                               {"Authorization": "Bearer " + (token or self.token),
                                "Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text else {}

    def make_stream(self, receiver):
        events = "https://schemas.openid.net/secevent/"
        status, made = self.call("POST", "/stream", {
            "delivery": {"method": "urn:ietf:rfc:8935", "endpoint_url": receiver.url,
                         "authorization_header": SECRET},
            "events_requested": [events + "caep/event-type/session-revoked",
                                 events + "risc/event-type/account-disabled"]})
        assert status == 201, made
        return made["stream_id"]


def test_a_resource_server_learns_by_polling_that_a_session_has_to_end(env):
    world = World(env)
    node = world.server.drive("signals.mjs", {"clientId": world.app["appId"],
                                              "clientSecret": world.app["client"]["client_secret"]})
    stream = node.wait_for("stream ").split()[1]
    node.wait_for(f"learned verification {stream} hello")
    run = world.revoke(JOHN)
    john = world.id_of(JOHN)
    node.wait_for(f"learned session-revoked {john} {run}")
    node.wait_for(f"learned account-disabled {john} {run}")
    env.wait_until(lambda: world.step(run)["state"] == "acknowledged", "the step", LONG_SECONDS)
    assert "2 events were acknowledged" in world.step(run)["evidence"]
    assert world.id_of(ALICE) not in node.output()


def test_what_was_cut_is_told_by_a_server_that_was_killed_before_it_could(env):
    world = World(env)
    receiver = Receiver(env, world.server.data)  # away
    stream = world.push_stream(receiver)
    run = world.revoke(JOHN)
    world.server.kill()
    receiver.come()
    world.server.serve()
    env.wait_until(lambda: len(receiver.sets) >= 2, "both events", LONG_SECONDS)
    env.wait_until(lambda: world.step(run)["state"] == "acknowledged", "the step", LONG_SECONDS)
    assert world.server.json("stream", "show", stream)["pendingCount"] == 0
    receiver.go()


def test_a_dead_letter_is_shown_in_the_run_and_in_its_report(env):
    world = World(env)
    receiver = Receiver(env, world.server.data)
    receiver.refuses = True
    receiver.come()
    stream = world.push_stream(receiver)
    run = world.revoke(JOHN)
    env.wait_until(lambda: world.step(run)["state"] == "waiting", "a dead letter", LONG_SECONDS)
    assert "invalid_key: which?" in world.step(run)["last_error"], world.step(run)
    assert world.step(run)["title"].endswith(f" (stream {stream[:8]})"), world.step(run)
    letters = world.server.json("stream", "show", stream)["deadLetters"]
    assert letters and letters[0]["run"] == run, letters
    report = env.temp / "report"
    world.server.curfew("run", "report", run, "--out", report, expect=None)
    assert "dead letter" in env.run([env.bin / "curfew", "verify", report]).out
    receiver.go()


def test_a_paused_stream_keeps_and_a_disabled_application_is_told_nothing(env):
    world = World(env)
    receiver = Receiver(env, world.server.data)
    receiver.come()
    stream = world.push_stream(receiver)
    world.server.curfew("stream", "pause", stream)
    env.wait_until(lambda: len(receiver.sets) == 1, "the word of the pause")
    env.wait_until(lambda: not world.server.json("stream", "show", stream)["pendingCount"],
                   "the server to know that it was taken")
    world.revoke(JOHN)
    shown = world.server.json("stream", "show", stream)
    assert (shown["status"], shown["pendingCount"]) == ("paused", 2), shown
    world.server.curfew("app", "disable", world.app["appId"])
    world.server.curfew("stream", "resume", stream)
    assert world.server.json("stream", "show", stream)["stands"] is False
    # When another one has heard of what came later, this one would have as well.
    world.app = world.server.add_app("Other", "--redirect-uri", REDIRECT,
                                     "--application-permission", READ)
    other = Receiver(env, world.server.data)
    other.come()
    world.push_stream(other)
    world.revoke(ALICE)
    env.wait_until(lambda: len(other.sets) == 2, "the other to be told")
    assert len(receiver.sets) == 1
    world.server.curfew("stream", "remove", stream, "--yes")
    assert [one["appDisplayName"] for one in world.server.json("stream", "list")] == ["Other"]
    for one in (receiver, other):
        one.go()


def test_a_push_stream_goes_on_where_it_was_once_its_receiver_proves_anew_who_it_is(env):
    world = World(env)
    receiver = Receiver(env, world.server.data)
    receiver.come()
    application = Application(world)
    stream = application.make_stream(receiver)
    world.server.curfew("app", "disable", world.app["appId"])
    world.server.curfew("app", "enable", world.app["appId"])
    run = world.revoke(JOHN)
    env.wait_until(lambda: world.step(run)["state"] == "waiting", "the step", LONG_SECONDS)
    assert "nothing is sent to it" in world.step(run)["last_error"], world.step(run)
    shown = world.server.json("stream", "show", stream)
    assert (shown["status"], shown["stands"], shown["pendingCount"]) == ("paused", False, 2), shown
    stolen, application.token = application.token, application.new_token()
    status, seen = application.call("GET", "/status?stream_id=" + stream)
    assert (status, seen["status"]) == (200, "paused") and "with a new token" in seen["reason"], seen
    enabling = {"stream_id": stream, "status": "enabled"}
    assert application.call("POST", "/status", enabling, token=stolen)[0] == 401
    assert not receiver.sets
    assert application.call("POST", "/status", enabling)[1]["status"] == "enabled"
    env.wait_until(lambda: world.step(run)["state"] == "acknowledged", "the step", LONG_SECONDS)
    assert len(receiver.sets) == 3  # first that nothing was sent until now
    assert world.server.json("stream", "show", stream)["status"] == "enabled"
    receiver.go()
