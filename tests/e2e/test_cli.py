"""The command line `curfew`: what it prints and what it ends with."""

import contextlib
import json
import os
import pty
import re
import sqlite3

from world import (ADMIN, ALICE, DENIED, FAILED, JOHN, OK, PENDING, REDIRECT, USAGE, Server)

MANAGE = "api://curfew/manage"


def enabled(server, name):
    return server.json("user", "show", name)["accountEnabled"]


def with_people(env, count=2):
    server = Server(env)
    for name in (JOHN, ALICE)[:count]:
        server.add_user(name)
    return server


def refused_rule(server, *args, **options):
    done = server.curfew(*args, expect=DENIED, **options)
    return done.err.partition("guard.")[2].partition(":")[0]


# Exit status and forms of output

def test_the_exit_status_says_what_happened(env):
    server = with_people(env)
    server.curfew("user", "list", expect=OK)
    server.curfew("--help", expect=OK)
    server.curfew("revoke", ALICE, "--yes", expect=OK)  # she had nothing that could live on
    server.curfew("revoke", "nobody@contoso.com", "--yes", expect=FAILED)
    server.curfew("revoke", "--yes", expect=USAGE)
    server.curfew("revoke", "--no-such-option", expect=USAGE)
    server.curfew("user", "paint", expect=USAGE)
    server.curfew("revoke", ADMIN, "--yes", expect=DENIED)
    web = server.add_app("Web", "--redirect-uri", REDIRECT)
    server.tokens(JOHN, web)
    server.curfew("revoke", JOHN, "--yes", expect=PENDING)  # Web may keep a session of its own
    said = env.run([env.bin / "curfew", "--data", env.temp / "elsewhere", "user", "list"],
                   expect=FAILED).err
    assert "--data" in said and "curfewd serve" in said, said


def test_lists_are_plain_lines_in_a_pipe(env):
    server = with_people(env)
    lines = server.curfew("user", "list").out.splitlines()
    assert len(lines) == 3, lines
    cells = sorted(line.split("\t") for line in lines)
    assert [row[0] for row in cells] == [ADMIN, ALICE, JOHN], cells
    assert all(len(row) == 5 and "\x1b" not in "".join(row) for row in cells), cells


def test_everything_speaks_json(env):
    server = with_people(env)
    assert {user["userPrincipalName"] for user in server.json("user", "list")} == {
        ADMIN, ALICE, JOHN}
    assert server.json("user", "show", JOHN)["userPrincipalName"] == JOHN
    assert server.json("access", JOHN)["subject"]["name"] == JOHN
    runs = server.json("revoke", JOHN, "--yes", expect=None)
    assert runs[0]["run"]["state"] == "at_rest", runs
    assert server.json("run", "list")[0]["subject"]["name"] == JOHN
    refused = json.loads(server.curfew("-o", "json", "user", "show", "nobody@contoso.com",
                                       expect=FAILED).out)
    assert refused["error"]["code"] == "not_found", refused


# Revoking

def test_a_dry_run_changes_nothing(env):
    server = with_people(env)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    tokens = server.tokens(JOHN, app)
    plan = server.json("revoke", JOHN, "--dry-run")[0]
    assert {"account", "session", "refresh_grant"} <= {path["kind"] for path in plan["paths"]}
    for said in (server.curfew("revoke", JOHN, "--dry-run").out, server.curfew("access", JOHN).out):
        assert "would end at once" in said and "ended" not in said, said
        assert said.count("would_end\taccount") == 1, said
    assert {path["state"] for path in plan["paths"]} <= {"would_end", "ends_by", "unknown"}, plan
    assert all("ended_at" not in path for path in plan["paths"]), plan
    assert enabled(server, JOHN)
    assert server.userinfo(tokens["access_token"]).status == 200
    assert server.json("run", "list") == []


def test_without_a_terminal_nothing_is_revoked_unless_told(env):
    server = with_people(env)
    said = server.curfew("revoke", JOHN, expect=USAGE).err
    assert "--yes" in said and "nothing was changed" in said, said
    assert enabled(server, JOHN)


