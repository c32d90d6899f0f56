"""A disk that is full: what cannot be stored is refused and not half done, and it goes on after.

A limit on the size of files stands for the disk: anybody may set it for their own process, at any
moment, and lift it again. The server then cannot write another byte of its database.
"""

import resource

from faults import Holdings, LocalApi, seeded
from world import ALICE, DOMAIN, JOHN, OK, PASSWORD, PENDING, REDIRECT, Server

TIMEOUT_SECONDS = 300
ROUNDS = 6
PEOPLE = 8
ROOM_BYTES_MAX = 96 * 1024  # some ten revocations
NO_ROOM_BYTES = 512


def leave_room(server, size):
    """No file of the server may grow beyond so many bytes; None: as before."""
    pid = server.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY if size is None else size,
                                                  hard))


def with_people(env, *names):
    server = Server(env)
    for name in names:
        server.add_user(name)
    app = server.add_app("Mail", "--redirect-uri", REDIRECT)
    return server, app, [Holdings(server, name, app) for name in names]


def is_active(server, app, token):
    page = server.token_endpoint(app, "introspect", {"token": token})
    assert page.status == 200, page.text
    return page.json["active"]


def expect_chains(server, when):
    said = server.curfewd("verify-audit").out
    assert "audit: holds" in said and "journal: holds" in said, f"{when}: {said}"


def test_a_full_disk_refuses_writes_clearly_and_goes_on_when_there_is_room(env):
    server, app, (johns, alices) = with_people(env, JOHN, ALICE)
    access = johns.tokens["access_token"]
    leave_room(server, NO_ROOM_BYTES)

    # Nothing is called done that was not stored.
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

    # What only reads is right, and says what is so: nobody lost anything.
    assert server.get(server.url + "/readyz").status == 200
    assert server.userinfo(access).status == 200 and is_active(server, app, access)
    assert is_active(server, app, alices.tokens["refresh_token"])
    assert server.json("user", "show", JOHN)["accountEnabled"] is True
    assert server.json("run", "list") == []
    assert server.process.running()

    leave_room(server, None)
    alices.expect_alive("when there is room again")
    johns.expect_alive("when there is room again")  # with the token that could not be rotated
    server.revoke(JOHN)
    johns.expect_dead("after the revocation")
    expect_chains(server, "after the disk was full")
    server.kill()
    server.serve()
    johns.expect_dead("after a restart")
    alices.expect_alive("after a restart")
    expect_chains(server, "after a restart")


def revoke_until_refused(server, people):
    """Who was revoked, who was refused, who was not reached; as the answers say."""
    done, refused = [], []
    with LocalApi(server) as api:
        for person in people:
            status, body = api.call("POST", "/revocations", {"subject": person.name})
            assert status in (200, 201, 202, 503), (status, body)
            (refused if status == 503 else done).append(person)
    return done, refused


def test_a_disk_that_fills_up_while_people_are_revoked_leaves_nobody_half_revoked(env):
    chance = seeded("disk.a_disk_that_fills_up_while_people_are_revoked_leaves_nobody_half_revoked")
    server, app, _ = with_people(env)
    filled = 0
    for number in range(ROUNDS):
        names = [server.add_user(f"person{number}-{i}@{DOMAIN}") for i in range(PEOPLE)]
        people = [Holdings(server, name, app) for name in names]
        log = server.data / "curfew.db-wal"
        more = chance.randrange(ROOM_BYTES_MAX) if number else 0
        room = log.stat().st_size + more
        leave_room(server, room)
        done, refused = revoke_until_refused(server, people)
        leave_room(server, None)
        filled += bool(refused)
        when = f"in round {number}, room for {room} bytes"
        for person in done:
            person.expect_dead(when)
        for person in refused:
            person.expect_alive(when)
        expect_chains(server, when)
    print(f"of {ROUNDS} rounds the disk was full in {filled}")
    assert filled, "the disk was never full: the test shows nothing"
