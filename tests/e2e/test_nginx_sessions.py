"""Browser sessions in the nginx module: who is let in by a cookie, who is sent to sign in, and what
the application never sees."""

import base64
import json

from nginx import App, Nginx, Replica, await_end
from nginx_sites import (FETCH, NAVIGATION, SESSION, URL, Site, cookies_at, site_of,
                         with_cookie)


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
                           (f"a=__Host-curfew-x; {good}", ["a=__Host-curfew-x"]),
                           # What is left is longer than what was sent.
                           (good + ";a" * 2000, ["; ".join("a" * 2000)])):
            assert nginx.status(path, None, with_cookie(sent, FETCH)) == 200, (path, sent)
            assert cookies_at(app, path) == left, (path, sent, cookies_at(app, path))
    nginx.await_log("/off/echo 200 result=- ")
    assert "result=unavailable" not in nginx.log()
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
