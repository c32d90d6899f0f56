"""The nginx module over connections that are kept: whatever came over one before, each request is judged
for itself, as those of many users that a proxy in front sends over the same connection."""

import contextlib
import http.client
import json

from nginx import WAIT_SECONDS, App, Nginx, Replica

SERVER = """
  location / { curfew bearer; curfew_audience api://files; curfew_identity_headers on;
               proxy_pass http://127.0.0.1:%d; }
  location /mail { curfew bearer; curfew_audience api://mail; proxy_pass http://127.0.0.1:%d; }
  location /own { curfew bearer; curfew_audience api://files; curfew_scope Files.Own;
                  proxy_pass http://127.0.0.1:%d; }
"""


class Kept:
    """One connection, which the server must not close."""

    def __init__(self, nginx):
        self.connection = http.client.HTTPConnection("127.0.0.1", nginx.port, timeout=WAIT_SECONDS)
        self.connection.connect()
        self.socket = self.connection.sock

    def ask(self, path, token, scheme="Bearer"):
        """(status, body)"""
        headers = {} if token is None else {"Authorization": f"{scheme} {token}"}
        self.connection.request("GET", path, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        assert self.connection.sock is self.socket, "another connection"
        return answer.status, body

    def status(self, path, token, scheme="Bearer"):
        return self.ask(path, token, scheme)[0]

    def subject(self, token):
        status, body = self.ask("/echo", token)
        assert status == 200, (status, body)
        return dict(json.loads(body)["headers"])["X-Curfew-Subject"]


@contextlib.contextmanager
def kept(env):
    replica, app = Replica(env), App()
    nginx = Nginx(env, replica, SERVER.replace("%d", str(app.port)), workers=1)
    connection = Kept(nginx)
    with contextlib.closing(connection.connection):
        yield replica, connection


def test_a_revocation_counts_for_the_next_request_of_a_kept_connection(env):
    with kept(env) as (replica, connection):
        johns, alices = replica.token("john"), replica.token("alice")
        for _ in range(3):
            assert connection.subject(johns) == "john" and connection.subject(alices) == "alice"
        replica.revoke("john")
        assert connection.status("/echo", johns) == 401
        assert connection.subject(alices) == "alice"
        assert connection.status("/echo", johns) == 401
        assert connection.status("/echo", None) == 401


def test_what_came_before_over_a_kept_connection_vouches_for_nothing(env):
    with kept(env) as (replica, connection):
        johns, alices = replica.token("john"), replica.token("alice")
        body, signature = johns.rsplit(".", 1)
        other = alices.rsplit(".", 1)[0]
        for _ in range(2):
            assert connection.subject(johns) == "john"
            # The signature of the one that was let in, under something else.
            assert connection.status("/echo", f"{other}.{signature}") == 401
            assert connection.status("/echo", f"{body}x.{signature}") == 401
            assert connection.status("/echo", johns[:-1]) == 401
            assert connection.status("/echo", signature) == 401
            assert connection.status("/echo", johns, "DPoP") == 401
            # Another location asks for something else.
            assert connection.status("/mail", johns) == 401
            assert connection.status("/own", johns) == 403
            assert connection.status("/echo", None) == 401


def test_a_token_whose_key_was_withdrawn_is_refused_over_the_connection_that_it_was_good_on(env):
    with kept(env) as (replica, connection):
        before = replica.token("john")
        assert connection.subject(before) == connection.subject(before) == "john"
        assert replica.tell("other_key") == "ok"
        assert connection.status("/echo", before) == 401
        assert connection.subject(replica.token("john")) == "john"
        assert connection.status("/echo", before) == 401
        replica.tell("end")
        assert connection.status("/echo", replica.token("john")) == 503
        replica.tell("lease")
        assert connection.subject(replica.token("john")) == "john"
