"""Web servers of Debian 12 that ask a gate, with the configurations of docs/forward-auth.md."""

import os
import signal

from gate_machine import LASTING_LEASE
from site_behind import (AUDIENCE, BESIDE, BESIDE_AUDIENCE, IDENTITY, Apache, Caddy, HAProxy, Nginx,
                         Site, ask_gate)
from world import ALICE, JOHN

TIMEOUT_SECONDS = 240
# As the gate spells them, and as an application may read them all the same.
FORGED = {f"X-Curfew-{name}": "forged" for name in (*IDENTITY, "Acr", "Issuer")}
FORGED |= {name: "forged" for name in ("X_Curfew_Roles", "X-Curfew_Roles", "x_curfew-Subject",
                                       "X.Curfew.Roles")}


def identity(page):
    assert page.status == 200, f"{page.status} {page.url} {page.text}"
    return {name: page.json["headers"].get("x-curfew-" + name.lower(), "") for name in IDENTITY}


def user_id(site, name):
    return site.server.json("user", "show", name)["id"]


def people_are_known_to_the_application(site, john, alice):
    page = site.sign_in(john, JOHN, "/page?a=b&c=d%2Fe")
    assert page.json["target"] == "/page?a=b&c=d%2Fe", page.text
    told = identity(page)
    assert told["Subject"] == told["Object-Id"] == user_id(site, JOHN), told
    assert (told["Client-Id"], told["Scopes"]) == (site.app["appId"], "read"), told
    assert told["Tenant"] == site.server.tenant and told["Session"] and not told["Roles"], told
    assert identity(site.sign_in(alice, ALICE))["Subject"] == user_id(site, ALICE)


def what_a_client_says_of_itself_is_gone(site, john):
    page = site.ask(john, headers=FORGED)
    assert identity(page)["Subject"] == user_id(site, JOHN), page.text
    assert "forged" not in page.json["headers"].values(), page.text
    # Nor does it choose what the gate is asked about.
    forged = {"X-Forwarded-Uri": "/public", "X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "http",
              "X-Forwarded-Method": "TRACE", "X-Original-URL": "https://evil.test/"}
    assert identity(site.ask(john, **forged))["Subject"] == user_id(site, JOHN)
    nobody = site.server.browser()
    assert site.ask(nobody, headers={**FORGED, **forged}).status == 401
    assert site.ask(nobody, "/.curfew/auth/../../page").status in (400, 401, 404)


