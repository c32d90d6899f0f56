#!/usr/bin/python3
"""tests/bench/peers.py: the same work by other servers, in the same run and on the same machine.

    peers.py --bin build/bin --node PATH --glewlwyd FOLDER [--quick] [--json] [--seconds N]
             [--temp FOLDER]

Curfew's rows are those of curfew-bench. oidc-provider and Glewlwyd get the same requests from the
same load generator over TLS (peer_load), as many connections, as long. Each figure is requests for
a second of the server's processor time; beside it is what part that is of the signatures that
OpenSSL makes in such a second, measured in the same run. Ends with 0 only if every row was
measured. How the servers differ is in docs/performance.md.
"""

import argparse
import base64
import http.cookiejar
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECRET = "Tr0ub4dor-and-3-more-words"
READY_SECONDS = 60
GLEWLWYD_SCHEMA = "usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"

# name -> (title, curfew-bench's row, the signature that it cannot do without)
ROWS = {
    "app-token-es256": ("client credentials, ES256", "app-token-es256", "es256"),
    "app-token-rs256": ("client credentials, RS256", "app-token-rs256", "rs256"),
    "introspection": ("introspection, active", "introspection", None),
    "refresh": ("refresh with rotation, ES256", "refresh", "es256"),
}
SERVERS = ("curfew", "oidc-provider", "glewlwyd")


