"""Requests that stay open behind the nginx module: they end with the access that let them in."""

import contextlib
import os
import resource
import pathlib
import select
import signal
import socket
import time

from nginx import App, Nginx, Replica, Tls, await_end, is_ended

TIMEOUT_SECONDS = 300
ALONE = True

SERVER = """
  curfew bearer; curfew_audience api://files; proxy_read_timeout 600;
  proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
  location / { proxy_pass http://127.0.0.1:%d; }
  location /kept { root %s; }
"""
UPGRADES = "map $http_upgrade $connection_upgrade { default upgrade; '' close; }"


class Site:
    """nginx before an application, and whoever has something open there."""

    def __init__(self, env, server=SERVER, **options):
        self.env = env
        self.replica = Replica(env)
        self.app = App()
        server = server.replace("%d", str(self.app.port)).replace("%s", str(env.temp))
        self.nginx = Nginx(env, self.replica, server, http_level=UPGRADES, **options)

    def open_all(self, name):
        """A WebSocket, a stream of events, and a download of which only the head was read."""
        token = self.replica.token(name)
        opened = {}
        for path in ("/socket", "/events", "/large"):
            peer, status = self.nginx.open(f"{path}/{name}", token, upgrade=path == "/socket")
            assert status == (101 if path == "/socket" else 200), (path, status)
            opened[path] = peer
        return opened

    def await_app(self, names):
        """Until nothing is open at the application but what these have."""
        self.env.wait_until(lambda: {path.rpartition("/")[2] for path in self.app.open}
                            == set(names), f"only {names} at the application")

    def await_settled(self, holders):
        """Until readers have closed whatever had to be closed, and so many have something open."""
        last = self.replica.told
        self.env.wait_until(lambda: self.replica.standing()[1] == holders,
                            f"{holders} workers with open requests, since answer {last}")


def test_nobody_upgrades_to_requests_that_nobody_judges(env):
    """nginx passes on whatever comes after an upgrade: HTTP in it would be requests of anybody's."""
    site = Site(env, SERVER + "location /off { curfew off; proxy_pass http://127.0.0.1:%d; }")
    token = site.replica.token("john")
    settings = ("HTTP2-Settings", "AAMAAABkAAQAAP__")
    for path in ("/echo", "/off/echo"):
        for headers in ([("Upgrade", "h2c")], [("Upgrade", "websocket, H2C")], [("upgrade", " TLS/1.0")],
                        [("Upgrade", "foo,HTTP/2.0")], [("Upgrade", "websocket"), ("Upgrade", "h2c")],
                        [("Upgrade", "websocket"), settings], [settings]):
            assert site.nginx.status(path, token, [*headers, ("Connection", "Upgrade")]) == 200, headers
            names = {name.lower() for name, _ in site.app.headers[path]}
            assert not names & {"upgrade", "http2-settings"}, (path, headers, names)
    assert site.nginx.open("/socket", token, upgrade=True)[1] == 101


def test_headers_of_a_request_that_nginx_refuses_are_not_believed_either(env):
    site = Site(env, SERVER + """error_page 400 /oops;
      location /oops { curfew off; proxy_pass http://127.0.0.1:%d; }""")
    with site.nginx.connect() as peer:
        peer.sendall(b"GET /echo HTTP/1.1\r\nHost: localhost\r\nX-Curfew-Subject: admin\r\n"
                     b"Upgrade: h2c\r\nHost: localhost\r\n\r\n")
        assert peer.recv(4096).split()[1] == b"400"
    names = {name.lower() for name, _ in site.app.headers["/oops"]}
    assert not names & {"x-curfew-subject", "upgrade"}, names


def echoes(peer):
    peer.sendall(b"hello")
    return peer.recv(5) == b"hello"


def test_what_a_user_has_open_ends_with_the_revocation_and_nothing_of_others(env):
    site = Site(env)
    johns, alices = site.open_all("john"), site.open_all("alice")
    assert echoes(johns["/socket"]) and echoes(alices["/socket"])
    assert site.replica.standing()[1] >= 1
    began = time.monotonic()
    site.replica.revoke("john")
    ends = {path: await_end(peer) - began for path, peer in johns.items()}
    print("figure: from the command to the end, seconds:",
          {path: round(end, 3) for path, end in ends.items()}, flush=True)
    site.await_app({"alice"})
    # Two entries, the fixture's own and John's: readers say that they have closed what they must.
    env.wait_until(lambda: site.replica.standing()[0] >= 2, "the revocation to be closed through")
    assert echoes(alices["/socket"])
    assert b"news" in alices["/events"].recv(4096)
    assert len(alices["/large"].recv(65536)) > 0 and not is_ended(alices["/large"])
    site.nginx.await_log('/socket/john 101 result=revoked reason="the token is not live: revoked" '
                         "subject=john")
    assert "/alice" not in site.nginx.log()


