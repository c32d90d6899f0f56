"""What another server says about people's access is heard, and ends it here: pushed and polled, once,
and also by a server that was killed right after it had said that it has it."""

from https_receiver import receivers_config
from world import ALICE, JOHN, REDIRECT, Server

GRAPH = "https://graph.microsoft.com/"
MANAGE = "api://curfew-signals/ssf.manage"
READ = "api://curfew-signals/ssf.read"
LONG_SECONDS = 90


class Pair:
    """A server upstream, that transmits, and one here, that hears it; both know the same people."""

    RIGHTS = ("--application-permission", GRAPH + "User.RevokeSessions.All",
              "--application-permission", GRAPH + "User.EnableDisableAccount.All")

    def __init__(self, env):
        self.env = env
        self.there = Server(env, name="upstream", serve=False,
                            config=receivers_config(env.temp / "data"))
        self.here = Server(env, config=receivers_config(self.there.data))
        self.there.serve()
        for server in (self.there, self.here):
            for person in (JOHN, ALICE):
                server.add_user(person)
        self.receiver = self.there.add_app(
            "Downstream", "--redirect-uri", REDIRECT, "--application-permission", MANAGE,
            "--application-permission", READ)
        self.app = self.here.add_app(
            "Upstream", "--redirect-uri", REDIRECT, *self.RIGHTS)
        self.mail = self.here.add_app("Mail", "--public", "--redirect-uri", REDIRECT)

    def add_source(self, *options):
        return self.here.json(
            "source", "add", "The one upstream", "--app", self.app["appId"],
            "--issuer", self.there.issuer,
            "--jwks-uri", f"{self.there.url}/{self.there.tenant}/discovery/v2.0/keys",
            "--audience", self.receiver["appId"], *options)

    def header(self, text):
        path = self.env.temp / "header"
        path.write_text(text + "\n")
        return path

    def push_to_here(self):
        """The source here, which the server there pushes to."""
        source = self.add_source()
        header = self.header("Bearer " + source["tokenText"])
        self.there.json("stream", "add", "--app", self.receiver["appId"], "--push",
                        source["pushUrl"], "--authorization-file", header,
                        "--subject-format", "email")
        return source["id"]

    def push_to_there(self):
        """The other way round as well: each tells and hears the other."""
        receiver = self.here.add_app("The one there", "--redirect-uri", REDIRECT,
                                     "--application-permission", MANAGE)
        app = self.there.add_app("Whom we tell", "--redirect-uri", REDIRECT, *self.RIGHTS)
        source = self.there.json(
            "source", "add", "The one downstream", "--app", app["appId"],
            "--issuer", self.here.issuer,
            "--jwks-uri", f"{self.here.url}/{self.here.tenant}/discovery/v2.0/keys",
            "--audience", receiver["appId"])
        header = self.header("Bearer " + source["tokenText"])
        self.here.json("stream", "add", "--app", receiver["appId"], "--push", source["pushUrl"],
                       "--authorization-file", header, "--subject-format", "email")
        return source["id"]

    def undo_there(self, run):
        """Nothing is undone of a run that is still under way."""
        def is_at_rest():
            return self.there.json("run", "show", run)["run"]["state"] == "at_rest"
        self.env.wait_until(is_at_rest, "the run there to come to rest", LONG_SECONDS)
        self.there.curfew("restore", run, "--yes")

    def source(self, name):
        return self.here.json("source", "show", name)

    def is_in(self, tokens):
        page = self.here.refresh(self.mail, tokens["refresh_token"])
        return page.status == 200

    def is_enabled(self, name):
        return self.here.json("user", "show", name)["accountEnabled"]


def test_who_is_revoked_upstream_loses_their_access_here(env):
    pair = Pair(env)
    source = pair.push_to_here()
    john = pair.here.tokens(JOHN, pair.mail)
    alice = pair.here.tokens(ALICE, pair.mail)
    run = pair.there.revoke(JOHN, "--no-wait", expect=None)["run"]["id"]
    env.wait_until(lambda: not pair.is_enabled(JOHN), "the account here", LONG_SECONDS)
    assert not pair.is_in(john)
    assert pair.is_in(alice)
    env.wait_until(lambda: pair.source(source)["pendingCount"] == 0, "all to be done", LONG_SECONDS)
    heard = pair.source(source)["received"]
    assert {one["event"]: one["state"] for one in heard} == {
        "session-revoked": "acted", "account-disabled": "acted"}, heard
    runs = pair.here.json("run", "list")
    assert {one["actor"]["name"] for one in runs} == {"The one upstream"}, runs
    # Coming back there gives nothing back here.
    pair.undo_there(run)
    pair.there.revoke(ALICE, "--sessions-only", "--no-wait", expect=None)
    env.wait_until(lambda: not pair.is_in(alice), "the sessions here", LONG_SECONDS)
    assert pair.is_enabled(ALICE)
    assert not pair.is_enabled(JOHN)


