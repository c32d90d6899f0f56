"""demo/stage.py: the processes of the demo: the server with its tenant, the applications, and a gate.

Everything lives in one folder: the server's data, the applications' certificates and logs, the
report. stop() ends what was started, newest first.
"""

import json
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
DOMAIN = "contoso.com"
SUBJECT = f"johndoe@{DOMAIN}"
BYSTANDER = f"alice@{DOMAIN}"
ADMINISTRATOR = f"admin@{DOMAIN}"
COLLEAGUE = f"helen@{DOMAIN}"
NAMES = {SUBJECT: "John Doe", BYSTANDER: "Alice Bell"}
FILES_URI = "api://files"
GRAPH_SCOPE = "https://graph.microsoft.com/User.Read"
PORTAL_SESSION_SECONDS = 8 * 3600
PORTS = 5
READY_SECONDS = 60
STOP_SECONDS = 20
# A server that was just started waits one lease before it believes that its gates are done.
SETTINGS = """
[gates]
lease = "3s"
"""


class DemoError(Exception):
    """The demo cannot go on; the message says why and what to do."""


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def environment(extra=None):
    """Ours without proxies, which would swallow requests to 127.0.0.1."""
    kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    return {**kept, **(extra or {})}


class Stage:
    """The server, the three applications, and the gate before one of them, on PORTS ports."""

    def __init__(self, folder, binaries, node, ports):
        self.folder = folder
        self.data = folder / "data"
        self.ca = self.data / "ca.pem"
        self.gate_socket = folder / "gate.sock"
        self.bin = binaries
        self.node = node
        self.port, self.portal_port, self.mail_port, self.files_port, self.guarded_port = ports
        self.url = f"https://localhost:{self.port}"
        self.portal = f"https://127.0.0.1:{self.portal_port}"
        self.mail = f"https://127.0.0.1:{self.mail_port}"
        self.files = f"https://127.0.0.1:{self.files_port}"
        self.guarded = f"https://127.0.0.1:{self.guarded_port}"  # the same, behind the gate
        self.passwords = {name: secrets.token_urlsafe(12) for name in [*NAMES, COLLEAGUE]}
        self.first_password = ""
        self.apps = {}  # name -> what `curfew app add` printed
        self.api_key = ""
        self._processes = []

    # The server

    def make_tenant(self):
        self._run([self.bin / "curfewd", "init", "--data", self.data, "--domain", DOMAIN,
                   "--port", self.port])
        with open(self.data / "curfewd.toml", "a", encoding="utf-8") as file:
            file.write(SETTINGS)
        # The one-time password of init is shown there only; the demo asks for another to show.
        out = self._run([self.bin / "curfewd", "reset-password", "--data", self.data,
                         ADMINISTRATOR])
        self.first_password = out.splitlines()[0].rpartition(": ")[2]
        self._run([self.bin / "curfewd", "new-witness", "--data", self.data, "--witness",
                   self.folder / "witness"])

    def serve(self):
        self._start("curfewd", [self.bin / "curfewd", "serve", "--data", self.data,
                                "--witness", self.folder / "witness"], "Curfew serves")

    def curfew(self, *args, stdin=""):
        """A command of the administrator's that must succeed; the JSON that it prints."""
        out = self._run([self.bin / "curfew", "--data", self.data, "-o", "json", *args], stdin)
        return json.loads(out)

    def add_directory(self):
        for name, display_name in NAMES.items():
            self.curfew("user", "add", name, "--name", display_name, "--password-stdin",
                        "--keep-password", stdin=self.passwords[name] + "\n")
        self.curfew("user", "add", COLLEAGUE, "--name", "Helen Park", "--password-stdin",
                    "--keep-password", stdin=self.passwords[COLLEAGUE] + "\n")
        self.curfew("user", "add-role", COLLEAGUE, "Global Administrator")
        self.apps["Files API"] = self.curfew(
            "app", "add", "Files API", "--identifier-uri", FILES_URI, "--scope", "read",
            "--may-introspect", "--consent", FILES_URI + "/read",
            "--redirect-uri", self.guarded + "/.curfew/callback",
            "--own-session", 0)  # a session at a gate is the token that it was begun with
        self.apps["Portal"] = self.curfew(
            "app", "add", "Portal", "--redirect-uri", self.portal + "/callback",
            "--post-logout-redirect-uri", self.portal,
            "--own-session", PORTAL_SESSION_SECONDS)
        self.apps["Mail"] = self.curfew(
            "app", "add", "Mail", "--public", "--device-code", "--redirect-uri",
            self.mail + "/callback", "--consent", GRAPH_SCOPE)
        self.api_key = self.curfew(
            "key", "add", "nightly export", "--app", "Files API", "--scope", FILES_URI + "/read",
            "--owner", SUBJECT)["keyText"]

    # The gate

    def start_gate(self):
        """Enrolled as on another machine: with a code, and a key that stays in its folder."""
        program, files = self.bin / "curfew-gate", self.apps["Files API"]["appId"]
        own = ["--data", self.folder / "gate"]
        replica = ["--replica", self.folder / "gate-memory" / "replica"]
        code = self.curfew("gate", "add", "edge")["enrolmentCode"]
        self._run([program, "enrol", "--server", self.url, "--ca", self.ca, *own, "--code", "-"],
                  code + "\n")
        public_key = self._run([program, "site", "add", "files", *own, "--url", self.guarded,
                                "--client-id", files, "--audience", FILES_URI])
        (self.folder / "files.jwk").write_text(public_key)
        self.curfew("app", "key", "add", files, self.folder / "files.jwk")
        self._start("gate", [program, "run", *own, *replica], '"event":"gate.lease"')
        self._start("gate-serve", [program, "serve", *own, *replica, "--listen",
                                   f"unix:{self.gate_socket}"], "answers for 1 sites")

    # The applications

    def start_apps(self):
        self._run([self.bin / "curfew", "--data", self.data, "ca", "issue", "127.0.0.1",
                   "--out", self.folder / "apps"])
        portal = self.apps["Portal"]["client"]
        issuer = portal["issuer"]
        authority = issuer.removesuffix("/v2.0")
        self._start_app("files-api", self.files_port, {
            **self.apps["Files API"]["client"], "audience": FILES_URI,
            "jwks_uri": authority + "/discovery/v2.0/keys",
            "introspection_endpoint": authority + "/oauth2/v2.0/introspect"})
        self._start_app("guarded", self.guarded_port, {"gate": str(self.gate_socket)})
        self._start_app("portal", self.portal_port, {
            **portal, "session_seconds": PORTAL_SESSION_SECONDS})
        self._start_app("mail", self.mail_port, {
            **self.apps["Mail"]["client"], "files_base": self.files,
            "guarded_base": self.guarded,
            "files_scope": FILES_URI + "/read", "graph_scope": GRAPH_SCOPE})

    def _start_app(self, name, port, settings):
        settings = {**settings, "port": port, "certificate": str(self.folder / "apps.pem"),
                    "key": str(self.folder / "apps-key.pem")}
        self._start(name, [self.node, HERE / "apps" / (name + ".mjs")], "ready",
                    {"DEMO_APP": json.dumps(settings), "NODE_EXTRA_CA_CERTS": str(self.ca)})

    # Processes

    def _run(self, args, stdin=""):
        words = [str(arg) for arg in args]
        done = subprocess.run(words, input=stdin, capture_output=True, text=True, check=False,
                              env=environment())
        if done.returncode != 0:
            raise DemoError(f"`{' '.join(words)}` ended with {done.returncode}:\n"
                            f"{done.stdout}{done.stderr}".rstrip())
        return done.stdout

    def _start(self, name, args, ready, extra=None):
        log = self.folder / (name + ".log")
        with open(log, "wb") as out:
            # pylint: disable=consider-using-with
            process = subprocess.Popen([str(arg) for arg in args], stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=subprocess.STDOUT,
                                       env=environment(extra), start_new_session=True)
        self._processes.append(process)
        end = time.monotonic() + READY_SECONDS
        while ready not in log.read_text(errors="replace"):
            if process.poll() is not None:
                raise DemoError(f"{name} ended with {process.returncode}:\n{log.read_text()}")
            if time.monotonic() > end:
                raise DemoError(f"{name} was not ready within {READY_SECONDS} s; see {log}")
            time.sleep(0.02)

    def failed_process(self):
        """The first that has ended by itself, or nothing."""
        return next((p for p in self._processes if p.poll() is not None), None)

    def stop(self):
        for process in reversed(self._processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in reversed(self._processes):
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()
