#!/usr/bin/python3
"""tests/bench/nginx.py: what the nginx module costs, beside nginx without it and with auth_request.

    nginx.py --bin build/bin [--quick] [--json] [--seconds N] [--rounds N]

One worker answers a file of 1 kB over keep-alive connections; tests/bench/http_load.cpp asks, with
the same request each way, and never sleeps. nginx alone is another process, which has not loaded
the module. Each way is there without TLS and with it. The ways take turns, round after round in the
same processes, and of each is printed: requests a second, the median; the worker's processor time
for each, the median and the least, which is what a busy machine leaves of it. `auth_request` asks
another nginx, which answers every question with 204 and nothing else, over connections that are
kept: the least that an authorization service can do. Ends with 0 only if every answer was 200.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))
sys.dont_write_bytecode = True
from harness import Env  # pylint: disable=wrong-import-position
from nginx import ISSUER, Nginx, Replica, Tls  # pylint: disable=wrong-import-position

CONNECTIONS = 64
BUDGET = 0.95  # of the requests a second of plain nginx

CONFIG = """
{load_module}
daemon off;
{user}
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log error;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  root {folder}/pages;
  keepalive_timeout 60;
  keepalive_requests 1000000000;
  {gate}
  upstream service {{ server 127.0.0.1:{service}; keepalive {connections}; }}
  server {{ listen 127.0.0.1:{port}; server_name localhost; {locations} }}
  server {{ listen 127.0.0.1:{tls_port} ssl; server_name localhost; {tls} {locations} }}
}}
"""
# Without the module.
BARE = """
  location /plain { }
  location /asked { auth_request /service; }
  location = /service { internal; proxy_pass http://service; proxy_pass_request_body off;
                        proxy_http_version 1.1; proxy_set_header Content-Length "";
                        proxy_set_header Connection ""; }
"""
GUARDED = """
  location /curfew { curfew bearer; curfew_audience api://files; }
  location /told { curfew bearer; curfew_audience api://files; curfew_identity_headers on; }
"""
# What each is in words, whether it is over TLS, and which of those without the module is beside it.
WAYS = {"plain": ("nginx alone", False, "plain"),
        "curfew": ("with the module", False, "plain"),
        "told": ("with the module and identity headers", False, "plain"),
        "asked": ("with auth_request, a service that answers 204", False, "plain"),
        "plain-tls": ("TLS: nginx alone", True, "plain-tls"),
        "curfew-tls": ("TLS: with the module", True, "plain-tls"),
        "told-tls": ("TLS: with the module and identity headers", True, "plain-tls"),
        "asked-tls": ("TLS: with auth_request, a service that answers 204", True, "plain-tls")}
PAGES = ("plain", "asked", "curfew", "told")


def cpu_nanos(pid):
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])


class Server(Nginx):
    """nginx with this benchmark's configuration, and no more than that in it."""

    def __init__(self, env, replica, tls, service, *, with_module):
        # pylint: disable=too-many-arguments
        self.tls_port = env.free_port()
        self.text = {
            "service": service, "connections": CONNECTIONS, "tls": tls.server,
            "tls_port": self.tls_port,
            "locations": GUARDED if with_module else BARE,
            "gate": f"curfew_replica {replica.path}; curfew_issuer {ISSUER};"
                    if with_module else "",
            "load_module": f"load_module {env.bin.parent}/lib/ngx_http_curfew_module.so;"
                           if with_module else ""}
        super().__init__(env, replica, "", workers=1, start=False)
        for page in PAGES:
            (self.folder / "pages" / page).write_bytes(b"x" * 1000)
        self.start()
        env.wait_until(self.workers, "nginx's worker")

    def write(self, **changes):
        user = "user nobody nogroup;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(CONFIG.format(
            folder=self.folder, port=self.port, user=user, **self.text))


class Load:
    """As much as one worker takes."""

    def __init__(self, env, bare, guarded, token, seconds):
        # pylint: disable=too-many-arguments
        self.program = env.bin / "http_load"
        self.servers = {page: bare if page in ("plain", "asked") else guarded for page in PAGES}
        self.token, self.seconds = token, seconds

    def run(self, way):
        """(requests a second, microseconds of the worker's processor for each)"""
        page, _, tls = way.partition("-")
        server = self.servers[page]
        worker, = server.workers()
        before = cpu_nanos(worker)
        done = subprocess.run(
            [self.program, str(server.tls_port if tls else server.port), "/" + page,
             "Bearer " + self.token, str(CONNECTIONS), str(self.seconds), *([tls] if tls else [])],
            check=False, capture_output=True, text=True)
        used = cpu_nanos(worker) - before
        if done.returncode != 0:
            raise SystemExit(f"{way}: {done.stderr}")
        count = int(done.stdout)
        return count / self.seconds, used / count / 1000


def measure(env, options):
    """{way: {"per_second": ..., "of_plain": ..., "cpu_us": ..., "cpu_us_least": ...}}"""
    replica = Replica(env)
    service = Nginx(env, replica, "access_log off; location / { return 204; }", workers=1)
    tls = Tls(env)
    bare = Server(env, replica, tls, service.port, with_module=False)
    guarded = Server(env, replica, tls, service.port, with_module=True)
    load = Load(env, bare, guarded, replica.token("john"), options.seconds)
    rounds = {way: [] for way in WAYS}
    for _ in range(options.rounds):
        for way, taken in rounds.items():
            taken.append(load.run(way))
    rates = {way: statistics.median(rate for rate, _ in taken) for way, taken in rounds.items()}
    return {way: {"per_second": rates[way], "of_plain": rates[way] / rates[WAYS[way][2]],
                  "cpu_us": statistics.median(cpu for _, cpu in taken),
                  "cpu_us_least": min(cpu for _, cpu in taken)}
            for way, taken in rounds.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/bin")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="does it work at all")
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.rounds = 1, 1
    env = Env(options.bin, None, ROOT)
    try:
        result = measure(env, options)
    finally:
        env.close(keep=False)
    if options.json:
        print(json.dumps({"ways": result, "budget": {"of_plain": BUDGET}}))
        return
    for way, figures in result.items():
        print(f"{WAYS[way][0]:51} {figures['per_second']:9.0f}/s   {figures['cpu_us']:6.2f} us "
              f"({figures['cpu_us_least']:5.2f})   {figures['of_plain']:5.2f} of plain")
    print(f"budget with the module: {BUDGET} of plain")


main()
