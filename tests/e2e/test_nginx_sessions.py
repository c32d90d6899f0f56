"""Browser sessions and session control in the nginx module: who is let in by a cookie, who is sent to
sign in, what the application never sees, what is held back, and what is logged."""

import base64
import json
import os
import socket
import threading

from nginx import App, Nginx, Replica, Tls, await_end

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


class Answers:
    """An application that answers each path with what the test has put there; `asked` has the headers
    that each came with."""

    def __init__(self):
        self.pages = {}
        self.asked = {}
        self.cut = threading.Event()  # somebody who was being sent something has gone
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def put(self, path, head, body=b"", endless=False):
        """`head`: lines of the answer's head, the status line first."""
        self.pages[path] = ("\r\n".join(head).encode() + b"\r\n\r\n", body, endless)

    def _accept(self):
        while True:
            peer, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        with peer:
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


def test_a_session_is_judged_as_its_token_until_that_is_revoked(env):
    replica, app, site, nginx = site_of(env)
    johns, alices = site.cookie("john"), site.cookie("alice")
    for headers in (NAVIGATION, FETCH):
        assert nginx.status("/echo", None, with_cookie(johns, headers)) == 200
    replica.revoke("john")
    refused = nginx.ask("/echo", None, with_cookie(johns, FETCH))
    assert refused.status == 401 and 'error="invalid_token"' in refused.headers["www-authenticate"]
    sent = nginx.ask("/wiki/a%20page?x=1&y=/", None, with_cookie(johns, NAVIGATION))
    assert sent.status == 302, sent
    assert sent.headers["location"] == \
        URL + "/.curfew/sign-in?return_to=%2Fwiki%2Fa%2520page%3Fx%3D1%26y%3D%2F", sent.headers
    assert sent.headers["cache-control"] == "no-store"
    assert nginx.status("/echo", None, with_cookie(alices, FETCH)) == 200
    assert set(app.asked) == {"/echo"}, app.asked


def test_only_a_navigation_is_sent_to_sign_in(env):
    _, app, _, nginx = site_of(env)
    page = [("Accept", "text/html,*/*")]  # an old browser
    for headers, method, status in (
            (NAVIGATION, "GET", 302), (NAVIGATION, "HEAD", 302), (page, "GET", 302),
            (NAVIGATION, "POST", 401), (NAVIGATION, "PUT", 401), (FETCH, "GET", 401),
            ((), "GET", 401), ([*NAVIGATION, ("Upgrade", "websocket")], "GET", 401),
            ([*NAVIGATION, ("Sec-Fetch-Mode", "cors")], "GET", 401),
            ([("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")], "GET", 401)):
        body = b"" if method in ("POST", "PUT") else None
        assert nginx.status("/echo", None, headers, method=method, body=body) == status, \
            (method, headers)
    # A link cannot lead away.
    away = nginx.ask("//evil.example/x", None, NAVIGATION)
    assert away.headers["location"] == URL + "/.curfew/sign-in?return_to=%2F", away.headers
    assert app.asked == []


def test_a_cookie_of_another_site_client_or_key_is_none(env):
    replica, app, site, nginx = site_of(env)
    other = base64.urlsafe_b64encode(b"k" * 32).decode().rstrip("=")
    good = site.cookie("john")
    for cookie in (site.cookie("john", url="https://other.example"),
                   site.cookie("john", client="app-2"), site.cookie("john", key=other),
                   good[:-2], good + "A", f"{SESSION}={replica.token('john')}", f"{SESSION}=",
                   good.replace(SESSION, "__Host-curfew-session"),
                   f"{good}; {site.cookie('john')}",  # two, and who has planted which?
                   site.cookie("john", aud="api://mail")):
        assert nginx.status("/echo", None, with_cookie(cookie, FETCH)) == 401, cookie
    assert nginx.status("/echo", None, [("Cookie", good), ("Cookie", good)]) == 401
    assert nginx.status("/echo", "dead", with_cookie(good)) == 401  # nothing falls back
    assert app.asked == []
    assert nginx.status("/echo", None, with_cookie(f"a=b; {good}; c=d", FETCH)) == 200
    assert nginx.status("/echo", replica.token("john")) == 200
    # What the application itself asks for is none of ours.
    assert nginx.status("/echo", "am9objpzZWNyZXQ=", with_cookie(good), scheme="Basic") == 200


