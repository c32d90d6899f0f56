"""A real browser at an application behind a gate: signs in, keeps things open, is cut off.

Set CURFEW_SHOTS to a folder to get screenshots of what people see."""

import base64
import hashlib
import http.server
import os
import time

from gate_machine import LASTING_LEASE
from site_behind import ModuleNginx, Nginx, Site
from test_browser import CHROMIUM
from world import run_client

TIMEOUT_SECONDS = 240
# RFC 6455 1.3, and 5.2: a text message of four letters.
WEBSOCKET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MESSAGE = b"\x81\x04news"
PIECE_SECONDS = 0.02
PAGE = """<!doctype html><html lang="en"><title>Wiki</title><h1>Wiki</h1><p>%s</p>
<p><a href="/plan.zip">The plan</a> <a href="/plan.zip" download>Save the plan</a>
<a href="/everything.zip">Everything</a></p></html>"""


class Wiki(http.server.BaseHTTPRequestHandler):
    """Pages, files, and what does not end by itself: events, a WebSocket, a long text, a file."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):  # pylint: disable=invalid-name
        answer = {"/events": self._events, "/socket": self._socket, "/long": self._long,
                  "/everything.zip": self._everything,
                  "/plan.zip": lambda: self._say("application/zip", b"PK\x05\x06" + bytes(18)),
                  "/plan.pdf": lambda: self._say("application/pdf", b"%PDF-1.4\n")}
        answer.get(self.path, self._page)()

    def _page(self):
        self._say("text/html; charset=utf-8",
                  (PAGE % self.headers.get("X-Curfew-Object-Id", "nobody")).encode())

    def _head(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _say(self, kind, body):
        self._head(200, {"Content-Type": kind, "Content-Length": len(body)})
        self.wfile.write(body)

    def _go_on(self, piece):
        """Until whoever listens has gone."""
        self.close_connection = True
        while True:
            self.wfile.write(piece)
            time.sleep(PIECE_SECONDS)

    def _events(self):
        self._head(200, {"Content-Type": "text/event-stream", "Connection": "close"})
        self._go_on(b"retry: 50\ndata: news\n\n")

    def _socket(self):
        key = self.headers["Sec-WebSocket-Key"] + WEBSOCKET
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self._head(101, {"Upgrade": "websocket", "Connection": "Upgrade",
                         "Sec-WebSocket-Accept": accept})
        self._go_on(MESSAGE)

    def _long(self):
        self._head(200, {"Content-Type": "text/plain", "Connection": "close"})
        self._go_on(b"news\n")

    def _everything(self):
        self._head(200, {"Content-Type": "application/zip", "Content-Length": 10**9})
        self._go_on(bytes(1024))

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


def drive(env, front, scenario, has_lease=True):
    site = Site(env, Wiki, lease=LASTING_LEASE, serve=getattr(front, "SERVE", ()))
    try:
        front(site)
        if not has_lease:
            site.follower.stop()
        run_client(env, site.server, "gate_browser.mjs", scenario, {
            "origin": site.origin, "app": site.app,
            "chromium": CHROMIUM, "shots": os.environ.get("CURFEW_SHOTS", "")})
    finally:
        site.close()


def test_where_a_web_server_asks_a_revoked_person_is_sent_away(env):
    drive(env, Nginx, "asked_for_each_request")


def test_in_the_module_what_a_revoked_person_has_open_is_cut(env):
    drive(env, ModuleNginx, "what_is_open_is_cut")


def test_a_download_that_is_blocked_is_a_page_that_says_so(env):
    drive(env, ModuleNginx, "downloads_are_blocked")


def test_the_pages_of_a_gate_fit_a_telephone_in_light_and_dark(env):
    drive(env, Nginx, "pages_of_a_gate")


def test_who_signs_in_at_a_gate_without_a_lease_is_told_so(env):
    drive(env, Nginx, "nobody_is_let_in_without_a_lease", has_lease=False)
