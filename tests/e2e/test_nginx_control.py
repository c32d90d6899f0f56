"""Session control in the nginx module: what is held back, what is logged, and what is not asked for."""

import json
import os
import signal
import time

from nginx import Nginx, Tls, await_end
from nginx_sites import (FETCH, HTML, NAVIGATION, SESSION, controlled, file_head, with_cookie)

FILES = {
    "/attachment": file_head("Content-Disposition: attachment; filename=plan.html"),
    "/upper": file_head("content-disposition: ATTACHMENT"),
    "/odd": file_head("Content-Disposition:  ; filename=plan.html"),
    "/other-disposition": file_head("Content-Disposition: form-data; name=x"),
    "/two": file_head("Content-Disposition: inline", "Content-Disposition: attachment"),
    "/zip": file_head(kind="application/zip"),
    "/octets": file_head(kind="application/octet-stream"),
    "/sheet": file_head(kind="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "/drawing": file_head(kind="image/vnd.dwg"),
    "/photo": file_head(kind="image/tiff"),
    "/layers": file_head(kind="image/vnd.adobe.photoshop"),
    "/no-type": file_head(kind=None),
    "/early": file_head(status="103 Early Hints"),
    "/nowhere": file_head(status="302 Found", kind="application/zip"),
    "/choices": file_head("Location: /page", status="300 Multiple Choices", kind="application/zip"),
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
    "/webp": file_head(kind="image/webp"),
    "/drawn": file_head(kind="image/svg+xml"),
    "/redirect": ["HTTP/1.1 302 Found", "Location: /page", "Content-Length: 0"],
    "/moved": file_head("Location: /page", status="308 Permanent Redirect", kind=None),
    "/nothing": ["HTTP/1.1 204 No Content"],
    "/empty": ["HTTP/1.1 200 OK", "Content-Length: 0"],
}


def test_where_downloads_are_blocked_a_file_is_replaced_by_a_page_that_says_so(env):
    _, app, site, nginx = controlled(env, server="""
      location /added { add_header Content-Disposition attachment; proxy_pass http://127.0.0.1:%d; }
      location /typed { add_header Content-Type application/zip; proxy_pass http://127.0.0.1:%d; }""")
    held = site.cookie("john", xcf_ctl=["blockDownloads"])
    free = site.cookie("alice")
    app.put("/added", HTML, b"bytes")
    app.put("/typed", HTML, b"bytes")
    for path, head in {**FILES, **SHOWN}.items():
        body = b"" if head[0].endswith("No Content") or "Content-Length: 0" in head else \
            b"5\r\nbytes\r\n0\r\n\r\n" if path == "/chunked" else b"bytes"
        app.put(path, head, body)
    for path in (*FILES, "/added", "/typed"):
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
        if path != "/early":  # http.client waits for the answer behind it
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
    assert nginx.status("/page", None, with_cookie(site.cookie("alice"), parts)) == 200
    names = {name.lower() for name, _ in app.asked["/page"]}
    assert {"range", "if-range"} <= names, names


def everything(nginx, path, cookie):
    """What comes on the connection, with or without a head."""
    with nginx.connect() as peer:
        peer.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                     f"Cookie: {cookie}\r\n\r\n".encode())
        answer = b""
        while piece := peer.recv(65536):
            answer += piece
    return answer


def test_what_has_no_head_or_comes_behind_an_early_one_is_held_back(env):
    _, app, site, nginx = controlled(env)
    hidden = b"HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\nContent-Length: 2\r\n\r\nPK"
    app.put("/bare", (), b"PK\x03\x04 bytes")
    app.put("/early", file_head(status="103 Early Hints", length=len(hidden)), hidden)
    app.put("/continue", file_head(status="100 Continue", length=len(hidden)), hidden)
    app.put("/switched", ["HTTP/1.1 101 Switching Protocols", "Upgrade: h2c"], hidden)
    held = site.cookie("john", xcf_ctl=["blockDownloads"])
    assert b"PK" in everything(nginx, "/bare", site.cookie("alice"))
    for path in ("/bare", "/early", "/continue", "/switched"):
        answer = everything(nginx, path, held)
        assert b"cannot be downloaded" in answer and b"PK" not in answer, (path, answer)


