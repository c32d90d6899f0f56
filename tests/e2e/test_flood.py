"""One address that signs in without end, and peers that do not read: everybody else is served."""

import http.client
import os
import pathlib
import socket
import ssl
import threading
import time
import urllib.parse

from faults import Holdings, revoke, seeded
from graph_wire import ADMIN, GraphOffice
from harness import WAIT_SECONDS
from world import ALICE, DOMAIN, JOHN, REDIRECT, Server

TIMEOUT_SECONDS = 300
SIGN_INS_A_MINUTE = 10_000
FLOODERS = 8
FLOOD_SECONDS = 12
ANSWERS_BEFORE = 400  # of the flood, until the administrator comes: every counter is full by then
NEVER_READERS = 250
SLOW_READERS = 100
RECEIVE_BYTES = 4096


class Flood:
    """Wrong passwords for these names from this address, at a steady pace."""

    def __init__(self, server, names, chance):
        self.statuses = {}
        self.failures = []
        self._server = server
        self._names = names
        self._chance = chance
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(FLOODERS)]
        self._began = 0.0

    def __enter__(self):
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def count(self):
        with self._lock:
            return sum(self.statuses.values())

    def seconds(self):
        return time.monotonic() - self._began

    def _run(self):
        try:
            browser = self._server.browser()
            page = browser.open(f"{self._server.url}/{self._server.tenant}/account")
            cookies = "; ".join(f"{k}={v}" for k, v in browser.cookies["localhost"].items())
            fields = page.forms[0].fields
            context = ssl.create_default_context(cafile=str(self._server.ca))
            connection = http.client.HTTPSConnection("localhost", self._server.port,
                                                     timeout=WAIT_SECONDS, context=context)
            while not self._over.is_set():
                self._wait_for_turn()
                self._sign_in(connection, page.forms[0].action, fields, cookies)
            connection.close()
        except Exception as error:  # pylint: disable=broad-except
            self.failures.append(error)

    def _wait_for_turn(self):
        ahead = self.count() / (SIGN_INS_A_MINUTE / 60) - self.seconds()
        if ahead > 0:
            self._over.wait(ahead)

    def _sign_in(self, connection, action, fields, cookies):
        with self._lock:
            name = self._chance.choice(self._names)
        body = urllib.parse.urlencode({**fields, "username": name, "password": "guess"})
        connection.request("POST", action, body, {
            "Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies,
            "Origin": self._server.url})
        answer = connection.getresponse()
        answer.read()
        with self._lock:
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1


def test_a_revocation_goes_through_a_flood_of_sign_ins(env):
    chance = seeded("flood.a_revocation_goes_through_a_flood_of_sign_ins")
    office = GraphOffice(env)
    server = office.server
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    johns, alices = (Holdings(server, server.add_user(name), app) for name in (JOHN, ALICE))
    administrators = Holdings(server, ADMIN, app)
    names = [JOHN, ALICE, ADMIN] + [f"nobody{i}@{DOMAIN}" for i in range(200)]
    with Flood(server, names, chance) as flood:
        env.wait_until(lambda: flood.count() >= ANSWERS_BEFORE or flood.failures,
                       "the flood to begin")
        # From the very address of the flood: with a token, by the local socket, and a new sign-in
        # in the browser that the administrator always uses.
        began = time.monotonic()
        office.tls().call("POST", f"/users/{JOHN}/revokeSignInSessions")
        by_token = time.monotonic() - began
        johns.expect_dead("in the flood")
        began = time.monotonic()
        revoke(server, ALICE)
        by_command = time.monotonic() - began
        alices.expect_dead("in the flood")
        administrators.browser.cookies["localhost"].pop("__Host-curfew-session")
        began = time.monotonic()
        again = server.tokens(ADMIN, app, browser=administrators.browser)
        signed_in = time.monotonic() - began
        assert server.userinfo(again["access_token"]).status == 200
        env.wait_until(lambda: flood.seconds() >= FLOOD_SECONDS, "the flood to last")
        pace = flood.count() / flood.seconds() * 60
    assert not flood.failures, flood.failures
    assert set(flood.statuses) <= {400, 503}, flood.statuses
    print(f"{pace:,.0f} sign-ins a minute from one address ({flood.statuses}): revoked with a token "
          f"in {by_token * 1000:.0f} ms, by the command in {by_command * 1000:.0f} ms; the "
          f"administrator signed in in {signed_in * 1000:.0f} ms")


def sockets_of(pid):
    count = 0
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            count += os.readlink(link).startswith("socket:")
        except OSError:
            pass  # closed meanwhile
    return count


def memory_of(pid):
    """In MiB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    raise AssertionError("no VmRSS")


def greedy(server, context):
    """A connection that asked for more than it will read, as far as the server would take it."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    plain.connect(("127.0.0.1", server.port))
    connection = context.wrap_socket(plain, server_hostname="localhost")
    connection.setblocking(False)
    request = (f"GET /{server.tenant}/v2.0/.well-known/openid-configuration HTTP/1.1\r\n"
               "Host: localhost\r\n\r\n").encode() * 50
    for _ in range(200):
        try:
            connection.send(request)
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError, BlockingIOError):
            break
    return connection


def read_a_little(connections):
    """One byte from each that has one."""
    for connection in connections:
        try:
            connection.recv(1)
        except (ssl.SSLWantReadError, BlockingIOError):
            pass
        except OSError:
            pass  # ended by the server


def test_peers_that_never_read_and_slow_readers_hold_up_nobody(env):
    server = Server(env)
    for name in (JOHN, ALICE):
        server.add_user(name)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    johns = Holdings(server, JOHN, app)
    pid = server.process.pid
    before, memory_before = sockets_of(pid), memory_of(pid)
    context = ssl.create_default_context(cafile=str(server.ca))
    never = [greedy(server, context) for _ in range(NEVER_READERS)]
    slow = [greedy(server, context) for _ in range(SLOW_READERS)]
    most = memory_of(pid)
    read_a_little(slow)
    Holdings(server, ALICE, app).expect_alive("among peers that do not read")
    revoke(server, JOHN)
    johns.expect_dead("among peers that do not read")

    def all_are_ended():
        read_a_little(slow)
        return sockets_of(pid) <= before + SLOW_READERS

    env.wait_until(all_are_ended, "the server to end peers that never read", timeout=90)
    Holdings(server, ALICE, app).expect_alive("after they were ended")
    print(f"{len(never)} peers that never read and {len(slow)} that read a byte now and then: the "
          f"server's memory went from {memory_before} to {most} MiB")
    for connection in never + slow:
        connection.close()
