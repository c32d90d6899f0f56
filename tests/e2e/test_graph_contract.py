"""The Graph API's answers are what Microsoft's description of Graph says, for every operation."""

import http.server
import json
import re
import threading
import urllib.parse

from graph_procedure import add_subject, run_procedure
from graph_walk_apps import (walk_applications, walk_assignments, walk_authentication,
                             walk_organization, walk_permission_grants, walk_records, walk_risk)
from graph_walk_changes import walk_delta, walk_subscriptions
from graph_wire import PROBLEM, Answer, Api, GraphOffice, check_answer, operations_in
from prism import described_operations, start_prism
from test_graph_changes import Receiver, office_with_notifications
from world import ALICE, JOHN

NEEDS_TEST_DATA = True
TIMEOUT_SECONDS = 900  # Prism alone may need minutes to start on a busy machine
EVENTUAL = {"ConsistencyLevel": "eventual"}
READER = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"  # Directory Readers
NOBODY = "00000000-0000-4000-8000-000000000000"


def spelling(operation):
    """Without the names of keys."""
    return operation[0], re.sub(r"\{[^}]*\}", "{}", operation[1])


class Walk:
    """Calls operations by their row in docs/graph.md: through the proxy what the description has,
    directly what it lacks."""

    def __init__(self, env, office):
        self.direct = office.plain()
        self.proxied = Api(start_prism(env, office.plain_url), office.bearer)
        self.described = {spelling(operation) for operation in described_operations(env)}
        self.walked = {}  # operation -> whether it went through the proxy

    def describes(self, method, path):
        return spelling((method, path)) in self.described

    def call(self, operation, keys=(), body=None, *, query="", status=200, headers=None,
             spelled=None):
        """`spelled`: another spelling of the operation's path."""
        method, path = operation.split(" ", 1)
        values = dict(keys)
        proxied = spelling((method, spelled or path)) in self.described
        assert proxied or not spelled, f"the description lacks {spelled}"
        self.walked[(method, path)] = self.walked.get((method, path), False) or proxied
        below = re.sub(r"\{([^}]*)\}", lambda found: urllib.parse.quote(values[found[1]], safe=""),
                       spelled or path)
        api = self.proxied if proxied else self.direct
        return api.call(method, below + query, body, status=status, headers=headers)


def walk_people(walk):
    made = walk.call("POST /users", body={
        "accountEnabled": True, "displayName": "New Person", "mailNickname": "new",
        "userPrincipalName": "new@contoso.com", "department": "IT", "businessPhones": ["+1"],
        "passwordProfile": {"password": "a good long one",
                            "forceChangePasswordNextSignIn": False}}, status=201).json
    one = {"user": made["id"]}
    walk.call("GET /users")
    walk.call("GET /users", query="?$top=1&$select=*")
    walk.call("GET /users", query="?$count=true&$filter=" + urllib.parse.quote(
        "startswith(userPrincipalName,'new')") + "&$orderby=displayName", headers=EVENTUAL)
    walk.call("GET /users", query="?$expand=memberOf", status=400)
    walk.call("GET /users", query="?$search=%22displayName:new%22", status=400)
    walk.call("GET /users", query="?$search=%22displayName:new%22", headers=EVENTUAL)
    uncounted = walk.call("GET /users", query="?$count=true").json
    assert "@odata.count" not in uncounted, uncounted
    walk.call("GET /users/$count", headers=EVENTUAL)
    walk.call("GET /users/$count", status=400)
    walk.call("GET /users/{user}", one)
    walk.call("GET /users/{user}", one, query="?$select=*")
    walk.call("GET /users/{user}", {"user": "new@contoso.com"}, query="?$select=id,accountEnabled")
    for expanded in ("memberOf", "registeredDevices", "manager"):
        walk.call("GET /users/{user}", one, query="?$expand=" + expanded)
    walk.call("GET /users/{user}", {"user": NOBODY}, status=404)
    walk.call("GET /users/{user}", one, spelled="/me")
    walk.call("PATCH /users/{user}", one, {"accountEnabled": False}, status=204)
    walk.call("PATCH /users/{user}", one, {"accountEnabled": True, "jobTitle": "Chief",
                                           "department": None}, status=204)
    walk.call("PATCH /users/{user}", one, {"acountEnabled": False}, status=400)
    for path in ("/users/{user}/revokeSignInSessions",
                 "/users/{user}/microsoft.graph.revokeSignInSessions"):
        walk.call("POST /users/{user}/revokeSignInSessions", one, spelled=path)
    walk.call("POST /users/{user}/invalidateAllRefreshTokens", one)
    return made["id"]


