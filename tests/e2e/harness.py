"""tests/e2e/harness.py: what an end-to-end test gets to work with.

A test is a function `test_SENTENCE(env)` in a file tests/e2e/test_TOPIC.py; run.py finds it, gives
it a fresh Env, and stops whatever it started. A test fails by raising: a plain `assert` with a
message is the usual way. Tests run beside each other: nothing that two could share has a fixed name.

    TIMEOUT_SECONDS = 300         # optional, for every test of the file; 120 if not said
    ALONE = True                  # optional: these measure, or need the whole machine
    NEEDS_TEST_DATA = True        # optional: only registered where CURFEW_TEST_DATA is set

    def test_a_server_answers(env):
        port = env.free_port()
        server = env.start([env.bin / "curfewd", "serve", "--port", port], ready="listening")
        answer = env.run([env.bin / "curfew", "access", "johndoe@contoso.com"])
        assert "nothing" in answer.out, answer.out
        env.wait_until(lambda: "revoked" in server.output(), "the server to log the revocation")
        assert server.stop() == 0

Env
    bin, js, root   folders: the built programs; tests/js with its node_modules; the repository
    node            the pinned Node, for env.run([env.node, env.js / "client.mjs"])
    temp            an empty folder of this test; removed if the test passes, named if it fails
    test_data       the folder of public test data, or None
    free_port()     a TCP port of 127.0.0.1 that nobody listens on; the same not twice in a test
    run(args)       runs to the end -> Completed(code, out, err); a code other than `expect` fails
    start(args)     runs beside the test -> Process; `ready` is awaited in its output
    wait_until(condition, what)   polls until the condition is true; names `what` if it never is

Process
    pid             to send a signal of your own: os.kill(server.pid, signal.SIGKILL)
    output()        all that it printed so far, both streams
    wait_for(text)  waits until `text` is in the output, returns the line with it; fails if it ends
    wait()          its exit code, when it ends by itself; negative for a signal
    stop(), kill()  SIGTERM (then SIGKILL if it does not obey in time), or SIGKILL; the exit code

Arguments may be anything that str() makes a word of. The environment of a process is ours without
proxies, plus `env=`. Waiting has a limit always; a limit that is reached fails the test and says
what was awaited. Everything a failing test's processes printed is shown below the failure.
"""

import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass

WAIT_SECONDS = 30
POLL_SECONDS = 0.02
# Below those that the kernel gives to whoever connects.
FIRST_PORT = 12_000
LAST_PORT = 32_767
STOP_SECONDS = 15
OUTPUT_LINES_SHOWN = 60


class Failed(Exception):
    """Something that the test relied on did not happen; the message says what."""


class Skip(Exception):
    """The machine lacks what the test needs; the message says what. An error in CI."""


@dataclass
class Completed:
    """How a program ended: `code`, and what it printed to `out` and `err`."""

    code: int
    out: str
    err: str


def poll(condition, seconds):
    """The first true value of condition(), or the last false one after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(POLL_SECONDS)


def environment(extra):
    """Our own environment without proxies, which would swallow requests to 127.0.0.1."""
    result = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    result.update({key: str(value) for key, value in (extra or {}).items()})
    return result


class Process:
    """A program that runs beside the test, in a process group of its own."""

    def __init__(self, name, args, log, cwd, env):
        self.name = name
        self.args = args
        self.log = log
        with open(log, "wb") as out:
            # pylint: disable=consider-using-with
            self._child = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=out,
                                           stderr=subprocess.STDOUT, cwd=cwd, env=env,
                                           start_new_session=True)
        self.pid = self._child.pid

    def output(self):
        return self.log.read_text(errors="replace")

    def running(self):
        return self._child.poll() is None

    def wait_for(self, text, timeout=WAIT_SECONDS):
        poll(lambda: text in self.output() or not self.running(), timeout)
        for line in self.output().splitlines():
            if text in line:
                return line
        state = "still runs" if self.running() else f"ended with {self._child.returncode}"
        raise Failed(f"{self.name} did not print {text!r} within {timeout} s; it {state}")

    def wait(self, timeout=WAIT_SECONDS):
        try:
            return self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} did not end within {timeout} s") from None

    def stop(self, timeout=STOP_SECONDS):
        self._signal(signal.SIGTERM)
        try:
            return self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self):
        self._signal(signal.SIGKILL)
        return self._child.wait()

    def _signal(self, number):
        """To the whole group while its first process, and with it the group's number, is ours."""
        if self.running():
            os.killpg(self.pid, number)