def answered_on_a_terminal(server, answer, *command, question="to revoke ("):
    """Runs the command with a terminal of its own: (exit status, what the terminal shows)."""
    child, terminal = pty.fork()
    if child == 0:
        program = str(server.env.bin / "curfew")
        os.execv(program, [program, "--data", str(server.data), *(command or ["revoke", JOHN])])
    shown = b""
    while question.encode() not in shown:
        shown += os.read(terminal, 4096)
    os.write(terminal, answer.encode() + b"\n")
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode()


def test_a_wrong_answer_cancels_and_the_name_confirms(env):
    server = with_people(env)
    status, shown = answered_on_a_terminal(server, "yes")
    assert status == USAGE and "nothing was changed" in shown, shown
    assert enabled(server, JOHN)
    status, shown = answered_on_a_terminal(server, JOHN)
    assert status == OK, shown
    assert f"Revoked {JOHN}" in shown and "\x1b[" in shown, shown
    assert not enabled(server, JOHN)


def test_the_question_about_several_people_tells_them_apart(env):
    server = with_people(env)
    ids = [server.json("user", "show", name)["id"] for name in (JOHN, ALICE)]
    status, shown = answered_on_a_terminal(server, "no", "revoke", ids[0], ALICE)
    assert status == USAGE, shown
    for person in (*ids, JOHN, ALICE):
        assert person in shown, (person, shown)


def test_a_password_is_reset_after_showing_what_that_ends(env):
    server = with_people(env)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    tokens = server.tokens(JOHN, app)
    said = server.curfew("user", "reset-password", JOHN, expect=USAGE).err
    assert "--yes" in said and "Mail" in said, said
    reset = ["user", "reset-password", JOHN]
    status, shown = answered_on_a_terminal(server, "yes", *reset, question="to reset it (")
    assert status == USAGE and JOHN in shown and "nothing was changed" in shown, shown
    assert server.userinfo(tokens["access_token"]).status == 200
    status, shown = answered_on_a_terminal(server, JOHN, *reset, question="to reset it (")
    assert status == OK and "oneTimePassword" in shown, shown
    assert server.userinfo(tokens["access_token"]).status == 401


def test_a_command_that_there_is_not_is_named_with_the_nearest(env):
    def said(*args):
        refused = env.run([env.bin / "curfew", *args], expect=USAGE)
        assert not refused.out, refused
        return refused.err
    assert 'no command "curfew nosuch"' in said("nosuch")
    assert "`curfew --help` lists" in said("nosuch")
    assert 'did you mean "curfew revoke"?' in said("rveoke", JOHN)
    assert 'did you mean "curfew user list"?' in said("-o", "json", "user", "lsit")
    roles = env.run([env.bin / "curfew", "role", "list"]).out
    assert "Helpdesk Administrator\t729827e3-" in roles, roles


def test_an_application_is_changed_in_what_is_given_alone(env):
    server = with_people(env)
    app = server.add_app("Web", "--redirect-uri", REDIRECT, "--may-introspect")
    server.curfew("app", "set", "Web", "--redirect-uri", "https://a.test/", "--redirect-uri",
                  "https://b.test/", "--assignment-required", "true", "--own-session", "0",
                  "--device-code", "true")
    changed = server.json("app", "show", app["appId"])
    assert changed["redirectUris"] == ["https://a.test/", "https://b.test/"], changed
    assert changed["appRoleAssignmentRequired"] and changed["mayIntrospect"], changed
    assert changed["ownSessionLifetimeSeconds"] == 0 and changed["allowDeviceCode"], changed
    server.curfew("app", "set", "Web", "--redirect-uri", "")
    assert server.json("app", "show", "Web")["redirectUris"] == []
    said = server.curfew("app", "set", "Web", expect=USAGE).err
    assert "curfew app set --help" in said, said
    server.curfew("app", "set", "Web", "--id-token-alg", "none", expect=USAGE)


