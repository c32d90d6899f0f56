"""Two processes of one enrolment on machines whose clocks jump, and readers that hang: once a run
says that its gates are done, no copy lets the person in."""

import http.client
import os
import shutil
import signal
import socket
import ssl

from faults import seeded
from gate_machine import LASTING_LEASE, Machine, gates_config, new_code
from site_behind import ModuleNginx, Site
from test_clock import MovedClock, some_jump
from test_gate_browser import Wiki
from test_gate_follow import LEASE
from world import ALICE, JOHN, REDIRECT, Server

TIMEOUT_SECONDS = 300
ROUNDS = 8
HOST = "wiki.test"
AUDIENCE = "api://wiki"
ASK_SECONDS = 20
DRAIN_SECONDS = 0.2


class Copy:
    """A machine with a copy of one gate's folder, a clock of its own, and who asks the replica."""

    def __init__(self, server, name):
        self.server = server
        self.env = server.env
        self.machine = Machine(server, name)
        self.clock = MovedClock(self.env, name + "-clock")
        self.follower = None
        self.port = self.env.free_port()

    def start(self):
        self.follow()
        self.machine.await_judging()
        self.env.start([self.env.bin / "curfew-gate", "serve", "--data", self.machine.data,
                        "--replica", self.machine.replica, "--listen", f"127.0.0.1:{self.port}"],
                       name="gate-serve", ready="answers for 1 sites", env=self.clock.environment)

    def follow(self):
        self.follower = self.machine.run(env=self.clock.environment)

    def ask(self, token):
        """The status for a request with that token."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ASK_SECONDS)
        try:
            connection.request("GET", "/.curfew/auth?site=wiki", headers={
                "X-Forwarded-Host": HOST, "X-Forwarded-Uri": "/", "X-Forwarded-Method": "GET",
                "Authorization": "Bearer " + token})
            return connection.getresponse().status
        finally:
            connection.close()

    def stop_following(self, number):
        os.kill(self.follower.pid, number)

    def mend(self):
        """The clock is right, and the gate follows."""
        self.clock.set(0)
        self.stop_following(signal.SIGCONT)
        if not self.follower.running():
            self.follow()
        self.machine.await_judging()


class Copies:
    """A server, and two copies of one gate."""

    def __init__(self, env, lease=LEASE):
        self.env = env
        self.server = Server(env, config=gates_config(lease))
        for name in (JOHN, ALICE):
            self.server.add_user(name)
        self.app = self.server.add_app("Wiki", "--public", "--redirect-uri", REDIRECT,
                                       "--identifier-uri", AUDIENCE, "--scope", "read",
                                       "--consent", AUDIENCE + "/read")
        self.copies = [Copy(self.server, name) for name in ("gate-a", "gate-b")]
        first, second = self.copies
        first.machine.enrol(new_code(self.server, "edge"))
        first.machine.gate("site", "add", "wiki", "--data", first.machine.data, "--url",
                           "https://" + HOST, "--client-id", self.app["appId"], "--audience",
                           AUDIENCE)
        shutil.copytree(first.machine.data, second.machine.data)
        for copy in self.copies:
            copy.start()

    def token(self, name):
        return self.server.tokens(name, self.app, scope=AUDIENCE + "/read")["access_token"]

    def expect_dead(self, tokens, when):
        for number, copy in enumerate(self.copies):
            for token in tokens:
                status = copy.ask(token)
                assert status in (401, 503), f"{status} at copy {number} {when}"

    def expect_alive(self, token, when):
        """At each copy, once it has a lease: one that was on its way when a clock was mended may have
        ended already, and the next one comes soon."""
        for number, copy in enumerate(self.copies):
            def is_let_in(number=number, copy=copy):
                status = copy.ask(token)
                assert status in (200, 503), f"{status} at copy {number} {when}"
                return status == 200
            self.env.wait_until(is_let_in, f"copy {number} to let in {when}")

    def revoke(self):
        """The run's id; John may sign in again."""
        return self.server.revoke(JOHN, "--sessions-only", "--no-wait", expect=None)["run"]["id"]


def gates_step(server, run):
    steps = server.json("run", "show", run, expect=None)["steps"]
    return next(step for step in steps if step["connector"] == "local.gates")


def await_gates(server, run, state="acknowledged"):
    """How the gates' step of a run came to rest, in its words. What is asked here as a web server asks
    is acknowledged, never ended."""
    server.env.wait_until(lambda: gates_step(server, run)["state"] == state, "the gates to be done")
    return gates_step(server, run)["evidence"]


def break_something(chance, copies):
    """What is wrong while somebody is revoked; in words."""
    said = []
    for name, copy in zip("ab", copies):
        what = chance.choice(("nothing", "a clock", "a clock", "stopped", "killed"))
        if what == "a clock":
            jump = some_jump(chance)
            copy.clock.set(jump)
            what = f"its clock at {jump} s"
        elif what != "nothing":
            copy.stop_following(signal.SIGSTOP if what == "stopped" else signal.SIGKILL)
        said.append(f"{name}: {what}")
    return ", ".join(said)


