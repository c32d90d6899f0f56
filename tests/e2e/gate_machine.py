"""tests/e2e/gate_machine.py: a gate's machine: its folder, its replica, and the program on it.

    machine = Machine(server)
    machine.enrol(new_code(server, "edge"))
    process = machine.run()                  # until the test ends
    machine.await_judging()
    assert not machine.explain(user_id)["is_blocked"]

`status` and `explain` read the replica as any reader does, and say whether one may go by it now.
"""

import json
import stat
import sys

FAILED = 1
# Where a pause of a slow machine must not end it: the next one is asked for with a third of it left.
# No longer: a server that was just started waits one lease before it believes that its gates are done.
LASTING_LEASE = "15s"

# A link that can be made silent: bytes go both ways until the process is stopped.
LINK = """
import socket, sys, threading
near = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("linked", flush=True)

def carry(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

while True:
    client = near.accept()[0]
    try:
        server = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    except OSError:
        client.close()
        continue
    for pair in ((client, server), (server, client)):
        threading.Thread(target=carry, args=pair, daemon=True).start()
"""


def gates_config(lease):
    return f'\n[gates]\nlease = "{lease}"\n'


def new_code(server, name, *more):
    return server.json("gate", "add", name, *more)["enrolmentCode"]


class Machine:
    """A gate's machine; `host` of hosts.py: where its programs run."""

    def __init__(self, server, name="gate", host=None):
        self.env = server.env
        self.server = server
        self._words = host.words if host else lambda args: args
        self.data = server.env.temp / name
        self.replica = server.env.temp / (name + "-memory") / "replica"

    def gate(self, *args, expect=0, **options):
        return self.env.run(self._words([self.env.bin / "curfew-gate", *args]), expect=expect,
                            **options)

    def enrol(self, code, *more, expect=0, **options):
        return self.gate("enrol", "--server", self.server.url, "--ca", self.server.ca, "--data",
                         self.data, "--code", code, *more, expect=expect, **options)

    def check(self, expect=0):
        return json.loads(self.gate("-o", "json", "check", "--data", self.data, expect=expect).out)

    def identity(self):
        return json.loads((self.data / "gate.json").read_text(encoding="utf-8"))

    def files(self):
        return {path.name: stat.S_IMODE(path.stat().st_mode) for path in self.data.iterdir()}

    # The program that follows, and what readers find.

    def run(self, *more, **options):
        return self.env.start(self._words([self.env.bin / "curfew-gate", "run", "--data", self.data,
                                           "--replica", self.replica, *more]),
                              name="curfew-gate", ready="Curfew's gate", **options)

    def status(self):
        return json.loads(self.gate("-o", "json", "status", "--data", self.data, "--replica",
                                    self.replica, expect=None).out)

    def judges(self):
        return self.status()["may_judge"]

    def await_judging(self):
        self.env.wait_until(self.judges, "the gate to have a lease")

    def await_refusing(self):
        self.env.wait_until(lambda: not self.judges(), "the lease to be over")

    def explain(self, user_id):
        """What the replica has on a person, whether one may go by it or not."""
        said = self.gate("-o", "json", "explain", "--data", self.data, "--replica", self.replica,
                         "--key", "user:" + user_id, expect=None)
        return json.loads(said.out)

    def is_blocked(self, user_id):
        return self.explain(user_id).get("is_blocked", False)

    def link(self):
        """(process, address) of a link to the server that can be made silent."""
        port = self.env.free_port()
        process = self.env.start([sys.executable, "-c", LINK, port, self.server.port],
                                 name="link", ready="linked")
        return process, f"https://localhost:{port}"
