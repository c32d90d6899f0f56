"""tests/e2e/faults.py: what the tests of broken machines have in common.

    random = seeded("disk.NAME")          # prints how to have the same run again
    johns = Holdings(server, JOHN, app)   # all that one person holds at one application
    johns.expect_dead("after a restart")
    with LocalApi(server) as api:         # the administrator's API, over the local socket
        status, body = api.call("POST", "/revocations", {...})
"""

import http.client
import json
import os
import random
import secrets
import socket

from world import OK, PENDING, REDIRECT

SEED_VARIABLE = "CURFEW_TEST_SEED"
LOCAL_SECONDS_MAX = 30


def seeded(name):
    """A source of chance for this test, the same again for the same seed."""
    seed = int(os.environ.get(SEED_VARIABLE) or secrets.randbelow(2**31))
    print(f"{name}: again with {SEED_VARIABLE}={seed} tests/e2e/run.py --only {name}", flush=True)
    return random.Random(seed)


def revoke(server, name, *options):
    """By the command; it says that all has ended, or what has not yet."""
    done = server.curfew("revoke", name, "--yes", *options, expect=None)
    assert done.code in (OK, PENDING), done


def expect_chains(said, when):
    """`said`: what `curfewd verify-audit` prints."""
    assert "audit: holds" in said and "journal: holds" in said, f"{when}: {said}"


class Holdings:
    """A person's session, access token, refresh token and a code that was not redeemed yet."""

    def __init__(self, server, name, app):
        self.server = server
        self.app = app
        self.name = name
        self.browser = server.browser()
        self.tokens = server.tokens(name, app, browser=self.browser)
        self.code = server.code(name, app, browser=self.browser)

    def silently(self):
        """The parameters that the application gets for prompt=none."""
        url, _ = self.server.authorize_url(self.app, "openid", prompt="none")
        return self.browser.open(url, stop_before=REDIRECT).query

    def refresh(self):
        """Renews, and keeps what it got."""
        page = self.server.refresh(self.app, self.tokens["refresh_token"])
        if page.status == 200:
            self.tokens = page.json
        return page

    def expect_dead(self, when):
        page = self.server.userinfo(self.tokens["access_token"])
        assert page.status == 401, f"{self.name}'s access token {when}: {page.text}"
        for what, page in (
                ("refresh token", self.server.refresh(self.app, self.tokens["refresh_token"])),
                ("code", self.server.redeem(self.app, *self.code))):
            assert (page.status, page.json["error"]) == (400, "invalid_grant"), \
                f"{self.name}'s {what} {when}: {page.text}"
        answer = self.silently()
        assert answer.get("error") == "login_required", f"{self.name}'s session {when}: {answer}"

    def expect_alive(self, when):
        page = self.server.userinfo(self.tokens["access_token"])
        assert page.status == 200, f"{self.name}'s access token {when}: {page.text}"
        page = self.refresh()
        assert page.status == 200, f"{self.name}'s refresh token {when}: {page.text}"
        answer = self.silently()
        assert "code" in answer, f"{self.name}'s session {when}: {answer}"


class LocalConnection(http.client.HTTPConnection):
    """HTTP over the server's local socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=LOCAL_SECONDS_MAX)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class LocalApi:
    """The administrator's API as the machine's own root calls it; one connection, one thread."""

    def __init__(self, server):
        self._connection = LocalConnection(server.data / "curfewd.sock")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def call(self, method, below, body=None):
        """(status, body); the body is nothing where it is not JSON."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        text = json.dumps(body) if body is not None else None
        self._connection.request(method, "/curfew/v1" + below, text, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        return answer.status, json.loads(text) if text.startswith(("{", "[")) else None
