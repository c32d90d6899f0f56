"""The command line `curfew`: what the guards refuse, and callers from elsewhere by API key."""

import json
import ssl
import urllib.error
import urllib.request

from test_cli import MANAGE, enabled, refused_rule, with_people
from world import ADMIN, ALICE, DENIED, FAILED, JOHN, OK, PASSWORD, REDIRECT, sign_in


def test_the_last_administrator_stays(env):
    server = with_people(env)
    assert refused_rule(server, "revoke", ADMIN, "--yes") == "last_administrator"
    assert refused_rule(server, "user", "disable", ADMIN) == "last_administrator"
    assert refused_rule(server, "user", "remove-role", ADMIN,
                        "Global Administrator") == "last_administrator"
    server.curfew("user", "add-role", ALICE, "Global Administrator")
    server.curfew("revoke", ADMIN, "--yes", expect=OK)
    assert refused_rule(server, "revoke", ALICE, "--yes") == "last_administrator"


def test_an_emergency_account_is_never_disabled(env):
    server = with_people(env)
    server.add_user("emergency@contoso.com", "--break-glass")
    assert refused_rule(server, "revoke", "emergency@contoso.com", "--yes") == "break_glass"
    assert enabled(server, "emergency@contoso.com")


def test_a_guests_sign_in_sessions_belong_to_their_home(env):
    server = with_people(env)
    added = server.json("user", "add", "partner@contoso.com", "--guest")
    assert "oneTimePassword" not in added, "theirs is elsewhere"
    assert refused_rule(server, "revoke", "partner@contoso.com", "--sessions-only",
                        "--yes") == "guest"
    assert refused_rule(server, "user", "reset-password", "partner@contoso.com",
                        "--yes") == "guest"
    server.curfew("revoke", "partner@contoso.com", "--also", "methods", "--yes", expect=OK)


def test_what_a_guest_has_here_can_be_taken(env):
    server = with_people(env)
    guest = "partner@contoso.com"
    server.add_user(guest, "--guest")
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    tokens = server.tokens(guest, app)
    server.curfew("revoke", guest, "--sessions-only", "--yes", expect=None)
    assert server.userinfo(tokens["access_token"]).status == 401
    run = server.revoke(guest, "--also", "methods", expect=None)["run"]["id"]
    server.curfew("restore", run, "--yes")
    assert enabled(server, guest)
    url, _ = server.authorize_url(app, "openid")
    page = sign_in(server.browser(), url, guest, PASSWORD, stop_before=REDIRECT)
    assert page.alert and "code" not in page.query, "the password that was known is gone"
    assert server.json("user", "reset-password", guest, "--yes")["oneTimePassword"]


def test_nobody_revokes_themselves_but_ends_their_own_sessions(env):
    server = with_people(env)
    server.curfew("user", "add-role", JOHN, "Global Administrator")
    cli = next(app for app in server.json("app", "list") if app["displayName"] == "Curfew CLI")
    token = server.tokens(JOHN, {**cli, "client": {}}, scope="openid " + MANAGE)["access_token"]
    remote = [env.bin / "curfew", "--server", server.url, "--ca", server.ca]
    as_john = {"CURFEW_API_KEY": token}
    env.run([*remote, "user", "list"], env=as_john)
    said = env.run([*remote, "revoke", JOHN, "--yes"], env=as_john, expect=DENIED).err
    assert "guard.self" in said and "ask another administrator" in said, said
    env.run([*remote, "revoke", JOHN, "--sessions-only", "--yes"], env=as_john, expect=None)
    # That ended the very token which asked for it.
    env.run([*remote, "user", "list"], env=as_john, expect=DENIED)
    assert enabled(server, JOHN)


def test_no_local_program_gets_the_tenants_administration_silently(env):
    server = with_people(env)
    server.curfew("user", "add-role", JOHN, "Global Administrator")
    cli = next(app for app in server.json("app", "list") if app["displayName"] == "Curfew CLI")
    cli = {**cli, "client": {}, "redirectUris": ["http://127.0.0.1:5555/callback"]}
    browser = server.browser()
    for _ in range(2):
        token = server.tokens(JOHN, cli, scope="openid " + MANAGE, browser=browser)["access_token"]
        assert server.get(server.url + "/curfew/v1/users", token).status == 200
        silent, _ = server.authorize_url(cli, "openid " + MANAGE, prompt="none")
        page = browser.open(silent, stop_before=cli["redirectUris"][0])
        assert page.query.get("error") == "interaction_required", page.query
        asked, _ = server.authorize_url(cli, "openid " + MANAGE)
        page = browser.open(asked, stop_before=cli["redirectUris"][0])
        assert page.status == 200 and "127.0.0.1:5555" in page.text, page.text


def test_every_refusal_is_in_the_audit(env):
    server = with_people(env)
    server.curfew("revoke", ADMIN, "--yes", expect=DENIED)
    entries = server.json("audit")
    refused = [e for e in entries if e.get("rule") == "guard.last_administrator"]
    assert refused and refused[0]["actor"] == "local-root", entries


