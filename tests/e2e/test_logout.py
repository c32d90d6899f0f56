"""Back-channel logout: sessions that applications keep for themselves end when ours do."""

import time

from apache import Apache
from cut_off import cut_off
from https_receiver import receivers_config
from logout_receiver import LogoutReceiver, part
from test_apache import PAGES, status
from test_web_apps import WebApp
from world import ALICE, JOHN, PASSWORD, PENDING, REDIRECT, Server, sign_in


def steps_of(report, name="tell.backchannel_logout"):
    return [step for step in report["steps"] if step["connector"] == name]


class Told:
    """A server with a receiver, and an application that is told there."""

    def __init__(self, env, **options):
        self.env = env
        self.server = Server(env, config=receivers_config(env.temp / "data", **options))
        self.server.add_user(JOHN)
        self.server.add_user(ALICE)
        self.receiver = LogoutReceiver(env, self.server.data)
        self.app = self.add_app("Portal", self.receiver)

    def add_app(self, name, receiver):
        app = self.server.add_app(name, "--redirect-uri", REDIRECT)
        self.server.curfew("app", "set", app["appId"], "--backchannel-logout-uri", receiver.url)
        return app

    def signed_in(self, name=JOHN, app=None, browser=None):
        """(tokens, sid) of one more session at the application."""
        tokens = self.server.tokens(name, app or self.app, browser=browser)
        return tokens, part(tokens["id_token"], 1)["sid"]

    def last_run(self):
        run = self.server.json("run", "list")[0]["id"]
        return self.server.json("run", "show", run)

    def await_rest(self):
        self.env.wait_until(lambda: self.last_run()["run"]["state"] == "at_rest", "the run to rest")
        return self.last_run()


def test_mod_auth_openidc_ends_its_session_when_it_is_told(env):
    server = Server(env, config=receivers_config(env.temp / "data"))
    server.add_user(JOHN)
    server.add_user(ALICE)
    port = env.free_port()
    origin = f"https://localhost:{port}"
    app = server.add_app("Wiki", "--redirect-uri", origin + "/plain/callback", "--no-pkce")
    server.curfew("app", "set", app["appId"], "--backchannel-logout-uri",
                  origin + "/plain/callback?logout=backchannel")
    settings = PAGES.format(origin=origin, ca="{ca}", **app["client"])
    apache = Apache(env, server, "auth_openidc", settings, ("plain", "renewed"), port)

    def signed_in(name):
        browser = server.browser()
        page = sign_in(browser, origin + "/plain/", name, PASSWORD)
        assert (page.status, page.heading) == (200, "plain"), page.text + apache.log()
        return browser

    johns, others, alices = signed_in(JOHN), signed_in(JOHN), signed_in(ALICE)
    # It calls our revocation endpoint twice before it answers.
    report = cut_off(server, "mod_auth_openidc, a session of its own, told",
                     lambda: status(johns, origin + "/plain/") == 200)
    assert status(others, origin + "/plain/") == 302
    assert status(alices, origin + "/plain/") == 200
    told, = steps_of(report)
    assert (told["state"], told["evidence"]) == ("acknowledged", "told of 2 sessions: HTTP 200"), \
        str(told) + apache.log()
    path, = [path for path in report["paths"] if path["kind"] == "app_session"]
    assert path["state"] == "unknown" and "acknowledged" in path["reason"], path


def test_express_openid_connect_ends_its_session_when_it_is_told(env):
    portal = WebApp(env, "express_openid_connect", "/callback", config=receivers_config(env.temp / "data"),
                    backchannel=True)
    portal.server.curfew("app", "set", portal.app["appId"], "--backchannel-logout-uri",
                         portal.origin + "/backchannel-logout")
    johns, alices = portal.signed_in(JOHN), portal.signed_in(ALICE)
    report = cut_off(portal.server, "express-openid-connect, a session of its own, told",
                     lambda: portal.status(johns, "/session") == 200)
    assert portal.status(alices, "/session") == 200
    told, = steps_of(report)
    assert told["state"] == "acknowledged", told


def test_every_session_of_the_person_is_told_once_and_nobody_elses(env):
    world = Told(env)
    sids = {world.signed_in()[1] for _ in range(3)}
    world.signed_in(ALICE)
    quiet = world.server.add_app("Quiet", "--redirect-uri", REDIRECT)
    world.signed_in(app=quiet)
    begun = time.monotonic()
    world.server.revoke(JOHN)
    told = world.receiver.told()
    assert sorted(told) == sorted((world.app["appId"], sid) for sid in sids), told
    millis = 1000 * (world.receiver.calls[-1][0] - begun)
    print(f"figure: three sessions told {millis:.0f} ms after curfew revoke began", flush=True)


def test_a_killed_server_tells_whom_it_had_not_told(env):
    world = Told(env)
    _, sid = world.signed_in()
    world.receiver.answer = lambda claims: 500
    world.env.start([env.bin / "curfew", "--data", world.server.data, "revoke", JOHN, "--yes"],
                    name="revoke")
    env.wait_until(world.receiver.told, "the first call, which fails")
    world.server.kill()
    before = len(world.receiver.told())
    world.receiver.answer = lambda claims: 200
    world.server.serve()
    env.wait_until(lambda: len(world.receiver.told()) > before, "the call of the new process")
    assert world.receiver.told()[-1] == (world.app["appId"], sid)
    step, = steps_of(world.await_rest())
    assert step["state"] == "acknowledged", step


