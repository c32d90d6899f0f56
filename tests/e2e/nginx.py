"""tests/e2e/nginx.py: Debian's nginx with our module in a test's own folder, a gate's replica for it,
and an application behind it.

    replica = Replica(env)                     # written by libcurfew_fixture, in a gate's place
    token = replica.token("user-1", aud="api://mail")
    app = App()                                # answers with the headers that it got
    nginx = Nginx(env, replica, app, "location / { ... }")
    answer = nginx.ask("/", token)             # Answer(status, headers, body)
    replica.revoke("user-1")

Where the test runs as root, nginx's workers are nobody, and may read the replica by their group.
"""

import base64
import contextlib
import grp
import hashlib
import http.client
import json
import os
import signal
import socket
import ssl
import time
from dataclasses import dataclass

from loopback import LoopbackServer

ISSUER = "https://id.contoso.com/tenant-1/v2.0"
AUDIENCE = "api://files"
GENERATION = 7  # of the fixture's positions
WAIT_SECONDS = 20
# Another build of the module, with sanitizers in it, and their runtime, which nginx has not.
OTHER_MODULE = os.environ.get("CURFEW_NGINX_MODULE")
PRELOAD = os.environ.get("CURFEW_NGINX_PRELOAD")
ENVIRONMENT = PRELOAD and {"LD_PRELOAD": PRELOAD, "ASAN_OPTIONS": "detect_leaks=0"}

BASE = """
load_module {module};
daemon off;
{main}
{user}
worker_processes {workers};
worker_rlimit_nofile {files};
pid {folder}/pid;
error_log {folder}/error.log {level};
events {{ worker_connections {connections}; }}
http {{
  log_format curfew '$request_uri $status result=$curfew_result reason="$curfew_reason" '
                    'subject=$curfew_subject client=$curfew_client_id session=$curfew_session '
                    'token=$curfew_token_id';
  access_log {folder}/access.log curfew;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  root {folder}/pages;
  keepalive_timeout 60;
  proxy_http_version 1.1;
  proxy_buffering off;
  {gate}
  {http}
  server {{
    listen 127.0.0.1:{port} {listen};
    server_name localhost;
    {server}
  }}
}}
"""


@dataclass
class Answer:
    """An HTTP answer; the names of headers in lower case, the last of each."""

    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Replica:
    """A gate's replica, and whoever signs tokens for it."""

    def __init__(self, env, name="gate"):
        self.env = env
        self.folder = env.temp / name
        self.folder.mkdir()
        self.path = self.folder / "replica"
        self.group = grp.getgrnam("nogroup").gr_gid if os.geteuid() == 0 else os.getegid()
        self.start()

    def start(self):
        fifo = self.folder / "commands"
        if not fifo.exists():
            os.mkfifo(fifo)
        # Kept open for writing, so that it never ends for the reader.
        self.commands = os.open(fifo, os.O_RDWR)
        self.process = self.env.start(
            ["sh", "-c", 'exec "$0" "$1" "$2" <"$3"', self.env.bin / "libcurfew_fixture",
             self.folder, self.group, fifo], name="libcurfew_fixture", ready='"user-1"')
        self.known = json.loads(self.process.output().splitlines()[0])
        self.told = 1

    def tell(self, line):
        """What the fixture answers."""
        os.write(self.commands, (line + "\n").encode())
        self.told += 1
        self.env.wait_until(lambda: self.process.output().count("\n") >= self.told,
                            f"an answer to {line[:60]!r}")
        return self.process.output().splitlines()[self.told - 1]

    def revoke(self, user):
        """Returns when it is in the replica: the moment of that."""
        assert self.tell(f"reauth user/{user}") == "ok"
        return time.monotonic()

    def standing(self):
        """(position up to which readers have closed, readers with open connections)"""
        position, holders = self.tell("standing").split()
        return int(position.split(".")[1]), int(holders)

    def claims(self, user, **more):
        now = int(time.time())
        stamp = f"{GENERATION}.1"
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": user, "oid": user, "tid": "tenant-1",
                  "client_id": "app-1", "azp": "app-1", "scp": "Files.Read Files.Write",
                  "sid": "session-of-" + user, "jti": "token-of-" + user, "iat": now, "nbf": now,
                  "exp": now + 600, "auth_as_of": stamp, "as_of": stamp, "ver": "2.0", **more}
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, user, typ="at+jwt", **more):
        return self.tell(f"sign {typ} {json.dumps(self.claims(user, **more))}")

    def proof(self, method, url, token):
        """A DPoP proof by the key whose thumbprint is known["jkt"]."""
        ath = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=")
        return self.tell("prove " + json.dumps({
            "jti": os.urandom(12).hex(), "htm": method, "htu": url, "iat": int(time.time()),
            "ath": ath.decode()}))


