"""The nginx module in Debian's nginx: who goes on, who is refused and how, and what nobody gets by."""

import base64
import json
import os
import pathlib
import re
import signal
import threading

from nginx import App, Nginx, Replica, Tls, await_end

HERE = "location / { curfew bearer; curfew_audience api://files; proxy_pass http://127.0.0.1:%d; }"


def claims_of(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def served(env, server=HERE, **options):
    replica, app = Replica(env), App()
    return replica, app, Nginx(env, replica, server.replace("%d", str(app.port)), **options)


def test_a_token_goes_on_until_it_is_revoked_and_then_not_once_more(env):
    replica, _, nginx = served(env)
    johns, alices = replica.token("john"), replica.token("alice")
    assert nginx.status("/echo", johns) == nginx.status("/echo", alices) == 200
    replica.revoke("john")
    refused = nginx.ask("/echo", johns)
    assert refused.status == 401, refused
    assert 'error="invalid_token"' in refused.headers["www-authenticate"], refused.headers
    assert refused.headers["cache-control"] == "no-store"
    assert nginx.status("/echo", alices) == 200
    # A client that can (xms_cc) is told to come back with a newer token.
    able = nginx.ask("/echo", replica.token("john", xms_cc=["CP1"]))
    assert 'error="insufficient_claims"' in able.headers["www-authenticate"], able.headers
    replica.tell("block session/session-of-alice")
    assert nginx.status("/echo", alices) == 401
    # Each worker writes its lines when it comes to it.
    nginx.await_log("/echo 401 result=blocked")
    nginx.await_log('result=live reason="-" subject=john client=app-1 session=session-of-john '
                    "token=token-of-john")
    nginx.await_log('result=revoked reason="the token is not live: revoked" subject=john')


def test_whatever_is_no_good_token_for_the_location_is_refused(env):
    server = HERE + """
      location /scoped { curfew bearer; curfew_audience api://other api://files;
                         curfew_scope Files.Read Files.Own; proxy_pass http://127.0.0.1:%d; }
      location /roles { curfew bearer; curfew_audience api://files; curfew_role Admin Reader;
                        curfew_realm files; proxy_pass http://127.0.0.1:%d; }
      location /open { proxy_pass http://127.0.0.1:%d; }"""
    replica, app, nginx = served(env, server)
    good = replica.token("john")
    now = claims_of(good)["iat"]
    head, body, signature = good.split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').decode().rstrip("=")
    refused = {
        "none": None, "empty": "", "garbage": "garbage", "dots": "..", "no signature": head + "." + body,
        "alg none": f"{unsigned}.{body}.",
        "another's signature": f"{head}.{body}.{replica.token('alice').split('.')[2]}",
        "another audience": replica.token("john", aud="api://mail"),
        "another issuer": replica.token("john", iss="https://id.contoso.com/tenant-2/v2.0"),
        "another tenant": replica.token("john", tid="tenant-2"),
        "an id token": replica.token("john", typ="JWT-ID"),
        "expired": replica.token("john", iat=now - 900, nbf=now - 900, exp=now - 1),
        "of the future": replica.token("john", nbf=now + 300),
        "no stamps": replica.token("john", as_of=None, auth_as_of=None),
    }
    for name, token in refused.items():
        answer = nginx.ask("/echo", token)
        assert answer.status == 401 and "www-authenticate" in answer.headers, (name, answer)
    assert nginx.ask("/echo").headers["www-authenticate"].count("error=") == 0
    assert nginx.status("/echo", good, scheme="Basic") == 401
    assert nginx.status("/echo", good, [("Authorization", "Bearer " + good)]) == 400
    assert nginx.status("/scoped", good) == 403
    assert nginx.status("/scoped", replica.token("john", scp="Files.Own Files.Read")) == 200
    roles = nginx.ask("/roles", good)
    assert roles.status == 403, roles
    assert 'realm="files"' in roles.headers["www-authenticate"], roles
    assert 'error="insufficient_scope"' in roles.headers["www-authenticate"], roles
    robot = replica.token("app-1", idtyp="app", oid=None, sid=None, scp=None, roles=["Reader"])
    assert nginx.status("/roles", robot) == 200 and nginx.status("/open") == 200
    assert set(app.asked) == {"/scoped", "/roles", "/open"}, app.asked
    nginx.await_log("result=expired")
    nginx.await_log("result=missing")
    nginx.await_log("/roles 403 result=insufficient_scope")


def test_an_authorization_header_of_any_size_is_refused_and_never_logged(env):
    replica, app, nginx = served(env, HERE.replace(
        "location", "large_client_header_buffers 4 128k; location", 1), level="debug")
    good = replica.token("john")
    for size in (8192, 65536):
        assert nginx.status("/echo", "A" * size) == 401
        assert nginx.status("/echo", good + "A" * size) == 401
        assert nginx.status("/echo", good + " " + "A" * size) == 401
    assert nginx.status("/echo", "B" * 200_000) == 400  # nginx's own limit
    replica.revoke("john")
    assert nginx.status("/echo", good) == 401 and app.asked == []
    # nginx itself logs every header at this level.
    ours = [line for line in nginx.errors().splitlines() if "curfew: " in line]
    said = "\n".join(ours) + nginx.log()
    assert said.count("refused with 401") == 7, said
    for part in ("AAAAAAAA", *good.split(".")):
        assert part not in said, part


FORGERIES = ["X-Curfew-Subject", "x-curfew-SUBJECT", "X_Curfew_Subject", "X-Curfew_Roles",
             "X.Curfew.Subject", "X-Curfew-Whatever"]


def test_who_the_application_is_told_of_cannot_be_forged(env):
    server = """
      underscores_in_headers on; ignore_invalid_headers off; curfew_audience api://files;
      location / { proxy_pass http://127.0.0.1:%d; }
      location /told { curfew bearer; curfew_identity_headers on; curfew_remove_authorization on;
                       proxy_pass http://127.0.0.1:%d; }"""
    replica, _, nginx = served(env, server)
    token = replica.token("john", roles=["Reader", "Writer"], acr="1\r\nX-Admin: yes")
    forged = [(name, "root") for name in FORGERIES]
    many = [(f"X-Other-{number}", "kept") for number in range(40)]

    def told(path, headers, token=None):
        answer = nginx.ask(path, token, headers).json["headers"]
        return [[name.lower(), value] for name, value in answer
                if "curfew" in name.lower() or name.lower() == "authorization"], answer

    expected = sorted([["x-curfew-subject", "john"], ["x-curfew-object-id", "john"],
                       ["x-curfew-client-id", "app-1"], ["x-curfew-tenant", "tenant-1"],
                       ["x-curfew-issuer", claims_of(token)["iss"]],
                       ["x-curfew-session", "session-of-john"],
                       ["x-curfew-token-id", "token-of-john"],
                       ["x-curfew-scopes", "Files.Read Files.Write"],
                       ["x-curfew-roles", "Reader Writer"],
                       ["x-curfew-acr", "1%0D%0AX-Admin:%20yes"]])
    # Before, between and behind others, and where the list of headers grows by parts.
    for headers in (forged, forged + many, many + forged,
                    many[:18] + forged[:2] + many[18:20] + forged[2:] + many[20:]):
        got, everything = told("/told", headers, token)
        assert sorted(got) == expected, got
        kept = [pair for pair in everything if pair[0].startswith("X-Other")]
        assert kept == [list(pair) for pair in headers if pair[0].startswith("X-Other")], kept
        assert told("/echo", headers)[0] == []  # where nobody is asked for, nobody is believed
    assert not [name for name, _ in told("/told", [], token)[1] if name == "X-Admin"]


def test_no_two_names_look_alike_to_the_application(env):
    replica, _, nginx = served(env, """
      location / { curfew bearer; curfew_audience api://files; curfew_identity_headers on;
                   proxy_pass http://127.0.0.1:%d; }""")

    def told(**claims):
        answer = nginx.ask("/echo", replica.token("john", **claims))
        return {name.lower(): value for name, value in answer.json["headers"]}

    for subject, shown in (("\u00e4 ", "%C3%A4%20"), ("%C3%A4", "%25C3%25A4"), ("a|b@c:d", "a|b@c:d")):
        assert told(sub=subject)["x-curfew-subject"] == shown, subject
    names = told(roles=["Site Admin", "Site", "Admin", "\u00e4", "%C3%A4"], scp="A caf\u00e9 100%")
    assert names["x-curfew-roles"] == "Site%20Admin Site Admin %C3%A4 %25C3%25A4", names
    assert names["x-curfew-scopes"] == "A caf%C3%A9 100%25", names


def test_without_a_gate_that_may_judge_nothing_goes_on(env):
    replica, app, nginx = served(env)
    token = replica.token("john")
    assert nginx.status("/echo", token) == 200

    def unavailable():
        answer = nginx.ask("/echo", token)
        assert answer.status == 503, answer
        assert answer.headers["retry-after"] and answer.headers["cache-control"] == "no-store"
        assert nginx.status("/echo") in (401, 503)

    replica.tell("end")
    unavailable()
    replica.tell("lease")
    assert nginx.status("/echo", token) == 200
    replica.tell("withdraw")
    unavailable()
    count = len(app.asked)
    replica.process.stop()
    for damage in (b"", b"x" * 100_000):
        replica.path.write_bytes(damage)
        os.chmod(replica.path, 0o644)
        unavailable()
    assert len(app.asked) == count
    replica.path.unlink()
    nginx.await_log("result=unavailable")
    # A gate that comes later is found without a reload.
    replica.start()
    assert nginx.status("/echo", replica.token("john")) == 200


def test_a_server_that_starts_before_its_gate_refuses_until_it_is_there(env):
    class NoGate:  # pylint: disable=too-few-public-methods
        path = env.temp / "gate" / "replica"
    app = App()
    nginx = Nginx(env, NoGate, HERE % app.port)
    assert nginx.status("/echo", "any.token.atall") == 503
    nginx.await_log('result=unavailable reason="the gate\'s replica cannot be used: ')

    def levels():
        """Of each worker's complaints, in their order."""
        assert nginx.status("/echo", "any.token.atall") == 503
        said = re.findall(r"\[(\w+)\] (\d+)#.*cannot be used", nginx.errors())
        return [[level for level, by in said if by == worker] for worker in {by for _, by in said}]

    # The first is an error, what follows soon is for who asked for more.
    env.wait_until(lambda: any("info" in each for each in levels()), "a complaint that is repeated")
    assert all(each[0] == "error" for each in levels()), nginx.errors()
    replica = Replica(env)
    token = replica.token("john")
    env.wait_until(lambda: nginx.status("/echo", token) == 200, "the gate to be found")


ROUNDABOUT = """
  curfew_audience api://files;
  error_page 401 /denied.html;
  location = /denied.html { internal; }
  location = /denied-too.html { internal; curfew bearer; }
  location /redirected { curfew bearer; try_files /nothing /echo-inner; }
  location /echo-inner { internal; curfew bearer; curfew_identity_headers on;
                         proxy_pass http://127.0.0.1:%d; }
  location /stricter { curfew bearer; try_files /nothing @mail; }
  location @mail { curfew bearer; curfew_audience api://mail; proxy_pass http://127.0.0.1:%d; }
  location /loop { curfew bearer; error_page 401 /denied-too.html; }
  location /any { satisfy any; deny all; curfew bearer; proxy_pass http://127.0.0.1:%d; }
  location /here { satisfy any; allow 127.0.0.1; deny all; curfew bearer;
                   proxy_pass http://127.0.0.1:%d; }
  location /all { deny all; curfew bearer; }
  location /asks { auth_request /asked; proxy_pass http://127.0.0.1:%d; }
  location = /asked { internal; curfew bearer; proxy_pass http://127.0.0.1:%d/echo; }
  location /both { curfew bearer; auth_request /asked; proxy_pass http://127.0.0.1:%d; }
  location /tells { curfew bearer; curfew_identity_headers on; auth_request /told;
                    proxy_pass http://127.0.0.1:%d; }
  location = /told { internal; curfew bearer; curfew_identity_headers on; curfew_scope Files.Read;
                     curfew_remove_authorization on; proxy_pass http://127.0.0.1:%d/told; }
  location /mirrored { curfew off; mirror /mirror; proxy_pass http://127.0.0.1:%d; }
  location = /mirror { internal; curfew bearer; proxy_pass http://127.0.0.1:%d/mirror; }
  location /nested { curfew bearer; location /nested/open { curfew off;
                     proxy_pass http://127.0.0.1:%d; } proxy_pass http://127.0.0.1:%d; }
  location /limited { curfew bearer; limit_except GET { deny all; }
                      proxy_pass http://127.0.0.1:%d; }
"""


def test_every_way_through_the_configuration_is_judged(env):
    replica, app, nginx = served(env, ROUNDABOUT)
    (nginx.folder / "pages/denied.html").write_text("denied")
    token, mail = replica.token("john"), replica.token("john", aud="api://mail")
    refused = nginx.ask("/redirected")
    assert (refused.status, refused.body) == (401, b"denied"), refused
    assert refused.headers["www-authenticate"].startswith("Bearer"), refused
    told = dict(nginx.ask("/redirected", token).json["headers"])
    assert told["X-Curfew-Subject"] == "john", told
    # Another audience behind the redirect: asked for as well.
    assert nginx.status("/stricter", token) == nginx.status("/stricter", mail) == 401
    assert nginx.status("/loop") == 401
    assert nginx.status("/any") == 401 and nginx.status("/any", token) == 200
    assert nginx.status("/here") == 200 and "www-authenticate" not in nginx.ask("/here").headers
    assert nginx.status("/all", token) == 403
    assert nginx.status("/asks") == 401 and nginx.status("/asks", token) == 200
    assert nginx.status("/both", token) == 200
    subjects = [name for name, _ in nginx.ask("/tells", token).json["headers"]
                if name in ("X-Curfew-Subject", "Authorization")]
    assert sorted(subjects) == ["Authorization", "X-Curfew-Subject"], subjects
    subjects = [name for name, _ in app.headers["/told"]
                if name in ("X-Curfew-Subject", "Authorization")]
    assert subjects == ["X-Curfew-Subject"], subjects
    assert nginx.status("/nested/x") == 401 and nginx.status("/nested/open/x") == 200
    assert nginx.status("/limited") == 401 and nginx.status("/limited", token) == 200
    assert nginx.status("/limited", token, method="POST", body=b"") == 403
    assert nginx.status("/limited", method="POST", body=b"") == 401
    app.asked.clear()
    assert nginx.status("/mirrored") == 200 and nginx.status("/mirrored", token) == 200
    env.wait_until(lambda: "/mirror" in app.asked, "the mirror")
    assert app.asked.count("/mirror") == 1, app.asked


def test_requests_of_every_make_are_judged_each_by_itself(env):
    replica, app, nginx = served(env)
    token = replica.token("john")

    def raw(text):
        with nginx.connect() as peer:
            peer.sendall(text.encode())
            answer = b""
            while piece := peer.recv(65536):
                answer += piece
        return [int(part.split()[0]) for part in answer.decode().split("HTTP/1.1 ")[1:]]

    with_it = f"Authorization: Bearer {token}\r\n"
    host = "Host: localhost\r\n"
    last = "Connection: close\r\n"
    assert raw(f"GET /echo HTTP/1.0\r\n\r\n") == [401]
    assert raw(f"GET /echo HTTP/1.0\r\n{with_it}\r\n") == [200]
    assert raw(f"GET /echo HTTP/1.1\r\n{host}{with_it}\r\nGET /echo HTTP/1.1\r\n{host}\r\n"
               f"GET /echo HTTP/1.1\r\n{host}{with_it}{last}\r\n") == [200, 401, 200]
    assert raw(f"POST /echo HTTP/1.1\r\n{host}Content-Length: 5\r\n{last}\r\nhello") == [401]
    assert raw(f"GET http://localhost/echo HTTP/1.1\r\n{host}{last}\r\n") == [401]
    assert raw(f"GET //echo/../echo HTTP/1.1\r\n{host}{last}\r\n") == [401]
    assert raw(f"GET /echo HTTP/1.1\r\n{host}authorization: bearer {token}\r\n{last}\r\n") == [200]
    with nginx.connect() as peer:  # HTTP/0.9 knows no header
        peer.sendall(b"GET /echo\r\n")
        assert b"401 Authorization Required" in peer.recv(65536)
    assert len(app.asked) == 4, app.asked
    # The same connection, before and after.
    with nginx.connect() as peer:
        for status in (b"200", b"401"):
            peer.sendall(f"GET /echo HTTP/1.1\r\n{host}{with_it}\r\n".encode())
            assert peer.recv(65536).split()[1] == status
            replica.revoke("john")


MISTAKES = [
    ("location / { curfew yes; }", "write `bearer`, `session`, `gate`"),
    ("location / { curfew bearer; }", "set curfew_audience"),
    ("location / { curfew bearer; curfew_audience a; curfew_issuer http://id/t/v2.0; }", "https://"),
    ("location / { curfew bearer; curfew_audience a; curfew_issuer https://id.contoso.com; }",
     "set curfew_tenant"),
    ("location / { curfew bearer; curfew_audience a; curfew_replica gate; }", "begins with /"),
    ("location / { curfew bearer; curfew_audience a; curfew_owner nosuchuser; }",
     "there is no such user"),
    ("location / { curfew bearer; curfew_audience a; curfew_public_url api.example.com; }",
     "without a path"),
    ("location / { curfew bearer; curfew off; }", "is duplicate"),
    ("curfew gate; location /.curfew/ { }", "only `location /.curfew/` may have it"),
    ("location / { curfew gate; }", "only `location /.curfew/` may have it"),
    ("location ~ ^/.curfew/ { curfew gate; }", "only `location /.curfew/` may have it"),
    ("location / { curfew_identity_headers yes; }", "must be \"on\" or \"off\""),
]


def test_a_mistake_in_the_configuration_is_named_with_its_place_and_what_to_do(env):
    replica = Replica(env)
    nginx = Nginx(env, replica, "", start=False)
    for text, cure in MISTAKES:
        nginx.write(server=text)
        said = nginx.test(expect=1)
        line = next(number for number, line in enumerate(
            (nginx.folder / "nginx.conf").read_text().splitlines(), 1) if text in line)
        assert cure in said and f"nginx.conf:{line}" in said, (text, said)
    # A server may leave what it asks for to its locations; what reaches none of them is refused.
    nginx.write(server="curfew bearer; location /files { curfew_audience api://files; }")
    nginx.test()
    nginx.start()
    token = replica.token("john")
    assert nginx.status("/files", token) == 404 and nginx.status("/other", token) == 503
    assert "set curfew_replica, curfew_issuer, and curfew_audience there" in nginx.errors()


def test_reloads_and_killed_workers_let_nobody_through(env):
    replica, _, nginx = served(env)
    johns, alices = replica.token("john"), replica.token("alice")
    replica.revoke("john")
    seen, done = {"john": set(), "alice": set()}, threading.Event()

    def ask():
        while not done.is_set():
            for name, token in (("john", johns), ("alice", alices)):
                try:
                    seen[name].add(nginx.status("/echo", token))
                except OSError:  # the worker was killed in the middle
                    pass

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            nginx.reload()
        for _ in range(3):
            killed = nginx.workers()[-1]
            os.kill(killed, signal.SIGKILL)
            env.wait_until(lambda gone=killed: gone not in nginx.workers(), "the worker to be gone")
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert seen == {"john": {401}, "alice": {200}}, seen
    env.wait_until(lambda: replica.standing()[1] == 0, "all seats to be without open requests")


def test_the_module_is_built_from_all_of_its_files(env):
    folder = env.root / "integrations/nginx"
    config = (folder / "config").read_text()
    for file in sorted(pathlib.Path(folder).glob("*.[ch]")):
        assert f"$ngx_addon_dir/{file.name} " in config, file.name


BOUND = """
  location / { curfew bearer; curfew_audience api://files; proxy_pass http://127.0.0.1:%d; }
  location /public { curfew bearer; curfew_audience api://files; proxy_pass http://127.0.0.1:%d;
                     curfew_public_url https://api.example.com; }
"""


def test_a_token_that_is_bound_to_a_key_needs_its_proof_for_this_address_and_once(env):
    tls = Tls(env)
    replica, _, nginx = served(env, tls.server + BOUND, tls=tls.client(), workers=4)
    token = replica.token("john", cnf={"jkt": replica.known["jkt"]})
    here = f"https://localhost:{nginx.port}"

    def ask(path, proof, **options):
        headers = [("DPoP", proof)] if proof else []
        return nginx.ask(path, token, headers, scheme="DPoP", **options)

    proof = replica.proof("GET", here + "/echo", token)
    assert ask("/echo?query=1", proof).status == 200
    for _ in range(20):  # whichever worker gets it
        again = ask("/echo", proof)
        assert again.status == 401, again
        assert 'DPoP ' in again.headers["www-authenticate"], again
        assert 'error="invalid_dpop_proof"' in again.headers["www-authenticate"], again
    nginx.reload()
    assert ask("/echo", proof).status == 401
    refused = {
        "none": ask("/echo", None),
        "as Bearer": nginx.ask("/echo", token, [("DPoP", replica.proof("GET", here + "/echo",
                                                                        token))]),
        "another method": ask("/echo", replica.proof("GET", here + "/echo", token), method="POST",
                              body=b""),
        "another path": ask("/other", replica.proof("GET", here + "/echo", token)),
        "another host": ask("/echo", replica.proof("GET", "https://evil.example/echo", token)),
        "another host, named": ask("/echo", replica.proof(
            "GET", f"https://evil.example:{nginx.port}/echo", token), host="evil.example"),
        "another port": ask("/echo", replica.proof("GET", "https://localhost/echo", token)),
        "the inside": ask("/public", replica.proof("GET", here + "/public", token)),
    }
    for name, answer in refused.items():
        assert answer.status == 401, (name, answer)
    public = replica.proof("GET", "https://api.example.com/public", token)
    assert ask("/public", public).status == 200
    twice = nginx.ask("/echo", token, [("DPoP", proof), ("DPoP", proof)], scheme="DPoP")
    assert twice.status == 400, twice


def test_a_token_that_is_bound_to_a_certificate_needs_this_connection_to_have_it(env):
    tls = Tls(env)
    server = tls.server + "ssl_verify_client optional_no_ca;" + HERE
    replica, _, nginx = served(env, server, tls=tls.client())
    mine, other = tls.issue("mine"), tls.issue("other")
    token = replica.token("john", cnf={"x5t#S256": tls.thumbprint(mine)})
    assert nginx.status("/echo", token) == 401
    nginx.tls = tls.client(other)
    assert nginx.status("/echo", token) == 401
    nginx.tls = tls.client(mine)
    assert nginx.status("/echo", token) == 200
    headers = [("X-Client-Cert", "mine"), ("X-SSL-Client-Cert", "mine")]
    nginx.tls = tls.client()
    assert nginx.status("/echo", token, headers) == 401


def example(page, app, env, tls, replica, port):
    """The page's configuration, with this test's addresses and files in the place of its own."""
    lines = page.read_text().split("## Configure")[1].splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("    "))
    last = next(number for number, line in enumerate(lines) if number > first and line
                and not line.startswith("    "))
    text = "\n".join(line[4:] for line in lines[first:last])
    issuer = claims_of(replica.token("john"))["iss"]
    for theirs, ours in [
            ("modules/ngx_http", f"{env.bin.parent}/lib/ngx_http"),
            ("/run/curfew-gate/replica", str(replica.path)),
            ("https://login.contoso.com/4a0e0c8e-6c1b-4b43-b2b4-5f6f2a4fb7d1/v2.0", issuer),
            ("curfew_owner curfew-gate;", f"curfew_owner {os.geteuid()};"),
            ("listen 443", f"listen 127.0.0.1:{port}"), ("api.contoso.com", "localhost"),
            ("/etc/ssl/api", str(tls.authority)), ("127.0.0.1:8000", f"127.0.0.1:{app.port}")]:
        assert theirs in text, theirs
        text = text.replace(theirs, ours)
    return text


