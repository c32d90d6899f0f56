"""Applications that register themselves, as oauth4webapi does it; off unless somebody wants it."""

from world import FAILED, JOHN, Server, run_client

REDIRECT = "https://new.contoso.com/callback"


def drive(env, scenario):
    server = Server(env, config="\n[registration]\nenabled = true\n")
    server.add_user(JOHN)
    made = server.json("app", "registration-token", "create", "--expires", "1h", "--uses", "10")
    assert made["usesLeft"] == 10
    run_client(env, server, "registration.mjs", scenario,
               {"initialAccessToken": made["tokenText"], "tokenId": made["id"],
                "redirectUri": REDIRECT})
    return server


def test_registers_an_application_and_signs_somebody_in(env):
    server = drive(env, "registers_and_signs_in")
    assert server.json("app", "registration-token", "list")[0]["usesLeft"] == 9
    registered = [app for app in server.json("app", "list") if app["registeredWith"]]
    assert [app["displayName"] for app in registered] == ["Portal"]


def test_is_refused_with_the_errors_of_the_standard(env):
    drive(env, "is_refused_with_the_errors_of_the_standard")


def test_manages_itself_until_the_token_is_taken_back(env):
    drive(env, "manages_itself_until_the_token_is_taken_back")


def test_nobody_registers_where_the_operator_does_not_want_it(env):
    server = Server(env)
    assert "registration_endpoint" not in server.get(
        server.issuer + "/.well-known/openid-configuration").text
    refused = server.curfew("app", "registration-token", "create", expect=FAILED)
    assert "cannot register themselves" in refused.err
