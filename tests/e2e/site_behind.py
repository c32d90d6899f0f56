"""tests/e2e/site_behind.py: an application of somebody else's behind a web server that asks a gate.

    site = Site(env)                 # a server with JOHN and ALICE, a gate, an application
    front = Nginx(site)              # or Caddy, HAProxy, Apache: with the text of docs/forward-auth.md
    site = Site(env, serve=ModuleNginx.SERVE)
    front = ModuleNginx(site)        # nginx with our module, with the text of docs/nginx.md
    page = site.sign_in(browser, JOHN, "/page?a=b")
    page.json                        # what the application was asked: method, target, headers
    site.follower                    # the process that keeps the replica, to be stopped
"""

import http.client
import http.server
import json
import os
import re
import shutil
import threading

from gate_machine import Machine, gates_config, new_code
from harness import WAIT_SECONDS
from https_receiver import receivers_config
from world import ALICE, JOHN, PASSWORD, Server, sign_in

AUDIENCE = "api://wiki"
# Another site at the same gate, that no web server here serves.
BESIDE, BESIDE_AUDIENCE = "beside.example", "api://beside"
IDENTITY = ("Subject", "Object-Id", "Client-Id", "Scopes", "Roles", "Session", "Tenant")
NOBODY = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]


class _Application(http.server.BaseHTTPRequestHandler):
    """Says in JSON what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):  # pylint: disable=invalid-name
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = json.dumps({"method": self.command, "target": self.path,
                           "headers": {name.lower(): value for name, value in self.headers.items()}})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told.encode())

    do_POST = do_GET

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


class _Applications(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a web server in front has closed a connection that it kept


class Site:
    """`application` answers what is let in. A follower that is stopped for a while keeps its lease.
    `serve`: more options of `curfew-gate serve`; `told_within`: the seconds within which the server
    must know that web servers ask."""

    def __init__(self, env, application=_Application, lease="60s", serve=(), told_within=WAIT_SECONDS):
        self.env = env
        self.server = Server(env, config=receivers_config(env.temp / "data") + gates_config(lease))
        for name in (JOHN, ALICE):
            self.server.add_user(name)
        self.port = env.free_port()
        self.origin = f"https://localhost:{self.port}"
        self.application = _Applications(("127.0.0.1", 0), application)
        threading.Thread(target=self.application.serve_forever, daemon=True).start()
        self.server.add_app("Beside", "--identifier-uri", BESIDE_AUDIENCE, "--scope", "read")
        self.app = self.server.add_app(
            "Wiki", "--identifier-uri", AUDIENCE, "--scope", "read", "--consent", AUDIENCE + "/read",
            "--consent", BESIDE_AUDIENCE + "/read",
            "--redirect-uri", self.origin + "/.curfew/callback",
            "--post-logout-redirect-uri", self.origin + "/.curfew/signed-out")
        self.server.curfew("app", "set", self.app["appId"], "--backchannel-logout-uri",
                           self.origin + "/.curfew/backchannel-logout")
        self.certificate = self.server.certificate("localhost")
        self.machine = Machine(self.server)
        self._enrol()
        self.gate_port = env.free_port()
        self.gate = env.start([env.bin / "curfew-gate", "serve", "--data", self.machine.data,
                               "--replica", self.machine.replica, *serve, "--listen",
                               f"127.0.0.1:{self.gate_port}"], ready="answers for 2 sites")
        # Who shows a token before the server knows that the gate is asked is put off.
        asked = {"Host": f"localhost:{self.port}", "Authorization": "Bearer x"}
        env.wait_until(lambda: ask_gate(self, "site/wiki/auth/", asked)[0] != 503,
                       "the server to know that web servers ask", told_within)

    def _enrol(self):
        self.machine.enrol(new_code(self.server, "edge"))
        made = self.machine.gate("site", "add", "wiki", "--data", self.machine.data, "--url",
                                 self.origin, "--client-id", self.app["appId"], "--audience",
                                 AUDIENCE)
        self.machine.gate("site", "add", "beside", "--data", self.machine.data, "--url",
                          "https://" + BESIDE, "--client-id", self.app["appId"], "--audience",
                          BESIDE_AUDIENCE)
        jwk = self.env.temp / "wiki.jwk"
        jwk.write_text(made.out)
        self.server.curfew("app", "key", "add", self.app["appId"], jwk)
        # Where web servers run as nobody, they may read the replica.
        group = ["--reader-group", "nogroup"] if os.geteuid() == 0 else []
        self.follower = self.machine.run(*group)
        self.machine.await_judging()

    def close(self):
        self.application.shutdown()

    def ask(self, browser, target="/page", method="GET", headers=None, **more):
        """One request, as a browser's page makes it by itself. `more`: headers with _ for -."""
        sent = {"Sec-Fetch-Mode": "cors", "Accept": "application/json", **(headers or {}),
                **{name.replace("_", "-"): value for name, value in more.items()}}
        return browser.request(self.origin + target, method, {"a": "b"} if method == "POST" else None,
                               sent)

    def sign_in(self, browser, name, target="/page"):
        return sign_in(browser, self.origin + target, name, PASSWORD)


