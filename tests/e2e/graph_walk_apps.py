"""tests/e2e/graph_walk_apps.py: the part of the walk through the Graph API (test_graph_contract.py)
that is about applications, what they may do, how people sign in, and what was recorded."""

import urllib.parse

from world import JOHN, PASSWORD

EVENTUAL = {"ConsistencyLevel": "eventual"}
DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"
PASSWORD_METHOD = "28c10230-6103-485e-b985-444c60001490"
EMAIL_METHOD = "3ddfcfc8-9383-446f-83cc-3ab9be4be18f"
OTHER_METHODS = ("externalAuthenticationMethods", "fido2Methods",
                 "microsoftAuthenticatorMethods", "phoneMethods", "platformCredentialMethods",
                 "softwareOathMethods", "temporaryAccessPassMethods",
                 "windowsHelloForBusinessMethods")
BY_ID = {"applications": "/applications/{app}", "servicePrincipals": "/servicePrincipals/{app}"}
BY_APP_ID = {"applications": "/applications(appId='{appId}')",
             "servicePrincipals": "/servicePrincipals(appId='{appId}')"}


def walk_applications(walk):
    """The id of one that is left."""
    first, second = (walk.call("POST /applications", body={
        "displayName": name, "identifierUris": [f"api://{name.lower()}"],
        "signInAudience": "AzureADMyOrg",
        "web": {"redirectUris": [f"https://{name.lower()}.test/callback"]}}, status=201).json
        for name in ("Tickets", "Board"))
    for kind in ("applications", "servicePrincipals"):
        walk.call(f"GET /{kind}")
        walk.call(f"GET /{kind}/$count", headers=EVENTUAL)
        walk.call(f"GET /{kind}", query="?$filter=" + urllib.parse.quote("displayName eq 'Board'"))
        for path, key in ((BY_ID[kind], {"app": first["id"]}),
                          (BY_APP_ID[kind], {"appId": first["appId"]})):
            walk_one_application(walk, path, key)
    walk.call("POST /servicePrincipals", body={"appId": first["appId"]}, status=409)
    for path in ("memberOf", "transitiveMemberOf", "ownedObjects"):
        walk.call("GET /servicePrincipals/{app}/" + path, {"app": first["id"]})
    walk.call("DELETE " + BY_APP_ID["applications"], {"appId": second["appId"]}, status=204)
    third = walk.call("POST /applications", body={"displayName": "Third"}, status=201).json
    walk.call("DELETE " + BY_ID["applications"], {"app": third["id"]}, status=204)
    walk.call("GET " + BY_ID["applications"], {"app": third["id"]}, status=404)
    return first["id"]


def walk_one_application(walk, path, key):
    walk.call(f"GET {path}", key)
    is_principal = path.startswith("/servicePrincipals")
    change = {"appRoleAssignmentRequired": False} if is_principal else {"displayName": "Desk"}
    walk.call(f"PATCH {path}", key, change, status=204)
    walk.call(f"GET {path}/owners", key)
    made = walk.call(f"POST {path}/addPassword", key, {"passwordCredential": {
        "displayName": "ci", "endDateTime": "2099-01-01T00:00:00Z"}}).json
    assert made["secretText"] and made["keyId"], made
    walk.call(f"GET {path}", key)  # shows the secret's id and hint
    walk.call(f"POST {path}/removePassword", key, {"keyId": made["keyId"]}, status=204)


def walk_assignments(walk, app, person, group):
    addresses = {"/users/{user}/appRoleAssignments": ({"user": person}, person),
                 "/groups/{group}/appRoleAssignments": ({"group": group}, group),
                 "/servicePrincipals/{app}/appRoleAssignedTo": ({"app": app}, person)}
    for path, (key, principal) in addresses.items():
        made = walk.call(f"POST {path}", key, {"principalId": principal, "resourceId": app,
                                               "appRoleId": DEFAULT_ROLE}, status=201).json
        walk.call(f"GET {path}", key)
        one = {**key, "assignment": made["id"]}
        walk.call(f"GET {path}/{{assignment}}", one)
        walk.call(f"DELETE {path}/{{assignment}}", one, status=204)
        walk.call(f"GET {path}/{{assignment}}", one, status=404)
    graph = "/servicePrincipals(appId='{appId}')"
    resource = walk.call(f"GET {graph}", {"appId": "00000003-0000-0000-c000-000000000000"}).json
    role = next(role["id"] for role in resource["appRoles"] if role["value"] == "User.Read.All")
    path = "/servicePrincipals/{app}/appRoleAssignments"
    made = walk.call(f"POST {path}", {"app": app}, {
        "principalId": app, "resourceId": resource["id"], "appRoleId": role}, status=201).json
    walk.call(f"GET {path}", {"app": app})
    one = {"app": app, "assignment": made["id"]}
    walk.call(f"GET {path}/{{assignment}}", one)
    walk.call(f"DELETE {path}/{{assignment}}", one, status=204)
    return resource["id"]


