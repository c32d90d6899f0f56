"""MSAL in Chromium: a single-page application signs in, renews silently, and is cut off."""

from test_browser import CHROMIUM
from world import ALICE, JOHN, Server, run_client

PROFILE = "https://graph.microsoft.com/User.Read"


def trusting_home(env, server):
    """A home folder for Chromium, which trusts the server's authority there and nowhere else."""
    home = env.temp / "home"
    database = home / ".pki/nssdb"
    database.mkdir(parents=True)
    env.run(["certutil", "-N", "-d", f"sql:{database}", "--empty-password"])
    env.run(["certutil", "-A", "-d", f"sql:{database}", "-n", "curfew-dev", "-t", "C,,",
             "-i", server.ca])
    return home


def drive(env, scenario, host="localhost"):
    server = Server(env)
    server.add_user(JOHN)
    server.add_user(ALICE)
    port = env.free_port()
    origin = f"https://{host}:{port}"
    app = server.add_app("Board", "--public", "--redirect-uri", origin + "/bridge", "--spa-origin",
                         origin, "--consent", PROFILE)
    run_client(env, server, "msal_browser.mjs", scenario, {
        "app": app, "origin": origin, "port": port, "chromium": CHROMIUM,
        "certificate": server.certificate(host), "home": str(trusting_home(env, server))})


def test_a_page_signs_in_by_redirect_and_is_refused_after_the_revocation(env):
    drive(env, "redirect")


def test_a_page_signs_in_by_popup_and_is_refused_after_the_revocation(env):
    drive(env, "popup")


def test_a_page_of_another_site_renews_by_refresh_token_until_the_revocation(env):
    drive(env, "other_site", "board.fabrikam.test")
