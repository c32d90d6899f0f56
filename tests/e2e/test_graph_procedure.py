"""The responders' procedure works as PowerShell sends it, over TLS and at a plain GraphEndpoint."""

import json
import ssl

from graph_procedure import PowerShell, add_subject, claims_challenge, run_procedure
from graph_wire import ADMIN, CP1, RESOURCE, GraphOffice
from world import ALICE, JOHN


def test_the_procedure_works_as_powershell_sends_it(env):
    office = GraphOffice(env)
    add_subject(office, JOHN)
    run_procedure(office, office.tls(), JOHN)
    add_subject(office, ALICE)
    run_procedure(office, office.plain(), ALICE)


def test_the_older_modules_names_do_the_same(env):
    office = GraphOffice(env)
    add_subject(office, JOHN)
    run_procedure(office, office.tls(), JOHN, as_entra_module=True)


def test_an_application_by_itself_can_do_it(env):
    office = GraphOffice(env)
    add_subject(office, JOHN)
    run_procedure(office, office.tls(office.app_token()), JOHN)


def test_several_people_that_answer_to_a_search_are_all_shown(env):
    office = GraphOffice(env)
    for name in (JOHN, "johndoe.old@contoso.com", ALICE):
        office.add_person(name)
    shell = PowerShell(office.tls())
    found = shell.get_mg_user_search("johndoe")
    assert sorted(user["userPrincipalName"] for user in found) == \
        ["johndoe.old@contoso.com", JOHN], found
    # Nothing is guessed: whoever asks for one of them gets the one.
    assert shell.get_mg_user(JOHN)["userPrincipalName"] == JOHN
    shell.update_mg_user(found[0]["id"])
    enabled = {user["userPrincipalName"]: user["accountEnabled"] for user in
               office.plain().call("GET", "/users?$select=userPrincipalName,accountEnabled")
               .json["value"]}
    assert list(enabled.values()).count(False) == 1 and \
        enabled[found[0]["userPrincipalName"]] is False, enabled


def test_a_guests_name_comes_as_powershell_encodes_it(env):
    office = GraphOffice(env)
    name = "ann_fabrikam.com#EXT#@contoso.com"
    office.tls().call("POST", "/users", {
        "accountEnabled": True, "displayName": "Ann", "mailNickname": "ann", "userType": "Guest",
        "userPrincipalName": name,
        "passwordProfile": {"password": "a good long one"}}, status=201)
    shell = PowerShell(office.tls())
    encoded = "ann_fabrikam.com%23EXT%23%40contoso.com"
    assert shell.get_mg_user(encoded)["userPrincipalName"].lower() == name.lower()
    shell.update_mg_user(encoded)
    # This guest has a password here, and so sessions here: both are ours to take.
    shell.send("Revoke-MgUserSignInSession_Revoke", "POST",
               f"/users/{encoded}/microsoft.graph.revokeSignInSessions", status=200)


def test_a_client_that_offers_http2_as_well_is_answered(env):
    office = GraphOffice(env)
    context = ssl.create_default_context(cafile=str(office.server.ca))
    context.set_alpn_protocols(["h2", "http/1.1"])
    shell = PowerShell(office.tls(context=context))
    assert shell.get_mg_user(ADMIN)["userPrincipalName"] == ADMIN


def merged(challenge):
    """The challenge's claims and what the client can do, as its library puts them together."""
    both = json.loads(challenge)
    both["access_token"].update(json.loads(CP1)["access_token"])
    return json.dumps(both)


def test_the_claims_of_a_challenge_bring_a_newer_token(env):
    office = GraphOffice(env)
    server = office.server
    office.add_person(JOHN)
    server.json("group", "add", "Staff")
    server.json("group", "add-member", "Staff", JOHN)
    tokens = server.tokens(JOHN, office.app, claims=CP1,
                           scope=f"openid profile offline_access {RESOURCE}/.default")
    office.tls(tokens["access_token"]).call("GET", "/me")
    server.curfew("group", "remove-member", "Staff", JOHN)

    challenge = claims_challenge(office.tls(tokens["access_token"]).call("GET", "/me", status=401))
    newer = server.refresh(office.app, tokens["refresh_token"], claims=merged(challenge))
    assert newer.status == 200, newer.text
    office.tls(newer.json["access_token"]).call("GET", "/me")
    server.revoke(JOHN)
    older = office.tls(newer.json["access_token"])
    challenge = claims_challenge(older.call("GET", "/me", status=401))
    refused = server.refresh(office.app, newer.json["refresh_token"], claims=merged(challenge))
    assert refused.status == 400 and refused.json["suberror"] == "bad_token", refused.text
