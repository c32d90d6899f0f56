"""A restored backup must not revive anything: the witness, the refusal to start, the fence."""

import base64
import json

from world import ALICE, DOMAIN, JOHN, REDIRECT, Server


def server_with_people(env):
    server = Server(env, witness=True)
    server.add_user(JOHN)
    server.add_user(ALICE)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    return server, app


def test_a_restored_backup_is_refused_until_it_is_fenced(env):
    server, app = server_with_people(env)
    johns = server.tokens(JOHN, app)
    alices = server.tokens(ALICE, app)
    backup = env.temp / "backup.db"
    server.curfewd("backup", backup)
    server.curfew("revoke", JOHN, "--yes", expect=None)
    assert server.userinfo(johns["access_token"]).status == 401
    assert server.process.stop() == 0
    server.put_back(backup)

    said = server.curfewd("serve", "--witness", server.witness, expect=1).err
    assert "was rolled back" in said and str(server.witness) in said, said
    assert f"curfewd fence --data" in said, said

    fenced = server.curfewd("fence", "--witness", server.witness).out
    assert "everybody signs in again" in fenced, fenced
    server.serve()
    for tokens in (johns, alices):
        assert server.userinfo(tokens["access_token"]).status == 401
        refused = server.refresh(app, tokens["refresh_token"])
        assert (refused.status, refused.json["error"]) == (400, "invalid_grant"), refused.text
    # A new sign-in works: for alice, and for john until he is revoked again.
    fresh = server.tokens(ALICE, app)
    assert server.userinfo(fresh["access_token"]).status == 200
    assert server.refresh(app, fresh["refresh_token"]).status == 200


def test_a_witness_inside_the_data_folder_is_refused(env):
    server = Server(env, serve=False)
    for path in (server.data / "witness", env.temp / "." / "data" / ".." / "data" / "witness"):
        said = server.curfewd("serve", "--witness", path, expect=1).err
        assert "lies in the data folder" in said, said
        assert not (server.data / "witness").exists()


def refused_to_serve(server, *options):
    return server.curfewd("serve", *options, expect=1).err


def test_a_tenant_with_a_witness_is_not_served_without_it(env):
    server = Server(env, witness=True)
    server.add_user(JOHN)
    backup = env.temp / "backup.db"
    server.curfewd("backup", backup)
    server.curfew("revoke", JOHN, "--yes", expect=None)
    assert server.process.stop() == 0
    server.put_back(backup)

    # Left out, mistyped, or that of another place: nothing is served, and nothing is made.
    said = refused_to_serve(server)
    assert f"--witness {server.witness}" in said and "none was named" in said, said
    typo = env.temp / "witnes"
    said = refused_to_serve(server, "--witness", typo)
    assert f"no witness at {typo}" in said and str(server.witness) in said, said
    assert "curfewd drop-witness --data" in said, said
    assert not typo.exists()
    other = Server(env, witness=False, serve=False, name="other")
    other.curfewd("new-witness", "--witness", env.temp / "other-witness")
    said = refused_to_serve(server, "--witness", env.temp / "other-witness")
    assert "another tenant" in said, said
    for command in ("fence", "restore"):
        args = [backup] if command == "restore" else []
        said = server.curfewd(command, *args, expect=1).err
        assert f"--witness {server.witness}" in said, said
    assert "was rolled back" in refused_to_serve(server, "--witness", server.witness)

    # Given up knowingly, and on the record.
    said = server.curfewd("drop-witness").out
    assert "curfewd new-witness" in said, said
    server.curfewd("drop-witness", expect=1)
    said = refused_to_serve(server, "--witness", server.witness)
    assert "was rolled back" in said, said
    witness, server.witness = server.witness, None
    server.serve()
    assert "tenant.drop_witness" in [entry["action"] for entry in server.json("audit")]
    assert server.process.stop() == 0
    server.curfewd("fence", "--witness", witness)
    assert "none was named" in refused_to_serve(server)
    server.witness = witness
    server.serve()


def test_a_witness_is_made_once_and_by_its_own_command(env):
    server = Server(env, serve=False)
    witness = env.temp / "witness"
    said = refused_to_serve(server, "--witness", witness)
    assert f"curfewd new-witness --data {server.data} --witness {witness}" in said, said
    assert not witness.exists()
    backup = env.temp / "backup.db"
    server.curfewd("backup", backup)
    said = server.curfewd("new-witness", "--witness", witness).out
    assert f"curfewd serve --data {server.data} --witness {witness}" in said, said
    said = server.curfewd("new-witness", "--witness", env.temp / "second", expect=1).err
    assert str(witness) in said and not (env.temp / "second").exists(), said
    # A file that is not the tenant's own any more does not pass for it.
    aside = witness.rename(env.temp / "aside")
    server.curfewd("drop-witness")
    server.curfewd("new-witness", "--witness", witness)
    said = refused_to_serve(server, "--witness", aside)
    assert "not the one that the database knows" in said, said
    # A database from before the witness does not know it: that alone shows that it was put back.
    server.put_back(backup)
    said = refused_to_serve(server, "--witness", witness)
    assert "was rolled back" in said and "does not know of it" in said, said
    server.curfewd("restore", backup, "--witness", witness)
    server.witness = witness
    server.serve()
    assert "tenant.fence" in [entry["action"] for entry in server.json("audit")]