def test_after_a_run_no_copy_of_a_gate_lets_the_person_in_whatever_its_clock_says(env):
    chance = seeded(
        "gate_copies.after_a_run_no_copy_of_a_gate_lets_the_person_in_whatever_its_clock_says")
    world = Copies(env)
    alices, dead = world.token(ALICE), []
    env.wait_until(lambda: len(world.server.json("gate", "show", "edge")["feed"]["connected"]) == 2,
                   "both copies to be connected")
    for number in range(ROUNDS):
        johns = world.token(JOHN)
        world.expect_alive(johns, "before")
        when = f"in round {number}, {break_something(chance, world.copies)}"
        run = world.revoke()
        evidence = await_gates(world.server, run)
        dead.append(johns)
        world.expect_dead([johns], f"{when}: {evidence}")
        for copy in world.copies:
            copy.clock.set(some_jump(chance))
        world.expect_dead(dead, when + ", and the clocks went on jumping")
        for copy in world.copies:
            copy.mend()
        world.expect_dead(dead, when + ", and all was mended")
        world.expect_alive(alices, when)


def test_a_gate_of_which_both_copies_acknowledge_has_acknowledged(env):
    world = Copies(env, LASTING_LEASE)
    johns = world.token(JOHN)
    world.expect_alive(johns, "before")
    evidence = await_gates(world.server, world.revoke())
    assert "1 gate" in evidence and "1 acknowledged" in evidence, evidence
    world.expect_dead([johns], "after")


def test_what_one_copy_of_a_gate_acknowledges_says_nothing_about_the_other(env):
    world = Copies(env)
    johns = world.token(JOHN)
    world.expect_alive(johns, "before")
    world.copies[1].stop_following(signal.SIGSTOP)
    evidence = await_gates(world.server, world.revoke())
    assert "0 acknowledged" in evidence and "no lease of before any more" in evidence, evidence
    world.expect_dead([johns], "after")
    world.copies[0].machine.await_judging()
    assert not world.copies[1].machine.judges()
    world.copies[1].mend()
    world.expect_dead([johns], "and the other goes on")


class OpenStream:
    """What a signed-in browser keeps open behind a web server with our module."""

    def __init__(self, site, name):
        browser = site.server.browser()
        page = site.sign_in(browser, name)
        assert page.heading == "Wiki", page.text
        cookies = "; ".join(f"{key}={value}" for key, value in browser.cookies["localhost"].items())
        trust = ssl.create_default_context(cafile=str(site.server.ca))
        self.socket = trust.wrap_socket(
            socket.create_connection(("127.0.0.1", site.port), ASK_SECONDS),
            server_hostname="localhost")
        self.socket.sendall(f"GET /events HTTP/1.1\r\nHost: localhost:{site.port}\r\n"
                            f"Cookie: {cookies}\r\n\r\n".encode())
        head = self.socket.recv(4096)
        assert head.startswith(b"HTTP/1.1 200 "), head

    def drain(self):
        """Takes what has arrived."""
        self.socket.settimeout(DRAIN_SECONDS)
        try:
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            self.socket.settimeout(ASK_SECONDS)
            return
        raise AssertionError("it has ended")

    def rest(self):
        """All that still comes, until it ends."""
        rest = b""
        try:
            while piece := self.socket.recv(65536):
                rest += piece
        except (ConnectionError, ssl.SSLError):
            pass
        return rest


def workers(nginx):
    with open(f"/proc/{nginx.pid}/task/{nginx.pid}/children", encoding="utf-8") as children:
        return [int(pid) for pid in children.read().split()]


def test_what_a_hanging_web_server_keeps_open_ends_with_the_lease_though_new_ones_flow(env):
    site = Site(env, Wiki, lease=LASTING_LEASE, serve=ModuleNginx.SERVE)
    try:
        front = ModuleNginx(site)
        johns = OpenStream(site, JOHN)
        for pid in workers(front.process):
            os.kill(pid, signal.SIGSTOP)
        run = site.server.revoke(JOHN, "--no-wait", expect=None)["run"]["id"]
        john = site.server.json("user", "show", JOHN)["id"]
        env.wait_until(lambda: site.machine.is_blocked(john), "the entry to be in the replica")
        evidence = await_gates(site.server, run, "ended")
        # The gate follows, and asks for leases; none of after the cut counts.
        assert "0 acknowledged" in evidence and "no lease of before any more" in evidence, evidence
        env.wait_until(lambda: site.machine.status()["process"]["state"] == "following",
                       "the gate to follow")
        assert not site.machine.judges()
        johns.drain()
        for pid in workers(front.process):
            os.kill(pid, signal.SIGCONT)
        assert johns.rest() == b""
        site.machine.await_judging()
    finally:
        site.close()
