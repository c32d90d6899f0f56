"""The demo of ./dev run: every credential works before, and is refused after."""

import os
import re
import signal
import socket

TIMEOUT_SECONDS = 180
PORTS = 5


def free_block(env):
    """The first of as many ports as the demo has, which no other test is given."""
    return next(port for port in iter(env.free_port, None)
                if all(is_free(port + next_one) for next_one in range(PORTS)))


def test_the_demo_passes(env):
    done = env.run(["/usr/bin/python3", env.root / "demo/run.py", "--bin", env.bin,
                    "--node", env.node, "--once", "--port", free_block(env)], timeout=150)
    assert "live on, as the report says" in done.out, done.out
    assert done.out.count("LIVES ON") == 2, done.out
    assert "What lets them in now: nothing" in done.out, done.out
    # What a newcomer sees explains itself.
    assert "exit status is 3: done as far as this server reaches" in done.out, done.out
    assert re.search(r"^   not proved .*\n +without a bound: 1 gate at \d+\.\d+: "
                     r"(1 acknowledged|0 acknowledged, 1 has no lease of before any more).*; .*forward-auth",
                     done.out, re.M), done.out
    # Behind the gate it is dark while the same token lives on at a resource that never asks.
    for name in ("Mail: the same token at the gate before Files", "Files behind the gate, in the browser"):
        assert re.search(rf"^   works +{name}", done.out, re.M), done.out
        assert re.search(rf"^   refused +{name} +\d+ ms: (401|302)", done.out, re.M), done.out
    assert re.search(r"^The page behind the gate went dark after \d+ ms\.$", done.out, re.M), done.out


def test_without_once_it_stays_up_until_it_is_interrupted(env):
    first = free_block(env)
    demo = env.start(["/usr/bin/python3", env.root / "demo/run.py", "--bin", env.bin, "--node",
                      env.node, "--port", first], name="demo", ready="Firefox", timeout=100)
    for port in range(first, first + PORTS):
        assert not is_free(port), f"nobody listens on {port}"
    shown = demo.output()
    assert "first password" in shown and "NODE_EXTRA_CA_CERTS" in shown, shown
    os.kill(demo.pid, signal.SIGINT)
    assert demo.wait() == 0
    for port in range(first, first + PORTS):
        assert is_free(port), f"somebody still listens on {port}"


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_port_in_use_is_said(env):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = env.run(["/usr/bin/python3", env.root / "demo/run.py", "--bin", env.bin,
                        "--node", env.node, "--once", "--port", port], expect=1)
    assert f"port {port} of 127.0.0.1 is in use" in done.err, done.err
    assert "--port" in done.err, done.err