def test_show_has_members_roles_and_assignments(env):
    server = with_people(env)
    server.curfew("group", "add", "Staff")
    server.curfew("group", "add-member", "Staff", JOHN)
    server.curfew("user", "add-role", JOHN, "Reports Reader")
    server.add_app("Web", "--redirect-uri", REDIRECT)
    server.curfew("app", "assign", "Web", "--user", ALICE)
    server.curfew("app", "assign", "Web", "--group", "Staff")
    server.curfew("app", "add-role", "Web", "Global Reader")
    assert f"members: {JOHN}" in server.curfew("group", "show", "Staff").out
    assert "roles: Reports Reader" in server.curfew("user", "show", JOHN).out
    shown = server.curfew("app", "show", "Web").out
    assert "roles: Global Reader" in shown, shown
    assert ALICE in shown and "Staff" in shown, shown
    assert [one["id"] for one in server.json("group", "show", "Staff")["members"]] == [
        server.json("user", "show", JOHN)["id"]]


def test_an_api_key_is_made_for_scopes_that_there_are(env):
    server = with_people(env)
    server.add_app("Files", "--identifier-uri", "api://files", "--scope", "read")
    server.add_app("Robot")
    for scope, why in (("api://nope/read", "names no resource"), ("api://nope", "names no resource"),
                       ("api://files/write", "exposes: read"), ("manage", "names no resource")):
        said = server.curfew("key", "add", "Night", "--app", "Robot", "--scope", scope,
                             expect=USAGE).err
        assert why in said, (scope, said)
    assert server.json("key", "list") == []
    server.curfew("key", "add", "Night", "--app", "Robot", "--scope", "api://files/read")


def test_users_come_from_csv_and_json_files(env):
    server = with_people(env)
    csv = env.temp / "leavers.csv"
    csv.write_text('displayName,userPrincipalName\n"Doe, John",johndoe@contoso.com\n')
    server.curfew("revoke", "--file", csv, "--yes", expect=OK)
    assert not enabled(server, JOHN) and enabled(server, ALICE)
    as_json = env.temp / "leavers.json"
    as_json.write_text(json.dumps([{"userPrincipalName": ALICE}]))
    server.curfew("revoke", "--file", as_json, "--yes", expect=OK)
    assert not enabled(server, ALICE)
    csv.write_text("userPrincipalName\njohndoe@contoso.com\n\"open\n")
    said = server.curfew("revoke", "--file", csv, "--yes", expect=USAGE).err
    assert "leavers.csv:3: quotes must be closed" in said, said


def test_a_group_is_revoked_and_its_size_shown(env):
    server = with_people(env)
    server.curfew("group", "add", "Leavers")
    server.curfew("group", "add-member", "Leavers", JOHN)
    server.curfew("group", "add-member", "Leavers", ALICE)
    said = server.curfew("revoke", "--filter", "group:Leavers", expect=USAGE).err
    assert "This revokes 2 people" in said and JOHN in said and ALICE in said, said
    assert enabled(server, JOHN)
    server.curfew("revoke", "--filter", "group:Leavers", "--yes", expect=OK)
    assert not enabled(server, JOHN) and not enabled(server, ALICE)
    said = server.curfew("revoke", "--filter", "team:Leavers", "--yes", expect=USAGE).err
    assert "group:NAME" in said, said


def test_one_refusal_does_not_keep_others_from_being_revoked(env):
    server = with_people(env)
    server.curfew("revoke", ADMIN, JOHN, "--yes", expect=DENIED)
    assert enabled(server, ADMIN) and not enabled(server, JOHN)


def test_a_user_with_a_role_that_is_none_is_not_added(env):
    server = with_people(env)
    said = server.curfew("user", "add", "new@contoso.com", "--role", "Reports Reader", "--role",
                         "Nope", expect=USAGE).err
    assert "no role Nope" in said and "role list" in said, said
    server.curfew("user", "show", "new@contoso.com", expect=FAILED)


