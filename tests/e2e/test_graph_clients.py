"""Microsoft's client libraries work with the Graph API as they are, and are cut off as they must."""

from graph_wire import ADMIN, GraphOffice
from world import ALICE, JOHN, run_client


def drive_graph(env, scenario):
    office = GraphOffice(env)
    for name in (JOHN, ALICE, "ann@contoso.com", "bob@contoso.com"):
        office.add_person(name)
    run_client(env, office.server, "graph.mjs", scenario,
               {"tool": office.app, "helper": ADMIN, "laptop": office.add_device("Laptop", JOHN)})


def drive_continuous_access(env, scenario):
    office = GraphOffice(env, pkce=False)
    office.add_person(JOHN)
    office.add_person(ALICE)
    group = office.server.json("group", "add", "Staff")["id"]
    office.server.json("group", "add-member", group, JOHN)
    run_client(env, office.server, "continuous_access.mjs", scenario,
               {"tool": office.app, "group": group})


def test_the_graph_client_works_for_an_application_by_itself(env):
    drive_graph(env, "by_itself")


def test_the_graph_client_works_for_a_person(env):
    drive_graph(env, "for_a_person")


def test_the_graph_client_is_refused_after_a_run(env):
    drive_graph(env, "whole_run")


def test_a_claims_challenge_brings_a_newer_token(env):
    drive_continuous_access(env, "works_again")


def test_a_claims_challenge_brings_a_revoked_person_nothing(env):
    drive_continuous_access(env, "refused")


def test_a_claims_challenge_stops_an_application_while_it_is_disabled(env):
    drive_continuous_access(env, "application")
