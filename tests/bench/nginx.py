#!/usr/bin/python3
"""tests/bench/nginx.py: what the nginx module costs, beside nginx without it and with auth_request.

    nginx.py --bin build/bin [--quick] [--json] [--seconds N] [--rounds N]

One worker answers a file of 1 kB over keep-alive connections; tests/bench/http_load.cpp asks, and
never sleeps. The ways take turns, round after round in the same processes, and of each is printed:
requests a second, the median; the worker's processor time for each, the median and the least, which
is what a busy machine leaves of it. `auth_request` asks another nginx, which answers every question
with 204 and nothing else, over connections that are kept: the least that an authorization service
can do. Ends with 0 only if every answer was 200.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))
sys.dont_write_bytecode = True
from harness import Env  # pylint: disable=wrong-import-position
from nginx import Nginx, Replica  # pylint: disable=wrong-import-position

CONNECTIONS = 64
PLAIN = "plain"
BUDGET = 0.95  # of the requests a second of plain nginx

SERVER = """
  location /plain { }
  location /curfew { curfew bearer; curfew_audience api://files; }
  location /told { curfew bearer; curfew_audience api://files; curfew_identity_headers on; }
  location /asked { auth_request /service; }
  location = /service { internal; proxy_pass http://service; proxy_pass_request_body off;
                        proxy_set_header Content-Length ""; proxy_set_header Connection ""; }
"""
WAYS = {PLAIN: "nginx alone", "curfew": "with the module",
        "told": "with the module and identity headers",
        "asked": "with auth_request, a service that answers 204"}


def cpu_nanos(pid):
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])


class Load:
    """As much as one worker takes."""

    def __init__(self, env, nginx, token, seconds):
        self.program = env.bin / "http_load"
        self.nginx, self.token, self.seconds = nginx, token, seconds
        self.worker, = nginx.workers()

    def run(self, way):
        """(requests a second, microseconds of the worker's processor for each)"""
        before = cpu_nanos(self.worker)
        done = subprocess.run(
            [self.program, str(self.nginx.port), "/" + way, "Bearer " + self.token,
             str(CONNECTIONS), str(self.seconds)], check=False, capture_output=True, text=True)
        used = cpu_nanos(self.worker) - before
        if done.returncode != 0:
            raise SystemExit(f"{way}: {done.stderr}")
        count = int(done.stdout)
        return count / self.seconds, used / count / 1000


def measure(env, options):
    """{way: {"per_second": ..., "of_plain": ..., "cpu_us": ..., "cpu_us_least": ...}}"""
    replica = Replica(env)
    service = Nginx(env, replica, "access_log off; location / { return 204; }", workers=1)
    kept = f"upstream service {{ server 127.0.0.1:{service.port}; keepalive {CONNECTIONS}; }}"
    nginx = Nginx(env, replica, "access_log off; keepalive_requests 1000000000;" + SERVER,
                  http_level=kept, workers=1, start=False)
    for way in WAYS:
        (nginx.folder / "pages" / way).write_bytes(b"x" * 1000)
    nginx.start()
    load = Load(env, nginx, replica.token("john"), options.seconds)
    rounds = {way: [] for way in WAYS}
    for _ in range(options.rounds):
        for way, taken in rounds.items():
            taken.append(load.run(way))
    plain = statistics.median(rate for rate, _ in rounds[PLAIN])
    result = {}
    for way, taken in rounds.items():
        per_second = statistics.median(rate for rate, _ in taken)
        result[way] = {"per_second": per_second, "of_plain": per_second / plain,
                       "cpu_us": statistics.median(cpu for _, cpu in taken),
                       "cpu_us_least": min(cpu for _, cpu in taken)}
    return result


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
        print(f"{WAYS[way]:48} {figures['per_second']:9.0f}/s   {figures['cpu_us']:6.2f} us "
              f"({figures['cpu_us_least']:5.2f})   {figures['of_plain']:5.2f} of plain")
    print(f"budget with the module: {BUDGET} of plain")


main()
