"""kill -9 in the middle of commits that many share: what was answered is there, nothing is half."""

import http.client
import os
import queue
import signal
import threading

from faults import Holdings, LocalApi, expect_chains, seeded
from world import ALICE, DOMAIN, REDIRECT, Server

TIMEOUT_SECONDS = 300
ROUNDS = 4
PEOPLE = 12
REVOKERS = 6
RENEWERS = 3
GONE = (OSError, http.client.HTTPException)  # what a client sees of a server that was killed


class Storm:
    """Threads that revoke people, and threads that renew tokens, until one of them kills the server
    at its `enough`th answer."""

    def __init__(self, server, people, bystanders, enough):
        self.server = server
        self.enough = enough
        self.answered = []
        self.failures = []
        self._people = queue.SimpleQueue()
        self._counting = threading.Lock()
        for person in people:
            self._people.put(person)
        self._threads = [threading.Thread(target=self._run, args=(self._revoke,))
                         for _ in range(REVOKERS)]
        self._threads += [threading.Thread(target=self._run, args=(self._renew, one))
                          for one in bystanders]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        for thread in self._threads:
            thread.join()

    def _run(self, work, *args):
        try:
            work(*args)
        except GONE:
            pass
        except Exception as error:  # pylint: disable=broad-except
            self.failures.append(error)

    def _revoke(self):
        with LocalApi(self.server) as api:
            while not self._people.empty():
                try:
                    person = self._people.get_nowait()
                except queue.Empty:
                    return
                status, body = api.call("POST", "/revocations", {"subject": person.name})
                if status != 200:
                    raise AssertionError(f"{status} {body}")
                with self._counting:
                    self.answered.append(person)
                    is_enough = len(self.answered) == self.enough
                if is_enough:
                    os.kill(self.server.process.pid, signal.SIGKILL)

    @staticmethod
    def _renew(holdings):
        while True:
            page = holdings.refresh()
            if page.status != 200:
                raise AssertionError(page.text)


def expect_whole(server, person, when):
    """Either nothing of it was done, or all."""
    if server.json("user", "show", person.name)["accountEnabled"]:
        person.expect_alive(when)
    else:
        person.expect_dead(when)


def test_every_revocation_that_was_answered_survives_a_kill_under_load(env):
    chance = seeded("kill.every_revocation_that_was_answered_survives_a_kill_under_load")
    server = Server(env)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    server.add_user(ALICE)
    total = 0
    for number in range(ROUNDS):
        people = [Holdings(server, server.add_user(f"person{number}-{i}@{DOMAIN}"), app)
                  for i in range(PEOPLE)]
        bystanders = [Holdings(server, ALICE, app) for _ in range(RENEWERS)]
        enough = chance.randrange(1, PEOPLE)
        when = f"in round {number}, killed after {enough} answers"
        with Storm(server, people, bystanders, enough) as storm:
            server.process.wait()
        assert not storm.failures, f"{when}: {storm.failures}"
        server.serve()
        for person in people:
            if person in storm.answered:
                person.expect_dead(when)
            else:
                expect_whole(server, person, when)
        for one in bystanders:
            assert one.silently().get("code"), when
        expect_chains(server.curfewd("verify-audit").out, when)
        total += len(storm.answered)
    env.wait_until(lambda: all(run["state"] == "at_rest" for run in server.json("run", "list")),
                   "all runs to come to rest")
    print(f"{total} revocations were answered before {ROUNDS} kills; all of them are there")
