"""Bad input and bad peers: a clear 4xx, nothing changed, and everybody else is served."""

import json
import resource
import socket
import ssl

from harness import Skip
from world import ALICE, JOHN, PENDING, REDIRECT, Server

IDLE_CONNECTIONS = 10_000
SLOW_CLIENTS = 200
SERVED_SECONDS_MAX = 90


def raise_file_limit(wanted):
    """For this process alone: the server raises its own, up to what it may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise Skip(f"a process may open {hard} files at most here, {wanted} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def answers(server, app):
    """Each request within the time limit of browser.py."""
    assert server.get(server.url + "/readyz").status == 200
    tokens = server.tokens(JOHN, app)
    assert server.userinfo(tokens["access_token"]).status == 200


def with_app(env, config=""):
    server = Server(env, config=config)
    server.add_user(JOHN)
    return server, server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)


def is_closed(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True


def plain_connection(server):
    return socket.create_connection(("127.0.0.1", server.port))


def served_beside(env, server, app, open_all):
    """The connections beside which a whole sign-in was answered: the youngest outlived it. Where that
    took so long that the server had ended them all by then, it is tried with others."""
    def attempt():
        connections = open_all()
        answers(server, app)
        if not is_closed(connections[-1]):
            return connections
        for connection in connections:
            connection.close()
        return None

    return env.wait_until(attempt, "a sign-in beside them", timeout=SERVED_SECONDS_MAX)


def test_ten_thousand_idle_connections_leave_the_server_serving(env):
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, usual[1]))  # what a shell gives
    server, app = with_app(env)
    raise_file_limit(IDLE_CONNECTIONS + 1000)
    idle = served_beside(env, server, app, lambda: [plain_connection(server)
                                                    for _ in range(IDLE_CONNECTIONS)])
    alive = sum(1 for connection in idle if not is_closed(connection))
    print(f"a sign-in with {alive} idle connections open")
    for connection in idle:
        connection.close()
    answers(server, app)
    resource.setrlimit(resource.RLIMIT_NOFILE, usual)


def test_slow_clients_leave_the_server_serving_and_are_ended(env):
    server, app = with_app(env)
    context = ssl.create_default_context(cafile=str(server.ca))

    def slow_client():
        connection = context.wrap_socket(plain_connection(server), server_hostname="localhost")
        connection.sendall(b"POST /common/oauth2/v2.0/token HTTP/1.1\r\nHost: localhost\r\n")
        return connection

    slow = served_beside(env, server, app, lambda: [slow_client() for _ in range(SLOW_CLIENTS)])

    def one_more_byte_each():
        alive = 0
        for connection in slow:
            try:
                connection.sendall(b"x")
                alive += 1
            except OSError:
                pass
        return alive == 0

    env.wait_until(one_more_byte_each, "the server to end clients that never finish a request",
                   timeout=60)
    answers(server, app)


def raw(server, text):
    """What the server answers to these bytes: (status, head, body)."""
    context = ssl.create_default_context(cafile=str(server.ca))
    with context.wrap_socket(plain_connection(server), server_hostname="localhost") as connection:
        connection.settimeout(20)
        connection.sendall(text)
        answer = b""
        while True:
            try:
                piece = connection.recv(65536)
            except OSError:
                break
            if not piece:
                break
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else 0, head.decode(), body


def form(body, path="/common/oauth2/v2.0/token", more=""):
    return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


def test_malformed_requests_get_a_4xx_in_the_protocols_own_format(env):
    server, _ = with_app(env)
    requests = {
        "not a grant type": form("grant_type=magic&client_id=x"),
        "nothing at all": form(""),
        "a parameter twice": form("grant_type=refresh_token&grant_type=refresh_token"),
        "broken percent-encoding": form("grant_type=%zz"),
        "not UTF-8": form("grant_type=%ff%fe"),
        "JSON instead of a form": form('{"grant_type":"refresh_token"}').replace(
            b"x-www-form-urlencoded", b"json"),
        "an unknown client": form("grant_type=client_credentials&client_id=" + "0" * 36 +
                                  "&client_secret=x&scope=a%2F.default"),
        "two ways of client authentication": form(
            "grant_type=client_credentials&client_id=a&client_secret=b",
            more="Authorization: Basic YTpi\r\n"),
        "a control character": form("grant_type=refresh_token&refresh_token=%00"),
        "a wrong method": b"DELETE /common/oauth2/v2.0/token HTTP/1.1\r\nHost: localhost\r\n"
                          b"Connection: close\r\n\r\n",
    }
    for what, request in requests.items():
        status, head, body = raw(server, request)
        assert 400 <= status < 500, f"{what}: {head}"
        assert "retry-after" not in head.lower() and status != 429, f"{what}: {head}"
        answer = json.loads(body)
        assert answer["error"] and answer["error_description"], f"{what}: {body}"


def test_malformed_http_is_refused(env):
    server, _ = with_app(env)
    head = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n"
    for what, request in {
            "no HTTP": b"hello\r\n\r\n",
            "two lengths": head + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "length and chunks": head + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "no host": b"GET /readyz HTTP/1.1\r\n\r\n",
            "a header of 64 KiB": head + b"X: " + b"x" * 65536 + b"\r\n\r\n",
            "a body over the limit": head.replace(b"GET", b"POST") +
                                     b"Content-Length: 99999999\r\n\r\n",
    }.items():
        status, answered, _ = raw(server, request)
        assert 400 <= status < 500, f"{what}: {answered}"
    assert server.get(server.url + "/readyz").status == 200


def test_no_endpoint_reads_a_large_body_from_a_stranger(env):
    server, _ = with_app(env)
    for path in ("/curfew/v1/users", "/curfew/v1/revocations", "/curfew/v1/nothing",
                 "/common/oauth2/v2.0/token"):
        for length in (64 * 1024 + 1, 4 * 1024 * 1024):
            # The head alone: what is refused is refused before a byte of the body is waited for.
            status, head, _ = raw(server, (f"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
                                           f"Content-Length: {length}\r\n\r\n").encode())
            assert status == 413, f"{path}, {length} bytes: {head}"


def test_the_administrators_api_refuses_in_its_own_format(env):
    server, _ = with_app(env)
    page = server.get(server.url + "/curfew/v1/users")
    assert page.status == 401 and page.json["error"]["code"], page.text
    assert page.headers["WWW-Authenticate"].startswith("Bearer"), page.headers
    page = server.get(server.url + "/curfew/v1/no-such-thing")
    assert page.status == 404 and page.json["error"]["code"], page.text


def test_hostile_names_are_only_ever_text(env):
    server, _ = with_app(env)
    hostile = "<script>alert(1)</script>"
    app = server.add_app(hostile, "--public", "--redirect-uri", "http://localhost/x")
    url, _ = server.authorize_url(app, "openid")
    page = server.browser().open(url)
    assert page.status == 200 and hostile not in page.text, page.text
    assert "&lt;script&gt;" in page.text, page.text
    shown = server.curfew("app", "show", app["appId"]).out
    assert hostile in shown
    quoted = server.add_app("O'Brien's \"tool\"", "--public")
    assert "O'Brien's \"tool\"" in server.curfew("app", "show", quoted["appId"]).out
    server.add_app("\x1b[31mred", "--public")
    assert "\x1b" not in server.curfew("app", "list").out
    red = server.add_app("\x1b[31mred", "--redirect-uri", REDIRECT)
    server.tokens(JOHN, red)
    done = server.curfew("revoke", JOHN, "--yes", expect=PENDING)
    assert "red" in done.out and "\x1b" not in done.out, done.out


def test_a_victim_is_not_locked_out_of_a_living_session(env):
    server, app = with_app(env)
    server.add_user(ALICE)
    johns_browser = server.browser()
    tokens = server.tokens(JOHN, app, browser=johns_browser)
    url, _ = server.authorize_url(app, "openid")
    stranger = server.browser()
    said = ""
    for _ in range(30):
        page = stranger.submit(stranger.open(url), {"username": JOHN, "password": "guess"})
        said = page.alert
        assert page.status in (400, 200), page.status
    assert "too many attempts" in said, said
    # The session goes on, tokens renew, and the browser that John signed in with still may.
    silent, _ = server.authorize_url(app, "openid", prompt="none")
    assert "code" in johns_browser.open(silent, stop_before=REDIRECT).query
    assert server.refresh(app, tokens["refresh_token"]).status == 200
    johns_browser.cookies["localhost"].pop("__Host-curfew-session")
    server.tokens(JOHN, app, browser=johns_browser)
