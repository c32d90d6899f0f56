"""What malformed requests and hostile peers leave behind: nothing, for nobody."""

import socket
import sqlite3
import ssl
import time

from harness import poll
from world import JOHN, REDIRECT, Server

# What refused requests are remembered in.
LOGS = ("audit", "audit_personal", "audit_person_keys", "sign_ins")
SECRET = "never-to-be-seen-5309"
CONNECTIONS_MAX = 100
SENDS_AT_ONCE = 1000
UNREAD_SECONDS = 19  # the server waits for a second longer until somebody reads


def with_app(env, config=""):
    server = Server(env, config=config)
    server.add_user(JOHN)
    return server, server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)


def over_tls(server):
    context = ssl.create_default_context(cafile=str(server.ca))
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    return context.wrap_socket(plain, server_hostname="localhost")


def over_local_socket(server):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(20)
    connection.connect(str(server.data / "curfewd.sock"))
    return connection


def ask(connection, request):
    """(status, the whole answer) to these bytes."""
    with connection:
        connection.sendall(request)
        answer = b""
        while True:
            try:
                piece = connection.recv(65536)
            except OSError:
                break
            if not piece:
                break
            answer += piece
    return int(answer.split()[1]) if answer else 0, answer.decode(errors="replace")


def request(method, path, body="", content_type="application/x-www-form-urlencoded", more=""):
    data = body if isinstance(body, bytes) else body.encode()
    return (f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}"
            f"Content-Type: {content_type}\r\nContent-Length: {len(data)}\r\n\r\n").encode() + data


def as_json(method, path, body):
    return request(method, "/curfew/v1" + path, body, "application/json")


def rows(server):
    """Every row of every table but the logs, as it is committed."""
    database = sqlite3.connect(f"file:{server.data / 'curfew.db'}?mode=ro", uri=True)
    try:
        names = [name for name, in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: sorted(map(repr, database.execute(f'SELECT * FROM "{name}"')))
                for name in names if name not in LOGS and not name.startswith("sqlite_")}
    finally:
        database.close()


def malformed_requests(app):
    """Each has a secret somewhere, and something wrong."""
    client = app["appId"]
    oauth = "/common/oauth2/v2.0"
    return [
        request("POST", oauth + "/token", f"grant_type={SECRET}&client_id={client}"),
        request("POST", oauth + "/token", f"grant_type=password&username={JOHN}&password={SECRET}"),
        request("POST", oauth + "/token", f"client_id={client}&refresh_token={SECRET}%"),
        request("POST", oauth + "/token", f"client_id={client}&client_id={SECRET}"),
        request("POST", oauth + "/token", "{", "application/json",
                f"Authorization: Basic {SECRET}\r\n"),
        request("POST", oauth + "/token", f"grant_type=refresh_token&client_id={client}"
                                          f"&refresh_token=1.{SECRET}.0.x"),
        request("POST", oauth + "/revoke", f"token={SECRET}"),
        request("POST", oauth + "/introspect", f"token={SECRET}&client_id=x&client_secret={SECRET}"),
        request("GET", f"/common/oidc/userinfo?access_token={SECRET}"),
        request("GET", "/common/oidc/userinfo", more=f"Authorization: Bearer {SECRET}\r\n"),
        request("GET", "/curfew/v1/users", more=f"Authorization: Bearer {SECRET}.{SECRET}.x\r\n"),
        request("POST", "/common/login", f"continuation={SECRET}&username=x&password={SECRET}"),
        request("POST", "/common/login/password", f"continuation=&new_password={SECRET}"),
        request("POST", "/common/account/sessions", f"continuation={SECRET}",
                more=f"Cookie: __Host-curfew-session=a.{SECRET}\r\n"),
        request("GET", oauth + "/authorize?client_id=%00&redirect_uri=javascript:x"),
        request("DELETE", oauth + "/token", f"token={SECRET}"),
        f"GET /{SECRET} HTTP/9.9\r\n\r\n".encode(),
        f"POST /x HTTP/1.1\r\nHost: a\r\nHost: {SECRET}\r\n\r\n".encode(),
    ]