def test_who_hangs_holds_up_nobody_and_who_fails_is_told_again(env):
    world = Told(env)
    hanging, failing = (LogoutReceiver(env, world.server.data) for _ in range(2))
    apps = [world.app, world.add_app("Hangs", hanging), world.add_app("Fails", failing)]
    for app in apps:
        world.signed_in(app=app)
    hanging.answer = lambda claims: None
    failing.answer = lambda claims: 500 if len(failing.told()) == 1 else 204
    # The command ends with the cut's own steps, or says what is still open.
    command = env.start([env.bin / "curfew", "--data", world.server.data, "revoke", JOHN, "--yes"],
                        name="revoke")
    env.wait_until(lambda: world.receiver.told() and failing.told(), "those who answer")
    # Who hangs has not been given up by then.
    step, = [step for step in steps_of(world.last_run()) if "Hangs" in step["title"]]
    assert not step.get("failed_attempts"), "who hangs held up the others"
    env.wait_until(lambda: len(failing.told()) == 2, "who fails to be told again")
    # Others are served meanwhile, and cut off meanwhile.
    tokens, _ = world.signed_in(ALICE)
    assert world.server.userinfo(tokens["access_token"]).status == 200
    env.wait_until(hanging.told, "the one that hangs")
    hanging.answer = lambda claims: 200
    hanging.ending.set()
    run = world.await_rest()
    assert {step["state"] for step in steps_of(run)} == {"acknowledged"}, steps_of(run)
    command.wait()


def test_an_application_that_calls_back_before_it_answers_is_answered(env):
    world = Told(env)
    tokens, sid = world.signed_in()
    calls = []

    def calls_back(_):
        seen = []
        calls.append(seen)
        app = world.app
        for kind in ("refresh_token", "access_token"):
            page = world.server.token_endpoint(app, "revoke", {"token": tokens[kind]})
            seen.append((kind, page.status))
        seen.append(("refresh", world.server.refresh(app, tokens["refresh_token"]).status))
        return 200

    world.receiver.answer = calls_back
    report = world.server.revoke(JOHN)
    # Whoever takes longer than the server waits is called again.
    answered = [("refresh_token", 200), ("access_token", 200), ("refresh", 400)]
    assert answered in calls and all(seen == answered[:len(seen)] for seen in calls), calls
    assert set(world.receiver.told()) == {(world.app["appId"], sid)}
    assert steps_of(report)[0]["state"] == "acknowledged", report


def test_signing_out_is_told_also_by_a_server_that_was_killed(env):
    world = Told(env)
    browser = world.server.browser()
    tokens, sid = world.signed_in(browser=browser)
    _, other = world.signed_in()
    world.receiver.answer = lambda claims: 500
    page = browser.request(f"{world.server.oauth}/logout?id_token_hint={tokens['id_token']}")
    assert page.status == 200 and "told to sign you out" in page.text, page.text
    env.wait_until(world.receiver.told, "the first call, which fails")
    world.server.kill()
    before = len(world.receiver.told())
    world.receiver.answer = lambda claims: 200
    world.server.serve()
    env.wait_until(lambda: len(world.receiver.told()) > before, "the call of the new process")
    assert set(world.receiver.told()) == {(world.app["appId"], sid)}
    # What ends all of a person's sessions outside of a run is told, too.
    world.server.curfew("user", "disable", JOHN)
    env.wait_until(lambda: (world.app["appId"], other) in world.receiver.told(), "the other one")


def test_signing_out_reaches_what_was_opened_before_a_new_sign_in_in_the_browser(env):
    world = Told(env)
    ledger = world.add_app("Ledger", world.receiver)
    browser = world.server.browser()
    _, before = world.signed_in(browser=browser)
    world.signed_in()  # in another browser, which goes on
    tokens = world.server.tokens(JOHN, ledger, browser=browser, prompt="login")
    after = part(tokens["id_token"], 1)["sid"]
    assert after != before and not world.receiver.told(), world.receiver.told()
    page = browser.request(f"{world.server.oauth}/logout?id_token_hint={tokens['id_token']}")
    assert page.status == 200 and "told to sign you out" in page.text, page.text
    assert "Portal" in page.text and "Ledger" in page.text, page.text
    both = {(world.app["appId"], before), (ledger["appId"], after)}
    env.wait_until(lambda: len(world.receiver.told()) >= 2, "both applications")
    assert set(world.receiver.told()) == both, world.receiver.told()


def test_no_address_of_this_machine_is_called_unless_the_operator_allows_it(env):
    assert_not_called(Told(env, private="false"))


def assert_not_called(world):
    world.signed_in()
    world.server.curfew("revoke", JOHN, "--yes", "--no-wait", expect=None)
    world.env.wait_until(lambda: steps_of(world.last_run())[0].get("last_error"), "the call to fail")
    step, = steps_of(world.last_run())
    assert step["state"] == "running" and not world.receiver.told(), step


def test_a_receiver_in_a_network_that_the_operator_allows_is_called(env):
    world = Told(env, private='["10.1.0.0/16", "127.0.0.1/32"]')
    _, sid = world.signed_in()
    world.server.curfew("revoke", JOHN, "--yes", expect=PENDING)
    assert (world.app["appId"], sid) in world.receiver.told(), world.last_run()


def test_a_receiver_beside_the_networks_that_the_operator_allows_is_not_called(env):
    assert_not_called(Told(env, private='["10.1.0.0/16", "127.0.0.2/31"]'))