def test_a_client_secret_is_shown_by_its_id_and_ended_by_it(env):
    server = with_people(env)
    app = server.add_app("Payroll")
    first = server.json("app", "show", "Payroll")["secrets"][0]
    server.json("app", "add-secret", "Payroll")
    said = server.curfew("app", "show", "Payroll").out
    shown = f"{first['keyId']} hint {app['client']['client_secret'][:3]} since "
    assert re.search(re.escape(shown) + r"[-\d: ()]*\d UTC", said), said
    said = server.curfew("app", "remove-secret", "Payroll", "nope", expect=FAILED).err
    assert "curfew app show Payroll" in said, said
    said = server.curfew("app", "remove-secret", "Payroll", "", expect=USAGE).err
    assert "must not be empty" in said, said
    server.curfew("app", "remove-secret", "Payroll", first["keyId"])
    left = server.json("app", "show", "Payroll")["secrets"]
    assert len(left) == 1 and left[0]["keyId"] != first["keyId"], left


def test_enabling_an_application_is_one_entry_of_the_audit(env):
    server = with_people(env)
    server.add_app("Payroll")
    for verb in ("disable", "enable"):
        server.curfew("app", verb, "Payroll")
    actions = [entry["action"] for entry in server.json("audit", "--last", "2")]
    assert actions == ["app.enable", "app.disable"], actions


def test_nobody_is_named_by_nothing(env):
    server = with_people(env)
    for command in (["revoke", "", "--yes"], ["user", "show", ""], ["access", ""]):
        said = server.curfew(*command, expect=USAGE).err
        assert "must not be empty" in said, (command, said)


def test_a_run_is_restored_and_old_credentials_stay_dead(env):
    server = with_people(env)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    tokens = server.tokens(JOHN, app)
    run = server.revoke(JOHN, expect=None)["run"]["id"]
    server.curfew("restore", run, expect=USAGE)  # nobody can be asked
    assert not enabled(server, JOHN)
    server.curfew("restore", run, "--yes")
    assert enabled(server, JOHN)
    assert server.userinfo(tokens["access_token"]).status == 401
    assert server.refresh(app, tokens["refresh_token"]).status == 400
    assert server.userinfo(server.tokens(JOHN, app)["access_token"]).status == 200


def test_a_report_made_after_an_undo_says_so(env):
    server = with_people(env)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    server.tokens(JOHN, app)
    run = server.revoke(JOHN, expect=None)["run"]["id"]
    before, after = env.temp / "before.jsonl", env.temp / "after.jsonl"
    server.curfew("run", "report", run, "--out", before)
    server.curfew("restore", run, "--yes")
    server.curfew("run", "report", run, "--out", after)
    data = json.loads(after.read_text().splitlines()[0])
    undone = data["run"]["restored_at"]
    states = {path["kind"]: path for path in data["paths"]}
    assert states["account"]["state"] == "unknown", states
    assert undone in states["account"]["reason"], states
    assert states["refresh_grant"]["state"] == "ended", states
    ended = [path["kind"] for path in data["paths"] if path["state"] == "ended"]
    assert data["summary"]["ended"] == len(ended), data["summary"]
    assert "access_ends_by" not in data["summary"], data["summary"]
    for said in (server.curfew("verify", after).out, server.curfew("run", "show", run).out):
        assert "state   restored" in said and "undone" in said, said
        assert "unknown\taccount" in said and "ended\taccount" not in said, said
    assert "undone" not in server.curfew("verify", before).out
    checked = json.loads(server.curfew("verify", after, "-o", "json").out)
    assert checked["run_state"] == "restored" and checked["restored_at"] == undone, checked


def test_restoring_one_run_leaves_the_hold_of_another(env):
    server = with_people(env)
    run = server.revoke(JOHN, expect=None)["run"]["id"]
    server.curfew("user", "disable", JOHN)
    said = server.curfew("restore", run, expect=USAGE).err
    assert "stays disabled" in said and "administrator" in said, said
    said = server.curfew("restore", run, "--yes").out
    assert "stays disabled" in said and f"curfew user enable {JOHN}" in said, said
    assert f"run:{run}" not in said, said
    assert not enabled(server, JOHN)
    server.curfew("user", "enable", JOHN)
    assert enabled(server, JOHN)