def test_a_moved_witness_is_asked_for_where_it_was_last_seen(env):
    server = Server(env, witness=True)
    server.add_user(JOHN)
    assert server.process.stop() == 0
    first, second = server.witness, env.temp / "moved"
    first.rename(second)
    said = refused_to_serve(server, "--witness", first)
    assert f"last seen at {first}" in said, said
    server.witness = second
    server.serve()
    assert server.process.stop() == 0
    # From now on no message leads to the old place, where a copy may have been left.
    for said in (refused_to_serve(server), refused_to_serve(server, "--witness", env.temp / "no"),
                 server.curfewd("fence", expect=1).err,
                 server.curfewd("reset-password", JOHN, expect=1).err,
                 server.curfewd("new-witness", "--witness", env.temp / "no", expect=1).err):
        assert str(second) in said and str(first) not in said, said
    server.curfewd("reset-password", JOHN, "--witness", second)
    server.serve()


def test_the_restore_command_fences_by_itself(env):
    server, app = server_with_people(env)
    tokens = server.tokens(ALICE, app)
    backup = env.temp / "backup.db"
    server.curfewd("backup", backup)
    server.curfew("user", "disable", JOHN)

    said = server.curfewd("restore", backup, "--witness", server.witness, expect=1).err
    assert str(server.process.pid) in said, said  # a running server keeps its database
    assert server.process.stop() == 0

    server.curfewd("restore", backup, "--witness", server.witness)
    server.serve()
    assert server.userinfo(tokens["access_token"]).status == 401
    assert server.userinfo(server.tokens(ALICE, app)["access_token"]).status == 200
    # The generation that was served before cannot come back either.
    assert server.process.stop() == 0
    server.put_back(backup)
    said = server.curfewd("serve", "--witness", server.witness, expect=1).err
    assert "was rolled back" in said, said


def forged(token):
    """The token with a position far ahead, and the signature of what it said before."""
    head, claims, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    said["as_of"] = "1.900"
    claims = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    return ".".join((head, claims, signature))


def assert_issues_nothing(server, app, tokens):
    ready = server.get(f"{server.url}/readyz")
    assert ready.status == 503 and "rolled back" in ready.text, ready.text
    refused = server.refresh(app, tokens["refresh_token"])
    assert (refused.status, refused.json["error"]) == (503, "temporarily_unavailable"), refused.text
    assert "Retry-After" not in refused.headers, refused.headers
    page = server.get(server.authorize_url(app, "openid")[0])
    assert "error=temporarily_unavailable" in page.headers["Location"], page.headers


def test_a_signed_token_from_the_lost_history_stops_the_server_until_it_is_fenced(env):
    server = Server(env)  # without a witness
    server.add_user(JOHN)
    server.add_user(ALICE)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    kept = server.tokens(ALICE, app)
    backup = env.temp / "backup.db"
    server.curfewd("backup", backup)
    server.curfew("revoke", JOHN, "--yes", expect=None)
    lost = server.tokens(ALICE, app)
    assert server.process.stop() == 0
    server.put_back(backup)
    server.serve()

    # Nobody can tell yet, and a forger cannot make us believe it.
    assert server.userinfo(forged(kept["access_token"])).status == 401
    kept = server.refresh(app, kept["refresh_token"]).json
    assert server.get(f"{server.url}/readyz").status == 200

    assert server.userinfo(lost["access_token"]).status == 401
    said = server.process.wait_for("journal.rolled_back")
    assert "curfewd fence" in said, said
    assert_issues_nothing(server, app, kept)
    # Taking access away goes on, whatever number its entries get.
    server.curfew("revoke", JOHN, "--yes", expect=None)
    server.curfew("user", "disable", ALICE)
    refused = server.curfew("user", "add", f"eve@{DOMAIN}", expect=None)
    assert refused.code != 0 and "rolled back" in refused.err, refused
    refused = server.curfew("user", "enable", ALICE, expect=None)
    assert refused.code != 0 and "rolled back" in refused.err, refused

    server.kill()
    server.serve()
    assert_issues_nothing(server, app, kept)
    server.process.wait_for("journal.rolled_back")
    assert server.process.stop() == 0

    server.curfewd("fence")
    server.serve()
    assert server.get(f"{server.url}/readyz").status == 200
    server.curfew("user", "enable", ALICE)
    for tokens in (kept, lost):
        assert server.userinfo(tokens["access_token"]).status == 401
        assert server.refresh(app, tokens["refresh_token"]).json["error"] == "invalid_grant"
    fresh = server.tokens(ALICE, app)
    assert server.userinfo(fresh["access_token"]).status == 200
    actions = [entry["action"] for entry in server.json("audit")]
    assert actions.count("tenant.rolled_back") == 1 and "tenant.fence" in actions, actions
