"""tests/e2e/nginx_sites.py: sites with browser sessions behind the nginx module, and an application
that answers what a test wants.

    replica, app, site, nginx = controlled(env, "more settings", "more locations")
    app.put("/zip", file_head(kind="application/zip"), b"bytes")
    nginx.ask("/zip", None, with_cookie(site.cookie("john", xcf_ctl=["blockDownloads"])))
"""

import base64
import os
import threading

from loopback import LoopbackServer
from nginx import App, Nginx, Replica

URL = "https://app.example"
CLIENT = "app-1"
SITE = """
  curfew session;
  curfew_public_url https://app.example;
  curfew_client_id app-1;
  curfew_cookie_keys {keys};
  curfew_audience api://files;
"""
NAVIGATION = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Accept", "text/html")]
FETCH = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Accept", "*/*")]
SESSION = "__Host-curfew-site-session"


class Site:
    """A site's key, and cookies that are sealed with it."""

    def __init__(self, env, replica):
        self.replica = replica
        self.key = base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
        self.file = env.temp / "site-wiki.cookie-keys"
        self.file.write_text(self.key + "\n")
        self.file.chmod(0o600)  # for who starts nginx alone

    def cookie(self, user, *, url=URL, client=CLIENT, key=None, **claims):
        token = self.replica.token(user, **claims)
        return self.replica.tell(f"seal {url} {client} {key or self.key} {token}")

    def settings(self, more=""):
        return SITE.format(keys=self.file) + more


class Answers(LoopbackServer):
    """An application that answers each path with what the test has put there; `asked` has the headers
    that each came with."""

    def __init__(self):
        self.pages = {}
        self.asked = {}
        self.cut = threading.Event()  # somebody who was being sent something has gone
        super().__init__(backlog=64)

    def put(self, path, head, body=b"", endless=False):
        """`head`: lines of the answer's head, the status line first; none: there is no head."""
        text = ("\r\n".join(head) + "\r\n\r\n").encode() if head else b""
        self.pages[path] = (text, body, endless)

    def serve(self, peer):
        stream = peer.makefile("rb")
        path = stream.readline().decode().split(" ")[1]
        headers = []
        while field := stream.readline().decode("latin-1").strip():
            headers.append(tuple(field.split(": ", 1)))
        lengths = [value for name, value in headers if name.lower() == "content-length"]
        stream.read(int(lengths[0]) if lengths else 0)
        self.asked[path] = headers
        head, body, endless = self.pages[path.split("?")[0]]
        try:
            peer.sendall(head + body)
            while endless:
                peer.sendall(body)
        except OSError:
            self.cut.set()


def site_of(env, server="", **options):
    replica, app = Replica(env), App()
    site = Site(env, replica)
    text = site.settings() + "location / { proxy_pass http://127.0.0.1:%d; }\n" + server
    return replica, app, site, Nginx(env, replica, text.replace("%d", str(app.port)), **options)


def with_cookie(cookie, headers=()):
    return [("Cookie", cookie), *headers]


def cookies_at(app, path):
    return [value for name, value in app.headers[path] if name.lower() == "cookie"]


HTML = ["HTTP/1.1 200 OK", "Content-Type: text/html; charset=utf-8", "Content-Length: 5"]


def controlled(env, more="", server="", name="gate", **options):
    replica, app = Replica(env, name), Answers()
    site = Site(env, replica)
    text = site.settings(more) + "location / { proxy_pass http://127.0.0.1:%d; }\n" + server
    return replica, app, site, Nginx(env, replica, text.replace("%d", str(app.port)), **options)


def file_head(*more, status="200 OK", kind="text/html", length=5):
    head = [f"HTTP/1.1 {status}"]
    if kind:
        head.append(f"Content-Type: {kind}")
    if length is not None:
        head.append(f"Content-Length: {length}")
    return [*head, "X-Secret-Name: plan.xlsx", *more]