class PeerError(Exception):
    """A server could not be started or measured; the message says which and why."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def form(**fields):
    return urllib.parse.urlencode(fields, safe=":/")


class Work:
    """What one row sends: a path, the beginning of its form, what completes it, header lines."""

    def __init__(self, kind, target, begin, ends, header=""):
        self.kind, self.target, self.begin, self.ends, self.header = kind, target, begin, ends, header


class Peer:
    """A server of another make: its process, its port, and `work`, what to send for each row."""

    warm_up = 3_000  # requests of a row that are not measured

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.port = free_port()
        self.process = None
        self.work = {}

    def start(self, args, **more):
        with open(self.folder / "server.log", "wb") as log:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen([str(arg) for arg in args], stderr=log,
                                            stdin=subprocess.DEVNULL, **more)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def measure(self, row):
        work, scale = self.work[row], self.options
        args = [scale.bin / "peer_load", work.kind, "--port", self.port, "--pid", self.process.pid,
                "--ca", scale.tls / "ca.pem", "--target", work.target, "--header", work.header,
                "--connections", scale.connections,
                "--warm-up", 8 if scale.quick else self.warm_up,
                "--requests", scale.requests, "--seconds", scale.seconds]
        done = subprocess.run([str(arg) for arg in args], text=True, capture_output=True,
                              input="\n".join([work.begin, *work.ends]), check=False)
        if done.returncode != 0:
            raise PeerError(f"{type(self).__name__}, {row}: {done.stderr.strip()}")
        return json.loads(done.stdout)


class OidcProvider(Peer):
    """oidc-provider in one Node process; all that it keeps is in memory."""

    warm_up = 15_000  # Node compiles what is hot

    def __init__(self, options, folder):
        super().__init__(options, folder)
        self.start([options.node, ROOT / "tests/js/peers/oidc_provider.mjs", self.port,
                    options.tls / "server.pem", options.tls / "server-key.pem", SECRET,
                    options.tokens], stdout=subprocess.PIPE, text=True,
                   env={**os.environ, "NODE_ENV": "production"})
        line = self.process.stdout.readline()
        if not line:
            raise PeerError("oidc-provider: " + (folder / "server.log").read_text())
        made = json.loads(line)
        service = form(client_id="service", client_secret=SECRET)
        web = form(client_id="web", client_secret=SECRET)
        app_token = f"{service}&grant_type=client_credentials&scope=read&resource="
        self.work = {
            "app-token-es256": Work("app-token", "/token", app_token, ["api://ES256"]),
            "app-token-rs256": Work("app-token", "/token", app_token, ["api://RS256"]),
            "introspection": Work("introspection", "/token/introspection", web + "&token=",
                                  made["access"]),
            "refresh": Work("refresh", "/token", web + "&grant_type=refresh_token&refresh_token=",
                            made["refresh"]),
        }


GLEWLWYD_CONFIG = """
port={port}
bind_address="127.0.0.1"
external_url="https://localhost:{port}/"
login_url="login.html"
api_prefix="api"
log_mode="file"
log_level="ERROR"
log_file="{folder}/glewlwyd.log"
cookie_secure=1
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="{root}/usr/lib/glewlwyd/user"
client_module_path="{root}/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="{root}/usr/lib/glewlwyd/scheme"
plugin_module_path="{root}/usr/lib/glewlwyd/plugin"
use_secure_connection=true
secure_connection_key_file="{tls}/server-key.pem"
secure_connection_pem_file="{tls}/server.pem"
secure_connection_ca_file="{tls}/ca.pem"
hash_algorithm="SHA512"
database =
{{
  type = "sqlite3"
  path = "{folder}/glewlwyd.db"
}}
"""


class Glewlwyd(Peer):
    """Debian's Glewlwyd on SQLite (write-ahead log); it writes each token that it issues."""

    warm_up = 1_000

    def __init__(self, options, folder):
        super().__init__(options, folder)
        database = sqlite3.connect(folder / "glewlwyd.db")
        database.execute("PRAGMA journal_mode=WAL")
        database.executescript((options.glewlwyd / GLEWLWYD_SCHEMA).read_text(encoding="utf-8"))
        database.close()
        config = folder / "glewlwyd.conf"
        config.write_text(GLEWLWYD_CONFIG.format(port=self.port, folder=folder, tls=options.tls,
                                                 root=options.glewlwyd))
        self.start([options.glewlwyd / "usr/bin/glewlwyd", "--config-file=" + str(config)],
                   stdout=subprocess.DEVNULL)
        context = ssl.create_default_context(cafile=str(options.tls / "ca.pem"))
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self._await()
        self._configure()
        basic = base64.b64encode(f"service:{SECRET}".encode()).decode()
        header = f"Authorization: Basic {basic}"
        tokens = [self._person_tokens(header) for _ in range(options.glewlwyd_tokens)]
        app_token = "grant_type=client_credentials&scope="
        self.work = {
            "app-token-es256": Work("app-token", "/api/es256/token", app_token, ["read"], header),
            "app-token-rs256": Work("app-token", "/api/rs256/token", app_token, ["read"], header),
            "introspection": Work("introspection", "/api/es256/introspect", "token=",
                                  [one["access_token"] for one in tokens], header),
            "refresh": Work("refresh", "/api/es256/token", "grant_type=refresh_token&refresh_token=",
                            [one["refresh_token"] for one in tokens], header),
        }

    def _await(self):
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise PeerError("Glewlwyd does not serve: " + (self.folder / "server.log").read_text())

    def _send(self, path, body, headers):
        url = f"https://localhost:{self.port}/api/{path}"
        request = urllib.request.Request(url, body.encode(), headers)
        try:
            with self.opener.open(request) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise PeerError(f"Glewlwyd, {path}: {error.code} {error.read().decode()}") from None

    def _post(self, path, **body):
        self._send(path, json.dumps(body), {"Content-Type": "application/json"})

    def _person_tokens(self, header):
        name, _, value = header.partition(": ")
        return json.loads(self._send("es256/token", form(
            grant_type="password", username="john", password=SECRET, scope="read"), {name: value}))

    def _key(self, kind):
        key, public = self.folder / f"{kind}.key", self.folder / f"{kind}.pem"
        made = {"rsa": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
                "ecdsa": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]}[kind]
        for args in (["genpkey", "-algorithm", *made, "-out", key],
                     ["pkey", "-in", key, "-pubout", "-out", public]):
            subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)
        return key.read_text(), public.read_text()

    def _configure(self):
        self._post("auth/", username="admin", password="password")
        self._post("scope/", name="read", display_name="read", password_required=True,
                   password_max_age=0)
        self._post("user/", username="john", name="John Doe", password=SECRET, scope=["read"],
                   enabled=True)
        self._post("client/", client_id="service", name="Service", confidential=True, enabled=True,
                   password=SECRET, client_secret=SECRET, scope=["read"],
                   redirect_uri=["https://web.contoso.com/callback"],
                   token_endpoint_auth_method=["client_secret_basic"],
                   authorization_type=["client_credentials", "password", "refresh_token"])
        for name, kind in (("es256", "ecdsa"), ("rs256", "rsa")):
            key, public = self._key(kind)
            self._post("mod/plugin/", module="oidc", name=name, display_name=name, enabled=True,
                       parameters=glewlwyd_plugin(f"https://localhost:{self.port}", kind, key, public))