def test_ending_sessions_only_leaves_the_account(env):
    server = with_people(env)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    tokens = server.tokens(JOHN, app)
    server.curfew("revoke", JOHN, "--sessions-only", "--yes", expect=None)
    assert enabled(server, JOHN)
    assert server.userinfo(tokens["access_token"]).status == 401
    assert server.refresh(app, tokens["refresh_token"]).status == 400
    server.tokens(JOHN, app)


def test_a_reset_password_ends_what_was_there(env):
    server = with_people(env)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    tokens = server.tokens(JOHN, app)
    answer = server.json("user", "reset-password", JOHN, "--yes")
    assert len(answer["oneTimePassword"]) >= 20, "the password is generated"
    assert server.refresh(app, tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert server.userinfo(tokens["access_token"]).status == 401


# The machine itself, and objects

def test_an_unknown_authority_is_said_with_what_to_do(env):
    server = with_people(env)
    env_key = {"CURFEW_API_KEY": "any"}
    said = env.run([env.bin / "curfew", "--server", server.url, "user", "list"], env=env_key,
                   expect=FAILED).err
    assert "certificate" in said and "--ca" in said, said
    server.process.stop()
    said = env.run([env.bin / "curfew", "--server", server.url, "--ca", server.ca, "user", "list"],
                   env=env_key, expect=FAILED).err
    assert server.url in said, said


# The rest of the nouns

def test_the_development_authority_is_exported_and_issues(env):
    server = with_people(env, 0)
    exported = server.curfew("ca", "export")
    assert exported.out == server.ca.read_text()
    for line in ("NODE_EXTRA_CA_CERTS=FILE", "curl --cacert FILE", "certutil -A", "Firefox"):
        assert line in exported.err, exported.err
    as_json = server.curfew("-o", "json", "ca", "export")
    answer = json.loads(as_json.out)
    assert answer["certificate"] == server.ca.read_text() and as_json.err == "", as_json.err
    assert [hint["program"] for hint in answer["trust"]] == ["Node", "curl", "Chromium", "Firefox"]
    assert all(hint["how"] in exported.err for hint in answer["trust"]), exported.err
    server.curfew("ca", "issue", "app.contoso.com", "127.0.0.1", "--out", env.temp / "app")
    checked = env.run(["openssl", "verify", "-CAfile", server.ca, "-verify_hostname",
                       "app.contoso.com", env.temp / "app.pem"]).out
    assert "OK" in checked, checked
    assert (env.temp / "app-key.pem").stat().st_mode & 0o077 == 0
    server.curfew("ca", "issue", "other", "--out", env.temp / "app", expect=FAILED)


def test_a_lost_password_is_reset_on_the_machine_itself(env):
    server = with_people(env, 0)
    server.curfewd("reset-password", ADMIN, expect=1)  # the server has the folder
    server.process.stop()
    said = server.curfewd("reset-password", ADMIN).out
    assert f"One-time password for {ADMIN}: " in said, said
    server.serve()
    entry = next(e for e in server.json("audit") if e["action"] == "user.reset_password")
    assert entry["actor"] == "local-root" and entry["subject"] == ADMIN, entry


def test_every_noun_is_added_shown_listed_and_removed(env):
    server = with_people(env, 1)
    app = server.add_app("Tool")
    made = {
        "user": JOHN,
        "group": server.json("group", "add", "Staff")["id"],
        "app": app["appId"],
        "device": server.json("device", "add", "laptop-7", "--owner", JOHN)["id"],
        "key": server.json("key", "add", "ci", "--app", app["appId"], "--scope", MANAGE)["id"],
    }
    for noun in ("key", "device", "group", "user", "app"):
        name = made[noun]
        shown = server.json(noun, "show", name)
        assert name in shown.values(), shown
        assert any(name in row.values() for row in server.json(noun, "list"))
        server.curfew(noun, "remove", name, expect=USAGE)
        server.curfew(noun, "remove", name, "--yes")
        server.curfew(noun, "show", name, expect=FAILED)


def test_a_namesake_of_a_removed_person_gets_nothing_of_theirs(env):
    server = with_people(env)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    browser = server.browser()
    tokens = server.tokens(JOHN, app, browser=browser)
    server.curfew("user", "add-role", JOHN, "Global Administrator")
    server.curfew("user", "remove", JOHN, "--yes")
    assert server.userinfo(tokens["access_token"]).status == 401
    server.add_user(JOHN)
    assert server.json("access", JOHN)["paths"][1:] == []  # the account and nothing more
    assert server.userinfo(tokens["access_token"]).status == 401
    refused = server.refresh(app, tokens["refresh_token"])
    assert (refused.status, refused.json["error"]) == (400, "invalid_grant"), refused.text
    url, _ = server.authorize_url(app, "openid", prompt="none")
    assert browser.open(url, stop_before=REDIRECT).query["error"] == "login_required"
    assert refused_rule(server, "revoke", ADMIN, "--yes") == "last_administrator"


def test_a_removed_group_takes_what_it_gave_and_nothing_else(env):
    server = with_people(env)
    app = server.add_app("Payroll", "--public", "--redirect-uri", REDIRECT,
                         "--assignment-required")
    server.curfew("group", "add", "Staff")
    server.curfew("app", "assign", "Payroll", "--group", "Staff")
    server.curfew("app", "assign", "Payroll", "--user", ALICE)
    for name in (JOHN, ALICE):
        server.curfew("group", "add-member", "Staff", name)
    johns, alices = server.tokens(JOHN, app), server.tokens(ALICE, app)
    server.curfew("group", "remove", "Staff", "--yes")
    assert server.userinfo(johns["access_token"]).status == 401
    assert server.refresh(app, johns["refresh_token"]).json["error"] == "invalid_grant"
    assert server.refresh(app, alices["refresh_token"]).status == 200  # assigned by name too
    assert enabled(server, JOHN)


def test_a_disabled_object_is_enabled_again(env):
    server = with_people(env, 1)
    app = server.add_app("Tool")["appId"]
    device = server.json("device", "add", "laptop-7", "--owner", JOHN)["id"]
    for noun, name in (("user", JOHN), ("app", app), ("device", device)):
        server.curfew(noun, "disable", name)
        assert server.json(noun, "show", name)["accountEnabled"] is False
        server.curfew(noun, "enable", name)
        assert server.json(noun, "show", name)["accountEnabled"] is True


def test_completion_knows_the_commands(env):
    server = with_people(env, 0)
    script = env.temp / "completion"
    script.write_text(server.curfew("completion").out)
    shown = env.run(["bash", "-c", f"source {script}; COMP_WORDS=(curfew rev); COMP_CWORD=1; "
                     "$(complete -p curfew | sed 's/.*-F \\([^ ]*\\) .*/\\1/'); "
                     "echo ${COMPREPLY[@]}"]).out
    assert "revoke" in shown, shown


def test_show_has_every_assignment_of_an_application_that_has_many(env):
    server = with_people(env, 1)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    server.curfew("app", "assign", "Mail", "--user", JOHN)
    server.process.stop()
    with contextlib.closing(sqlite3.connect(server.data / "curfew.db")) as database, database:
        database.executemany(
            "INSERT INTO app_assignments SELECT tenant_id, app_id, principal_kind, ?, created_at"
            " FROM app_assignments WHERE app_id = ? LIMIT 1",
            [(f"somebody-{number}", app["appId"]) for number in range(2000)])
    server.serve()
    assigned = [one["principalId"] for one in server.json("app", "show", "Mail")["assignments"]]
    assert len(assigned) == len(set(assigned)) == 2001, len(assigned)
