"""tests/e2e/graph_wire.py: a Graph API on the wire, and what all of its answers have in common.

    office = GraphOffice(env)                # a server, somebody who may do everything
    api = office.tls()                       # or office.plain(), or Api(address of a proxy, bearer)
    answer = api.call("GET", "/users")       # checks what every answer must have
    api.send(b"GET /v1.0/users HTTP/1.1\\r\\n...")  # exactly these bytes

What Prism (a validating proxy, held by tests/e2e/prism.py) cannot see is checked here: headers, the
shape of errors, annotations.
"""

import http.client
import json
import re
import socket
import ssl
import urllib.parse
import uuid
from dataclasses import dataclass

from world import PASSWORD, REDIRECT, Server

RESOURCE = "https://graph.microsoft.com"
ADMIN = "responder@contoso.com"
CP1 = json.dumps({"access_token": {"xms_cc": {"values": ["cp1"]}}})
PROBLEM = "https://stoplight.io/prism/errors"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
TIMEOUT_SECONDS = 60


@dataclass
class Answer:
    """One answer; `json` is nothing where the body is not JSON."""

    status: int
    headers: object
    text: str

    @property
    def json(self):
        return json.loads(self.text) if is_json(self) else None


def is_json(answer):
    return answer.headers.get("Content-Type", "").split(";")[0].strip() == "application/json"


def check_error(answer):
    error = answer.json["error"]
    assert error["code"] and error["message"], answer.text
    inner = error["innerError"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", inner["date"]), inner
    assert inner["request-id"] == answer.headers["request-id"], inner
    assert inner["client-request-id"] == answer.headers["client-request-id"], inner


def check_annotations(answer, is_batch):
    assert answer.headers.get("OData-Version") == "4.0", dict(answer.headers)
    if is_batch:
        return
    context = answer.json["@odata.context"]
    assert "/v1.0/$metadata#" in context, context
    # Where objects of several kinds may come, each says what it is.
    fragment = context.rpartition("#")[2]
    if fragment == "directoryObjects":
        for element in answer.json["value"]:
            assert element["@odata.type"].startswith("#microsoft.graph."), element
    if fragment == "directoryObjects/$entity":
        assert answer.json["@odata.type"].startswith("#microsoft.graph."), answer.text


def check_answer(answer, client_request_id=None, is_batch=False):
    """What is true of every answer of the Graph API."""
    assert not (answer.text.startswith('{"type":"' + PROBLEM)), f"the proxy says: {answer.text}"
    assert GUID.match(answer.headers.get("request-id", "")), dict(answer.headers)
    echoed = answer.headers.get("client-request-id")
    assert echoed == (client_request_id or answer.headers["request-id"]), (echoed, client_request_id)
    assert answer.headers["Date"] and answer.headers["Cache-Control"] == "no-store"
    assert not (is_json(answer) and not answer.text), "a JSON type, and no JSON"
    if answer.status >= 400:
        check_error(answer)
    elif is_json(answer):
        check_annotations(answer, is_batch)
    if answer.status == 204:
        assert not answer.text and "Content-Type" not in answer.headers, dict(answer.headers)
    if answer.status == 201:
        assert "/v1.0/" in (answer.headers.get("Location") or ""), dict(answer.headers)


class Api:
    """The Graph API at one address, called by one caller."""

    def __init__(self, url, bearer=None, context=None):
        self.url = url
        self.bearer = bearer
        parts = urllib.parse.urlsplit(url)
        self.host, self.port = parts.hostname, parts.port
        self._context = context  # none: plain HTTP

    def _connection(self):
        if self._context:
            return http.client.HTTPSConnection(self.host, self.port, timeout=TIMEOUT_SECONDS,
                                               context=self._context)
        return http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT_SECONDS)

    def ask(self, method, below, body=None, headers=None):
        """One request; nothing about the answer is checked."""
        sent = {"Accept": "application/json", **(headers or {})}
        if self.bearer:
            sent["Authorization"] = "Bearer " + self.bearer
        if body is not None:
            sent["Content-Type"] = "application/json"
            body = body if isinstance(body, str) else json.dumps(body)
        connection = self._connection()
        try:
            connection.request(method, "/v1.0" + below, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode())
        finally:
            connection.close()

    def call(self, method, below, body=None, *, status=200, headers=None):
        """One request, checked."""
        wanted = str(uuid.uuid4())
        answer = self.ask(method, below, body, {"client-request-id": wanted, **(headers or {})})
        assert answer.status == status, f"{method} {below}: {answer.status} {answer.text}"
        check_answer(answer, wanted, below.startswith("/$batch"))
        return answer

    def send(self, request):
        """Exactly these bytes; the answer as it is parsed, unchecked."""
        raw = socket.create_connection((self.host, self.port), timeout=TIMEOUT_SECONDS)
        if self._context:
            raw = self._context.wrap_socket(raw, server_hostname=self.host)
        with raw:
            raw.sendall(request)
            answer = http.client.HTTPResponse(raw)
            answer.begin()
            return Answer(answer.status, answer.headers, answer.read().decode())


