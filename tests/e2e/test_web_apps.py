"""Web applications with the usual libraries: what a revocation ends at once, and what lives on."""

import time

from cut_off import cut_off, sessions_named
from world import ALICE, JOHN, PASSWORD, REDIRECT, Server, run_client, sign_in

API = "api://reports"


class WebApp:
    """A program of tests/js/apps with an application of its own on the server."""

    def __init__(self, env, name, callback, *options, config="", **settings):
        self.server = Server(env, config=config)
        self.server.add_user(JOHN)
        self.server.add_user(ALICE)
        port = env.free_port()
        self.origin = f"https://localhost:{port}"
        self.app = self.server.add_app("Portal", "--redirect-uri", self.origin + callback, *options)
        process = self.server.drive(f"apps/{name}.mjs", {
            "app": self.app, "origin": self.origin, "port": port,
            "certificate": self.server.certificate("localhost"), **settings})
        process.wait_for("ready")

    def signed_in(self, name, login="/login"):
        browser = self.server.browser()
        page = sign_in(browser, self.origin + login, name, PASSWORD)
        assert page.status == 200, f"{page.status} {page.url} {page.text}"
        return browser

    def status(self, browser, path):
        return browser.request(self.origin + path).status

    def check_no_new_sign_in(self, login="/login"):
        page = sign_in(self.server.browser(), self.origin + login, JOHN, PASSWORD)
        assert page.heading == "Sign-in is not possible", page.text


def test_openid_client_signs_in_renews_and_is_refused(env):
    server = Server(env)
    server.add_user(JOHN)
    server.add_user(ALICE)
    settings = {
        "api": API,
        "service": server.add_app("Reports", "--identifier-uri", API, "--scope", "read",
                                  "--may-introspect"),
        "web": server.add_app("Web", "--redirect-uri", REDIRECT, "--consent", API + "/read"),
        "board": server.add_app("Board", "--public", "--redirect-uri", REDIRECT, "--consent",
                                API + "/read")}
    run_client(env, server, "openid_client.mjs", "confidential", settings)
    run = server.json("run", "list")[0]["id"]
    server.curfew("restore", run, "--yes")
    run_client(env, server, "openid_client.mjs", "public", settings)


def test_passport_calls_userinfo_until_the_revocation_and_keeps_its_session(env):
    portal = WebApp(env, "passport", "/callback", "--no-pkce")
    johns, alices = portal.signed_in(JOHN), portal.signed_in(ALICE)
    report = cut_off(portal.server, "passport, userinfo",
                     lambda: portal.status(johns, "/userinfo") == 200)
    assert portal.status(johns, "/userinfo") == 401
    assert portal.status(alices, "/userinfo") == 200
    # Its own cookie, which it never asks us about: alive, and said to be.
    assert portal.status(johns, "/session") == 200
    assert sessions_named(report) == {"Portal"}, report
    portal.check_no_new_sign_in()


def auth_core_user(portal, browser):
    page = browser.request(portal.origin + "/auth/session")
    assert page.status == 200, page.text
    return (page.json or {}).get("user", {}).get("name")


def auth_core_sign_in(portal, name):
    browser = portal.server.browser()
    token = browser.request(portal.origin + "/auth/csrf").json["csrfToken"]
    page = browser.request(portal.origin + "/auth/signin/curfew", "POST",
                           {"csrfToken": token, "callbackUrl": portal.origin + "/auth/session"})
    page = sign_in(browser, page.headers["Location"], name, PASSWORD)
    return browser, page


def test_auth_core_that_never_asks_keeps_its_session(env):
    portal = WebApp(env, "auth_core", "/auth/callback/curfew", renews=False)
    johns, page = auth_core_sign_in(portal, JOHN)
    assert auth_core_user(portal, johns) == JOHN, page.text
    report = portal.server.revoke(JOHN)
    assert auth_core_user(portal, johns) == JOHN
    assert sessions_named(report) == {"Portal"}, report
    _, page = auth_core_sign_in(portal, JOHN)
    assert page.heading == "Sign-in is not possible", page.text


def test_auth_core_that_renews_ends_its_session(env):
    portal = WebApp(env, "auth_core", "/auth/callback/curfew", renews=True)
    johns, _ = auth_core_sign_in(portal, JOHN)
    alices, _ = auth_core_sign_in(portal, ALICE)
    cut_off(portal.server, "@auth/core, session that is renewed",
            lambda: auth_core_user(portal, johns) == JOHN)
    assert auth_core_user(portal, johns) is None
    assert auth_core_user(portal, alices) == ALICE


def test_express_openid_connect_renews_until_the_revocation_and_keeps_its_session(env):
    portal = WebApp(env, "express_openid_connect", "/callback")
    johns, alices = portal.signed_in(JOHN), portal.signed_in(ALICE)
    report = cut_off(portal.server, "express-openid-connect, refresh",
                     lambda: portal.status(johns, "/renew") == 200)
    assert portal.status(johns, "/session") == 200
    assert portal.status(alices, "/renew") == 200
    assert sessions_named(report) == {"Portal"}, report
    portal.check_no_new_sign_in()


def test_a_resource_server_that_never_asks_accepts_a_token_until_it_expires(env):
    resource = WebApp(env, "jwt_bearer", "/callback", "--identifier-uri", API, "--scope", "read",
                      "--may-introspect", "--access-token-typ", "at+jwt", "--consent",
                      API + "/read", api=API)
    server = resource.server
    tokens = server.tokens(JOHN, resource.app, scope=f"openid offline_access {API}/read")
    token = {"Authorization": "Bearer " + tokens["access_token"]}

    def accepts():
        return server.browser().request(resource.origin + "/read", headers=token).status == 200

    def asked():
        return server.token_endpoint(resource.app, "introspect",
                                     {"token": tokens["access_token"]}).json

    expires = asked()["exp"]
    assert accepts()
    report = cut_off(server, "introspection, beside express-oauth2-jwt-bearer",
                     lambda: asked()["active"])
    # Signed by us and not expired: that is all that it looks at. The report says until when.
    assert accepts()
    bounds = [path["ends_by"] for path in report["paths"] if path["state"] == "ends_by"]
    assert bounds and max(bounds) >= time.strftime("%FT%T", time.gmtime(expires)), report
    assert server.refresh(resource.app, tokens["refresh_token"]).status == 400