def malformed_administration(app):
    """From the machine's own administrator, who could change everything."""
    client, user = app["appId"], JOHN
    deep = "[" * 100 + "]" * 100
    return [
        as_json("POST", "/users", "{"),
        as_json("POST", "/users", f'{{"userPrincipalName":"x y@contoso.com","password":"{SECRET}"}}'),
        as_json("POST", "/users", b'{"userPrincipalName":"a@contoso.com","displayName":"\xff"}'),
        as_json("POST", "/users", '{"userPrincipalName":"a@contoso.com","userPrincipalName":"b"}'),
        as_json("PATCH", f"/users/{user}", f'{{"displayName":"{SECRET}","accountEnabled":"no"}}'),
        as_json("PATCH", f"/users/{user}", f'{{"displayName":{deep}}}'),
        as_json("PATCH", f"/apps/{client}", '{"displayName":"New","accountEnabled":0}'),
        as_json("PATCH", f"/apps/{client}", '{"accountEnabled":false,"redirectUris":["http://x"]}'),
        as_json("POST", "/apps", '{"displayName":"A","clientType":"public","requirePkce":false}'),
        as_json("POST", "/groups", '{"displayName":1}'),
        as_json("POST", "/devices", '{"displayName":"D","registeredOwner":"nobody"}'),
        as_json("POST", "/keys", f'{{"appId":"{client}","lifetimeDays":0}}'),
        as_json("POST", "/revocations", f'{{"subject":"{user}","mode":"softly"}}'),
        as_json("POST", "/revocations", f'{{"subject":"{user}","removeAssignments":"all"}}'),
        as_json("POST", "/revocations/nothing/restore", ""),
        as_json("PUT", f"/users/{user}/roles/King", ""),
        as_json("DELETE", "/users/%ff%00", ""),
        as_json("GET", "/users?limit=0", ""),
        as_json("GET", "/users?limit=1000", ""),
        as_json("GET", "/users?limit=10&limit=20", ""),
        as_json("GET", "/revocations?after=yesterday", ""),
    ]


def test_malformed_requests_change_nothing_show_nothing_and_disturb_nobody(env):
    server, app = with_app(env)
    tokens = server.tokens(JOHN, app)
    before = rows(server)
    answers = [(one, *ask(over_tls(server), one)) for one in malformed_requests(app)]
    answers += [(one, *ask(over_local_socket(server), one))
                for one in malformed_administration(app)]
    for asked, status, answer in answers:
        assert 400 <= status < 500 and status != 429, f"{asked}\n{answer}"
        assert "retry-after" not in answer.lower(), answer
        body = answer.partition("\r\n\r\n")[2]
        for inner in ("curfew.db", str(server.data), "SQL", "boost", "exception", "argon2"):
            assert inner not in body, f"{asked}\n{answer}"
    after = rows(server)
    for table, content in before.items():
        assert after[table] == content, f"{table} was changed"
    assert after.keys() == before.keys()
    assert SECRET not in server.process.output(), "a secret of a request is in the log"
    print(f"{len(answers)} malformed requests, {sum(map(len, before.values()))} rows as before")
    # Who was signed in still is, and everybody may go on.
    assert server.userinfo(tokens["access_token"]).status == 200
    assert server.refresh(app, tokens["refresh_token"]).status == 200
    server.tokens(JOHN, app)


def test_a_client_that_never_reads_its_answers_is_ended(env):
    server, app = with_app(env)
    connection = over_tls(server)
    connection.setblocking(False)
    asked = b"GET /common/discovery/v2.0/keys HTTP/1.1\r\nHost: localhost\r\n\r\n" * 100

    begun = time.monotonic()

    def is_stuck():
        """True once the server takes no more: it waits for us to read, or has done so in vain."""
        try:
            for _ in range(SENDS_AT_ONCE):
                connection.send(asked)
        except (ssl.SSLWantWriteError, BlockingIOError):
            return True
        except OSError:
            took = time.monotonic() - begun
            assert took > UNREAD_SECONDS, f"ended after {took:.1f} s"
            return True
        return False

    env.wait_until(is_stuck, "the server to wait for its answers to be read")
    server.tokens(JOHN, app)

    def is_ended():
        try:
            connection.send(asked)
        except (ssl.SSLWantWriteError, BlockingIOError):
            return False
        except OSError:
            return True
        return False

    env.wait_until(is_ended, "the server to end a client that never reads", timeout=60)
    server.tokens(JOHN, app)


def test_more_connections_than_allowed_are_turned_away_and_room_is_found_again(env):
    server, app = with_app(env, f"connections_max = {CONNECTIONS_MAX}\n")
    held = [socket.create_connection(("127.0.0.1", server.port))
            for _ in range(2 * CONNECTIONS_MAX)]

    def open_ones():
        count = 0
        for connection in held:
            connection.setblocking(False)
            try:
                count += connection.recv(1) != b""
            except BlockingIOError:
                count += 1
            except OSError:
                pass
        return count

    assert poll(lambda: open_ones() <= CONNECTIONS_MAX, 30), f"{open_ones()} are open"
    for connection in held:
        connection.close()
    env.wait_until(lambda: sign_in_works(server, app), "room for a sign-in")


def sign_in_works(server, app):
    try:
        server.tokens(JOHN, app)
    except (OSError, AssertionError):
        return False
    return True