def test_another_protocol_is_not_asked_for_where_downloads_are_blocked(env):
    _, app, site, nginx = controlled(env, server="""
      location /socket { proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
                         proxy_pass http://127.0.0.1:%d; }""")
    app.put("/socket", HTML, b"bytes")
    for control, protocol, goes in ((["blockDownloads"], "mqtt", False),
                                    (["blockDownloads"], "WebSocket", True), ([], "mqtt", True)):
        cookie = site.cookie("john", xcf_ctl=control)
        assert nginx.status("/socket", None, with_cookie(cookie, [("Upgrade", protocol)])) == 200
        assert (("Upgrade", protocol) in app.asked["/socket"]) == goes, (protocol, app.asked)


def test_plain_text_is_shown_as_text_and_what_nobody_gave_a_type_is_none(env):
    _, app, site, nginx = controlled(env, server="""
      location /files/ { types { text/html html; text/plain txt; } try_files $uri =404; }
      location /sniffed { add_header X-Content-Type-Options none;
                          proxy_pass http://127.0.0.1:%d; }""", start=False)
    folder = nginx.folder / "pages/files"
    folder.mkdir()
    for name in ("a.xlsx", "a.txt", "a.html"):
        (folder / name).write_bytes(b"\0bytes")
    nginx.start()
    for path in ("/text", "/sniffed"):
        app.put(path, file_head(kind="text/plain; charset=utf-8", length=6), b"\0bytes")
    held = with_cookie(site.cookie("john", xcf_ctl=["blockDownloads"]))
    free = with_cookie(site.cookie("alice"))
    assert nginx.status("/files/a.xlsx", None, held) == 403
    assert nginx.ask("/files/a.xlsx", None, free).headers["content-type"] == "text/plain"
    for path in ("/files/a.txt", "/text", "/sniffed"):
        answer = nginx.ask(path, None, held)
        assert (answer.status, answer.body) == (200, b"\0bytes"), (path, answer)
        assert answer.headers["x-content-type-options"] == "nosniff", (path, answer)
        assert nginx.ask(path, None, free).headers.get("x-content-type-options") != "nosniff", path
    assert "x-content-type-options" not in nginx.ask("/files/a.html", None, held).headers


CACHE = """proxy_cache_path %s levels=1 keys_zone=answers:1m;
  proxy_cache_valid any 10m; proxy_cache_key $uri$slice_range;"""


def test_what_nginx_has_kept_or_put_together_is_judged_as_well(env):
    _, app, site, nginx = controlled(env, server="""
      location /kept/ { proxy_cache answers; proxy_buffering on; proxy_pass http://127.0.0.1:%d; }
      location /sliced/ { slice 1m; proxy_cache answers; proxy_buffering on;
                          proxy_set_header Range $slice_range; proxy_pass http://127.0.0.1:%d; }
      location /buffered/ { proxy_buffering on; proxy_pass http://127.0.0.1:%d; }""",
                                     http_level=CACHE % (env.temp / "cache"))
    held = with_cookie(site.cookie("john", xcf_ctl=["blockDownloads"]))
    free = with_cookie(site.cookie("alice"))
    for folder, more, status in (("/kept", (), "200 OK"), ("/buffered", (), "200 OK"),
                                 ("/sliced", ["Content-Range: bytes 0-4/5", 'ETag: "1"'],
                                  "206 Partial Content")):
        for name, kind, expected in (("a", "application/zip", 403), ("b", "application/zip", 403),
                                     ("c", "text/html", 200)):
            path = f"{folder}/{name}"
            app.put(path, file_head(*more, status=status, kind=kind), b"bytes")
            # Before anybody else has asked for it, and after.
            asked = (held, free, held, free) if name == "a" else (free, held, free, held)
            for headers in asked:
                answer = nginx.ask(path, None, headers)
                if headers is free or expected == 200:
                    assert (answer.status, answer.body) == (200, b"bytes"), (path, answer)
                else:
                    assert answer.status == 403 and b"bytes" not in answer.body, (path, answer)


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
    part = [("Range", "bytes=0-1")]
    whole = nginx.ask("/files/a.html", None, with_cookie(held, part))
    assert (whole.status, whole.body) == (200, b"page"), whole
    assert nginx.ask("/files/a.html", None, with_cookie(site.cookie("alice"), part)).body == b"pa"
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
                f"%{{stderr}}{path} %{{http_code}} %{{http_version}} %{{exitcode}}\\n",
                f"https://localhost:{nginx.port}{path}"]

    curl = env.start(["curl", "-Z", "--no-progress-meter", *transfer("/events"), "--next",
                      *transfer("/zip")], name="curl")
    env.wait_until(lambda: "/zip 403 2 " in curl.output(), "the page in the place of the file")
    page = (out / "zip").read_bytes()
    assert b"cannot be downloaded" in page and b"bytes" not in page, page
    env.wait_until((out / "events").exists, "the first events")
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
    # Each worker writes lines of its own, so that the order says nothing.
    said = {(line["subject"], line["method"], line["path"]): line for line in lines}
    assert len(lines) == 4, lines
    assert {asked: (line["status"], line.get("withheld")) for asked, line in said.items()} == {
        ("john", "GET", "/page"): (200, None), ("john", "POST", "/page"): (200, None),
        ("john", "GET", "/zip"): (200, None), ("alice", "GET", "/zip"): (403, "a file type")}, lines
    first = said["john", "GET", "/page"]
    assert (first["session"], first["client_id"], first["device"]) == \
        ("session-of-john", "app-1", "laptop")
    assert first["user_agent"] == 'a "quoted" \\ \xe4'
    assert first["session_controls"] == "monitorOnly" and first["bytes_sent"] > 0
    for secret in ("secret", watched.split("=")[1][:40], SESSION):
        assert secret not in text
    replica.revoke("john")
    assert nginx.status("/page", None, with_cookie(watched, FETCH)) == 401
    assert log.read_text().count("\n") == 4  # whoever is refused is in nginx's own log
    assert log.stat().st_mode & 0o777 == 0o640