def ask_gate(site, target, headers):
    """As a web server asks: status, and what the gate says of a question that it does not take."""
    connection = http.client.HTTPConnection("127.0.0.1", site.gate_port, timeout=10)
    connection.request("GET", "/.curfew/" + target, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.getheader("X-Curfew-Problem") or ""


def section(env, page, heading):
    """What stands below a heading of a page of docs/."""
    text = (env.root / "docs" / page).read_text(encoding="utf-8")
    parts = re.split(r"^#+ ", text, flags=re.M)
    return next(part for part in parts if part.startswith(heading + "\n"))


def example(env, heading, language):
    """The block of a language below a heading of docs/forward-auth.md."""
    found = section(env, "forward-auth.md", heading)
    return re.search(rf"^```{language}\n(.*?)^```$", found, re.M | re.S).group(1)


class Front:
    """A web server in a folder of its own, with the example of the page, and our addresses. Where
    we are root it runs as nobody: in a test's folder nothing needs more."""

    RIGHTS = NOBODY

    def __init__(self, site):
        self.site = site
        self.env = site.env
        self.folder = self.env.temp / "front"
        self.folder.mkdir()
        for end in (".pem", "-key.pem"):
            shutil.copy(site.certificate + end, self.folder / ("tls" + end))
        both = (self.folder / "tls.pem").read_text() + (self.folder / "tls-key.pem").read_text()
        (self.folder / "both.pem").write_text(both)

    def fitted(self, text):
        site = self.site
        for here, there in (
                # First: a port that is filled in below may begin with 443.
                (":443", f":{site.port}"), ("listen 443", f"listen {site.port}"),
                ("127.0.0.1:9180", f"127.0.0.1:{site.gate_port}"),
                ('"127.0.0.1", 9180', f'"127.0.0.1", {site.gate_port}'),
                ("127.0.0.1:8080", f"127.0.0.1:{site.application.server_port}"),
                ("127.0.0.1:8000", f"127.0.0.1:{site.application.server_port}"),
                ("/etc/ssl/app.example-both.pem", f"{self.folder}/both.pem"),
                ("/etc/ssl/app.example-key.pem", f"{self.folder}/tls-key.pem"),
                ("/etc/ssl/app.example.pem", f"{self.folder}/tls.pem"),
                ("/etc/ssl/app-key.pem", f"{self.folder}/tls-key.pem"),
                ("/etc/ssl/app.pem", f"{self.folder}/tls.pem"),
                ("/etc/haproxy/", f"{self.folder}/"), ("/etc/apache2/", f"{self.folder}/"),
                ("/var/log/nginx/", f"{self.folder}/"),
                ("/var/lib/curfew-gate", str(site.machine.data)), ("CLIENT_ID", site.app["appId"]),
                ("https://app.example", site.origin), ("app.example", "localhost")):
            text = text.replace(here, there)
        return text

    def start(self, command, name):
        if os.geteuid() == 0:
            self.env.temp.chmod(0o711)
            self.env.run(["chown", "-R", "nobody:nogroup", self.folder])
            command = [*self.RIGHTS, *command]
        process = self.env.start(command, name=name)
        self.env.wait_until(lambda: not process.running() or self.answers(), f"{name} to serve")
        assert process.running(), process.output() + self.log()
        return process

    def answers(self):
        try:
            return self.site.server.browser().request(self.site.origin + "/.curfew/curfew.css").status == 200
        except OSError:
            return False

    def log(self):
        file = self.folder / "error.log"
        return file.read_text() if file.exists() else ""


class Nginx(Front):
    def __init__(self, site):
        super().__init__(site)
        servers = self.fitted(example(self.env, "nginx", "nginx"))
        self.serve(f"http {{\n{self.own_files()}{servers}}}\n")

    def own_files(self):
        """Settings of the http block: nothing is written outside of our folder."""
        return "access_log off;\n" + "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in
                                             ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))

    def serve(self, text):
        (self.folder / "nginx.conf").write_text(
            f"daemon off;\npid {self.folder}/pid;\nerror_log {self.folder}/error.log info;\n"
            + text + "events {}\n")
        self.process = self.start(["/usr/sbin/nginx", "-e", self.folder / "error.log", "-c",
                                   self.folder / "nginx.conf"], "nginx")