def walk_devices(walk, office):
    john = office.server.json("user", "show", JOHN)["id"]
    laptop = office.add_device("Laptop", JOHN)
    office.add_device("Telephone", JOHN)
    of = {"user": john}
    for path in ("/users/{user}/registeredDevices", "/users/{user}/ownedDevices"):
        assert len(walk.call(f"GET {path}", of).json["value"]) == 2
        walk.call(f"GET {path}", of, query="?$select=id,displayName&$top=1")
        walk.call(f"GET {path}/$count", of, headers=EVENTUAL)
        walk.call(f"GET {path}/graph.device", of)
        walk.call(f"GET {path}/graph.device", of, spelled=f"{path}/microsoft.graph.device")
    walk.call("GET /devices")
    walk.call("GET /devices/$count", headers=EVENTUAL)
    made = walk.call("POST /devices", body={
        "accountEnabled": True, "displayName": "Kiosk", "operatingSystem": "Linux",
        "operatingSystemVersion": "12", "deviceId": NOBODY,
        "alternativeSecurityIds": [{"type": 2, "key": "Y3VyZmV3"}]}, status=201).json
    registration = walk.call("GET /devices/{device}", {"device": laptop}).json["deviceId"]
    for path, key, doomed in (
            ("/devices/{device}", {"device": laptop}, {"device": made["id"]}),
            ("/devices(deviceId='{deviceId}')", {"deviceId": registration},
             {"deviceId": registration})):
        walk.call(f"GET {path}", key)
        assert walk.call(f"GET {path}/registeredOwners", key).json["value"][0]["id"] == john
        walk.call(f"GET {path}/registeredUsers", key)
        walk.call(f"PATCH {path}", key, {"accountEnabled": False}, status=204)
        walk.call(f"DELETE {path}", doomed, status=204)
        walk.call(f"GET {path}", doomed, status=404)


def walk_groups(walk, person):
    made = walk.call("POST /groups", body={
        "displayName": "Crew", "mailEnabled": False, "mailNickname": "crew",
        "securityEnabled": True, "description": "All hands",
        "members@odata.bind": [f"https://graph.microsoft.com/v1.0/users/{person}"]},
        status=201).json
    one = {"group": made["id"]}
    walk.call("GET /groups")
    walk.call("GET /groups/$count", headers=EVENTUAL)
    walk.call("GET /groups/{group}", one)
    walk.call("PATCH /groups/{group}", one, {"description": "Nobody"}, status=204)
    for path in ("/groups/{group}/members", "/groups/{group}/transitiveMembers"):
        assert len(walk.call(f"GET {path}", one).json["value"]) == 1
        walk.call(f"GET {path}/$count", one, headers=EVENTUAL)
    walk.call("GET /groups/{group}/members/graph.user", one)
    for path in ("owners", "memberOf", "transitiveMemberOf"):
        assert walk.call("GET /groups/{group}/" + path, one).json["value"] == []
    walk_memberships(walk, person, made["id"])
    member = {**one, "member": person}
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{person}"}
    walk.call("DELETE /groups/{group}/members/{member}", member, status=400)
    walk.call("DELETE /groups/{group}/members/{member}/$ref", member, status=204)
    walk.call("DELETE /groups/{group}/members/{member}/$ref", member, status=404)
    walk.call("POST /groups/{group}/members/$ref", one, reference, status=204)
    walk.call("DELETE /groups/{group}/members/$ref", one, status=204, query="?@id=" +
              urllib.parse.quote(reference["@odata.id"], safe=""))
    walk.call("DELETE /groups/{group}", one, status=204)