def test_what_a_worker_leaves_open_when_it_is_told_to_stop_is_in_the_session_log(env):
    log = env.temp / "sessions.json"
    _, app, site, nginx = controlled(env, f"curfew_session_log {log};")
    app.put("/large", file_head(length=10**12), b"x" * 65536, endless=True)
    peer = nginx.connect(receive_buffer=4096)
    peer.sendall("GET /large HTTP/1.1\r\nHost: localhost\r\nCookie: "
                 f"{site.cookie('john', xcf_ctl=['monitorOnly'])}\r\n\r\n".encode())
    assert b" 200 " in peer.recv(4096)
    # Not by the master, which kills whoever takes too long on a slow machine.
    for worker in nginx.workers():
        os.kill(worker, signal.SIGTERM)
    env.wait_until(lambda: log.read_text().endswith("\n"), "the worker to say so")
    line, = log.read_text().splitlines()
    said = json.loads(line)
    assert (said["subject"], said["path"]) == ("john", "/large"), said
    assert said["cut"] == "the worker was told to stop", said


def test_a_session_that_cannot_be_watched_is_refused(env):
    _, app, site, nginx = controlled(env)
    app.put("/page", HTML, b"bytes")
    watched = with_cookie(site.cookie("john", xcf_ctl=["monitorOnly"]))
    refused = nginx.ask("/page", None, watched)
    assert refused.status == 503 and "retry-after" in refused.headers, refused
    assert "no curfew_session_log is set" in nginx.errors()
    assert nginx.status("/page", None, with_cookie(site.cookie("alice"))) == 200


def test_a_log_that_cannot_be_written_refuses_until_it_can_and_another_one_does_not(env):
    log = env.temp / "sessions.json"
    _, app, site, nginx = controlled(env, "curfew_session_log /dev/full;", server=f"""
      location /good {{ curfew_session_log {log}; proxy_pass http://127.0.0.1:%d; }}""", workers=1)
    app.put("/page", HTML, b"bytes")
    app.put("/good", HTML, b"bytes")
    watched = with_cookie(site.cookie("john", xcf_ctl=["monitorOnly"]))
    assert nginx.status("/page", None, watched) == 200  # nobody knew
    env.wait_until(lambda: "session log cannot be written" in nginx.errors(), "the complaint")
    # It is tried again each second, and nobody is let in to find out.
    until = time.monotonic() + 2.5
    while time.monotonic() < until:
        assert nginx.status("/page", None, watched) == 503
        assert nginx.status("/good", None, watched) == 200


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