def glewlwyd_plugin(issuer, kind, key, public):
    return {
        "iss": issuer, "jwt-type": kind, "jwt-key-size": "256", "key": key, "cert": public,
        "access-token-duration": 3600, "refresh-token-duration": 1209600, "code-duration": 600,
        "refresh-token-rolling": True, "refresh-token-one-use": "always",
        "allow-non-oidc": True, "auth-type-client-enabled": True,
        "auth-type-password-enabled": True, "auth-type-refresh-enabled": True,
        "auth-type-code-enabled": False, "auth-type-token-enabled": False,
        "auth-type-implicit-enabled": False, "subject-type": "public",
        "introspection-revocation-allowed": True,
        "introspection-revocation-allow-target-client": True,
    }


def curfew_rows(options):
    """(figures of each row, floors) of curfew-bench."""
    args = [options.bin / "curfew-bench", "floors", *(row for _, row, _ in ROWS.values()), "--json",
            "--temp", options.temp]
    args += ["--quick"] if options.quick else ["--seconds", options.seconds]
    done = subprocess.run([str(arg) for arg in args], text=True, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise PeerError("curfew-bench failed")
    rows = {row["name"]: row["figures"] for row in json.loads(done.stdout)["rows"]}
    return {name: rows[row]["cpu_us"] for name, (_, row, _) in ROWS.items()}, rows["floors"]


def measure(options):
    """{"openssl": signatures for a CPU second, "rows": {row: {server: requests for one}}}"""
    cpu, floors = curfew_rows(options)
    rows = {name: {"curfew": 1e6 / cpu[name]} for name in ROWS}
    for name, make in (("oidc-provider", OidcProvider), ("glewlwyd", Glewlwyd)):
        folder = options.folder / name
        folder.mkdir()
        peer = None
        try:
            peer = make(options, folder)
            for row in ROWS:
                print(f"{name}, {row} ...", file=sys.stderr)
                rows[row][name] = 1e6 / peer.measure(row)["cpu_us"]
        finally:
            if peer:
                peer.stop()
    return {"openssl": {alg: 1e6 / floors[f"{alg}_sign_us"] for alg in ("es256", "rs256")},
            "rows": rows}


def plain_text(result):
    lines = [f"openssl: {result['openssl']['es256']:,.0f} ES256 and {result['openssl']['rs256']:,.0f} "
             "RS256 signatures for a CPU second",
             f"{'requests for a CPU second of the server':40}" + "".join(f"{s:>22}" for s in SERVERS)]
    for name, (title, _, signature) in ROWS.items():
        cells = []
        for server in SERVERS:
            figure = result["rows"][name][server]
            part = f" ({figure / result['openssl'][signature]:.2f})" if signature else ""
            cells.append(f"{figure:,.0f}{part}")
        lines.append(f"{title:40}" + "".join(f"{cell:>22}" for cell in cells))
    lines.append("in brackets: times openssl's own signatures")
    return "\n".join(lines)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--node", type=pathlib.Path, required=True)
    parser.add_argument("--glewlwyd", type=pathlib.Path, required=True,
                        help="where the files of Debian's package are")
    parser.add_argument("--temp", type=pathlib.Path, default=pathlib.Path("/var/tmp"))
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--quick", action="store_true", help="tiny counts: does it work at all")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.bin, options.glewlwyd = options.bin.resolve(), options.glewlwyd.resolve()
    if not (options.glewlwyd / GLEWLWYD_SCHEMA).exists():
        parser.error(f"Glewlwyd is not in {options.glewlwyd}: ./dev bench --peers puts it there")
    quick = options.quick
    options.connections = 4 if quick else 32
    options.requests = 40 if quick else 100_000 * options.seconds
    options.tokens, options.glewlwyd_tokens = (8, 8) if quick else (20_000, 500)
    return options


def main():
    options = parse_options()
    options.folder = pathlib.Path(tempfile.mkdtemp(prefix="curfew-peers-", dir=options.temp))
    options.tls = options.folder / "tls"
    os.environ.pop("DEBUG", None)
    try:
        subprocess.run([options.bin / "curfewd", "init", "--data", options.tls, "--domain",
                        "contoso.com", "--port", str(free_port())], check=True, capture_output=True)
        result = measure(options)
    except PeerError as error:
        print(f"peers.py: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(options.folder, ignore_errors=True)
    print(json.dumps(result) if options.json else plain_text(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
