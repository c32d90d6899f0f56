"""tests/e2e/graph_procedure.py: the responders' procedure as Graph PowerShell and the Entra module
send it, byte for byte: find the person, disable, revoke, list the devices, disable each.

PowerShell itself is not started: what it sends was read from the modules' sources. GraphEndpoint may
be plain http or https; bearer, client-request-id and SdkVersion are always there, actions are spelled
with their namespace and sent with Content-Length: 0.
"""

import base64
import json
import re
import uuid

from graph_wire import check_answer

DEFAULT_PROPERTIES = {"businessPhones", "displayName", "givenName", "id", "jobTitle", "mail",
                      "mobilePhone", "officeLocation", "preferredLanguage", "surname",
                      "userPrincipalName"}
SDK = "graph-powershell/2.25.0, graph-dotnet-core/1.25.1"
OFF = '{"accountEnabled":false}'
OFF_BY_ENTRA_MODULE = '{"AccountEnabled":false}'  # its aliases send the names of their parameters


class PowerShell:
    """Sends what a cmdlet sends, to any address of a Graph API."""

    def __init__(self, api):
        self.api = api

    def send(self, cmdlet, method, target, body=None, more="", status=200):
        request_id = str(uuid.uuid4())
        lines = [f"{method} /v1.0{target} HTTP/1.1",
                 f"Host: {self.api.host}:{self.api.port}",
                 f"User-Agent: Mozilla/5.0 (Linux; Debian GNU/Linux 12; en-US) PowerShell/7.4.6 "
                 f"{cmdlet}",
                 f"SdkVersion: {SDK}",
                 f"client-request-id: {request_id}",
                 "Accept-Encoding: gzip",
                 f"Authorization: Bearer {self.api.bearer}"]
        if more:
            lines.append(more)
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        elif method == "POST":
            lines.append("Content-Length: 0")
        answer = self.api.send(("\r\n".join(lines) + "\r\n\r\n" + (body or "")).encode())
        assert answer.status == status, f"{cmdlet}: {answer.status} {answer.text}"
        check_answer(answer, request_id)
        return answer

    # One method for each cmdlet

    def get_mg_user_search(self, value):
        quoted = "%22UserPrincipalName%3A" + value.replace("@", "%40") + "%22"
        found = self.send("Get-MgUser_List", "GET", f"/users?$search={quoted}",
                          more="ConsistencyLevel: eventual").json["value"]
        for user in found:
            assert set(user) == DEFAULT_PROPERTIES, user
        return found

    def get_mg_user(self, user):
        return self.send("Get-MgUser_Get", "GET", f"/users/{user}").json

    def update_mg_user(self, user, body=OFF):
        return self.send("Update-MgUser_UpdateExpanded", "PATCH", f"/users/{user}", body, status=204)

    def revoke_mg_user_sign_in_session(self, user):
        answer = self.send("Revoke-MgUserSignInSession_Revoke", "POST",
                           f"/users/{user}/microsoft.graph.revokeSignInSessions").json
        assert answer["@odata.context"].endswith("/v1.0/$metadata#Edm.Boolean"), answer
        assert set(answer) == {"@odata.context", "value"} and answer["value"] is True, answer

    def get_devices(self, user, kind="registeredDevices"):
        cmdlet = "Get-MgUserRegisteredDevice_List" if kind == "registeredDevices" else \
            "Get-MgUserOwnedDevice_List"
        answer = self.send(cmdlet, "GET", f"/users/{user}/{kind}").json
        assert answer["@odata.context"].endswith("/v1.0/$metadata#directoryObjects"), answer
        for device in answer["value"]:
            assert device["@odata.type"] == "#microsoft.graph.device", device
            assert device["id"] != device["deviceId"], device
        return [device["id"] for device in answer["value"]]

    def update_mg_device(self, device):
        return self.send("Update-MgDevice_UpdateExpanded", "PATCH", f"/devices/{device}", OFF,
                         status=204)


def claims_challenge(answer):
    """What the module hands to the token request: it takes the first challenge, cuts it at the
    commas, and reads what is between the quotes of the part that begins with `claims`."""
    parts = answer.headers.get_all("WWW-Authenticate")[0].split(",")
    part = next(part.strip() for part in parts if part.strip().startswith("claims"))
    return base64.b64decode(re.search('"([^"]*)"', part)[1], validate=True).decode()


def run_procedure(office, api, name, *, as_entra_module=False):
    """Takes `name`'s access away through `api`, and looks that it is gone."""
    theirs = office.plain(office.token_of(name))
    theirs.call("GET", "/me")
    shell = PowerShell(api)
    found = shell.get_mg_user_search(name)
    assert [user["userPrincipalName"] for user in found] == [name], found
    user = found[0]["id"]
    shell.update_mg_user(user, OFF_BY_ENTRA_MODULE if as_entra_module else OFF)
    shell.revoke_mg_user_sign_in_session(user)
    devices = shell.get_devices(user)
    assert len(devices) == 2 and devices == shell.get_devices(user, "ownedDevices")
    for device in devices:  # ForEach-Object { Update-MgDevice -DeviceId $_.Id ... }
        shell.update_mg_device(device)

    answer = theirs.call("GET", "/me", status=401)
    assert 'error="insufficient_claims"' in answer.headers["WWW-Authenticate"]
    assert json.loads(claims_challenge(answer))["access_token"]["nbf"]["essential"] is True
    shown = office.server.json("user", "show", name)
    assert shown["accountEnabled"] is False, json.dumps(shown)
    for device in devices:
        assert office.plain().call("GET", f"/devices/{device}").json["accountEnabled"] is False


def add_subject(office, name):
    """Somebody with two devices."""
    office.add_person(name)
    for device in ("Laptop", "Telephone"):
        office.add_device(f"{device} of {name}", name)