def test_a_download_that_nobody_reads_is_reset_and_not_sent_to_its_end(env):
    site = Site(env)
    peer, status = site.nginx.open("/large/john", site.replica.token("john"), receive_buffer=4096)
    assert status == 200
    site.replica.revoke("john")
    site.await_app(set())
    error, taken = None, 0
    try:
        while piece := peer.recv(65536):
            taken += len(piece)
    except ConnectionResetError as reset:
        error = reset
    # No more than what had arrived in the client's own kernel before.
    assert error is not None and taken < 1_000_000, (error, taken)


def test_a_token_that_expires_ends_what_it_opened(env):
    site = Site(env)

    def opened_in_time():
        """Nothing, where the token had expired before it was looked at."""
        short = site.replica.token("john", exp=int(time.time()) + 2)
        try:
            peer, status = site.nginx.open("/socket/john", short, upgrade=True)
            return peer if status == 101 and echoes(peer) else None
        except OSError:
            return None

    await_end(env.wait_until(opened_in_time, "a connection by a token of two seconds"))
    site.await_app(set())
    site.nginx.await_log("/socket/john 101 result=expired")


def test_a_strict_gate_without_a_lease_leaves_nothing_open(env):
    site = Site(env)
    everything = [*site.open_all("john").values(), *site.open_all("alice").values()]
    site.replica.tell("end")
    for peer in everything:
        await_end(peer)
    site.await_app(set())
    site.await_settled(0)
    site.nginx.await_log("/socket/john 101 result=unavailable")


def test_a_worker_that_was_paused_passes_nothing_on_when_it_wakes_up(env):
    site = Site(env, workers=1)
    peer, status = site.nginx.open("/socket/john", site.replica.token("john"), upgrade=True)
    assert status == 101 and echoes(peer)
    worker, = site.nginx.workers()
    os.kill(worker, signal.SIGSTOP)
    peer.sendall(b"too late")
    site.replica.revoke("john")
    time.sleep(0.02)  # longer than the time from one look to the next
    os.kill(worker, signal.SIGCONT)
    with contextlib.suppress(ConnectionError):
        assert peer.recv(100) == b""
    site.await_app(set())
    assert b"too late" not in site.app.echoed, site.app.echoed


def full(fifo):
    """An end of a named pipe that takes nothing more: whoever writes there stands still."""
    os.mkfifo(fifo)
    os.chmod(fifo, 0o666)
    end = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    for size in (4096, 1):
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(end, b"x" * size)
    return end


def waits_to_write(pid):
    return "pipe_write" in pathlib.Path(f"/proc/{pid}/wchan").read_text(encoding="utf-8")


def test_a_worker_that_stands_still_among_its_events_looks_again_before_the_next(env):
    fifo = env.temp / "log"
    end = full(fifo)
    site = Site(env, SERVER + f"location /slow {{ curfew off; access_log {fifo}; return 204; }}",
                workers=1)
    peer, status = site.nginx.open("/socket/john", site.replica.token("john"), upgrade=True)
    assert status == 101 and echoes(peer)
    # Both events are there when the worker wakes up; the first one stands still on its log.
    with socket.create_connection(("127.0.0.1", site.nginx.port)) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert slow.recv(4000)
        worker, = site.nginx.workers()
        os.kill(worker, signal.SIGSTOP)
        slow.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        peer.sendall(b"too late")
        os.kill(worker, signal.SIGCONT)
        env.wait_until(lambda: waits_to_write(worker), "the worker to stand still")
        site.replica.tell("end")  # its lease
        time.sleep(0.02)  # as above
        os.read(end, 1 << 16)
        await_end(peer)
    os.close(end)
    assert b"too late" not in site.app.echoed, site.app.echoed


def test_a_coarse_clock_of_nginx_prolongs_nothing(env):
    site = Site(env, workers=1, main="timer_resolution 3s;")
    peer, _ = site.nginx.open("/socket/john", site.replica.token("john"), upgrade=True)
    assert echoes(peer)
    site.replica.tell("end")
    time.sleep(0.02)  # as above
    with contextlib.suppress(ConnectionError):
        peer.sendall(b"too late")
    await_end(peer)
    site.await_app(set())
    assert b"too late" not in site.app.echoed, site.app.echoed


def test_a_killed_worker_holds_up_no_gate_and_an_old_one_still_watches(env):
    site = Site(env, workers=1)
    peer, _ = site.nginx.open("/socket/john", site.replica.token("john"), upgrade=True)
    os.kill(site.nginx.workers()[0], signal.SIGKILL)
    await_end(peer)
    site.await_settled(0)
    env.wait_until(site.nginx.workers, "another worker")
    johns, alices = site.open_all("john"), site.open_all("alice")
    site.nginx.reload()
    assert echoes(johns["/socket"]) and echoes(alices["/socket"])
    site.replica.revoke("john")
    for end in johns.values():
        await_end(end)
    assert echoes(alices["/socket"])
    site.await_settled(1)
    for end in alices.values():
        end.close()
    env.wait_until(lambda: len(site.nginx.workers()) == 1, "the old worker to go")
    site.await_settled(0)
    assert "open socket" not in site.nginx.errors(), site.nginx.errors()