def test_the_application_never_gets_the_gates_cookies(env):
    _, app, site, nginx = site_of(env, """
      location /off { curfew off; proxy_pass http://127.0.0.1:%d; }
      location /.curfew/ { curfew gate; proxy_pass http://127.0.0.1:%d; }""")
    good = site.cookie("john")
    for path in ("/echo", "/off/echo"):
        for sent, left in ((good, []), (f"a=b; {good}; c=d", ["a=b; c=d"]),
                           (f"{good};a=b", ["a=b"]), (f"  {good} ;; a=b;", ["a=b"]),
                           (f"{good}; __host-Curfew-sign-in-x=1; __Host-other=2", ["__Host-other=2"]),
                           (f"a=__Host-curfew-x; {good}", ["a=__Host-curfew-x"])):
            assert nginx.status(path, None, with_cookie(sent, FETCH)) == 200, (path, sent)
            assert cookies_at(app, path) == left, (path, sent, cookies_at(app, path))
    assert nginx.status("/.curfew/callback", None, with_cookie(good)) == 200
    assert cookies_at(app, "/.curfew/callback") == [good]


def test_an_open_request_of_a_session_is_cut(env):
    replica, app, site, nginx = site_of(env)
    peer = nginx.connect()
    peer.sendall(f"GET /events HTTP/1.1\r\nHost: localhost\r\nCookie: {site.cookie('john')}\r\n\r\n"
                 .encode())
    assert b" 200 " in peer.recv(4096)
    replica.revoke("john")
    await_end(peer)
    env.wait_until(lambda: not app.open, "the application's side to be closed")


def test_a_strict_location_asks_for_a_lease_at_a_gate_of_best_effort(env):
    replica, _, site, nginx = site_of(env, """
      location /pay { curfew_strict on; proxy_pass http://127.0.0.1:%d; }""")
    johns = with_cookie(site.cookie("john"), FETCH)
    replica.tell("best_effort")
    assert nginx.status("/echo", None, johns) == nginx.status("/pay", None, johns) == 200
    replica.tell("end")
    assert nginx.status("/echo", None, johns) == 200
    refused = nginx.ask("/pay", None, johns)
    assert refused.status == 503 and "retry-after" in refused.headers, refused


def test_a_gates_folder_says_what_need_not_be_written(env):
    replica, app = Replica(env), App()
    site = Site(env, replica)
    folder = env.temp / "gate-folder"
    folder.mkdir()
    (folder / "gate.json").write_text(json.dumps({
        "issuer": "https://id.contoso.com/tenant-1/v2.0", "tenant_id": "tenant-1",
        "client_id": "gate-1"}))
    (folder / "status.json").write_text(json.dumps({"replica": str(replica.path)}))
    nginx = Nginx(env, replica, site.settings() + f"""
      location / {{ proxy_pass http://127.0.0.1:{app.port}; }}""", start=False)
    nginx.write(gate=f"curfew_gate {folder};")
    nginx.start()
    assert nginx.status("/echo", None, with_cookie(site.cookie("john"), FETCH)) == 200
    nginx.write(gate=f"curfew_gate {env.temp}/nowhere;")
    assert "nowhere/gate.json cannot be read" in nginx.test(expect=1)


def test_a_session_without_a_complete_site_is_a_mistake_that_says_what_to_do(env):
    replica = Replica(env)
    site = Site(env, replica)
    nginx = Nginx(env, replica, "", start=False)
    complete = site.settings()
    bad = env.temp / "bad-keys"
    bad.write_text("short\n")
    for text, words in (
            (complete.replace("curfew_public_url https://app.example;", ""), "set curfew_public_url"),
            (complete.replace("curfew_client_id app-1;", ""), "set curfew_client_id"),
            (complete.replace(f"curfew_cookie_keys {site.file};", ""), "set curfew_cookie_keys"),
            (complete.replace(str(site.file), str(bad)), "a key of 32 bytes in base64url"),
            (complete.replace(str(site.file), "/nowhere"), "/nowhere cannot be read")):
        nginx.write(server="location / { %s return 200; }" % text)
        assert words in nginx.test(expect=1), text
    nginx.write(server="location / { %s return 200; }" % complete)
    nginx.test()


# ---- session control -------------------------------------------------------------------------

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