def test_the_configuration_on_the_page_works(env):
    tls, replica, app = Tls(env), Replica(env), App()
    nginx = Nginx(env, replica, "", tls=tls.client(), workers=1, start=False)
    page = env.root / "docs/nginx.md"
    text = example(page, app, env, tls, replica, nginx.port)
    folder = nginx.folder
    temporary = "".join(f"{name}_temp_path {folder}/{name}; " for name in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; {nginx.settings['user']} pid {folder}/pid; error_log {folder}/error.log;\n"
        + text.replace("http {", f"http {{ access_log {folder}/access.log; {temporary}", 1))
    nginx.test()
    nginx.start()
    told = dict(nginx.ask("/echo", replica.token("john")).json["headers"])
    assert told["X-Curfew-Subject"] == "john" and "Authorization" not in told, told
    assert nginx.status("/echo", replica.token("john", scp="Mail.Read")) == 403
    assert nginx.status("/echo") == 401 and nginx.status("/health") == 200
    peer, status = nginx.open("/socket", replica.token("john"), upgrade=True)
    assert status == 101
    replica.revoke("john")
    await_end(peer)
    directives = re.findall(r"^    NGX_CURFEW_DIRECTIVE\(\s*\"(\w+)\"",
                            (env.root / "integrations/nginx/settings.c").read_text(), re.M)
    assert directives, "the table of directives"
    for name in directives:
        assert f"`{name} " in page.read_text(), f"{name} is not on the page"