def nothing_but_a_navigation_is_redirected(site):
    nobody = site.server.browser()
    for page in (site.ask(nobody), site.ask(nobody, method="POST"), site.ask(nobody, Cookie="a=b")):
        assert page.status == 401 and page.headers.get("Location") is None, page.headers
        challenges = page.headers.get_all("WWW-Authenticate")
        assert len(challenges) == 1 and challenges[0].startswith("Bearer "), challenges
    led = site.ask(nobody, "/page?x=%2F%2Fevil.test", Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document")
    assert led.status == 302, led.status
    assert led.headers["Location"] == \
        site.origin + "/.curfew/sign-in?return_to=%2Fpage%3Fx%3D%252F%252Fevil.test", led.headers


def a_program_with_a_token_needs_no_browser(site):
    token = site.server.tokens(ALICE, site.app, scope=AUDIENCE + "/read")["access_token"]
    program = site.server.browser()
    page = site.ask(program, method="POST", Authorization="Bearer " + token)
    assert identity(page)["Subject"] == user_id(site, ALICE) and page.json["method"] == "POST"
    assert site.ask(program, Authorization="Bearer " + token[:-4] + "AAAA").status == 401


def was_let_in(page):
    """Whether the application was asked. Some web servers answer 200 by themselves."""
    return page.status == 200 and '"target"' in page.text


def no_other_site_is_picked_by_a_client(site):
    token = site.server.tokens(ALICE, site.app, scope=BESIDE_AUDIENCE + "/read")["access_token"]
    asked = {"Host": BESIDE, "Authorization": "Bearer " + token}
    # Good at the site beside: it is the client's word alone that must not lead there.
    assert ask_gate(site, "site/beside/auth/page", asked) == (200, "")
    assert ask_gate(site, "site/wiki/auth/page", asked) == (403, "")
    status, problem = ask_gate(site, "auth/page", asked)
    assert status == 400 and "path_prefix" in problem, problem
    program = site.server.browser()
    for headers in ({"Host": BESIDE}, {"X-Forwarded-Host": BESIDE},
                    {"Host": BESIDE, "X-Forwarded-Host": BESIDE, "Forwarded": f"host={BESIDE}"}):
        page = site.ask(program, headers={**headers, "Authorization": "Bearer " + token})
        assert not was_let_in(page), f"{headers}: {page.status} {page.text}"


def told(site):
    """How far the run is with telling the site."""
    runs = site.server.json("run", "list")
    steps = site.server.json("run", "show", runs[0]["id"])["steps"] if runs else []
    return next((step for step in steps if step["connector"] == "tell.backchannel_logout"), {})


def a_revoked_person_is_refused_at_the_next_request(site, john, alice):
    assert site.ask(john).status == site.ask(alice).status == 200
    os.kill(site.follower.pid, signal.SIGSTOP)
    site.env.start([site.env.bin / "curfew", "--data", site.server.data, "revoke", JOHN, "--yes"])
    # The server tells the site, which says yes only when the replica has it.
    site.env.wait_until(lambda: told(site).get("failed_attempts"), "the server to try again")
    assert told(site)["state"] != "acknowledged", told(site)
    os.kill(site.follower.pid, signal.SIGCONT)
    site.env.wait_until(lambda: site.ask(john).status == 401, "the replica to have the revocation")
    site.env.wait_until(lambda: told(site)["state"] == "acknowledged", "the site to say so")
    assert site.ask(alice).status == 200
    # The server's own session is over as well, and says so.
    assert site.sign_in(john, JOHN).heading in ("Sign-in is not possible", "Sign in")


def a_renewal_is_silent(site, alice):
    before = alice.cookies["localhost"]["__Host-curfew-site-session"]
    alice.cookies["localhost"].pop("__Host-curfew-site-session")
    page = alice.open(site.origin + "/page?again")
    assert identity(page)["Subject"] == user_id(site, ALICE) and page.json["target"] == "/page?again"
    assert alice.cookies["localhost"]["__Host-curfew-site-session"] != before


def who_signs_out_is_out_everywhere(site, alice):
    copied = dict(alice.cookies["localhost"])
    page = alice.open(site.origin + "/.curfew/sign-out")
    assert page.heading == "Sign out", page.text
    page = alice.submit(page)
    if page.heading != "You are signed out":  # the server shows whom it tells
        page = alice.submit(page)
    assert page.url.startswith(site.origin + "/.curfew/signed-out"), f"{page.url} {page.heading}"
    assert site.ask(alice).status == 401
    alice.cookies["localhost"] = copied
    site.env.wait_until(lambda: site.ask(alice).status == 401, "a copy of the cookie to be dead")


def without_a_gate_nobody_is_let_in(site, browser):
    site.gate.kill()
    assert site.ask(browser).status >= 500


def drive(env, front):
    site = Site(env)
    try:
        front(site)
        john, alice = site.server.browser(), site.server.browser()
        people_are_known_to_the_application(site, john, alice)
        what_a_client_says_of_itself_is_gone(site, john)
        nothing_but_a_navigation_is_redirected(site)
        a_program_with_a_token_needs_no_browser(site)
        no_other_site_is_picked_by_a_client(site)
        a_revoked_person_is_refused_at_the_next_request(site, john, alice)
        a_renewal_is_silent(site, alice)
        who_signs_out_is_out_everywhere(site, alice)
        without_a_gate_nobody_is_let_in(site, alice)
    finally:
        site.close()


def test_nginx_asks_a_gate(env):
    drive(env, Nginx)


def test_caddy_asks_a_gate(env):
    drive(env, Caddy)


def test_haproxy_asks_a_gate(env):
    drive(env, HAProxy)


def test_apache_asks_a_gate(env):
    drive(env, Apache)


def gates_of(site):
    """What a revocation of JOHN says of the gates: the step, and the path."""
    done = site.server.revoke(JOHN, expect=None)
    return (next(step for step in done["steps"] if step["connector"] == "local.gates"),
            next(path for path in done["paths"] if path["kind"] == "gate"))


def test_no_report_says_that_what_a_web_server_was_let_finish_has_ended(env):
    site = Site(env, lease=LASTING_LEASE)
    try:
        Nginx(site)
        identity(site.sign_in(site.server.browser(), JOHN))
        step, path = gates_of(site)
        assert (step["state"], path["state"], path.get("ends_by")) == ("acknowledged", "unknown", None), path
        assert "1 acknowledged" in path["reason"], path
        assert "forward-auth" in path["reason"] and "edge" in path["reason"], path
    finally:
        site.close()


def test_a_gate_that_dies_after_the_first_request_has_said_that_it_may_go_on(env):
    # With this lease another one is asked for after eleven seconds: not by that the server knows.
    site = Site(env, lease="20s", told_within=9)
    try:
        Nginx(site)
        identity(site.sign_in(site.server.browser(), JOHN))
        site.follower.kill()
        # It waits for the site as well, which cannot know without its gate.
        run = site.server.revoke(JOHN, "--no-wait", expect=None)["run"]["id"]

        def gates():
            steps = site.server.json("run", "show", run)["steps"]
            return next(step for step in steps if step["connector"] == "local.gates")

        site.env.wait_until(lambda: gates()["state"] in ("ended", "acknowledged"), "the lease to be over")
        evidence = gates()["evidence"]
        assert gates()["state"] == "acknowledged" and "forward-auth" in evidence, gates()
        assert "0 acknowledged" in evidence, evidence
    finally:
        site.close()


def test_where_pages_alone_are_served_the_gate_has_ended_it(env):
    site = Site(env, lease="2s", serve=["--pages-only"])
    try:
        asked = {"Host": f"localhost:{site.port}", "Authorization": "Bearer x"}
        assert ask_gate(site, "site/wiki/auth/page", asked) == (403, "")
        step, path = gates_of(site)
        assert (step["state"], path["state"]) == ("ended", "ended"), path
    finally:
        site.close()


def refuses_with_a_broken_script(env, front, working, broken):
    site = Site(env)
    try:
        front(site, lambda text: text.replace(working, broken))
        john = site.server.browser()
        assert site.ask(john, headers=FORGED).status >= 500
        assert site.ask(john, Sec_Fetch_Mode="navigate").status >= 500
    finally:
        site.close()


def test_haproxy_lets_nobody_in_when_its_script_fails(env):
    refuses_with_a_broken_script(env, HAProxy, "local sent =", "error('broken') local sent =")


def test_apache_lets_nobody_in_when_its_script_fails(env):
    refuses_with_a_broken_script(env, Apache, "local headers = {", "error('broken') local headers = {")
