"""What was acknowledged survives kill -9: revocations and sign-ins alike."""

from world import ALICE, JOHN, PENDING, REDIRECT, Server


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
