"""kill at each crash point: after a restart the run goes on to its end, and nothing is revived.

curfewd-crash is the server with one more option: it dies at a named point. It lists its points.
"""

import signal

from harness import WAIT_SECONDS, poll
from world import ALICE, JOHN, REDIRECT, Server

TIMEOUT_SECONDS = 400
PASSES = (1, 2, 3)  # a point is passed several times in one run
DIED = -signal.SIGKILL
DEATH_SECONDS = 1


class Victim:
    """A server that will die at a point, and what John holds there."""

    def __init__(self, env, name):
        self.env = env
        self.server = Server(env, name=name)
        for person in (JOHN, ALICE):
            self.server.add_user(person)
        self.app = self.server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
        self.johns = self.server.tokens(JOHN, self.app)
        self.alices = self.server.tokens(ALICE, self.app)

    def serve_until(self, point, nth):
        self.server.process.stop()
        self.server.process = self.env.start(
            [self.env.bin / "curfewd-crash", "serve", "--data", self.server.data,
             "--crash-at", f"{point}:{nth}"], ready="Curfew serves")

    def restart(self, must_die):
        """Whether the server had died at its point; then it runs again, as usual."""
        # The command may have its answer a moment before the server dies.
        died = poll(lambda: not self.server.process.running(),
                    WAIT_SECONDS if must_die else DEATH_SECONDS)
        if died:
            assert self.server.process.wait() == DIED
        else:
            self.server.process.stop()
        self.server.serve()
        return died

    def runs(self):
        return self.server.json("run", "list")

    def expect_at_rest(self, state="at_rest"):
        run = self.runs()[0]["id"]
        self.env.wait_until(
            lambda: self.server.json("run", "show", run)["run"]["state"] == state,
            f"the run to be {state} after the restart")
        steps = self.server.json("run", "show", run)["steps"]
        unfinished = [s for s in steps if s["state"] not in ("ended", "acknowledged")]
        assert not unfinished, unfinished
        return run

    def expect_refused(self):
        page = self.server.userinfo(self.johns["access_token"])
        assert page.status == 401, page.text
        page = self.server.refresh(self.app, self.johns["refresh_token"])
        assert (page.status, page.json["error"]) == (400, "invalid_grant"), page.text

    def expect_alice_untouched(self):
        assert self.server.userinfo(self.alices["access_token"]).status == 200


def points(env):
    listed = env.run([env.bin / "curfewd-crash", "crash-points"]).out.split()
    assert len(listed) >= 5, listed
    return listed


def test_a_revocation_survives_death_at_every_point(env):
    wanted = [p for p in points(env) if "restore" not in p]
    died = 0
    for point in wanted:
        for nth in PASSES:
            victim = Victim(env, f"{point}-{nth}")
            victim.serve_until(point, nth)
            victim.server.curfew("revoke", JOHN, "--yes", expect=None)
            if not victim.restart(must_die=nth == 1):
                assert nth > 1, f"{point} is never passed in a revocation"
                victim.server.process.stop()
                break
            died += 1
            if not victim.runs():
                # Not one thing of it was done: John goes on, and the command can be repeated.
                assert point in ("before_cut", "inside_cut"), f"{point}: the run is lost"
                assert victim.server.userinfo(victim.johns["access_token"]).status == 200
                victim.server.curfew("revoke", JOHN, "--yes", expect=None)
            victim.expect_at_rest()
            victim.expect_refused()
            victim.expect_alice_untouched()
            victim.server.process.stop()
    print(f"killed {died} times at {len(wanted)} points of a revocation")


def test_an_undo_survives_death_at_every_point(env):
    wanted = [p for p in points(env) if "restore" in p]
    for point in wanted:
        victim = Victim(env, point)
        victim.server.curfew("revoke", JOHN, "--yes", expect=None)
        run = victim.expect_at_rest()
        victim.serve_until(point, 1)
        victim.server.curfew("restore", run, "--yes", expect=None)
        assert victim.restart(must_die=True), f"{point} is never passed in an undo"
        if victim.server.json("run", "show", run)["run"]["state"] == "at_rest":
            victim.server.curfew("restore", run, "--yes")
        victim.expect_at_rest("restored")
        victim.expect_refused()  # what John had before stays dead
        victim.server.tokens(JOHN, victim.app)
        victim.expect_alice_untouched()
        victim.server.process.stop()
    print(f"killed at {len(wanted)} points of an undo")