class ModuleNginx(Nginx):
    """With our module, which opens the session by itself. Root starts it, who alone may read the
    site's keys; its workers are nobody. The site serves its pages only: `serve=ModuleNginx.SERVE`."""

    SERVE = ("--pages-only",)
    RIGHTS = ()
    OPEN_REQUESTS = """
      map $http_upgrade $connection_upgrade { default upgrade; '' close; }
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_buffering off;
    """

    def __init__(self, site):  # pylint: disable=super-init-not-called
        Front.__init__(self, site)
        browsers = section(self.env, "nginx.md", "Browsers")
        block = re.search(r"^    http \{\n.*?^    \}\n", browsers, re.M | re.S).group(0)
        module = self.env.bin.parent / "lib/ngx_http_curfew_module.so"
        user = "user nobody nogroup;\n" if os.geteuid() == 0 else ""
        self.serve(f"load_module {module};\n{user}"
                   + self.fitted(block).replace("http {", "http {" + self.own_files()
                                                + self.OPEN_REQUESTS, 1))


class Caddy(Front):
    def __init__(self, site):
        super().__init__(site)
        text = self.fitted(example(self.env, "Caddy", "caddyfile"))
        text = text.replace("localhost {", f"https://localhost:{site.port} {{", 1)
        (self.folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + text)
        self.start(["env", f"HOME={self.folder}", f"XDG_DATA_HOME={self.folder}",
                    f"XDG_CONFIG_HOME={self.folder}", "/usr/bin/caddy", "run", "--config",
                    self.folder / "Caddyfile", "--adapter", "caddyfile"], "caddy")


class HAProxy(Front):
    def __init__(self, site, changed=str):
        super().__init__(site)
        for language, name in (("lua", "curfew-auth.lua"), ("haproxy", "haproxy.cfg")):
            text = self.fitted(example(self.env, "HAProxy", language))
            (self.folder / name).write_text(changed(text))
        self.start(["/usr/sbin/haproxy", "-db", "-f", self.folder / "haproxy.cfg"], "haproxy")


class Apache(Front):
    MODULES = ("mpm_event", "authn_core", "authz_core", "ssl", "lua", "proxy", "proxy_http", "headers")

    def __init__(self, site, changed=str):
        super().__init__(site)
        script = self.fitted(example(self.env, "Apache", "lua"))
        (self.folder / "curfew-auth.lua").write_text(changed(script))
        loads = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"
                        for name in self.MODULES)
        (self.folder / "apache.conf").write_text(
            f"ServerRoot {self.folder}\nServerName localhost\nListen 127.0.0.1:{site.port}\n"
            f"PidFile {self.folder}/pid\nDefaultRuntimeDir {self.folder}\nMutex file:{self.folder}\n"
            f"ErrorLog {self.folder}/error.log\n{loads}"
            + self.fitted(example(self.env, "Apache", "apache")))
        self.start(["/usr/sbin/apache2", "-f", self.folder / "apache.conf", "-DFOREGROUND"], "apache")
