"""oauth4webapi signs in, uses everything it got, and is refused with the right errors."""

from world import ALICE, JOHN, REDIRECT, Server, run_client

API = "api://reports"


def drive(env, scenario):
    server = Server(env)
    server.add_user(JOHN)
    server.add_user(ALICE)
    run_client(env, server, "oauth4webapi.mjs", scenario, {
        "api": API,
        "app": server.add_app("Web", "--redirect-uri", REDIRECT, "--post-logout-redirect-uri",
                              "https://app.contoso.com/bye"),
        "service": server.add_app("Reports", "--identifier-uri", API, "--scope", "read",
                                  "--consent", API + "/read", "--may-introspect",
                                  "--access-token-typ", "at+jwt"),
    })


def test_both_discovery_documents_agree(env):
    drive(env, "discovery")


def test_signs_in_refreshes_introspects_and_finds_reuse(env):
    drive(env, "everything_works")


def test_revokes_its_own_token(env):
    drive(env, "revocation_endpoint")


def test_gets_a_token_for_itself(env):
    drive(env, "client_credentials")


def test_signs_out(env):
    drive(env, "sign_out")


def test_is_refused_everywhere_after_a_revocation(env):
    drive(env, "refused_after_revocation")
