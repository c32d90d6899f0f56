"""What was acknowledged survives kill -9: revocations and sign-ins alike."""

import base64
import contextlib
import datetime
import json
import sqlite3

from world import ALICE, JOHN, PENDING, REDIRECT, Server

GRANTS_READ = 100  # of an application, by a plan: kFactsGrantsPerAppMax


def test_a_revocation_survives_kill_9(env):
    server = Server(env)
    server.add_user(JOHN)
    server.add_user(ALICE)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    johns_browser, alices_browser = server.browser(), server.browser()
    johns = server.tokens(JOHN, app, browser=johns_browser)
    alices = server.tokens(ALICE, app, browser=alices_browser)
    code = server.code(JOHN, app, browser=johns_browser)
    assert server.userinfo(johns["access_token"]).status == 200

    server.curfew("revoke", JOHN, "--yes", "--no-wait", expect=None)
    server.kill()
    server.serve()

    assert server.userinfo(johns["access_token"]).status == 401
    refused = server.refresh(app, johns["refresh_token"])
    assert (refused.status, refused.json["error"]) == (400, "invalid_grant"), refused.text
    assert refused.json["suberror"] == "bad_token", refused.text
    refused = server.redeem(app, *code)
    assert (refused.status, refused.json["error"]) == (400, "invalid_grant"), refused.text
    url, _ = server.authorize_url(app, "openid", prompt="none")
    page = johns_browser.open(url, stop_before=REDIRECT)
    assert page.query["error"] == "login_required", page.url

    assert server.userinfo(alices["access_token"]).status == 200
    assert server.refresh(app, alices["refresh_token"]).status == 200
    url, _ = server.authorize_url(app, "openid", prompt="none")
    assert "code" in alices_browser.open(url, stop_before=REDIRECT).query


def test_a_run_that_was_interrupted_comes_to_rest(env):
    server = Server(env)
    server.add_user(JOHN)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    server.tokens(JOHN, app)
    made = server.json("revoke", JOHN, "--yes", "--no-wait", expect=None)[0]
    server.kill()
    server.serve()
    run = made["run"]["id"]
    env.wait_until(lambda: server.json("run", "show", run)["run"]["state"] == "at_rest",
                   "the run to come to rest after the restart")


def test_acknowledged_sign_ins_survive_kill_9(env):
    server = Server(env)
    server.add_user(JOHN)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    taken = []
    for _ in range(5):
        browser = server.browser()
        taken.append((browser, server.tokens(JOHN, app, browser=browser)))
    server.kill()
    server.serve()
    for browser, tokens in taken:
        assert server.refresh(app, tokens["refresh_token"]).status == 200
        url, _ = server.authorize_url(app, "openid", prompt="none")
        assert "code" in browser.open(url, stop_before=REDIRECT).query
    assert server.revoke(JOHN, expect=None)["run"]["state"] in ("driving", "at_rest"), PENDING


def keys(server):
    """(use, algorithm, state) of each signing key, by id."""
    lines = [line.split("\t") for line in server.curfewd("keys").out.splitlines()]
    return {words[4]: tuple(words[:3]) for words in lines}


def kid_of(token):
    head = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]


def published(server):
    answer = server.get(f"{server.url}/{server.tenant}/discovery/v2.0/keys")
    return {key["kid"] for key in answer.json["keys"]}


def test_a_signing_key_is_next_then_active_then_retired_and_can_be_withdrawn(env):
    server = Server(env)
    server.add_user(JOHN)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    first = server.tokens(JOHN, app)
    first_kid = kid_of(first["access_token"])
    said = server.curfewd("rotate-keys", expect=1).err
    assert str(server.process.pid) in said, said  # not under a running server
    server.process.stop()
    server.curfewd("rotate-keys")
    upcoming = [kid for kid, what in keys(server).items() if what == ("token", "ES256", "next")]
    assert len(upcoming) == 1 and keys(server)[first_kid] == ("token", "ES256", "active")
    server.serve()
    assert {*upcoming, first_kid} <= published(server)  # known before it signs
    server.process.stop()
    server.curfewd("rotate-keys")
    assert keys(server)[first_kid][2] == "retired" and keys(server)[upcoming[0]][2] == "active"
    server.serve()
    assert first_kid in published(server)
    assert server.userinfo(first["access_token"]).status == 200
    second = server.refresh(app, first["refresh_token"]).json
    assert kid_of(second["access_token"]) == upcoming[0]

    server.process.stop()
    server.curfewd("withdraw-key", "no-such-key", expect=1)
    server.curfewd("withdraw-key", "--", upcoming[0])
    assert keys(server)[upcoming[0]][2] == "withdrawn"
    server.serve()
    assert upcoming[0] not in published(server)
    assert server.userinfo(second["access_token"]).status == 401
    assert server.userinfo(first["access_token"]).status == 200
    third = server.refresh(app, second["refresh_token"]).json
    assert server.userinfo(third["access_token"]).status == 200
    # The one that took its place was never seen before if none was waiting.
    server.process.stop()
    server.curfewd("withdraw-key", "--", kid_of(third["access_token"]))
    server.serve()
    fourth = server.refresh(app, third["refresh_token"]).json
    assert server.userinfo(fourth["access_token"]).status == 200
    actions = [entry["action"] for entry in server.json("audit")]
    assert actions.count("signing_key.withdraw") == 2 and "keys.rotate" in actions, actions


def set_lifetimes(server, lifetime):
    """Gives both lifetimes of access tokens in the settings of a server that is stopped."""
    settings = server.data / "curfewd.toml"
    kept = settings.read_text().split("\n[tokens]\n")[0]
    settings.write_text(f'{kept}\n[tokens]\naccess_token = "{lifetime}"\n'
                        f'continuous_access_token = "{lifetime}"\n')


def test_a_bound_covers_tokens_that_were_made_under_longer_settings(env):
    server = Server(env, serve=False)
    set_lifetimes(server, "24h")
    server.serve()
    server.add_user(JOHN)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    browser = server.browser()
    old = server.tokens(JOHN, app, browser=browser)["access_token"]
    server.process.stop()
    with contextlib.closing(sqlite3.connect(server.data / "curfew.db")) as database, database:
        # A server that has long kept a record of its settings: nothing from before it is alive.
        database.execute("UPDATE lifetimes_in_force SET since = since - 30 * 24 * 3600 * 1000")
        database.execute("UPDATE grants SET id = 'z'")  # the last in order, so it is not read
    set_lifetimes(server, "10m")
    server.serve()
    for _ in range(GRANTS_READ + 1):
        server.tokens(JOHN, app, browser=browser)

    run = server.revoke(JOHN, expect=None)
    bounds = [path["ends_by"] for path in run["paths"] if path.get("ends_by")]
    assert bounds, run
    payload = old.split(".")[1]
    expiry = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"]
    latest = max(datetime.datetime.fromisoformat(bound) for bound in bounds).timestamp()
    assert latest >= expiry, (latest - expiry, run)
    assert latest < expiry + 3600, (latest - expiry, run)  # and no later than it has to be
