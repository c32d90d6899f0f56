"""A restored backup must not revive anything: the witness, the refusal to start, the fence."""

import shutil

from world import ALICE, JOHN, REDIRECT, Server


def server_with_people(env):
    server = Server(env, witness=True)
    server.add_user(JOHN)
    server.add_user(ALICE)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    return server, app


def put_back(server, backup):
    """What an operator without our tools does: the old file in the place of the database."""
    for suffix in ("-wal", "-shm"):
        (server.data / ("curfew.db" + suffix)).unlink(missing_ok=True)
    shutil.copy(backup, server.data / "curfew.db")


def test_a_restored_backup_is_refused_until_it_is_fenced(env):
    server, app = server_with_people(env)
    johns = server.tokens(JOHN, app)
    alices = server.tokens(ALICE, app)
    backup = env.temp / "backup.db"
    server.curfewd("backup", backup)
    server.curfew("revoke", JOHN, "--yes", expect=None)
    assert server.userinfo(johns["access_token"]).status == 401
    assert server.process.stop() == 0
    put_back(server, backup)

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
    put_back(server, backup)
    said = server.curfewd("serve", "--witness", server.witness, expect=1).err
    assert "was rolled back" in said, said
