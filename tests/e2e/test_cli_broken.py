"""What the command line says where no answer comes: it may have happened, unless it cannot have."""

import socketserver
import threading

from world import FAILED, JOHN

MAY_HAVE = "may have happened"


class Deaf(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Reads what it is asked, and closes the connection."""

    daemon_threads = True

    def __init__(self, folder):
        folder.mkdir()
        super().__init__(str(folder / "curfewd.sock"), Ask)
        (folder / "curfewd.sock").chmod(0o600)
        self.folder, self.asked = folder, []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Ask(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.asked.append(self.rfile.readline().decode().split()[0])
        length = 0
        while (line := self.rfile.readline().strip()):
            name, _, value = line.decode().partition(":")
            length = int(value) if name.lower() == "content-length" else length
        self.rfile.read(length)


def said(env, folder, *args):
    return env.run([env.bin / "curfew", "--data", folder, *args], expect=FAILED).err


def test_a_change_whose_answer_never_came_may_have_happened_and_is_said_to(env):
    server = Deaf(env.temp / "deaf")
    for args in (["group", "add", "staff"], ["user", "disable", JOHN], ["group", "remove", "staff", "--yes"],
                 ["revoke", JOHN, "--yes"]):
        error = said(env, server.folder, *args)
        assert MAY_HAVE in error and "curfew audit" in error, (args, error)
    assert server.asked == ["POST", "PATCH", "DELETE", "POST"], server.asked


def test_what_changes_nothing_or_was_never_sent_did_not_happen(env):
    server = Deaf(env.temp / "deaf")
    for args in (["user", "list"], ["revoke", JOHN, "--dry-run"]):
        assert MAY_HAVE not in said(env, server.folder, *args), args
    assert server.asked == ["GET", "POST"], server.asked
    server.shutdown()
    server.server_close()
    error = said(env, server.folder, "group", "add", "staff")
    assert "asking the server at" in error and MAY_HAVE not in error, error
