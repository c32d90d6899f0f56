"""A person sets a new password with a link in a mail, which a real mail server takes over TLS."""

import json
import os
import re
import socket
import ssl
import sys
import time
import urllib.request

from browser import sign_in
from test_browser import CHROMIUM
from world import ALICE, JOHN, OK, PASSWORD, REDIRECT, Server, run_client

WANTED = "quite another one 42"
ADDRESS = "john@example.com"
EMAIL_METHOD = "/authentication/emailMethods"
GRAPH = "https://graph.microsoft.com"
SMTP_USER, SMTP_PASSWORD = "curfew", "the mail server's"


def mail_settings(env, port, tls=True):
    secret = env.temp / "smtp-password"
    secret.write_text(SMTP_PASSWORD + "\n", encoding="utf-8")
    lines = ["", "[mail]", f'smtp_url = "smtp://localhost:{port}"', 'from = "curfew@contoso.com"']
    if tls:
        lines += [f'ca_file = "{env.temp / "data" / "ca.pem"}"', f'username = "{SMTP_USER}"',
                  f'password_file = "{secret}"']
    return "\n".join(lines) + "\n"


class Site:
    """A server, its mail server, and John, for whom an administrator registered an address."""

    def __init__(self, env, port, **options):
        self.env = env
        self.server = Server(env, config=mail_settings(env, port, **options))
        self.base = f"{self.server.url}/{self.server.tenant}"
        self.mails = env.temp / "mails"
        self.mails.mkdir()
        for name in (JOHN, ALICE):
            self.server.add_user(name)
        self.desk = self.server.add_app(
            "Desk", "--redirect-uri", REDIRECT, "--application-permission",
            f"{GRAPH}/UserAuthMethod-Email.ReadWrite.All")
        self.app = self.server.add_app("Mail", "--public", "--redirect-uri", REDIRECT)
        self.register(JOHN, ADDRESS)

    def receive(self, port):
        data = self.server.data
        return self.env.start([sys.executable, self.env.root / "tests/e2e/smtp_receiver.py", port,
                               data / "server.pem", data / "server-key.pem", self.mails,
                               SMTP_USER, SMTP_PASSWORD], ready="takes mail")

    def register(self, name, address):
        token = self.server.token(self.desk, {"grant_type": "client_credentials",
                                              "scope": f"{GRAPH}/.default"}).json["access_token"]
        request = urllib.request.Request(
            f"{self.server.url}/v1.0/users/{name}{EMAIL_METHOD}", method="POST",
            data=json.dumps({"emailAddress": address}).encode(),
            headers={"Authorization": "Bearer " + token, "Content-Type": "application/json"})
        context = ssl.create_default_context(cafile=str(self.server.ca))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                             urllib.request.HTTPSHandler(context=context))
        with opener.open(request, timeout=20) as answer:
            assert answer.status == 201, answer.read()

    def ask(self, name):
        browser = self.server.browser()
        page = browser.open(f"{self.base}/account")
        link = re.search(r'href="([^"]*/password-reset)"', page.text).group(1)
        page = browser.submit(browser.open(self.server.url + link), {"username": name})
        assert page.status == 200, page.text
        return page

    def mail(self, number):
        file = self.mails / f"{number}.txt"
        self.env.wait_until(file.exists, f"mail {number}")
        to, text = file.read_text(encoding="utf-8").split("\n", 1)
        assert to == ADDRESS, to
        return text

    def link(self, number):
        found = re.search(r"https://\S+\?code=\S+", self.mail(number))
        assert found, self.mail(number)
        return found.group(0)

    def set_password(self, link, password=WANTED):
        browser = self.server.browser()
        page = browser.open(link)
        if not page.forms:
            return page
        return browser.submit(page, {"new_password": password, "repeated_password": password})

    def signs_in(self, name, password):
        page = sign_in(self.server.browser(), f"{self.base}/account", name, password)
        return page.heading != "Sign in"