def test_two_servers_that_hear_each_other_come_to_rest_and_can_be_undone(env):
    pair = Pair(env)
    here = pair.push_to_here()
    there = pair.push_to_there()
    run = pair.there.revoke(JOHN, "--no-wait", expect=None)["run"]["id"]

    def echoes():
        shown = pair.there.json("source", "show", there)
        return [one for one in shown["received"] if one["state"] != "pending"]

    # Two runs here say three things: sessions twice, the account once.
    env.wait_until(lambda: len(echoes()) == 3, "what comes back to be heard", LONG_SECONDS)
    assert {one["state"] for one in echoes()} == {"covered"}, echoes()
    assert {one["run"] for one in echoes()} == {run}, echoes()
    assert len(pair.there.json("run", "list")) == 1
    assert len(pair.here.json("run", "list")) == 2
    assert pair.source(here)["pendingCount"] == 0
    # Undone there, it stays undone, and nothing new is said.
    pair.undo_there(run)
    pair.there.revoke(ALICE, "--sessions-only", "--no-wait", expect=None)
    env.wait_until(lambda: len(echoes()) == 4, "what comes back of Alice", LONG_SECONDS)
    assert pair.there.json("user", "show", JOHN)["accountEnabled"]
    assert len(pair.there.json("run", "list")) == 2
    assert len(pair.here.json("run", "list")) == 3


def test_more_than_a_source_may_end_in_an_hour_waits_for_an_administrator(env):
    pair = Pair(env)
    source = pair.push_to_here()
    pair.here.json("source", "set", source, "--people-per-hour", "1")
    pair.there.revoke(JOHN, "--no-wait", expect=None)
    env.wait_until(lambda: not pair.is_enabled(JOHN), "the first account", LONG_SECONDS)
    pair.there.revoke(ALICE, "--no-wait", expect=None)
    env.wait_until(lambda: pair.source(source)["isHeld"], "the source to be held", LONG_SECONDS)
    assert pair.is_enabled(ALICE)
    assert "1 people" in pair.source(source)["heldBecause"]
    assert "source.hold" in pair.here.curfew("audit").out
    pair.here.json("source", "release", source)
    env.wait_until(lambda: not pair.is_enabled(ALICE), "the second account", LONG_SECONDS)


def test_what_was_acknowledged_is_done_by_a_server_that_was_killed_right_after(env):
    pair = Pair(env)
    pair.push_to_here()
    run = pair.there.json("revoke", JOHN, "--yes", "--no-wait", expect=None)[0]["run"]["id"]

    def is_acknowledged():
        steps = pair.there.json("run", "show", run)["steps"]
        step = next(one for one in steps if one["connector"] == "signals.stream")
        return step["state"] == "acknowledged"

    env.wait_until(is_acknowledged, "the step there", LONG_SECONDS)
    pair.here.kill()
    pair.here.serve()
    env.wait_until(lambda: not pair.is_enabled(JOHN), "the account here", LONG_SECONDS)


def test_a_source_is_polled_and_one_that_is_disabled_is_not_heard(env):
    pair = Pair(env)
    stream = pair.there.json("stream", "add", "--app", pair.receiver["appId"],
                             "--subject-format", "email")["id"]
    token = pair.there.token(pair.receiver, {"grant_type": "client_credentials", "scope": READ})
    header = pair.header("Bearer " + token.json["access_token"])
    poll = f"{pair.there.url}/{pair.there.tenant}/ssf/v1/poll/{stream}"
    source = pair.add_source("--poll", poll, "--authorization-file", header,
                             "--policy", "account-disabled=notify")["id"]
    pair.there.revoke(JOHN, "--no-wait", expect=None)
    env.wait_until(lambda: pair.source(source)["receivedCount"] == 2, "both events", LONG_SECONDS)
    env.wait_until(lambda: pair.there.json("stream", "show", stream)["pendingCount"] == 0,
                   "what was heard to be acknowledged", LONG_SECONDS)
    env.wait_until(lambda: pair.source(source)["pendingCount"] == 0, "all to be done", LONG_SECONDS)
    assert pair.is_enabled(JOHN)  # as the policy says
    pair.here.curfew("source", "disable", source)
    assert pair.source(source)["stands"] is False
    pair.there.revoke(ALICE, "--no-wait", expect=None)
    pair.here.curfew("source", "enable", source)
    env.wait_until(lambda: pair.source(source)["receivedCount"] == 4, "what was kept there",
                   LONG_SECONDS)
    pair.here.curfew("source", "remove", source, "--yes")
    assert pair.here.json("source", "list") == []