class GraphOffice:
    """A server that also listens without TLS, with an application that may use every permission,
    for a person with every right."""

    def __init__(self, env, *, pkce=True, config=""):
        self.env = env
        self.plain_port = env.free_port()
        self.plain_url = f"http://127.0.0.1:{self.plain_port}"
        self.server = Server(env, config=f'listen_plain = ["127.0.0.1:{self.plain_port}"]\n{config}')
        self.permissions = permissions_in(env.root / "docs" / "graph.md")
        consents = [word for name in self.permissions for word in
                    ("--consent", f"{RESOURCE}/{name}",
                     "--application-permission", f"{RESOURCE}/{name}")]
        if not pkce:
            consents.append("--no-pkce")
        self.app = self.server.add_app("Incident response", "--redirect-uri", REDIRECT, *consents)
        self.server.add_user(ADMIN, "--role", "Global Administrator")
        self.bearer = self.token_of(ADMIN)

    def token_of(self, name):
        """A token for Graph, of a client that can be told to come back for another."""
        return self.server.tokens(name, self.app, scope=RESOURCE + "/.default",
                                  claims=CP1)["access_token"]

    def app_token(self):
        page = self.server.token(self.app, {"grant_type": "client_credentials",
                                            "scope": RESOURCE + "/.default"})
        assert page.status == 200, page.text
        return page.json["access_token"]

    def tls(self, bearer=None, context=None):
        trusting = context or ssl.create_default_context(cafile=str(self.server.ca))
        return Api(self.server.url, bearer or self.bearer, trusting)

    def plain(self, bearer=None):
        return Api(self.plain_url, bearer or self.bearer)

    def add_person(self, name):
        return self.server.json("user", "add", name, "--password-stdin", "--keep-password",
                                stdin=PASSWORD + "\n")["id"]

    def add_device(self, name, owner):
        """Its object's id, by which Graph calls it."""
        self.server.json("device", "add", name, "--owner", owner, "--os", "Linux")
        found = self.plain().call("GET", f"/users/{owner}/registeredDevices").json["value"]
        return next(device["id"] for device in found if device["displayName"] == name)


def rows_in(document):
    """The cells of every row of every table, without backticks."""
    for line in document.read_text().splitlines():
        if line.startswith("| ") and line.endswith(" |"):
            yield [cell.strip() for cell in line.replace("`", "")[1:-1].split("|")]


def permissions_in(document):
    """The names in the table of permissions."""
    names = set()
    for row in rows_in(document):
        if len(row) == 4 and row[0].startswith("P-"):
            names.update(word for cell in row[1:] for word in cell.split() if word != "none")
    return sorted(names)


def operations_in(document):
    """(method, path) of every operation that is served; a test of the server holds the table."""
    return {(row[0], row[1]) for row in rows_in(document) if len(row) == 3
            and row[1].startswith("/")}