def test_a_forgotten_password_is_set_anew_and_everything_before_it_ends(env):
    port = env.free_port()
    site = Site(env, port)
    site.receive(port)
    before = site.server.tokens(JOHN, site.app)
    browser = site.server.browser()
    sign_in(browser, f"{site.base}/account", JOHN, PASSWORD)
    assert browser.open(f"{site.base}/account").heading != "Sign in"

    asked, unknown = site.ask(JOHN), site.ask("nobody")
    assert asked.text == unknown.text
    link = site.link(1)
    done = site.set_password(link)
    assert "signed out everywhere" in done.text, done.text
    assert "not good any more" in site.set_password(link, "and yet another one").heading
    assert browser.open(f"{site.base}/account").heading == "Sign in"
    assert site.server.refresh(site.app, before["refresh_token"]).status == 400
    assert not site.signs_in(JOHN, PASSWORD)
    assert site.signs_in(JOHN, WANTED)
    notice = site.mail(2)
    assert "A new password was set" in notice and "?code=" not in notice, notice
    code = link.rpartition("=")[2]
    assert code not in site.server.process.output()


def test_a_revoked_person_does_not_come_back_by_mail(env):
    port = env.free_port()
    site = Site(env, port)
    site.receive(port)
    site.ask(JOHN)
    link = site.link(1)
    site.server.revoke(JOHN, expect=OK)
    assert "not good any more" in site.set_password(link).heading
    site.ask(JOHN)
    site.register(ALICE, ADDRESS)  # the next mail that comes is Alice's
    site.ask(ALICE)
    assert ALICE in site.mail(2)
    assert not site.signs_in(JOHN, WANTED)


def test_a_mail_server_that_hangs_holds_up_nothing_else(env):
    port = env.free_port()
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", port))
        silent.listen(16)
        site = Site(env, port, tls=False)
        silent.settimeout(30)
        site.ask(JOHN)
        waiting, _ = silent.accept()  # the server waits for a greeting that does not come
        with waiting:
            tokens = site.server.tokens(ALICE, site.app)
            site.server.revoke(ALICE, expect=OK)
            assert site.server.refresh(site.app, tokens["refresh_token"]).status == 400
            assert site.signs_in(JOHN, PASSWORD)
            # All of it while that mail was in hand; and the server still ends when told.
            waiting.setblocking(False)
            try:
                assert waiting.recv(1, socket.MSG_PEEK) != b"", "the mail was given up meanwhile"
            except BlockingIOError:
                pass
            assert site.server.process.stop(30) == 0


def test_a_mail_that_was_not_taken_is_sent_after_a_restart(env):
    port = env.free_port()
    site = Site(env, port)
    site.ask(JOHN)
    site.server.process.wait_for("mail.failed")
    site.server.kill()
    site.receive(port)
    site.server.serve()
    link = site.link(1)
    assert "signed out everywhere" in site.set_password(link).text


def test_a_mail_server_with_another_certificate_gets_nothing(env):
    port = env.free_port()
    site = Site(env, port)
    other = Server(env, serve=False, name="other")
    env.start([sys.executable, env.root / "tests/e2e/smtp_receiver.py", port,
               other.data / "server.pem", other.data / "server-key.pem", site.mails, SMTP_USER,
               SMTP_PASSWORD], ready="takes mail")
    site.ask(JOHN)
    site.server.process.wait_for("mail.failed")
    assert not os.listdir(site.mails)


def test_a_password_is_set_anew_in_a_browser_by_keyboard(env):
    port = env.free_port()
    site = Site(env, port)
    site.receive(port)
    run_client(env, site.server, "pages.mjs", "password_reset",
               {"chromium": CHROMIUM, "shots": os.environ.get("CURFEW_SHOTS", ""),
                "mails": str(site.mails), "wanted": WANTED})
    assert site.signs_in(JOHN, WANTED)
