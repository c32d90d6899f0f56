"""@azure/msal-node signs in, renews silently, is refused, and blocks nobody else by it."""

from world import ALICE, JOHN, REDIRECT, Server, run_client

API = "api://reports"
LEDGER = "api://ledger"


def drive(env, scenario):
    server = Server(env)
    server.add_user(JOHN, "--name", "John Doe")
    server.add_user(ALICE, "--name", "Alice Bell")
    ledger = server.add_app("Ledger", "--identifier-uri", LEDGER, "--scope", "read",
                            "--may-introspect")
    reports = server.add_app("Reports", "--identifier-uri", API, "--scope", "read", "--consent",
                             LEDGER + "/read")
    run_client(env, server, "msal.mjs", scenario, {
        "api": API, "reports": reports, "ledger": LEDGER, "ledger_app": ledger,
        "web": server.add_app("Web", "--redirect-uri", REDIRECT, "--consent", API + "/read"),
        "desktop": server.add_app("Desktop", "--public", "--redirect-uri", "http://localhost",
                                  "--device-code"),
    })


def test_a_confidential_client_signs_in_and_renews(env):
    drive(env, "confidential")


def test_a_public_client_signs_in_and_renews(env):
    drive(env, "public")


def test_every_name_of_the_tenant_is_an_authority(env):
    drive(env, "authorities")


def test_an_application_gets_its_own_token_until_it_is_disabled(env):
    drive(env, "client_credentials")


def test_a_revoked_person_must_sign_in_and_nobody_else(env):
    drive(env, "confidential_revoked")


def test_a_revoked_person_must_sign_in_at_a_public_client(env):
    drive(env, "public_revoked")


def test_a_restored_person_signs_in_anew(env):
    drive(env, "restored")


def test_a_device_without_a_browser_signs_in_renews_and_is_refused(env):
    drive(env, "device")


def test_a_person_declines_a_device(env):
    drive(env, "device_declined")


def test_a_device_that_was_let_in_by_a_revoked_person_gets_nothing(env):
    drive(env, "device_revoked")


def test_an_application_calls_another_on_behalf_of_a_person_until_they_are_revoked(env):
    drive(env, "on_behalf_of")


def test_an_application_is_nobodys_behalf(env):
    drive(env, "on_behalf_of_nobody")