class Env:
    """One test's world; see the text of this file."""

    _first_port = FIRST_PORT
    _ports = LAST_PORT + 1 - FIRST_PORT
    _next_port = 0

    @classmethod
    def take_ports_of(cls, runner, runners):
        """From now on ports of this runner's own: as many others run tests beside it."""
        cls._ports = (LAST_PORT + 1 - FIRST_PORT) // runners
        cls._first_port = FIRST_PORT + runner * cls._ports
        # Not always the same ones: those of a run just before may still be closing.
        cls._next_port = os.getpid() % cls._ports

    def __init__(self, bin_dir, node, root):
        self.bin = pathlib.Path(bin_dir).resolve()
        self.node = node
        self.root = root
        self.js = root / "tests" / "js"
        data = os.environ.get("CURFEW_TEST_DATA")
        self.test_data = pathlib.Path(data) if data else None
        # Short, because a socket's path has at most 107 bytes.
        self.temp = pathlib.Path(tempfile.mkdtemp(prefix="curfew-"))
        self._processes = []

    def free_port(self):
        for _ in range(Env._ports):
            port = Env._first_port + Env._next_port
            Env._next_port = (Env._next_port + 1) % Env._ports
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
            return port
        raise Failed("every port of the tests is in use")

    def run(self, args, *, expect=0, stdin="", env=None, cwd=None, timeout=WAIT_SECONDS):
        """Runs to the end. `expect` is the demanded exit code; None takes any."""
        words = [str(arg) for arg in args]
        try:
            done = subprocess.run(words, input=stdin, capture_output=True, timeout=timeout,
                                  cwd=cwd or self.temp, env=environment(env), text=True,
                                  errors="replace", check=False)
        except subprocess.TimeoutExpired:
            raise Failed(f"did not end within {timeout} s: {shlex.join(words)}") from None
        if expect is not None and done.returncode != expect:
            raise Failed(f"exit code {done.returncode}, expected {expect}: {shlex.join(words)}\n"
                         f"{done.stdout}{done.stderr}".rstrip())
        return Completed(done.returncode, done.stdout, done.stderr)

    def start(self, args, *, name=None, ready=None, env=None, cwd=None, timeout=WAIT_SECONDS):
        """Runs beside the test; with `ready`, returns when that text is in the output."""
        words = [str(arg) for arg in args]
        name = name or pathlib.Path(words[0]).name
        log = self.temp / f"{name}.{len(self._processes)}.log"
        process = Process(name, words, log, cwd or self.temp, environment(env))
        self._processes.append(process)
        if ready is not None:
            process.wait_for(ready, timeout)
        return process

    def wait_until(self, condition, what, timeout=WAIT_SECONDS):
        """Returns the condition's first true value."""
        value = poll(condition, timeout)
        if not value:
            raise Failed(f"waited {timeout} s in vain for {what}")
        return value

    def close(self, keep):
        """Stops what still runs, newest first; removes the folder unless it is to be kept."""
        for process in reversed(self._processes):
            process.stop()
        if not keep:
            shutil.rmtree(self.temp, ignore_errors=True)

    def transcript(self):
        """The end of what each process printed, for whoever reads a failure."""
        parts = []
        for process in self._processes:
            lines = process.output().splitlines()[-OUTPUT_LINES_SHOWN:]
            parts.append(f"--- {shlex.join(process.args)}")
            parts.extend(lines or ["(printed nothing)"])
        return "\n".join(parts)