def walk_memberships(walk, person, group):
    of = {"user": person}
    for path in ("/users/{user}/memberOf", "/users/{user}/transitiveMemberOf"):
        assert walk.call(f"GET {path}", of).json["value"][0]["id"] == group
        walk.call(f"GET {path}/$count", of, headers=EVENTUAL)
        for kind in ("group", "directoryRole", "administrativeUnit"):
            walk.call(f"GET {path}/graph.{kind}", of)
            walk.call(f"GET {path}/graph.{kind}", of, spelled=f"{path}/microsoft.graph.{kind}")
    walk.call("GET /users/{user}/memberOf", of, spelled="/me/memberOf")
    for action, body in (("getMemberGroups", {"securityEnabledOnly": False}),
                         ("getMemberObjects", {"securityEnabledOnly": False}),
                         ("checkMemberGroups", {"groupIds": [group, NOBODY]}),
                         ("checkMemberObjects", {"ids": [group, NOBODY]})):
        path = "/users/{user}/" + action
        assert walk.call(f"POST {path}", of, body).json["value"] == [group]
        walk.call(f"POST {path}", of, body, spelled="/users/{user}/microsoft.graph." + action)


def walk_roles(walk, person):
    walk.call("GET /directoryRoles")
    for path, key in (("/directoryRoles/{role}", "role"),
                      ("/directoryRoles(roleTemplateId='{roleTemplateId}')", "roleTemplateId")):
        walk.call(f"GET {path}", {key: READER})
        walk.call(f"GET {path}/members", {key: READER})
    all_of_them = "/roleManagement/directory/roleDefinitions"
    assert READER in [role["id"] for role in walk.call(f"GET {all_of_them}").json["value"]]
    walk.call(f"GET {all_of_them}/{{role}}", {"role": READER})
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{person}"}
    walk.call("POST /directoryRoles/{role}/members/$ref", {"role": READER}, reference, status=204)
    walk.call("GET /directoryRoles/{role}/members", {"role": READER})
    walk.call("DELETE /directoryRoles/{role}/members/{member}/$ref",
              {"role": READER, "member": person}, status=204)
    path = "/roleManagement/directory/roleAssignments"
    made = walk.call(f"POST {path}", body={"principalId": person, "roleDefinitionId": READER,
                                           "directoryScopeId": "/"}, status=201).json
    walk.call(f"GET {path}")
    walk.call(f"GET {path}", query="?$expand=principal,roleDefinition&$filter=" +
              urllib.parse.quote(f"principalId eq '{person}'"))
    walk.call(f"GET {path}/{{assignment}}", {"assignment": made["id"]})
    walk.call(f"DELETE {path}/{{assignment}}", {"assignment": made["id"]}, status=204)


def walk_deleted(walk, person):
    walk.call("DELETE /users/{user}", {"user": person}, status=204)
    for kind in ("user", "group", "device", "application", "servicePrincipal"):
        path = "/directory/deletedItems/graph." + kind
        walk.call(f"GET {path}")
        walk.call(f"GET {path}", spelled="/directory/deletedItems/microsoft.graph." + kind)
    one = {"object": person}
    walk.call("GET /directory/deletedItems/{object}", one)
    walk.call("POST /directory/deletedItems/{object}/restore", one, {})
    walk.call("DELETE /users/{user}", {"user": person}, status=204)
    walk.call("POST /directory/deletedItems/{object}/restore", one, {},
              spelled="/directory/deletedItems/{object}/microsoft.graph.restore")
    walk.call("DELETE /users/{user}", {"user": person}, status=204)
    # The description wants a body there, Graph's reference shows the call without.
    walk.direct.call("POST", f"/directory/deletedItems/{person}/restore")
    walk.call("DELETE /users/{user}", {"user": person}, status=204)
    walk.call("DELETE /directory/deletedItems/{object}", one, status=204)