class App(LoopbackServer):
    """An application behind nginx.

    /echo...     the request's headers as JSON
    /events...   a line every 10 ms, without end
    /large...    as many bytes as are taken
    Upgrade      what comes in goes back
    """

    def __init__(self):
        self.open = []  # paths that do not end by themselves
        self.echoed = b""
        self.asked = []
        self.headers = {}  # of the last request for each path
        super().__init__(backlog=4096)

    def serve(self, peer):
        with contextlib.suppress(OSError):
            stream = peer.makefile("rb")
            while line := stream.readline():
                method, path, _ = line.decode().split(" ", 2)
                headers = []
                while (field := stream.readline().decode("latin-1").rstrip("\r\n")):
                    headers.append(field.split(": ", 1) if ": " in field else [field[:-1], ""])
                self.asked.append(path)
                self.headers[path] = headers
                names = {name.lower(): value for name, value in headers}
                if "upgrade" in names:
                    return self._held(path, lambda: self._echo(peer, stream))
                if path.startswith("/events"):
                    return self._held(path, lambda: self._events(peer))
                if path.startswith("/large"):
                    return self._held(path, lambda: self._large(peer))
                stream.read(int(names.get("content-length", 0)))
                body = json.dumps({"method": method, "path": path, "headers": headers}).encode()
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                             b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return None

    def _held(self, path, work):
        self.open.append(path)
        try:
            work()
        finally:
            self.open.remove(path)

    def _echo(self, peer, stream):
        peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                     b"Connection: Upgrade\r\n\r\n")
        while data := stream.read1(65536):
            self.echoed += data
            peer.sendall(data)

    @staticmethod
    def _events(peer):
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        while True:
            peer.sendall(b"data: news\n\n")
            time.sleep(0.01)

    @staticmethod
    def _large(peer):
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000\r\n\r\n")
        while True:
            peer.sendall(b"x" * 65536)


class Tls:
    """Certificates made by openssl; `server` is what nginx is told of its own."""

    def __init__(self, env):
        self.env = env
        self.folder = env.temp / "tls"
        self.folder.mkdir()
        self.authority = self.issue("localhost")
        self.server = f"ssl_certificate {self.authority}.pem; " \
                      f"ssl_certificate_key {self.authority}-key.pem;\n"

    def issue(self, name):
        """A certificate that vouches for itself: PATH.pem and PATH-key.pem."""
        path = self.folder / name
        self.env.run(["openssl", "req", "-x509", "-nodes", "-days", "30", "-newkey", "ec",
                      "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=" + name, "-addext",
                      "subjectAltName=DNS:" + name, "-keyout", f"{path}-key.pem", "-out",
                      f"{path}.pem"])
        return path

    def client(self, certificate=None):
        context = ssl.create_default_context(cafile=f"{self.authority}.pem")
        if certificate:
            context.load_cert_chain(f"{certificate}.pem", f"{certificate}-key.pem")
        return context

    @staticmethod
    def thumbprint(certificate):
        der = ssl.PEM_cert_to_DER_cert(certificate.with_suffix(".pem").read_text())
        return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


