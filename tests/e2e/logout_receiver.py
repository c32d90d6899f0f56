"""tests/e2e/logout_receiver.py: an application that is told of sessions that ended, and how it takes it.

    receiver = LogoutReceiver(env, server.data)
    receiver.url                        # its back-channel logout address
    receiver.answer = lambda call: 500  # a status, or None: it answers nothing for a minute
    receiver.told()                     # [(client_id, sid)] of every token so far

`answer` may call anybody before it returns.
"""

import base64
import http.server
import json
import ssl
import threading
import time
import urllib.parse

CONFIG = """
[notifications]
private_addresses = {private}
ca_file = "{folder}/ca.pem"
"""
EVENT = "http://schemas.openid.net/event/backchannel-logout"


def logout_config(env, private="true"):
    """Applications may be on this machine, with certificates of the server's own authority."""
    return CONFIG.format(folder=env.temp / "data", private=private)


def part(token, index):
    text = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class LogoutReceiver:
    def __init__(self, env, folder):
        self.port = env.free_port()
        self.url = f"https://localhost:{self.port}/backchannel?for=curfew"
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(str(folder / "server.pem"), str(folder / "server-key.pem"))
        self.lock = threading.Lock()
        self.calls = []  # (time, claims)
        self.answer = lambda claims: 200
        self.ending = threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Takes what is posted."""

            def do_POST(self):  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                status = receiver.take(urllib.parse.parse_qs(body))
                if status is None:
                    receiver.ending.wait(60)
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Nothing is printed."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.socket = self.context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, fields):
        token = fields["logout_token"][0]
        assert part(token, 0)["typ"] == "logout+jwt", token
        claims = part(token, 1)
        assert list(claims["events"]) == [EVENT] and claims["events"][EVENT] == {}, claims
        assert claims["sub"] and "nonce" not in claims, claims
        with self.lock:
            self.calls.append((time.monotonic(), claims))
        return self.answer(claims)

    def told(self):
        with self.lock:
            return [(claims["aud"], claims["sid"]) for _, claims in self.calls]
