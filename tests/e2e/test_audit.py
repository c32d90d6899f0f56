"""The audit's chain is checked by a command, and a person can be taken out of it."""

import sqlite3

from world import ALICE, JOHN, REDIRECT, Server

GONE = f"zebulon.quagmire@{JOHN.split('@')[1]}"


def change(server, statement, *values):
    """Edits the database behind the server's back, as somebody with the file could."""
    database = sqlite3.connect(server.data / "curfew.db")
    with database:
        assert database.execute(statement, values).rowcount == 1, statement
    database.close()


def ask(server, question):
    database = sqlite3.connect(server.data / "curfew.db")
    [answer] = database.execute(question).fetchone()
    database.close()
    return answer


def heads(server):
    """The heads that the command prints to be noted; it must find nothing wrong."""
    lines = server.curfewd("verify-audit").out.splitlines()
    found = [line.strip() for line in lines if line.startswith("  ")]
    assert [head.split(":")[0] for head in found] == ["audit", "journal"], lines
    return found


def noted(found):
    return [word for head in found for word in ("--noted", head)]


def test_a_changed_row_of_the_audit_is_named(env):
    server = Server(env)
    server.add_user(JOHN)
    server.add_user(ALICE)
    found = heads(server)  # the server runs
    said = server.curfewd("verify-audit", *noted(found)).out
    assert "audit: holds" in said and said.count("is there") == 2, said
    server.process.stop()

    change(server, "update audit set action = 'user.nothing' where sequence = 2")
    said = server.curfewd("verify-audit", expect=1)
    assert "audit entry 2 is not what was written" in said.err, said.err
    assert "journal: holds" in said.out and "Note these" not in said.out, said.out


def test_a_removed_row_is_named_and_a_noted_head_finds_one_cut_off_at_the_end(env):
    server = Server(env)
    for name in (JOHN, ALICE, GONE):
        server.add_user(name)
    server.revoke(JOHN, expect=None)
    server.process.stop()
    found = heads(server)
    newest = ask(server, "select max(sequence) from audit")
    assert found[0].startswith(f"audit:{newest}:"), found

    change(server, "delete from audit where sequence = ?", newest)
    server.curfewd("verify-audit")  # nothing in the file tells
    said = server.curfewd("verify-audit", *noted(found), expect=1)
    assert f"the audit at {newest} was noted" in said.err, said.err
    assert f"noted: {found[1]} is there" in said.out, said.out

    change(server, "delete from audit where sequence = 2")
    said = server.curfewd("verify-audit", expect=1)
    assert "audit entry 2 is missing: after 1 comes 3" in said.err, said.err


def test_a_changed_row_of_the_journal_and_a_changed_name_are_found(env):
    server = Server(env)
    server.add_user(JOHN)
    server.revoke(JOHN, expect=None)
    server.process.stop()
    newest = ask(server, "select max(position) from journal")
    change(server, "update journal set reason = 'another' where position = ?", newest)
    change(server, "update audit_personal set sealed = (select sealed from audit_personal "
                   "where sequence = 1 and part = 'subject') where sequence = 2 and part = 'actor'")
    said = server.curfewd("verify-audit", expect=1)
    assert "journal entry" in said.err and "is not what was written" in said.err, said.err
    assert "audit entry 2" in said.err, said.err


def test_what_was_not_printed_by_the_command_is_no_head(env):
    server = Server(env, serve=False)
    for text in ("audit", "audit:1", "people:1:x", "journal:one:x", "audit:1x:y",
                 "audit:999999:", "audit:1:"):
        assert text in server.curfewd("verify-audit", "--noted", text, expect=1).err
    said = server.curfewd("verify-audit", "--noted", "journal:1.1:forged", expect=1).err
    assert "another than the one noted" in said, said


def test_a_person_is_erased_and_the_chain_still_verifies(env):
    server = Server(env)
    server.add_user(JOHN)
    server.add_user(GONE)
    app = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
    server.tokens(GONE, app)
    server.revoke(GONE, expect=None)
    said = server.curfewd("erase-person", GONE, expect=1).err
    assert "Stop the server" in said, said  # the server has the folder
    server.process.stop()
    said = server.curfewd("erase-person", GONE, expect=1).err
    assert "still has an account" in said and f"curfew user remove {GONE}" in said, said

    server.serve()
    server.curfew("user", "remove", GONE, "--yes")
    server.process.stop()
    before = heads(server)
    change(server, "insert into tenants select 'x', hex(randomblob(50000)), domains, created_at from "
                   "tenants")
    change(server, "delete from tenants where tenant_id = 'x'")  # leaves free pages
    assert any(GONE.encode() in file.read_bytes() for file in server.data.glob("curfew.db*"))
    server.curfewd("erase-person", GONE.upper())

    for file in server.data.glob("curfew.db*"):
        content = file.read_bytes().lower()
        assert GONE.encode() not in content, file
        assert b"quagmire" not in content, file
    said = server.curfewd("verify-audit", *noted(before)).out
    assert said.count("is there") == 2 and "the person was erased" in said, said
    assert ask(server, "pragma freelist_count") == 0
    assert ask(server, "select count(*) from audit where action = 'audit.erase_person'") == 1
    assert "knows nobody" in server.curfewd("erase-person", GONE, expect=1).err

    # Whoever asks for somebody who is gone leaves the name too, without an account.
    server.serve()
    server.curfew("revoke", GONE, "--yes", expect=None)
    server.curfew("revoke", "nobody@contoso.com", "--yes", expect=None)
    server.process.stop()
    server.curfewd("erase-person", GONE)
    assert "knows nobody" in server.curfewd("erase-person", GONE, expect=1).err
    for file in server.data.glob("curfew.db*"):
        assert GONE.encode() not in file.read_bytes().lower(), file
    server.serve()
    assert "nobody@contoso.com" in server.curfew("audit", "--last", "50").out
    assert GONE not in server.curfew("audit", "--last", "50").out
    server.process.stop()
    assert "knows nobody" in server.curfewd("erase-person", "local-root", expect=1).err

    server.serve()
    server.curfew("run", "list")
    assert JOHN in server.curfew("user", "list").out
