"""demo/credentials.py: everything that a signed-in person can go on with, and how each is tried.

A try is one real request through the application that holds the credential, or through the person's
browser. It gives an Outcome: whether it was accepted, and what the answer said.
"""

import threading
import time
from dataclasses import dataclass

import stage
from browser import Browser, sign_in

POLL_SECONDS = 0.01
WATCH_SECONDS_MAX = 30
PAGE_AT_GATE = "Files behind the gate, in the browser"


@dataclass
class Outcome:
    """What came of one try."""

    accepted: bool
    says: str


@dataclass
class Credential:
    """One row of the demo. `repeatable`: may be tried again and again while the run is going on.
    `renew`: gets another one of a kind that is used up by trying it.
    `lives_on`: the (kind, target) under which the report must name it as still working."""

    name: str
    attempt: object
    repeatable: bool = True
    lives_on: tuple = None
    renew: object = None


def when_judged(ask):
    """What the gate says. Without a lease, which a machine that paused may have lost, it says neither
    yes nor no, and is asked again."""
    until = time.monotonic() + stage.READY_SECONDS
    while (page := ask()).status == 503 and time.monotonic() < until:
        time.sleep(0.2)
    return page


class Person:
    """A user with a browser that is signed in to both applications."""

    def __init__(self, scene, name):
        self.scene = scene
        self.name = name
        self.browser = Browser(scene.ca)

    def sign_in(self):
        """Through the real forms: first to Portal, then to Mail, which asks for consent; then to
        the page behind the gate, which the server's session opens."""
        password = self.scene.passwords[self.name]
        sign_in(self.browser, self.scene.portal + "/login", self.name, password)
        page = sign_in(self.browser, self.scene.mail + "/login", self.name, password)
        if page.status != 200 or not page.url.startswith(self.scene.mail):
            raise stage.DemoError(f"{self.name} could not sign in: {page.status} at {page.url}: "
                                  f"{page.heading} {page.alert} {page.text[:200]}")
        page = when_judged(lambda: self.browser.open(self.scene.guarded + "/plan"))
        if page.status != 200 or not page.url.startswith(self.scene.guarded):
            raise stage.DemoError(f"{self.name} was not let in by the gate: {page.status} at "
                                  f"{page.url}: {page.heading} {page.alert} {page.text[:200]}")
        page = self.browser.open(self.scene.mail + "/login?silent&graph")
        if page.status != 200:
            raise stage.DemoError(f"{self.name} got no token for Graph: {page.text[:200]}")

    def hold_code(self):
        """Mail gets one more authorization code and keeps it, unredeemed."""
        self.browser.open(self.scene.mail + "/login?silent&hold")

    def let_device_in(self):
        """Mail begins to sign in on a television; its person types the code and says yes."""
        begun = self.browser.request(self.scene.mail + "/begin-device").json
        page = self.browser.open(begun["verification_uri_complete"])
        page = self.browser.submit(page, button="next")
        page = self.browser.submit(page, {"confirm": "1"}, button="approve")
        if page.heading != "The device can go on":
            raise stage.DemoError(f"the device was not let in: {page.heading} {page.alert}")

    # One method for each credential

    def password(self):
        fresh = Browser(self.scene.ca)
        page = sign_in(fresh, self.scene.portal + "/login", self.name,
                       self.scene.passwords[self.name])
        if page.url.startswith(self.scene.portal):
            return Outcome(True, "signed in at the form")
        return Outcome(False, page.alert or page.heading)

    def server_session(self):
        page = self.browser.open(self.scene.mail + "/login?silent")
        return Outcome(page.json["ok"], page.json["says"])

    def portal_session(self):
        page = self.browser.request(self.scene.portal + "/whoami")
        return Outcome(page.status == 200, f"{page.status}, {page.json.get('user', 'nobody')}")

    def behind_gate(self):
        page = when_judged(lambda: self.browser.request(self.scene.guarded + "/plan"))
        if page.status == 302:
            return Outcome(False, "302 to sign in")
        return Outcome(page.status == 200, f"{page.status}")

    def api_key(self):
        page = self.browser.request(self.scene.files + "/payroll", headers={
            "Authorization": "Bearer " + self.scene.api_key})
        why = page.json.get("why", "from /payroll")
        return Outcome(page.status == 200, f"{page.status} {why}")

    def through_mail(self, name):
        def attempt():
            page = self.browser.request(f"{self.scene.mail}/try/{name}")
            return Outcome(page.json["ok"], page.json["says"])
        return attempt


def credentials_of(person):
    """All of them, in the order in which they are shown."""
    portal_id = person.scene.apps["Portal"]["appId"]
    rows = [
        Credential("password, at the sign-in form", person.password, repeatable=False),
        Credential("browser session, silent sign-in", person.server_session),
        Credential("Mail: refresh token", person.through_mail("refresh")),
        Credential("Mail: access token at userinfo", person.through_mail("userinfo")),
        Credential("Mail: access token at Microsoft Graph's /me", person.through_mail("graph")),
        Credential("Mail: access token at Files API, which asks", person.through_mail("payroll")),
        Credential("Mail: the same token at the gate before Files", person.through_mail("guarded")),
        Credential(PAGE_AT_GATE, person.behind_gate),
        Credential("Mail: access token at Files API, offline", person.through_mail("documents"),
                   lives_on=("access_token", stage.FILES_URI)),
        Credential("Portal: its own session", person.portal_session,
                   lives_on=("app_session", portal_id)),
    ]
    if person.name == stage.SUBJECT:
        rows.insert(2, Credential("Mail: code that is not redeemed yet",
                                  person.through_mail("code"), repeatable=False,
                                  renew=person.hold_code))
        rows.insert(3, Credential("Mail: device that was let in, no tokens yet",
                                  person.through_mail("device"), repeatable=False,
                                  renew=person.let_device_in))
        rows.append(Credential("API key of the person", person.api_key))
    return rows


class Watch(threading.Thread):
    """Tries one credential without a pause for as long as it is accepted."""

    def __init__(self, credential):
        super().__init__(daemon=True)
        self.credential = credential
        self.accepted = 0
        self.refused_at = None  # time.monotonic()
        self.outcome = None
        self._stopped = threading.Event()

    def run(self):
        end = time.monotonic() + WATCH_SECONDS_MAX
        while not self._stopped.is_set() and time.monotonic() < end:
            self.outcome = self.credential.attempt()
            if not self.outcome.accepted:
                self.refused_at = time.monotonic()
                return
            self.accepted += 1
            time.sleep(POLL_SECONDS)

    def stop(self):
        self._stopped.set()
        self.join()