# From another machine

def remote_key(server, *roles):
    tool = server.add_app("Automation")
    for role in roles:
        server.curfew("app", "add-role", tool["appId"], role)
    return server.json("key", "add", "ci", "--app", tool["appId"], "--scope", MANAGE)["keyText"]


def test_an_api_key_works_over_tls(env):
    server = with_people(env)
    key = env.temp / "key"
    key.write_text(remote_key(server, "User Administrator") + "\n")
    remote = [env.bin / "curfew", "--server", server.url, "--ca", server.ca, "--key-file", key]
    env.run([*remote, "revoke", JOHN, "--yes"])
    assert not enabled(server, JOHN)
    # Its roles are the limit: an application administrator's work is not a user administrator's.
    env.run([*remote, "app", "add", "Sneaky"], expect=DENIED)


def test_a_device_left_disabled_by_an_undo_is_enabled_by_who_may(env):
    server = with_people(env)
    device = server.json("device", "add", "Laptop", "--owner", JOHN)["id"]
    run = server.revoke(JOHN, expect=None)["run"]["id"]

    def by(role):
        key = env.temp / role.replace(" ", "-")
        key.write_text(remote_key(server, role) + "\n")
        return [env.bin / "curfew", "--server", server.url, "--ca", server.ca, "--key-file", key]
    env.run([*by("User Administrator"), "restore", run, "--yes"])
    assert enabled(server, JOHN)
    assert not server.json("device", "show", device)["accountEnabled"]
    env.run([*by("Cloud Device Administrator"), "device", "enable", device])
    assert server.json("device", "show", device)["accountEnabled"]


def test_a_misspelt_dry_run_is_refused_and_revokes_nobody(env):
    server = with_people(env)
    key = remote_key(server, "User Administrator")
    body = json.dumps({"subject": JOHN, "dry_run": True}).encode()
    request = urllib.request.Request(
        f"{server.url}/curfew/v1/revocations", data=body,
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, context=ssl.create_default_context(cafile=server.ca))
        raise AssertionError("it was taken")
    except urllib.error.HTTPError as refusal:
        assert refusal.code == 400
        assert "dryRun" in json.load(refusal)["error"]["message"]
    assert enabled(server, JOHN)


def test_a_refusal_among_several_stays_within_the_one_json_value(env):
    server = with_people(env)
    names = [JOHN, "ghost@contoso.com", ALICE]
    planned = server.json("revoke", *names, "--dry-run", expect=FAILED)
    runs = server.json("revoke", *names, "--yes", expect=FAILED)
    for answers in (planned, runs):
        assert [("error" in answer) for answer in answers] == [False, True, False], answers
    assert not enabled(server, JOHN) and not enabled(server, ALICE)


def test_each_of_several_runs_gets_its_report(env):
    server = with_people(env)
    report = env.temp / "report.jsonl"
    server.curfew("revoke", JOHN, ALICE, "--yes", "--report", report)
    for number in (1, 2):
        server.curfew("verify", f"{report}.{number}")


def test_a_key_without_a_role_may_nothing(env):
    server = with_people(env)
    remote = [env.bin / "curfew", "--server", server.url, "--ca", server.ca]
    key = {"CURFEW_API_KEY": remote_key(server)}
    env.run([*remote, "user", "list"], env=key, expect=DENIED)
    said = env.run([*remote, "user", "list"], env={"CURFEW_API_KEY": "wrong"}, expect=DENIED).err
    assert "key" in said, said
    said = env.run([*remote, "user", "list"], expect=DENIED).err
    assert "CURFEW_API_KEY" in said, said


def test_a_role_that_an_application_lost_counts_no_more(env):
    server = with_people(env)
    text = remote_key(server, "User Administrator")
    remote = [env.bin / "curfew", "--server", server.url, "--ca", server.ca]
    env.run([*remote, "user", "list"], env={"CURFEW_API_KEY": text})
    server.curfew("app", "remove-role", "Automation", "User Administrator")
    env.run([*remote, "user", "list"], env={"CURFEW_API_KEY": text}, expect=DENIED)


def test_only_a_high_administrator_gives_credentials_to_a_privileged_application(env):
    server = with_people(env)
    privileged = server.add_app("Backup tool")
    server.curfew("app", "add-role", "Backup tool", "Global Administrator")
    key = {"CURFEW_API_KEY": remote_key(server, "Application Administrator")}
    remote = [env.bin / "curfew", "--server", server.url, "--ca", server.ca]
    said = env.run([*remote, "app", "add-secret", privileged["appId"]], env=key,
                   expect=DENIED).err
    assert "guard.role" in said, said
    env.run([*remote, "key", "add", "k", "--app", privileged["appId"], "--scope", MANAGE],
            env=key, expect=DENIED)
    plain = server.add_app("Plain tool")
    env.run([*remote, "app", "add-secret", plain["appId"]], env=key)
