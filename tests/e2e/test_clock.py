"""A machine's clock that jumps while the server runs: nothing that was revoked lives again."""

import struct

from faults import Holdings, expect_chains, revoke, seeded
from world import ALICE, JOHN, REDIRECT, Server

TIMEOUT_SECONDS = 300
HOUR = 3600
DAY = 24 * HOUR
JUMPS = 14
LOOKED_AT = 3  # of those that were revoked before, after each jump; all of them at the end


class MovedClock:
    """The wall clock of processes; the time since boot goes on as it is."""

    def __init__(self, env, name="clock"):
        self.file = env.temp / name
        self.set(0)
        self.environment = {"LD_PRELOAD": env.bin / "libmoved_clock.so",
                            "CURFEW_MOVED_CLOCK": self.file}

    def set(self, seconds):
        """So far from the machine's own clock, from now on."""
        with open(self.file, "r+b" if self.file.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds))


def moved_server(env):
    clock = MovedClock(env)
    server = Server(env, serve=False)
    server.serve(env=clock.environment)
    for name in (JOHN, ALICE):
        server.add_user(name)
    return clock, server, server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)


def some_jump(chance):
    """Seconds from the true time: a correction, an hour, months; to either side."""
    most = chance.choice((5, 2 * HOUR, 3 * DAY, 200 * DAY))
    return chance.randrange(-most, most + 1)


def test_the_preloaded_clock_is_the_servers(env):
    clock, server, app = moved_server(env)
    johns = Holdings(server, JOHN, app)
    clock.set(2 * HOUR)  # an access token lives for one
    assert server.userinfo(johns.tokens["access_token"]).status == 401
    clock.set(0)
    assert server.userinfo(johns.tokens["access_token"]).status == 200


def test_no_jump_of_the_clock_revives_what_was_revoked(env):
    chance = seeded("clock.no_jump_of_the_clock_revives_what_was_revoked")
    clock, server, app = moved_server(env)
    dead = [Holdings(server, JOHN, app)]
    revoke(server, JOHN)
    dead[0].expect_dead("right after the revocation")
    for number in range(JUMPS):
        jump = some_jump(chance)
        clock.set(jump)
        when = f"after jump {number}, to {jump} s"
        assert server.get(server.url + "/readyz").status == 200, when
        for one in chance.sample(dead, min(len(dead), LOOKED_AT)):
            one.expect_dead(when)
        alices = Holdings(server, ALICE, app)
        alices.expect_alive(when)
        revoke(server, ALICE, "--sessions-only")
        alices.expect_dead(f"{when}, revoked there")
        dead.append(alices)
    expect_chains(server.curfewd("verify-audit").out, "after the jumps")
    for jump in (0, -DAY, 30 * DAY):
        clock.set(jump)
        server.process.stop()
        server.serve(env=clock.environment)
        for one in dead:
            one.expect_dead(f"at last, at {jump} s, after a restart")
    Holdings(server, ALICE, app).expect_alive("at last")


def test_a_superseded_refresh_token_stays_superseded_when_the_clock_goes_back(env):
    clock, server, app = moved_server(env)
    clock.set(DAY)
    alices = Holdings(server, ALICE, app)
    first = alices.tokens["refresh_token"]
    assert alices.refresh().status == 200
    clock.set(0)
    page = server.refresh(app, first)
    assert (page.status, page.json["error"]) == (400, "invalid_grant"), page.text
    page = alices.refresh()  # two had it: the family has ended
    assert (page.status, page.json["error"]) == (400, "invalid_grant"), page.text
