"""`curfew revoke` for several people: everybody is cut before any run is waited for.

The command line speaks to a server that takes its time: one that answers with a run that is being
driven, and writes down what it is asked, in order.
"""

import http.server
import json
import os
import socketserver
import subprocess
import threading

from world import ALICE, DOMAIN, FAILED, JOHN, OK, Server

BOB = f"bob@{DOMAIN}"
API = "/curfew/v1/revocations"


def a_run(env):
    """What a server answers about a run at rest, of which everything has ended."""
    server = Server(env)
    server.add_user(JOHN)
    answer = server.revoke(JOHN, expect=OK)
    server.process.stop()
    return answer


class SlowServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Refuses to cut `refused`, and to tell about the run of `lost`."""

    daemon_threads = True

    def __init__(self, folder, run, refused=(), lost=()):
        folder.mkdir()
        super().__init__(str(folder / "curfewd.sock"), Handler)
        os.chmod(folder / "curfewd.sock", 0o600)
        self.folder, self.run, self.refused, self.lost = folder, run, refused, lost
        self.asked = []  # (what, about whom)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def run_of(self, name, state):
        run = json.loads(json.dumps(self.run))
        run["run"].update(id=name, state=state, subject={"id": name, "name": name})
        return run


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self):
        return "local"

    def log_message(self, *_args):
        pass

    def answer(self, status, kind, text):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def refuse(self):
        self.answer(500, "application/json", json.dumps(
            {"error": {"code": "internal", "message": "no", "requestId": "1"}}))

    def do_POST(self):  # pylint: disable=invalid-name
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = body["subject"]
        self.server.asked.append(("cut", name))
        if name in self.server.refused:
            self.refuse()
        else:
            self.answer(201, "application/json", json.dumps(self.server.run_of(name, "driving")))

    def do_GET(self):  # pylint: disable=invalid-name
        name = self.path.removeprefix(API + "/").split("/")[0].replace("%40", "@")
        self.server.asked.append(("follow", name))
        if name in self.server.lost:
            self.refuse()
        else:
            run = json.dumps(self.server.run_of(name, "at_rest"))
            self.answer(200, "text/event-stream", f"event: run\ndata: {run}\n\n")


def revoke(env, server, *args, expect=OK):
    return env.run([env.bin / "curfew", "--data", server.folder, *args], expect=expect)


def test_everybody_is_cut_before_any_run_is_waited_for(env):
    server = SlowServer(env.temp / "slow", a_run(env))
    done = revoke(env, server, "revoke", JOHN, ALICE, BOB, "--yes")
    names = [JOHN, ALICE, BOB]
    assert server.asked == [("cut", name) for name in names] + \
        [("follow", name) for name in names], server.asked
    places = [done.out.index(f"Revoked {name}") for name in names]
    assert places == sorted(places), done.out


def test_whom_it_revokes_is_said_although_nobody_is_asked(env):
    run = a_run(env)
    names = [f"person{number}@{DOMAIN}" for number in range(25)]
    for style in ([], ["-o", "json"]):
        server = SlowServer(env.temp / f"slow{len(style)}", run)
        done = revoke(env, server, *style, "revoke", *names, "--yes", "--no-wait")
        lines = done.err.splitlines()
        assert lines[0] == "This revokes 25 people:", done.err
        assert lines[1:21] == ["  " + name for name in names[:20]], done.err
        assert lines[21] == "  and 5 more", done.err
        assert server.asked == [("cut", name) for name in names], server.asked
        if style:
            assert [answer["run"]["id"] for answer in json.loads(done.out)] == names, done.out
    alone = revoke(env, server, "revoke", JOHN, "--yes")
    assert "people" not in alone.err, alone.err


def test_who_fails_among_several_keeps_nobody_from_being_cut_or_followed(env):
    run = a_run(env)
    server = SlowServer(env.temp / "slow", run, refused=[JOHN], lost=[ALICE])
    done = revoke(env, server, "-o", "json", "revoke", JOHN, ALICE, BOB, "--yes", expect=FAILED)
    assert server.asked == [("cut", JOHN), ("cut", ALICE), ("cut", BOB), ("follow", ALICE),
                            ("follow", BOB)], server.asked
    answers = json.loads(done.out)
    assert [("error" in answer) for answer in answers] == [True, True, False], answers
    assert [answer["subject"]["name"] for answer in answers[:2]] == [JOHN, ALICE], answers
    assert answers[2]["run"]["id"] == BOB and answers[2]["run"]["state"] == "at_rest", answers


class Slow(Handler):
    """The run's end comes once something was said about the waiting, which takes some seconds."""

    def do_GET(self):  # pylint: disable=invalid-name
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        name = self.path.removeprefix(API + "/").split("/")[0].replace("%40", "@")
        run = self.server.run_of(name, "driving")
        run["steps"] = [{"id": "r.1", "title": "Security events to SIEM (stream 1a2b3c4d)",
                         "state": "running"}]
        self.send_event(run)
        while not self.server.is_told.wait(0.2):
            self.wfile.write(b": alive\n\n")
        self.send_event(self.server.run_of(name, "at_rest"))
        self.close_connection = True

    def send_event(self, run):
        self.wfile.write(f"event: run\ndata: {json.dumps(run)}\n\n".encode())


def test_what_a_run_waits_for_is_said_once_in_a_pipe(env):
    server = SlowServer(env.temp / "slow", a_run(env))
    server.RequestHandlerClass, server.is_told = Slow, threading.Event()
    command = [env.bin / "curfew", "--data", server.folder, "revoke", JOHN, "--yes"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as it:
        first = it.stderr.readline()
        server.is_told.set()
        rest = it.stderr.read()
        out = it.stdout.read()
    assert first == "  ... waiting for: Security events to SIEM (stream 1a2b3c4d)\n", first
    assert "waiting for" not in rest and f"Revoked {JOHN}" in out, (rest, out)