def walk_permission_grants(walk, app, person, graph):
    made = walk.call("POST /oauth2PermissionGrants", body={
        "clientId": app, "consentType": "Principal", "principalId": person, "resourceId": graph,
        "scope": "User.Read"}, status=201).json
    one = {"grant": made["id"]}
    walk.call("GET /oauth2PermissionGrants")
    walk.call("GET /users/{user}/oauth2PermissionGrants", {"user": person})
    walk.call("GET /servicePrincipals/{app}/oauth2PermissionGrants", {"app": app})
    walk.call("GET /oauth2PermissionGrants/{grant}", one)
    walk.call("PATCH /oauth2PermissionGrants/{grant}", one,
              {"scope": "User.Read User.ReadBasic.All"}, status=204)
    walk.call("DELETE /oauth2PermissionGrants/{grant}", one, status=204)


def walk_authentication(walk, office, person):
    of = {"user": person}
    base = "/users/{user}/authentication"
    password = {**of, "method": PASSWORD_METHOD}
    for kind in ("methods", "passwordMethods"):
        assert len(walk.call(f"GET {base}/{kind}", of).json["value"]) == 1
        walk.call(f"GET {base}/{kind}/{{method}}", password)
    walk_email_methods(walk, base, of)
    for kind in OTHER_METHODS:
        walk.call(f"GET {base}/{kind}", of)
        walk.call(f"GET {base}/{kind}/{{method}}", {**of, "method": "none"}, status=404)
        walk.call(f"DELETE {base}/{kind}/{{method}}", {**of, "method": "none"}, status=404)
    reset = f"{base}/methods/{{method}}/resetPassword"
    for spelled in (reset, reset.replace("/reset", "/microsoft.graph.reset")):
        answer = walk.call(f"POST {reset}", password, {"newPassword": "a good long one"},
                           status=202, spelled=spelled)
    operation = answer.headers["Location"].rpartition("/")[2]
    done = walk.call(f"GET {base}/operations/{{operation}}", {**of, "operation": operation}).json
    assert done["status"] == "succeeded", done
    for path in ("", "/graph.application", "/graph.group", "/graph.servicePrincipal"):
        walk.call("GET /users/{user}/ownedObjects" + path, of)
    walk_own_password(walk, office)


def walk_email_methods(walk, base, of):
    all_of, one = f"{base}/emailMethods", {**of, "method": EMAIL_METHOD}
    assert walk.call(f"GET {all_of}", of).json["value"] == []
    walk.call(f"GET {all_of}/{{method}}", one, status=404)
    walk.call(f"POST {all_of}", of, {"emailAddress": "person@example.com"}, status=201)
    walk.call(f"POST {all_of}", of, {"emailAddress": "second@example.com"}, status=409)
    assert len(walk.call(f"GET {all_of}", of).json["value"]) == 1
    walk.call(f"GET {all_of}/{{method}}", one)
    walk.call(f"GET {base}/methods/{{method}}", one)
    walk.call(f"PATCH {all_of}/{{method}}", one, {"emailAddress": "new@example.com"}, status=204)
    walk.call(f"DELETE {all_of}/{{method}}", one, status=204)


def walk_own_password(walk, office):
    """Which is a person's own to change: with a token of theirs."""
    theirs = walk.proxied.bearer
    walk.proxied.bearer = walk.direct.bearer = office.token_of(JOHN)
    john = office.server.json("user", "show", JOHN)["id"]
    walk.call("POST /users/{user}/changePassword", {"user": john},
              {"currentPassword": PASSWORD, "newPassword": "another long one"}, status=204)
    walk.proxied.bearer = walk.direct.bearer = theirs


def walk_records(walk):
    for path, key in (("/auditLogs/directoryAudits", "audit"), ("/auditLogs/signIns", "signIn")):
        found = walk.call(f"GET {path}").json["value"]
        walk.call(f"GET {path}", query="?$top=1")
        walk.call(f"GET {path}/{{{key}}}", {key: found[0]["id"]})
        walk.call(f"GET {path}/{{{key}}}", {key: "none"}, status=404)


def walk_risk(walk, person):
    base = "/identityProtection/riskyUsers"
    for action in ("confirmCompromised", "dismiss", "confirmSafe"):
        for spelled in (action, "microsoft.graph." + action):
            walk.call(f"POST {base}/{action}", body={"userIds": [person]}, status=204,
                      spelled=f"{base}/{spelled}")
        found = walk.call(f"GET {base}").json["value"]
        assert [user["id"] for user in found] == [person], found
        walk.call(f"GET {base}/{{user}}", {"user": person})
    walk.call(f"POST {base}/confirmCompromised", body={"userIds": []}, status=400)
    history = walk.call(f"GET {base}/{{user}}/history", {"user": person}).json["value"]
    assert len(history) == 6, history
    detections = "/identityProtection/riskDetections"
    found = walk.call(f"GET {detections}").json["value"]
    assert [one["userId"] for one in found] == [person, person], found
    walk.call(f"GET {detections}/{{riskDetection}}", {"riskDetection": found[0]["id"]})
    walk.call(f"GET {detections}/{{riskDetection}}", {"riskDetection": "none"}, status=404)


def walk_organization(walk):
    for path, key in (("/organization", "organization"), ("/domains", "domain")):
        found = walk.call(f"GET {path}").json["value"]
        walk.call(f"GET {path}/{{{key}}}", {key: found[0]["id"]})
    walk.call("GET /subscribedSkus")