def walk_batch(walk):
    answer = walk.proxied.call("POST", "/$batch", {"requests": [
        {"id": "1", "method": "GET", "url": "/users?$top=1"},
        {"id": "2", "method": "GET", "url": f"/users/{NOBODY}"},
        {"id": "3", "method": "GET", "url": "/me", "dependsOn": ["2"]}]}).json
    assert [one["status"] for one in answer["responses"]] == [200, 404, 424], answer
    walk.proxied.call("POST", "/$batch", {"requests": []}, status=400)


def walk_refusals(walk, office):
    """What the proxy has no say in: it lets nobody without a token through."""
    stranger = Api(office.plain_url)
    answer = stranger.call("GET", "/users", status=401)
    assert 'client_id="00000003-0000-0000-c000-000000000000"' in answer.headers["WWW-Authenticate"]
    walk.direct.call("GET", "/nothing", status=404)
    walk.direct.call("PUT", "/users", {}, status=405)
    walk.direct.call("POST", "/users", "{", status=400)
    alone = Api(walk.proxied.url, office.app_token())
    alone.call("GET", "/users")
    alone.call("GET", "/me", status=400)


def test_every_operation_answers_as_graph_is_described(env):
    office = office_with_notifications(env, private=True)
    office.add_person(JOHN)
    walk = Walk(env, office)
    person = walk_people(walk)
    walk_devices(walk, office)
    walk_groups(walk, person)
    walk_roles(walk, person)
    app = walk_applications(walk)
    group = office.server.json("group", "add", "Staff")["id"]
    graph = walk_assignments(walk, app, person, group)
    walk_permission_grants(walk, app, person, graph)
    walk_authentication(walk, office, person)
    walk_records(walk)
    walk_organization(walk)
    walk_risk(walk, person)
    walk_deleted(walk, person)
    walk_delta(walk)
    walk_subscriptions(walk, Receiver(env, office.server.data))
    walk_batch(walk)
    walk_refusals(walk, office)
    add_subject(office, ALICE)
    run_procedure(office, walk.proxied, ALICE)

    served = operations_in(env.root / "docs" / "graph.md")
    assert served == set(walk.walked), \
        f"not walked: {served - set(walk.walked)}; not served: {set(walk.walked) - served}"
    known = {operation for operation in served if spelling(operation) in walk.described}
    assert known == {operation for operation, proxied in walk.walked.items() if proxied}
    for operation in sorted(served - known):
        print("not in the description, called directly:", *operation)
    print(f"figure: {len(known)} of {len(served)} operations held against the description")


# --- the proxy itself: would it have noticed?

CONTEXT = "https://x.test/v1.0/$metadata#"
FAULTS = {  # (method, path) -> (status, body), each wrong in one thing
    ("GET", "/v1.0/users/1"): (200, {"@odata.context": CONTEXT + "users/$entity", "id": "1",
                                     "accountEnabled": "true"}),
    ("GET", "/v1.0/users/2"): (200, {"@odata.context": CONTEXT + "users/$entity", "id": 2}),
    ("GET", "/v1.0/users/3"): (404, {"error": {"code": "Request_ResourceNotFound"}}),
    ("GET", "/v1.0/users/4/registeredDevices"): (200, {"value": {"id": "1"}}),
    ("POST", "/v1.0/users/1/revokeSignInSessions"): (200, {"@odata.context": CONTEXT + "Edm.Boolean",
                                                           "value": "true"}),
    ("PATCH", "/v1.0/users/1"): (200, {"id": "1", "accountEnabled": False}),
    ("POST", "/v1.0/groups"): (201, {"id": "1", "securityEnabled": "yes"}),
}
RIGHT = {"@odata.context": CONTEXT + "users/$entity", "id": "0", "accountEnabled": True}