def test_of_streams_on_one_connection_only_the_revoked_users_end(env):
    tls = Tls(env)
    site = Site(env, tls.server + SERVER, tls=tls.client())
    johns, alices = site.replica.token("john"), site.replica.token("alice")
    url = f"https://localhost:{site.nginx.port}"
    out = env.temp / "out"
    out.mkdir()

    def transfer(path, token, *more):
        return ["--http2", "-N", "--cacert", f"{tls.authority}.pem", "-sS", "-H",
                f"Authorization: Bearer {token}", "-o", out / path.replace("/", "-"), "-w",
                f"{path} %{{http_version}} %{{num_connects}} %{{exitcode}}\\n", *more, url + path]

    words = ["curl", "-Z", "--no-progress-meter"]
    for number, (path, token) in enumerate(
            [("/events/alice", alices), ("/events/john", johns), ("/large/john", johns)]):
        words += ([":"] if number == 0 else ["--next"]) + transfer(path, token)
    words.remove(":")
    curl = env.start(words, name="curl")
    env.wait_until(lambda: len(site.app.open) == 3, "three open streams")
    site.replica.revoke("john")
    site.await_app({"alice"})
    events = out / "-events-alice"
    env.wait_until(events.exists, "the first of Alice's events")
    size = events.stat().st_size
    env.wait_until(lambda: events.stat().st_size > size + 100, "Alice's events")
    site.nginx.await_log("/large/john 200 result=revoked")
    assert "/alice" not in site.nginx.log()
    curl.stop()
    assert curl.output().count(" 0 92") <= 2, curl.output()


def test_thousands_of_open_requests_of_which_one_user_is_revoked(env):
    users, most = 8, 8_000
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(most, (hard - 1_000) // 2) // users
    server = "curfew bearer; curfew_audience api://files; limit_rate_after 1k; limit_rate 1; root %s; location / {}"
    site = Site(env, server, connections=count * users + 200)
    (env.temp / "kept").write_bytes(b"x" * 100_000)
    os.chmod(env.temp / "kept", 0o644)
    names = [f"user-{number}" for number in range(10, 10 + users)]
    peers = {}
    for name in names:
        token = site.replica.token(name)
        for _ in range(count):
            peer, status = site.nginx.open("/kept", token)
            assert status == 200
            peers[peer.fileno()] = (name, peer)
    began = time.monotonic()
    site.replica.revoke(names[0])
    ended = set()
    poll = select.poll()
    for number, (name, _) in peers.items():
        if name == names[0]:
            poll.register(number, select.POLLHUP | select.POLLERR | select.POLLRDHUP)
    while len(ended) < count:
        found = poll.poll(20_000)
        assert found, f"{len(ended)} of {count} ended"
        for number, _ in found:
            ended.add(number)
            poll.unregister(number)
    took = time.monotonic() - began
    print(f"figure: {count} of {len(peers)} open requests ended {took * 1000:.0f} ms after the "
          "command", flush=True)
    others = select.poll()
    for number, (name, _) in peers.items():
        if name != names[0]:
            others.register(number, select.POLLHUP | select.POLLERR | select.POLLRDHUP)
    assert others.poll(0) == []
    env.wait_until(lambda: site.replica.standing()[0] >= 2, "the revocation to be closed through")
    for _, peer in peers.values():
        peer.close()
    site.await_settled(0)


def test_what_was_queued_on_a_stream_goes_to_nobody(env):
    tls = Tls(env)
    site = Site(env, tls.server + SERVER.replace("/kept { ", "/kept { sendfile on; "),
                tls=tls.client(), workers=1)
    site.nginx.write(listen="ssl http2 sndbuf=32k")
    site.nginx.reload()
    # Otherwise the old one may still take the connection, and go away from it.
    env.wait_until(lambda: len(site.nginx.workers()) == 1, "the old worker to end")
    size = 20_000_000
    (env.temp / "kept").write_bytes(b"x" * size)
    os.chmod(env.temp / "kept", 0o644)
    out = env.temp / "out"
    curl = env.start(["curl", "--http2", "-N", "--cacert", f"{tls.authority}.pem", "-sS", "-H",
                      "Authorization: Bearer " + site.replica.token("john"), "--limit-rate", "50k",
                      "-o", out, f"https://localhost:{site.nginx.port}/kept"], name="curl")
    env.wait_until(lambda: out.exists() and out.stat().st_size > 0, "the download to begin")
    os.kill(curl.pid, signal.SIGSTOP)
    site.replica.revoke("john")
    env.wait_until(lambda: site.replica.standing()[0] >= 2, "the revocation to be closed through")
    site.await_settled(0)
    os.kill(curl.pid, signal.SIGCONT)
    assert curl.wait(90) in (18, 92), curl.output()  # it did not come to its end, or was reset
    assert out.stat().st_size < size // 2, out.stat().st_size