class Nginx:
    """The server; `server` is what stands in its block."""

    def __init__(self, env, replica, server, *, http_level="", tls=None, workers=2, level="info",
                 connections=1024, start=True, main=""):
        # pylint: disable=too-many-arguments
        self.env = env
        self.replica = replica
        self.folder = env.temp / f"nginx-{env.free_port()}"
        (self.folder / "pages").mkdir(parents=True)
        self.port = env.free_port()
        self.tls = tls
        self.process = None
        self.settings = {
            "module": OTHER_MODULE or env.bin.parent / "lib/ngx_http_curfew_module.so",
            "folder": self.folder,
            "user": "user nobody nogroup;" if os.geteuid() == 0 else "", "workers": workers,
            "files": connections * 2 + 64, "level": level, "connections": connections,
            "gate": f"curfew_replica {replica.path}; curfew_issuer {ISSUER};",
            "http": http_level, "port": self.port,
            "listen": "" if tls is None else "ssl http2", "server": server, "main": main}
        self.write()
        if start:
            self.start()

    def write(self, **changes):
        self.settings.update(changes)
        (self.folder / "nginx.conf").write_text(BASE.format(**self.settings))

    def command(self, *more):
        return ["/usr/sbin/nginx", "-c", self.folder / "nginx.conf", "-e",
                self.folder / "start.log", *more]

    def test(self, expect=0):
        """What `nginx -t` says."""
        return self.env.run(self.command("-t"), expect=expect, env=ENVIRONMENT).err

    def start(self):
        if os.geteuid() == 0:
            self.env.temp.chmod(0o711)  # what is inside keeps its own modes
            self.env.run(["chown", "-R", "nobody:nogroup", self.folder])
        self.process = self.env.start(self.command(), name="nginx", env=ENVIRONMENT)
        self.env.wait_until(lambda: not self.process.running() or self.serves(), "nginx to serve")
        assert self.process.running(), self.process.output() + self.errors()

    def serves(self):
        """It listens before it has its workers; where it has a cache, more processes come after them."""
        return self.listens() and len(self.workers()) >= self.settings["workers"]

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def reload(self):
        before = set(self.workers())
        self.write()
        os.kill(self.process.pid, signal.SIGHUP)
        self.env.wait_until(lambda: set(self.workers()) - before, "the new workers")

    def workers(self):
        """Process ids of the workers, the old ones of a reload too."""
        found = []
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children",
                  encoding="utf-8") as children:
            found = [int(pid) for pid in children.read().split()]
        return found

    def log(self):
        return (self.folder / "access.log").read_text()

    def errors(self):
        file = self.folder / "error.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def await_log(self, words):
        self.env.wait_until(lambda: words in self.log(), f"{words!r} in the access log")

    def connect(self, receive_buffer=None):
        peer = socket.socket()
        peer.settimeout(WAIT_SECONDS)
        if receive_buffer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        peer.connect(("127.0.0.1", self.port))
        return peer if self.tls is None else self.tls.wrap_socket(peer, server_hostname="localhost")

    def ask(self, path="/", token=None, headers=(), *, method="GET", scheme="Bearer", body=None,
            host=None):
        # pylint: disable=too-many-arguments
        """One request on a connection of its own. `headers` may repeat a name."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
        connection.sock = self.connect()
        with contextlib.closing(connection):
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host or f"localhost:{self.port}")
            if token is not None:
                connection.putheader("Authorization", f"{scheme} {token}")
            for name, value in headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, fields, answer.read())

    def status(self, path="/", token=None, headers=(), **options):
        return self.ask(path, token, headers, **options).status

    def open(self, path, token, *, upgrade=False, receive_buffer=None):
        """A request that goes on: the socket, after the head of the answer; and its status."""
        peer = self.connect(receive_buffer)
        more = "Upgrade: websocket\r\nConnection: Upgrade\r\n" if upgrade else ""
        peer.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}"
                     f"Authorization: Bearer {token}\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            piece = peer.recv(4096)
            assert piece, head
            head += piece
        return peer, int(head.split()[1])


def is_ended(peer):
    """Whether the other side has closed the connection; what still comes is thrown away."""
    peer.settimeout(0.01)
    try:
        return peer.recv(65536) == b""
    except (TimeoutError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True


def await_end(peer, seconds=WAIT_SECONDS):
    """When the other side had closed the connection."""
    peer.settimeout(seconds)
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while peer.recv(65536):
            pass
    return time.monotonic()