class FaultyGraph(http.server.BaseHTTPRequestHandler):
    """A Graph API that is wrong in all the ways above."""

    def do_GET(self):  # pylint: disable=invalid-name
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, body = FAULTS.get((self.command, self.path), (200, RIGHT))
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_PATCH = do_GET

    def log_message(self, *_):
        pass


def test_the_proxy_refuses_wrong_answers_and_wrong_requests(env):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), FaultyGraph) as faulty:
        threading.Thread(target=faulty.serve_forever, daemon=True).start()
        proxied = Api(start_prism(env, f"http://127.0.0.1:{faulty.server_port}"), "token")
        right = proxied.ask("GET", "/users/0")
        assert right.status == 200 and right.json == RIGHT, right.text
        for (method, path), (_, planted) in FAULTS.items():
            body = {"PATCH": {}, "POST": {"displayName": "Crew"}}.get(method)
            if path.endswith("revokeSignInSessions"):
                body = None  # the description gives it none
            answer = proxied.ask(method, path.removeprefix("/v1.0"), body)
            problem = json.loads(answer.text)
            assert problem["type"].startswith(PROBLEM), f"{planted} was let through"
            assert answer.status == 500, answer.text
        for wrong in ({"accountEnabled": "false"}, {"businessPhones": "+1"}, []):
            answer = proxied.ask("PATCH", "/users/0", wrong)
            assert answer.status == 422, answer.text
            assert json.loads(answer.text)["type"].startswith(PROBLEM), answer.text
        faulty.shutdown()


# --- and what the proxy cannot see

GIVEN = "9a0d6a53-6b3e-4b7c-8d5e-0f9a3b1c2d4e"
HEADERS = {"request-id": GIVEN, "client-request-id": GIVEN, "Date": "now", "Cache-Control": "no-store",
           "Content-Type": "application/json", "OData-Version": "4.0"}
INNER = {"date": "2026-11-29T10:00:00", "request-id": GIVEN, "client-request-id": GIVEN}
ERROR = {"error": {"code": "BadRequest", "message": "Bad.", "innerError": INNER}}
OBJECTS = {"@odata.context": CONTEXT + "directoryObjects",
           "value": [{"@odata.type": "#microsoft.graph.device", "id": "1"}]}


def is_right(status, body, without=(), **headers):
    kept = {name: value for name, value in {**HEADERS, **headers}.items() if name not in without}
    text = body if isinstance(body, str) else json.dumps(body)
    try:
        check_answer(Answer(status, kept, text))
    except (AssertionError, KeyError, TypeError):
        return False
    return True


def test_the_walk_notices_what_the_proxy_cannot_see(_env):
    assert is_right(200, RIGHT) and is_right(400, ERROR) and is_right(200, OBJECTS)
    assert is_right(201, RIGHT, Location="https://x.test/v1.0/users/0")
    assert is_right(204, "", ["Content-Type"])
    for name in ("request-id", "client-request-id", "Date", "Cache-Control", "OData-Version"):
        assert not is_right(200, RIGHT, [name]), name
    assert not is_right(200, "")  # a JSON type with an empty body
    assert not is_right(204, "") and not is_right(201, RIGHT)
    assert not is_right(200, {**RIGHT, "@odata.context": None})
    assert not is_right(200, {**OBJECTS, "value": [{"id": "1"}]})
    for member in INNER:
        inner = {name: value for name, value in INNER.items() if name != member}
        assert not is_right(400, {"error": {**ERROR["error"], "innerError": inner}}), member
    assert not is_right(400, {"error": {"code": "BadRequest", "message": "Bad.",
                                        "innererror": INNER}})
    assert not is_right(500, {"type": PROBLEM + "#VIOLATIONS"})
