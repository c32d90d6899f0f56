"""tests/e2e/graph_walk_changes.py: the part of the walk through the Graph API that is about what is
new: delta queries in all of their spellings, and subscriptions."""

import datetime

COLLECTIONS = ("users", "groups", "devices", "directoryRoles", "servicePrincipals", "applications",
               "oauth2PermissionGrants", "directoryObjects")
SPELLINGS = ("delta", "delta()", "microsoft.graph.delta", "microsoft.graph.delta()")


def walk_delta(walk):
    for collection in COLLECTIONS:
        operation = f"GET /{collection}/delta"
        for spelled in SPELLINGS:
            if walk.describes("GET", f"/{collection}/{spelled}"):
                walk.call(operation, spelled=f"/{collection}/{spelled}")
            else:
                walk.direct.call("GET", f"/{collection}/{spelled}")
        latest = walk.call(operation, query="?$deltatoken=latest").json
        assert latest["value"] == [], latest
        link = latest["@odata.deltaLink"]
        walk.call(operation, query=link[link.index("?"):])
        walk.call(operation, query="?$deltatoken=x", status=410)
    walk.call("GET /users/delta", query="?$select=displayName",
              headers={"Prefer": "return=minimal"})
    walk.call("GET /users/delta", query="?$top=1", status=400)


def walk_subscriptions(walk, receiver):
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    expires = until.strftime("%Y-%m-%dT%H:%M:%SZ")
    wish = {"changeType": "updated", "notificationUrl": receiver.url, "resource": "users",
            "expirationDateTime": expires, "clientState": "s",
            "lifecycleNotificationUrl": receiver.url}
    made = walk.call("POST /subscriptions", body=wish, status=201).json
    one = {"subscription": made["id"]}
    walk.call("POST /subscriptions", body={**wish, "resource": "messages"}, status=400)
    assert [s["id"] for s in walk.call("GET /subscriptions").json["value"]] == [made["id"]]
    walk.call("GET /subscriptions/{subscription}", one)
    walk.call("PATCH /subscriptions/{subscription}", one, {"expirationDateTime": expires})
    walk.call("POST /subscriptions/{subscription}/reauthorize", one, status=204)
    walk.call("DELETE /subscriptions/{subscription}", one, status=204)
    walk.call("GET /subscriptions/{subscription}", one, status=404)