FILES = {
    "/attachment": file_head("Content-Disposition: attachment; filename=plan.html"),
    "/upper": file_head("content-disposition: ATTACHMENT"),
    "/odd": file_head("Content-Disposition:  ; filename=plan.html"),
    "/other-disposition": file_head("Content-Disposition: form-data; name=x"),
    "/two": file_head("Content-Disposition: inline", "Content-Disposition: attachment"),
    "/zip": file_head(kind="application/zip"),
    "/octets": file_head(kind="application/octet-stream"),
    "/sheet": file_head(kind="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "/no-type": file_head(kind=None),
    "/like-html": file_head(kind="text/htmlx"),
    "/error": file_head("Content-Disposition: attachment", status="404 Not Found"),
    "/part": file_head("Content-Range: bytes 0-4/5", status="206 Partial Content"),
    "/encoded": file_head("Content-Encoding: gzip", kind="application/pdf"),
    "/chunked": file_head("Transfer-Encoding: chunked", kind="application/pdf", length=None),
    "/until-close": file_head("Connection: close", kind="video/mp4", length=None),
}
SHOWN = {
    "/page": HTML,
    "/script": file_head(kind="text/javascript"),
    "/json": file_head(kind="Application/JSON ; charset=utf-8"),
    "/problem": file_head(kind="application/problem+json", status="400 Bad Request"),
    "/image": file_head("Content-Disposition: inline; filename=x.png", kind="image/png"),
    "/redirect": ["HTTP/1.1 302 Found", "Location: /page", "Content-Length: 0"],
    "/nothing": ["HTTP/1.1 204 No Content"],
    "/empty": ["HTTP/1.1 200 OK", "Content-Length: 0"],
}


def test_where_downloads_are_blocked_a_file_is_replaced_by_a_page_that_says_so(env):
    _, app, site, nginx = controlled(env, server="""
      location /added { add_header Content-Disposition attachment; proxy_pass http://127.0.0.1:%d; }""")
    held = site.cookie("john", xcf_ctl=["blockDownloads"])
    free = site.cookie("alice")
    app.put("/added", HTML, b"bytes")
    for path, head in {**FILES, **SHOWN}.items():
        body = b"" if head[0].endswith(("No Content", "Found")) or "Content-Length: 0" in head else \
            b"5\r\nbytes\r\n0\r\n\r\n" if path == "/chunked" else b"bytes"
        app.put(path, head, body)
    for path in (*FILES, "/added"):
        for method in ("GET", "HEAD"):
            answer = nginx.ask(path, None, with_cookie(held, FETCH), method=method)
            assert answer.status == 403, (path, method, answer)
            assert answer.headers["content-type"] == "text/html; charset=utf-8", (path, answer)
            assert answer.headers["cache-control"] == "no-store", (path, answer)
            for gone in ("content-disposition", "content-range", "content-encoding",
                         "x-secret-name", "etag"):
                assert gone not in answer.headers, (path, gone)
            assert (b"cannot be downloaded" in answer.body) == (method == "GET"), (path, answer)
            assert b"bytes" not in answer.body
        assert nginx.ask(path, None, with_cookie(free, FETCH)).body, path
    for path, head in SHOWN.items():
        answer = nginx.ask(path, None, with_cookie(held, FETCH))
        assert answer.status == int(head[0].split()[1]), (path, answer)


def test_a_part_of_a_file_is_not_asked_for(env):
    _, app, site, nginx = controlled(env)
    app.put("/page", HTML, b"bytes")
    parts = [("Range", "bytes=0-1"), ("If-Range", '"x"')]
    held = with_cookie(site.cookie("john", xcf_ctl=["blockDownloads"]), parts)
    answer = nginx.ask("/page", None, held)
    assert (answer.status, answer.body) == (200, b"bytes"), answer
    names = {name.lower() for name, _ in app.asked["/page"]}
    assert not names & {"range", "if-range"}, names
    assert nginx.status("/page", None, with_cookie(site.cookie("alice"), parts)) == 206


def test_a_static_file_of_nginx_itself_is_held_back_too(env):
    _, _, site, nginx = controlled(env, server="""
      location /files/ { types { text/html html; application/zip zip; } try_files $uri =404; }""",
                                   start=False)
    folder = nginx.folder / "pages/files"
    folder.mkdir()
    (folder / "a.zip").write_bytes(b"bytes" * 100_000)
    (folder / "a.html").write_bytes(b"page")
    nginx.start()
    held = site.cookie("john", xcf_ctl=["blockDownloads"])
    assert nginx.ask("/files/a.html", None, with_cookie(held)).body == b"page"
    for more in ((), [("Range", "bytes=5-9")]):
        answer = nginx.ask("/files/a.zip", None, with_cookie(held, more))
        assert answer.status == 403 and b"bytes" not in answer.body, answer
    assert nginx.status("/files/a.zip", None, with_cookie(site.cookie("alice"))) == 200


def test_who_sends_a_file_without_end_is_cut_off(env):
    tls = Tls(env)
    for name, more, client in (("gate", "", None), ("gate-tls", tls.server, tls.client())):
        _, app, site, nginx = controlled(env, more, name=name, tls=client)
        app.put("/large", file_head(kind="application/zip", length=10**12), b"x" * 65536, endless=True)
        answer = nginx.ask("/large", None,
                           with_cookie(site.cookie("john", xcf_ctl=["blockDownloads"])))
        assert answer.status == 403 and b"cannot be downloaded" in answer.body
        env.wait_until(app.cut.is_set, "the application to be cut off")


def test_over_http_2_a_stream_that_is_held_back_leaves_the_others_alone(env):
    tls = Tls(env)
    _, app, site, nginx = controlled(env, tls.server, tls=tls.client())
    app.put("/events", ["HTTP/1.1 200 OK", "Content-Type: text/event-stream"], b"data: news\n\n",
            endless=True)
    app.put("/zip", file_head(kind="application/zip", length=10**12), b"bytes" * 10_000, endless=True)
    held = site.cookie("john", xcf_ctl=["blockDownloads"])
    out = env.temp / "out"
    out.mkdir()

    def transfer(path):
        return ["--http2", "-N", "--limit-rate", "50k", "--cacert", f"{tls.authority}.pem", "-sS",
                "-H", f"Cookie: {held}", "-o", out / path[1:], "-w",
                f"{path} %{{http_code}} %{{http_version}} %{{exitcode}}\\n",
                f"https://localhost:{nginx.port}{path}"]

    curl = env.start(["curl", "-Z", "--no-progress-meter", *transfer("/events"), "--next",
                      *transfer("/zip")], name="curl")
    env.wait_until(lambda: "/zip 403 2 " in curl.output(), "the page in the place of the file")
    page = (out / "zip").read_bytes()
    assert b"cannot be downloaded" in page and b"bytes" not in page, page
    size = (out / "events").stat().st_size
    env.wait_until(lambda: (out / "events").stat().st_size > size + 100, "more events")
    curl.stop()


def test_a_download_is_cut_when_the_controls_of_its_application_change(env):
    replica, app, site, nginx = controlled(env)
    app.put("/large", file_head(kind="application/zip", length=10**12), b"x" * 65536, endless=True)
    peer = nginx.connect(receive_buffer=4096)
    peer.sendall(f"GET /large HTTP/1.1\r\nHost: localhost\r\nCookie: {site.cookie('john')}\r\n\r\n"
                 .encode())
    assert b" 200 " in peer.recv(4096)
    assert replica.tell("reevaluate application/app-1") == "ok"
    await_end(peer)
    env.wait_until(app.cut.is_set, "the application to be cut off")
    # And the next navigation goes by the server, which says what is now.
    assert nginx.status("/large", None, with_cookie(site.cookie("john"), NAVIGATION)) == 302


def test_controls_hold_through_error_pages_and_redirects_inside(env):
    _, app, site, nginx = controlled(env, server="""
      location /missing { proxy_intercept_errors on; error_page 404 = @fallback;
                          proxy_pass http://127.0.0.1:%d; }
      location @fallback { curfew off; rewrite ^ /attachment break;
                           proxy_pass http://127.0.0.1:%d; }
      location /inside { internal; curfew off; alias /etc/; }""")
    app.put("/missing", ["HTTP/1.1 404 Not Found", "Content-Length: 0"])
    app.put("/attachment", FILES["/attachment"], b"bytes")
    app.put("/accel", [*HTML, "X-Accel-Redirect: /inside/passwd",
                       "Content-Disposition: attachment"], b"bytes")
    held = with_cookie(site.cookie("john", xcf_ctl=["blockDownloads"]))
    for path in ("/missing", "/accel"):
        answer = nginx.ask(path, None, held)
        assert answer.status == 403 and b"cannot be downloaded" in answer.body, (path, answer)


def test_each_request_of_a_watched_session_is_in_the_session_log(env):
    log = env.temp / "sessions.json"
    replica, app, site, nginx = controlled(env, f"curfew_session_log {log};")
    app.put("/page", HTML, b"bytes")
    app.put("/zip", FILES["/zip"], b"bytes")
    watched = site.cookie("john", xcf_ctl=["monitorOnly"], deviceid="laptop")
    held = site.cookie("alice", xcf_ctl=["blockDownloads"])
    odd = [("User-Agent", 'a "quoted" \\ \xe4')]
    assert nginx.status("/page?code=secret", None, with_cookie(watched, odd)) == 200
    assert nginx.status("/page", None, with_cookie(watched), method="POST", body=b"x") == 200
    assert nginx.status("/zip", None, with_cookie(watched)) == 200  # watched, not held back
    assert nginx.status("/page", None, with_cookie(held)) == 200
    assert nginx.status("/zip", None, with_cookie(held)) == 403
    assert nginx.status("/page", None, with_cookie(site.cookie("eve"))) == 200
    env.wait_until(lambda: log.read_text().count("\n") >= 4, "four lines in the session log")
    text = log.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["subject"], line["path"], line["status"], line.get("withheld")) for line in lines] \
        == [("john", "/page", 200, None), ("john", "/page", 200, None), ("john", "/zip", 200, None),
            ("alice", "/zip", 403, "a file type")], lines
    first = lines[0]
    assert (first["session"], first["client_id"], first["device"]) == \
        ("session-of-john", "app-1", "laptop")
    assert first["user_agent"] == 'a "quoted" \\ \xe4' and first["method"] == "GET"
    assert first["session_controls"] == "monitorOnly" and first["bytes_sent"] > 0
    for secret in ("secret", watched.split("=")[1][:40], SESSION):
        assert secret not in text
    replica.revoke("john")
    assert nginx.status("/page", None, with_cookie(watched, FETCH)) == 401
    assert log.read_text().count("\n") == 4  # whoever is refused is in nginx's own log


