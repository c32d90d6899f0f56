"""tests/e2e/world.py: a server with a tenant of its own, for one test.

    server = Server(env)                  # init, serve, await
    server.add_user(JOHN)                 # whose password is PASSWORD
    mail = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    server.curfew("revoke", JOHN, "--yes", expect=PENDING)
    server.json("user", "list")           # the same with -o json, parsed
    tokens = server.tokens(JOHN, mail)    # the code flow with PKCE through the real forms

Clients in JavaScript are in tests/js; `drive()` starts one that trusts the server.
"""

import base64
import hashlib
import json
import os
import pathlib
import secrets
import shutil
import signal
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "demo"))
from browser import Browser, sign_in  # pylint: disable=wrong-import-position

DOMAIN = "contoso.com"
JOHN = f"johndoe@{DOMAIN}"
ALICE = f"alice@{DOMAIN}"
ADMIN = f"admin@{DOMAIN}"
PASSWORD = "correct horse battery 9"
REDIRECT = "http://127.0.0.1/callback"
CLIENT_SECONDS_MAX = 220  # within the time of the slowest of its tests
OK, FAILED, USAGE, PENDING, DENIED = range(5)  # what `curfew` ends with


class Server:
    """A served data folder inside the test's own folder."""

    def __init__(self, env, *, config="", witness=False, serve=True, name="data",
                 host="localhost", port=None):
        self.env = env
        self.data = env.temp / name
        self.port = port or env.free_port()
        self.url = f"https://{host}:{self.port}"
        self.ca = self.data / "ca.pem"
        self.witness = env.temp / "witness" if witness else None
        made = env.run([env.bin / "curfewd", "init", "--data", self.data, "--domain", DOMAIN,
                        "--host", host, "--port", self.port])
        facts = [line.split() for line in made.out.splitlines()]
        self.tenant = next(words[1] for words in facts if words[:1] == ["tenant"])
        self.first_password = next(words[1] for words in facts if words[:1] == ["password"])
        self.issuer = f"{self.url}/{self.tenant}/v2.0"
        self.oauth = f"{self.url}/{self.tenant}/oauth2/v2.0"
        if config:
            with open(self.data / "curfewd.toml", "a", encoding="utf-8") as file:
                file.write(config)
        if self.witness:
            self.curfewd("new-witness", "--witness", self.witness)
        self.process = None
        if serve:
            self.serve()

    # The server's process

    def serve(self, **options):
        args = [self.env.bin / "curfewd", "serve", "--data", self.data]
        if self.witness:
            args += ["--witness", self.witness]
        self.process = self.env.start(args, ready="Curfew serves", **options)
        return self.process

    def kill(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def put_back(self, backup):
        """What an operator without our tools does: the old file in the place of the database."""
        for suffix in ("-wal", "-shm"):
            (self.data / ("curfew.db" + suffix)).unlink(missing_ok=True)
        shutil.copy(backup, self.data / "curfew.db")

    def curfewd(self, command, *args, expect=0):
        """A maintenance command on the data folder."""
        return self.env.run([self.env.bin / "curfewd", command, "--data", self.data, *args],
                            expect=expect)

    # The administrator's command line

    def curfew(self, *args, expect=0, **options):
        return self.env.run([self.env.bin / "curfew", "--data", self.data, *args], expect=expect,
                            **options)

    def json(self, *args, expect=0, **options):
        return json.loads(self.curfew("-o", "json", *args, expect=expect, **options).out)

    def add_user(self, name, *options):
        self.json("user", "add", name, "--password-stdin", "--keep-password", *options,
                  stdin=PASSWORD + "\n")
        return name

    def add_app(self, name, *options):
        """What the command prints; its member `client` is what an application needs."""
        return self.json("app", "add", name, *options)

    def revoke(self, name, *options, expect=PENDING):
        return self.json("revoke", name, "--yes", *options, expect=expect)[0]

    # Clients

    def browser(self):
        return Browser(self.ca)

    def drive(self, script, settings):
        """Starts tests/js/SCRIPT; it reads its settings from the variable TEST."""
        return self.env.start([self.env.node, self.env.js / script], name=pathlib.Path(script).name,
                              env=self.client_environment(settings))

    def client_environment(self, settings):
        known = {"url": self.url, "tenant": self.tenant, "issuer": self.issuer, "john": JOHN,
                 "alice": ALICE, "password": PASSWORD}
        return {"NODE_EXTRA_CA_CERTS": str(self.ca), "TEST": json.dumps({**known, **settings})}

    def certificate(self, *hosts):
        """A certificate for an application; PATH.pem and PATH-key.pem for the PATH returned."""
        out = self.env.temp / ("tls-" + hosts[0])
        self.curfew("ca", "issue", *hosts, "--out", out)
        return str(out)

    def post(self, url, fields, headers=None):
        """A form to one of the protocol's endpoints: the Page of the answer."""
        return self.browser().request(url, "POST", fields, headers)

    def get(self, url, bearer=None):
        headers = {"Authorization": "Bearer " + bearer} if bearer else {}
        return self.browser().request(url, headers=headers)

    def authorize_url(self, app, scope, **more):
        verifier = secrets.token_urlsafe(40)
        digest = hashlib.sha256(verifier.encode()).digest()
        query = {"client_id": app["appId"], "response_type": "code", "scope": scope,
                 "redirect_uri": app["redirectUris"][0], "state": "s",
                 "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
                 "code_challenge_method": "S256", **more}
        return f"{self.oauth}/authorize?" + urllib.parse.urlencode(query), verifier

    def code(self, name, app, scope="openid profile offline_access", browser=None, **more):
        """(code, verifier) for one sign-in through the forms."""
        url, verifier = self.authorize_url(app, scope, **more)
        page = sign_in(browser or self.browser(), url, name, PASSWORD,
                       stop_before=app["redirectUris"][0])
        assert "code" in page.query, f"no code: {page.status} {page.url} {page.heading} " \
                                     f"{page.alert}"
        return page.query["code"], verifier

    def redeem(self, app, code, verifier):
        return self.token(app, {"grant_type": "authorization_code", "code": code,
                                "redirect_uri": app["redirectUris"][0],
                                "code_verifier": verifier})

    def token(self, app, fields):
        """The token endpoint's answer as a Page."""
        return self.token_endpoint(app, "token", fields)

    def token_endpoint(self, app, name, fields):
        """The same of another endpoint that knows its client: introspect, revoke."""
        secret = app["client"].get("client_secret")
        known = {"client_id": app["appId"], **({"client_secret": secret} if secret else {})}
        return self.post(f"{self.oauth}/{name}", {**known, **fields})

    def refresh(self, app, refresh_token, **more):
        return self.token(app, {"grant_type": "refresh_token", "refresh_token": refresh_token,
                                **more})

    def tokens(self, name, app, **options):
        """The token response of a whole sign-in."""
        page = self.redeem(app, *self.code(name, app, **options))
        assert page.status == 200, page.text
        return page.json

    def userinfo(self, access_token):
        return self.get(f"{self.url}/{self.tenant}/oidc/userinfo", access_token)


def run_client(env, server, script, scenario, settings):
    """Runs tests/js/SCRIPT to its end, and prints the figures that it states."""
    done = env.run([env.node, env.js / script, scenario], timeout=CLIENT_SECONDS_MAX,
                   env=server.client_environment({"curfew": str(env.bin / "curfew"),
                                                  "data": str(server.data), **settings}))
    assert f"passed {scenario}" in done.out, done.out
    for line in done.out.splitlines():
        if line.startswith("figure:"):
            print(line, flush=True)
