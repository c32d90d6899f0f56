"""Every operation of /curfew/v1 answers what docs/openapi.yaml says, errors and streams too."""

import http.client
import json
import re
import socket
import urllib.parse

from openapi import Spec
from world import ALICE, DOMAIN, JOHN, REDIRECT, Server


class LocalConnection(http.client.HTTPConnection):
    """HTTP over the server's local socket, where this machine's root needs no credential."""

    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def is_json(content_type):
    return content_type.split(";")[0] == "application/json"


class Api:
    """Calls operations by name; each request and each answer is held against the document."""

    def __init__(self, env, server):
        self.spec = Spec(env.root / "docs" / "openapi.yaml")
        self.server = server
        self.answers = []  # (operation, status, content type, text)

    def call(self, name, values=None, body=None, *, status=200, query=None, headers=None,
             unchecked=False):
        operation = self.spec.operations[name]
        path = re.sub(r"\{(\w+)\}", lambda found: urllib.parse.quote(values[found[1]], safe=""),
                      operation.path)
        if not unchecked:
            self.spec.check_request(name, body)
        connection = LocalConnection(self.server.data / "curfewd.sock")
        connection.request(operation.method, path + ("?" + urllib.parse.urlencode(query or {})),
                           None if body is None else json.dumps(body),
                           {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self.note(name, answer.status, answer.headers["Content-Type"], text)
        assert answer.status == status, f"{name}: {answer.status} {text}"
        return json.loads(text) if is_json(answer.headers["Content-Type"]) else text

    def note(self, name, status, content_type, text):
        self.spec.check_answer(name, status, content_type, text)
        self.answers.append((name, status, content_type, text))

    def over_tls(self, name, bearer=None):
        """A call without parameters, as it comes over the network."""
        page = self.server.get(self.server.url + self.spec.operations[name].path, bearer)
        self.note(name, page.status, page.headers["Content-Type"], page.text)
        return page.status


def walk_users(api):
    john = api.call("add_user", body={"userPrincipalName": JOHN, "mail": JOHN}, status=201)
    api.call("add_user", body={"userPrincipalName": ALICE, "displayName": "Alice", "userType": "Member",
                               "password": "correct horse battery 9", "breakGlass": False,
                               "forceChangePasswordNextSignIn": False}, status=201)
    guest = f"guest@{DOMAIN}"
    api.call("add_user", body={"userPrincipalName": guest, "userType": "Guest"}, status=201)
    api.call("end_user_sessions", {"id": guest}, status=403)
    api.call("add_user", body={"userPrincipalName": JOHN}, status=409)
    api.call("add_user", body={}, status=400, unchecked=True)
    api.call("list_users")
    first = api.call("list_users", query={"limit": 1})
    api.call("list_users", query={"limit": 999, "after": first["next"]})
    api.call("list_users", query={"limit": 1000}, status=400)
    api.call("show_user", {"id": JOHN})
    api.call("show_user", {"id": f"nobody@{DOMAIN}"}, status=404)
    api.call("change_user", {"id": JOHN}, {"displayName": "John", "accountEnabled": False})
    held = api.call("show_user", {"id": JOHN})
    assert held["holds"], held
    api.call("change_user", {"id": JOHN}, {"accountEnabled": True, "mail": JOHN})
    api.call("show_access", {"id": JOHN})
    api.call("reset_user_password", {"id": john["id"]})
    role = {"id": JOHN, "role": "Helpdesk Administrator"}
    api.call("add_user_role", role)
    assert api.call("list_user_roles", {"id": JOHN})["value"]
    api.call("remove_user_role", role)
    api.call("add_user_role", {"id": JOHN, "role": "Emperor"}, status=404)
    return john


def walk_groups(api):
    group = api.call("add_group", body={"displayName": "Staff", "isAssignableToRole": False}, status=201)
    api.call("list_groups", query={"limit": 1})
    api.call("show_group", {"id": "Staff"})
    member = {"id": "Staff", "user": JOHN}
    api.call("add_member", member)
    assert api.call("list_members", {"id": group["id"]})["value"]
    api.call("remove_member", member)
    return group


def walk_client_keys(api, named):
    # RFC 7515 A.3
    jwk = {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
           "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
    added = api.call("add_client_keys", named, {"jwk": jwk, "displayName": "batch"}, status=201)
    api.call("add_client_keys", named, {"jwks": {"keys": [jwk]}}, status=409)
    api.call("add_client_keys", named, {"certificate": "none"}, status=400)
    assert len(api.call("list_client_keys", named, query={"limit": 1})["value"]) == 1
    api.call("change_app", named, {"clientAssertionAudience": "issuer"})
    api.call("remove_client_key", {**named, "key": added["value"][0]["keyId"]})


def walk_apps(api, group):
    app = api.call("add_app", body={"displayName": "Files", "clientType": "confidential",
                                    "redirectUris": [REDIRECT], "identifierUris": ["api://files"],
                                    "exposedScopes": ["Files.Read"], "accessTokenTyp": "at+jwt",
                                    "accessTokenLifetimeSeconds": 600}, status=201)
    assert app["client"]["client_secret"], app
    api.call("add_app", body={"displayName": "Thief", "identifierUris": ["api://files"]}, status=409)
    api.call("list_apps", query={"limit": 2})
    named = {"id": app["appId"]}
    api.call("show_app", named)
    api.call("change_app", named, {"mayIntrospect": True, "ownSessionLifetimeSeconds": 60,
                                   "accountEnabled": False,
                                   "frontchannelLogoutUri": REDIRECT,
                                   "backchannelLogoutUri": "https://app.contoso.com/out",
                                   "commandEndpoint": "https://app.contoso.com/commands"})
    assert api.call("show_app", named)["commandEndpoint"] == "https://app.contoso.com/commands"
    # Nobody is there: every run after would wait for an answer.
    api.call("change_app", named, {"accountEnabled": True, "frontchannelLogoutUri": "",
                                   "commandEndpoint": ""})
    role = {**named, "role": "Reports Reader"}
    api.call("add_app_role", role)
    assert api.call("list_app_roles", named)["value"]
    api.call("remove_app_role", role)
    secret = api.call("add_app_secret", named, status=201)
    assert len(api.call("list_app_secrets", named)["value"]) == 2
    api.call("remove_app_secret", {**named, "key": secret["keyId"]})
    walk_client_keys(api, named)
    api.call("add_assignment", named, {"userId": JOHN}, status=201)
    api.call("add_assignment", named, {"groupId": group["id"]}, status=201)
    api.call("add_assignment", named, {}, status=400, unchecked=True)
    assert len(api.call("list_assignments", named)["value"]) == 2
    api.call("remove_assignment", named, {"groupId": group["id"]})
    return app


def walk_devices_and_keys(api, app):
    device = api.call("add_device", body={"displayName": "Laptop", "operatingSystem": "Linux",
                                          "registeredOwner": JOHN}, status=201)
    named = {"id": device["id"]}
    api.call("list_devices")
    api.call("show_device", named)
    api.call("change_device", named, {"displayName": "Old laptop", "accountEnabled": False})
    api.call("change_device", named, {"accountEnabled": True})
    key = api.call("add_api_key", body={"appId": app["appId"], "scopes": ["api://curfew/manage"],
                                        "owner": JOHN, "lifetimeDays": 30}, status=201)
    api.call("list_api_keys")
    api.call("show_api_key", {"id": key["id"]})
    assert api.over_tls("list_users") == 401
    assert api.over_tls("list_users", key["keyText"]) == 403  # its application has no role
    api.call("add_app_role", {"id": app["appId"], "role": "Global Reader"})
    assert api.over_tls("list_users", key["keyText"]) == 200
    api.call("remove_api_key", {"id": key["id"]})
    assert api.over_tls("list_users", key["keyText"]) == 401
    return named


def walk_registration_tokens(api):
    made = api.call("add_registration_token", body={"displayName": "Partners", "uses": 2,
                                                    "lifetimeSeconds": 3600,
                                                    "grantTypes": ["authorization_code"]},
                    status=201)
    api.call("add_registration_token", body={"uses": 0}, status=400, unchecked=True)
    assert "tokenText" not in api.call("list_registration_tokens")["value"][0]
    api.call("remove_registration_token", {"id": made["id"]})
    api.call("remove_registration_token", {"id": "nothing"}, status=404)


def walk_gates(api):
    made = api.call("add_gate", body={"name": "edge", "mode": "best_effort"}, status=201)
    api.call("add_gate", body={"name": "edge"}, status=409)
    api.call("add_gate", body={"name": "two words"}, status=400)
    assert api.call("list_gates")["value"][0]["enrolledDateTime"] is None
    again = api.call("add_gate_code", {"id": "edge"}, status=201)
    api.call("add_gate_code", {"id": "nothing"}, status=404)
    # RFC 7515 A.3
    jwk = {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
           "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
    first = {"Authorization": "Bearer " + made["enrolmentCode"]}
    api.call("gate_enrolment", body={"jwk": jwk}, headers=first, status=401)
    newer = {"Authorization": "Bearer " + again["enrolmentCode"]}
    api.call("gate_enrolment", body={}, headers=newer, status=400, unchecked=True)
    api.call("gate_enrolment", body={"jwk": jwk}, headers=newer, status=201)
    assert api.call("show_gate", {"id": made["appId"]})["enrolledDateTime"]
    assert api.over_tls("gate_feed") == 401
    api.call("remove_gate", {"id": "edge"})
    api.call("remove_gate", {"id": "edge"}, status=404)


def walk_streams(api, app):
    made = api.call("add_stream", body={"appId": app["appId"], "description": "of its own"},
                    status=201)
    named = {"id": made["id"]}
    api.call("add_stream", body={"appId": "nothing"}, status=404)
    api.call("add_stream", body={"appId": app["appId"], "delivery": "push"}, status=400)
    assert api.call("list_streams")["value"][0]["id"] == made["id"]
    assert api.call("change_stream", named, body={"status": "paused"})["status"] == "paused"
    api.call("change_stream", named, body={"status": "odd"}, status=400, unchecked=True)
    assert api.call("show_stream", named)["deadLetters"] == []
    api.call("show_stream", {"id": "nothing"}, status=404)
    api.call("remove_stream", named)
    api.call("remove_stream", named, status=404)


def walk_fence(api, server):
    api.call("show_fence", status=404)
    server.process.stop()
    server.curfewd("fence")
    server.serve()
    assert api.call("show_fence")["generation"] == 2
    assert api.call("list_lost_blocks", query={"state": "held"})["value"] == []
    api.call("list_lost_blocks", query={"state": "odd"}, status=400)
    for verb in ("keep", "end"):
        api.call(f"{verb}_lost_block", {"id": "nothing"}, status=404)
    assert api.call("end_lost_blocks", body={})["endedCount"] == 0
    api.call("end_lost_blocks", body={"gate": "nothing"}, status=404)


def walk_targets(api):
    body = {"displayName": "Partner", "url": "https://partner.test/revoke", "clientId": "us"}
    made = api.call("add_target", body=body, status=201)
    api.call("add_target", body=body, status=409)
    api.call("add_target", body={**body, "displayName": "b", "url": "http://partner.test/"},
             status=400)
    api.call("add_target", body={"displayName": "b", "url": "https://partner.test/b",
                                 "authentication": "bearer"}, status=400)
    assert api.call("list_targets")["value"][0]["id"] == made["id"]
    named = {"id": "Partner"}
    changed = api.call("change_target", named, {"authentication": "bearer", "token": "secret",
                                                "subjectMember": "subject", "isEnabled": False})
    assert changed["hasToken"] and "token" not in changed, changed
    api.call("change_target", named, {"url": "https://other.test/"}, status=400)
    api.call("show_target", named)
    api.call("show_target", {"id": "nothing"}, status=404)
    api.call("remove_target", {"id": made["id"]})
    api.call("remove_target", named, status=404)


def walk_sources(api, app):
    wish = {"appId": app["appId"], "displayName": "Upstream", "issuer": "https://idp.test",
            "audiences": ["us"], "jwksUri": "https://idp.test/jwks",
            "policy": {"session-revoked": "disable"}}
    made = api.call("add_source", body=wish, status=201)
    named = {"id": made["id"]}
    assert made["policy"]["session-revoked"] == "disable" and made["tokenText"]
    api.call("add_source", body={**wish, "appId": "nothing"}, status=404)
    api.call("add_source", body={**wish, "audiences": []}, status=400)
    api.call("add_source", body={**wish, "policy": {"account-enabled": "disable"}}, status=400,
             unchecked=True)
    polled = api.call("add_source", status=201,
                      body={**wish, "delivery": "poll", "pollUrl": "https://idp.test/poll"})
    api.call("renew_source_token", {"id": polled["id"]}, status=409)
    assert api.call("renew_source_token", named)["tokenText"] != made["tokenText"]
    assert len(api.call("list_sources")["value"]) == 2
    assert api.call("change_source", named, body={"isEnabled": False})["stands"] is False
    api.call("change_source", named, body={"jwksUri": "http://idp.test/"}, status=400)
    assert api.call("show_source", named)["received"] == []
    for one in (made, polled):
        api.call("remove_source", {"id": one["id"]})
    api.call("remove_source", named, status=404)


def walk_sessions(api, server, mail):
    for _ in range(2):
        server.tokens(ALICE, mail)
    sessions = api.call("list_user_sessions", {"id": ALICE})["value"]
    api.call("end_user_session", {"id": ALICE, "session": sessions[0]["id"]})
    assert "endedDateTime" in api.call("list_user_sessions", {"id": ALICE})["value"][0]
    api.call("end_user_session", {"id": ALICE, "session": "none"}, status=404)
    api.call("end_user_sessions", {"id": ALICE})


def walk_runs(api):
    asked = {"subject": JOHN, "also": ["consents"], "since": "1h", "removeAssignments": True,
             "reason": "left"}
    api.call("add_revocation", body={**asked, "dryRun": True})
    again = {"Idempotency-Key": "k"}
    run = api.call("add_revocation", body=asked, headers=again)["run"]
    assert api.call("add_revocation", body=asked, headers=again)["run"]["id"] == run["id"]
    api.call("add_revocation", body={**asked, "reason": "other"}, headers=again, status=409)
    api.call("add_revocation", body={"subject": JOHN, "mode": "gently"}, status=400, unchecked=True)
    named = {"id": run["id"]}
    events = api.call("revocation_events", named)
    assert '"state":"at_rest"' in events, events
    data = api.call("show_revocation", named)
    api.call("show_revocation", {"id": "none"}, status=404)
    step = {**named, "step": data["steps"][0]["id"]}
    api.call("change_step", {**step, "verb": "retry"}, status=409)  # it has ended
    api.call("revocation_report", named)
    api.call("show_report_keys")
    api.call("list_revocations", query={"subject": JOHN, "limit": 1})
    api.call("restore_revocation", named)
    api.call("revocation_events", named)
    api.call("list_audit", query={"limit": 2})
    api.call("list_audit", query={"limit": 200})
    admin = api.call("list_users")["value"]
    guarded = [user for user in admin if user["userPrincipalName"].startswith("admin@")][0]
    api.call("add_revocation", body={"subject": guarded["id"]}, status=403)  # the last one


def walk_all(env):
    server = Server(env, config="\n[registration]\nenabled = true\n")
    api = Api(env, server)
    walk_users(api)
    group = walk_groups(api)
    app = walk_apps(api, group)
    mail = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    device = walk_devices_and_keys(api, app)
    walk_registration_tokens(api)
    walk_gates(api)
    walk_streams(api, app)
    walk_targets(api)
    walk_sources(api, app)
    walk_sessions(api, server, mail)
    walk_runs(api)
    walk_fence(api, server)
    api.call("remove_device", device)
    api.call("remove_group", {"id": group["id"]})
    api.call("remove_app", {"id": app["appId"]})
    api.call("remove_user", {"id": JOHN})
    return api


def test_every_operation_answers_what_the_openapi_file_says(env):
    api = walk_all(env)
    answered = {name for name, status, _, _ in api.answers if status < 300}
    # A step that is left for a person is needed to change one; the local targets leave none. Lost
    # blocks come of gates (test_gate_fence.py), and what answers their feed is a WebSocket.
    missing = set(api.spec.operations) - answered
    assert missing == {"change_step", "gate_feed", "keep_lost_block", "end_lost_block"}, missing
    statuses = {status for _, status, _, _ in api.answers}
    assert {200, 201, 400, 401, 403, 404, 409} <= statuses, statuses


def broken(value):
    """The value with one member less, with one more, and with one of another type; at each place."""
    if isinstance(value, list):
        for at, item in enumerate(value[:1]):
            yield from ([*value[:at], other, *value[at + 1:]] for other in broken(item))
        return
    if not isinstance(value, dict):
        return
    yield {**value, "surprise": 1}
    for name, member in value.items():
        yield {**value, name: {"not": "this"}}
        yield from ({**value, name: other} for other in broken(member))


def without_each(value):
    return [{k: v for k, v in value.items() if k != name} for name in value]


def is_noticed(spec, answer, body):
    name, status, content_type, _ = answer
    try:
        spec.check_answer(name, status, content_type, json.dumps(body))
    except AssertionError:
        return True
    return False


def test_an_answer_that_differs_from_the_file_is_noticed(env):
    api = walk_all(env)
    bodies = {answer[:2]: answer for answer in api.answers if is_json(answer[2])}
    count = 0
    for answer in bodies.values():
        good = json.loads(answer[3])
        assert not is_noticed(api.spec, answer, good), answer
        for bad in broken(good):
            count += 1
            assert is_noticed(api.spec, answer, bad), (answer[0], bad)
        # Of the members that an answer may lack, a few; that none must be there would be no contract.
        assert any(is_noticed(api.spec, answer, less) for less in without_each(good)), answer
    print(f"{len(bodies)} answers, {count} differences planted")
    assert count > 500, count