def test_a_session_that_cannot_be_watched_is_refused(env):
    _, app, site, nginx = controlled(env)
    app.put("/page", HTML, b"bytes")
    watched = with_cookie(site.cookie("john", xcf_ctl=["monitorOnly"]))
    refused = nginx.ask("/page", None, watched)
    assert refused.status == 503 and "retry-after" in refused.headers, refused
    assert "no curfew_session_log is set" in nginx.errors()
    assert nginx.status("/page", None, with_cookie(site.cookie("alice"))) == 200
    full = Nginx(env, nginx.replica, site.settings("curfew_session_log /dev/full;") +
                 f"location / {{ proxy_pass http://127.0.0.1:{app.port}; }}", workers=1)
    assert full.status("/page", None, watched) == 200  # nobody knew
    env.wait_until(lambda: "session log cannot be written" in full.errors(), "the complaint")
    # It is tried again now and then, and refused until that has worked.
    env.wait_until(lambda: full.status("/page", None, watched) == 503, "it to be refused")


def test_a_control_that_this_module_does_not_know_is_the_strictest_that_it_knows(env):
    log = env.temp / "sessions.json"
    _, app, site, nginx = controlled(env, f"curfew_session_log {log};")
    app.put("/zip", FILES["/zip"], b"bytes")
    assert nginx.status("/zip", None, with_cookie(site.cookie("john", xcf_ctl=["blockPrinting"]))) == 403
    env.wait_until(lambda: log.read_text().count("\n") == 1, "a line in the session log")


def test_what_is_shown_can_be_said_otherwise(env):
    _, app, site, nginx = controlled(env, "curfew_shown_types text/html video/*;")
    app.put("/video", file_head(kind="video/mp4"), b"bytes")
    app.put("/script", SHOWN["/script"], b"bytes")
    held = with_cookie(site.cookie("john", xcf_ctl=["blockDownloads"]))
    assert nginx.status("/video", None, held) == 200
    assert nginx.status("/script", None, held) == 403
