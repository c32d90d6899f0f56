"""Debian's Apache: pages behind mod_auth_openidc, an API behind mod_oauth2, before and after."""

from apache import Apache
from cut_off import cut_off, sessions_named
from world import ALICE, JOHN, PASSWORD, REDIRECT, Server, sign_in

API = "api://reports"

# A session of the module's own at /plain; at /renewed one that asks for a newer token each time.
PAGES = """
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {client_secret}
OIDCRedirectURI {origin}/plain/callback
OIDCScope "openid profile offline_access"
OIDCCryptoPassphrase {client_secret}
OIDCRemoteUserClaim preferred_username
OIDCCABundlePath {ca}
<Location /plain>
  AuthType openid-connect
  Require valid-user
</Location>
<Location /renewed>
  AuthType openid-connect
  Require valid-user
  OIDCRefreshAccessTokenBeforeExpiry 3600 logout_on_error
</Location>
"""

# An answer about a token is kept for `expiry` seconds.
ASKS = """
<Location /read>
  AuthType oauth2
  OAuth2TokenVerify introspect {endpoint} introspect.auth=client_secret_basic&client_id={client_id}&client_secret={client_secret}&expiry=2
  Require valid-user
</Location>
"""


def status(browser, url):
    return browser.request(url).status


def test_a_session_of_mod_auth_openidc_lives_on_unless_it_is_renewed(env):
    server = Server(env)
    server.add_user(JOHN)
    server.add_user(ALICE)
    port = env.free_port()
    origin = f"https://localhost:{port}"
    app = server.add_app("Wiki", "--redirect-uri", origin + "/plain/callback", "--no-pkce")
    settings = PAGES.format(origin=origin, ca="{ca}", **app["client"])
    apache = Apache(env, server, "auth_openidc", settings, ("plain", "renewed"), port)

    def signed_in(name):
        browser = server.browser()
        page = sign_in(browser, origin + "/plain/", name, PASSWORD)
        assert (page.status, page.heading) == (200, "plain"), page.text + apache.log()
        return browser

    idle, busy, alices = signed_in(JOHN), signed_in(JOHN), signed_in(ALICE)
    report = cut_off(server, "mod_auth_openidc, session that is renewed",
                     lambda: status(busy, origin + "/renewed/") == 200)
    # The session of the other browser is the module's own: alive, and said to be.
    assert status(idle, origin + "/plain/") == 200
    assert sessions_named(report) == {"Wiki"}, report
    assert status(alices, origin + "/renewed/") == 200
    # Whoever was logged out is sent to us, and not let in.
    page = sign_in(busy, origin + "/plain/", JOHN, PASSWORD)
    assert page.heading == "Sign-in is not possible", page.text


def test_mod_oauth2_refuses_a_token_when_its_cache_has_forgotten_it(env):
    server = Server(env)
    server.add_user(JOHN)
    server.add_user(ALICE)
    app = server.add_app("Reports", "--identifier-uri", API, "--scope", "read", "--may-introspect",
                         "--redirect-uri", REDIRECT, "--consent", API + "/read")
    settings = ASKS.format(endpoint=server.oauth + "/introspect", **app["client"])
    apache = Apache(env, server, "oauth2", settings, ("read",))

    def accepts(name):
        token = server.tokens(name, app, scope=API + "/read")["access_token"]
        headers = {"Authorization": "Bearer " + token}
        return lambda: server.browser().request(apache.origin + "/read/", headers=headers).status == 200

    johns, alices = accepts(JOHN), accepts(ALICE)
    cut_off(server, "mod_oauth2, introspection that is kept for 2 s", johns, at_once=False)
    assert not johns()
    assert alices()
