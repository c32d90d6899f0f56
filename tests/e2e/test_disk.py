"""A disk that is full: what cannot be stored is refused and not half done, and it goes on after.

A limit on the size of files stands for the disk: anybody may set it for their own process, at any
moment, and lift it again. The server then cannot write another byte of its database. Where the
machine lets us mount, a small file system is really filled, too.
"""

import os
import pathlib
import resource

from faults import Holdings, LocalApi, expect_chains, seeded
from world import ALICE, DOMAIN, JOHN, OK, PASSWORD, PENDING, REDIRECT, Server

TIMEOUT_SECONDS = 300
ROUNDS = 5
PEOPLE = 8
ROOM_BYTES_MAX = 96 * 1024  # some ten revocations
DISK = "24m"
MOUNT_AND_SERVE = ('mount -t tmpfs -o size="$1" none "$2" && cp -a "$3"/. "$2" && '
                   'exec "$4" serve --data "$2"')


class FileLimit:
    """No file of the server may grow by more than so many bytes from now on."""

    def __init__(self, server):
        self.server = server

    def leave(self, room):
        log = self.server.data / "curfew.db-wal"
        self._set(log.stat().st_size + room)

    def lift(self):
        self._set(resource.RLIM_INFINITY)

    def verified(self):
        """What the command says about the chains."""
        return self.server.curfewd("verify-audit").out

    def _set(self, size):
        pid = self.server.process.pid
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


class SmallDisk:
    """The server's folder on a file system of its own, which only its process sees mounted."""

    def __init__(self, env, server):
        server.process.stop()
        mounted = env.temp / "disk"
        mounted.mkdir()
        server.process = env.start(
            ["unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c", MOUNT_AND_SERVE,
             "sh", DISK, mounted, server.data, env.bin / "curfewd"], ready="Curfew serves")
        server.data = pathlib.Path(f"/proc/{server.process.pid}/root{mounted}")
        self._folder = server.data
        self._inside = ["nsenter", "--target", server.process.pid, "--user", "--mount",
                        "--preserve-credentials"]
        self._verify = [env.bin / "curfewd", "verify-audit", "--data", mounted]
        self._env = env

    def leave(self, room):
        disk = os.statvfs(self._folder)
        with open(self._folder / "filler", "wb") as filler:
            filler.write(bytes(max(0, disk.f_bavail * disk.f_frsize - room)))

    def lift(self):
        (self._folder / "filler").unlink()

    def verified(self):
        return self._env.run(self._inside + self._verify).out


def can_mount(env):
    tried = env.run(["unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c",
                     'mount -t tmpfs -o size=64k none "$0"', env.temp], expect=None)
    return tried.code == 0


def is_active(server, app, token):
    page = server.token_endpoint(app, "introspect", {"token": token})
    assert page.status == 200, page.text
    return page.json["active"]


def expect_writes_refused(server, app, johns):
    """Nothing is called done that was not stored."""
    refused = server.curfew("revoke", JOHN, "--yes", expect=None)
    assert refused.code not in (OK, PENDING) and refused.err.strip(), refused
    with LocalApi(server) as api:
        status, body = api.call("POST", "/revocations", {"subject": JOHN})
    assert status == 503 and body["error"]["message"], (status, body)
    page = server.token_endpoint(app, "revoke", {"token": johns.tokens["refresh_token"]})
    assert page.status == 503, page.text  # RFC 7009 2.2.1: not done, ask again
    page = johns.refresh()
    assert (page.status, page.json["error"]) == (503, "temporarily_unavailable"), page.text
    url, _ = server.authorize_url(app, "openid")
    browser = server.browser()
    page = browser.submit(browser.open(url), {"username": JOHN, "password": PASSWORD})
    assert page.status == 503 and "__Host-curfew-session" not in str(browser.cookies), page.text


def test_a_full_disk_refuses_writes_clearly_and_goes_on_when_there_is_room(env):
    server = Server(env)
    app = server.add_app("Mail", "--redirect-uri", REDIRECT)
    johns, alices = (Holdings(server, server.add_user(name), app) for name in (JOHN, ALICE))
    access = johns.tokens["access_token"]
    disk = FileLimit(server)
    disk.leave(0)
    expect_writes_refused(server, app, johns)

    # What only reads is right, and says what is so: nobody lost anything.
    assert server.get(server.url + "/readyz").status == 200
    assert server.userinfo(access).status == 200 and is_active(server, app, access)
    assert is_active(server, app, alices.tokens["refresh_token"])
    assert server.json("user", "show", JOHN)["accountEnabled"] is True
    assert server.json("run", "list") == []
    assert server.process.running()

    disk.lift()
    alices.expect_alive("when there is room again")
    johns.expect_alive("when there is room again")  # with the token that could not be rotated
    server.revoke(JOHN)
    johns.expect_dead("after the revocation")
    expect_chains(disk.verified(), "after the disk was full")
    server.kill()
    server.serve()
    johns.expect_dead("after a restart")
    alices.expect_alive("after a restart")
    expect_chains(disk.verified(), "after a restart")


def revoke_until_refused(server, people):
    """Who was revoked and who was refused, as the answers say."""
    done, refused = [], []
    with LocalApi(server) as api:
        for person in people:
            status, body = api.call("POST", "/revocations", {"subject": person.name})
            assert status in (200, 503), (status, body)
            (done if status == 200 else refused).append(person)
    return done, refused


def fill_while_revoking(server, disk, chance):
    """How often the disk was full, of ROUNDS."""
    app = server.add_app("Mail", "--redirect-uri", REDIRECT)
    filled = 0
    for number in range(ROUNDS):
        names = [server.add_user(f"person{number}-{i}@{DOMAIN}") for i in range(PEOPLE)]
        people = [Holdings(server, name, app) for name in names]
        room = chance.randrange(ROOM_BYTES_MAX) if number else 0
        disk.leave(room)
        done, refused = revoke_until_refused(server, people)
        disk.lift()
        filled += bool(refused)
        when = f"in round {number}, room for {room} bytes"
        for person in done:
            person.expect_dead(when)
        for person in refused:
            person.expect_alive(when)
        expect_chains(disk.verified(), when)
    return filled


def test_a_disk_that_fills_up_while_people_are_revoked_leaves_nobody_half_revoked(env):
    chance = seeded("disk.a_disk_that_fills_up_while_people_are_revoked_leaves_nobody_half_revoked")
    kinds = {"a limit on files": FileLimit}
    if can_mount(env):
        kinds["a small file system"] = lambda server: SmallDisk(env, server)
    for name, make in kinds.items():
        server = Server(env, name=name.replace(" ", "-"))
        filled = fill_while_revoking(server, make(server), chance)
        print(f"{name}: full in {filled} of {ROUNDS} rounds")
        assert filled, "the disk was never full: the test shows nothing"
