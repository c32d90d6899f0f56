"""oauth4webapi pushes its requests, and holds tokens that are bound to a key; also as FAPI 2.0 says."""

from test_private_key_jwt import make_certificate
from world import JOHN, REDIRECT, Server, run_client

API = "api://reports"


def drive(env, scenario, prepare=None):
    server = Server(env)
    server.add_user(JOHN)
    server.add_app("Reports", "--identifier-uri", API, "--scope", "read")
    web = server.add_app("Web", "--redirect-uri", REDIRECT, "--consent", API + "/read",
                         "--may-introspect")
    settings = {"api": API, "web": web,
                "spa": server.add_app("Board", "--public", "--redirect-uri", REDIRECT)}
    settings |= prepare(server, web) if prepare else {}
    run_client(env, server, "dpop.mjs", scenario, settings)


def test_a_confidential_client_pushes_and_binds_until_the_person_is_revoked(env):
    drive(env, "confidential")


def test_a_public_client_is_bound_with_its_refresh_tokens(env):
    drive(env, "public")


def test_an_application_s_own_token_is_bound(env):
    drive(env, "own_token")


def test_a_client_goes_through_the_demand_for_a_nonce(env):
    def prepare(server, web):
        shown = server.json("app", "set", web["appId"], "--require-dpop-nonce", "true")
        assert shown["requireDpopNonce"] is True, shown
        return {}
    drive(env, "nonces", prepare)


def test_the_fapi_profile_in_one_switch(env):
    certificate, key_pem = make_certificate(env, "EC")

    def prepare(server, web):
        key = server.json("app", "key", "add", web["appId"], certificate)["value"][0]
        shown = server.json("app", "set", web["appId"], "--fapi2", "true")
        assert shown["fapi2SecurityProfile"] is True, shown
        return {"keyPem": str(key_pem), "kid": key["kid"]}
    drive(env, "fapi", prepare)


def test_what_is_demanded_of_a_client_is_refused_without(env):
    server = Server(env)
    web = server.add_app("Web", "--redirect-uri", REDIRECT)
    server.curfew("app", "set", web["appId"], "--require-par", "true", "--dpop-bound-tokens", "true")
    url, _ = server.authorize_url(web, "openid")
    refused = server.get(url)
    assert "error=invalid_request" in refused.headers["Location"], refused.headers["Location"]
    page = server.token(web, {"grant_type": "client_credentials", "scope": API + "/.default"})
    assert page.status == 400 and "invalid_dpop_proof" in page.text, page.text
