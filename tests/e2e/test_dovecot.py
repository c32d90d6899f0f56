"""Debian's Dovecot, as docs/clients.md sets it up: mail over IMAP with an access token that it asks
the server about."""

import imaplib
import os
import pwd
import re
import shutil
import ssl

from cut_off import cut_off
from site_behind import NOBODY, section
from world import ALICE, JOHN, REDIRECT, Server

API = "api://mail"
# What docs/clients.md leaves to the installation: here one folder, one user without rights, no delays.
SETTINGS = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = required
ssl_cert = <{folder}/tls.pem
ssl_key = <{folder}/tls-key.pem
auth_failure_delay = 0
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
mail_location = maildir:~/Maildir
first_valid_uid = 1
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  # Refusals are what is tried here: nobody is made to wait after them.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""
# RFC 7628 3.1, and what Google and Microsoft had before it.
PROOFS = {"OAUTHBEARER": "n,a={user},\x01auth=Bearer {token}\x01\x01",
          "XOAUTH2": "user={user}\x01auth=Bearer {token}\x01\x01"}


class Dovecot:
    """In a folder of its own; as nobody where we are root."""

    def __init__(self, server, app):
        self.env = server.env
        self.port = self.env.free_port()
        self.folder = self.env.temp / "dovecot"
        self.folder.mkdir()
        certificate = server.certificate("localhost")
        for end in (".pem", "-key.pem"):
            shutil.copy(certificate + end, self.folder / ("tls" + end))
        shutil.copy(server.ca, self.folder / "authority.pem")
        self.trust = ssl.create_default_context(cafile=str(server.ca))
        self.rights = NOBODY if os.geteuid() == 0 else []
        user = pwd.getpwnam("nobody") if self.rights else pwd.getpwuid(os.geteuid())
        names = {"user": user.pw_name, "group": "nogroup" if self.rights else user.pw_gid,
                 "uid": user.pw_uid, "gid": user.pw_gid, "folder": self.folder}
        signs_in, asks = re.findall(r"^```conf\n(.*?)^```$", section(self.env, "clients.md", "Dovecot"),
                                    re.M | re.S)
        (self.folder / "dovecot.conf").write_text(
            SETTINGS.format(port=self.port, **names)
            + signs_in.replace("/etc/dovecot/", f"{self.folder}/"))
        for here, there in (("CLIENT_ID", app["client"]["client_id"]),
                            ("CLIENT_SECRET", app["client"]["client_secret"]),
                            ("login.contoso.com", f"localhost:{server.port}"),
                            ("TENANT_ID", server.tenant), ("/etc/dovecot/", f"{self.folder}/")):
            assert here in asks, here
            asks = asks.replace(here, there)
        (self.folder / "dovecot-oauth2.conf.ext").write_text(asks)
        if self.rights:
            self.env.temp.chmod(0o711)
            self.env.run(["chown", "-R", "nobody:nogroup", self.folder])
        self.process = self.env.start(self._words("/usr/sbin/dovecot", "-F"), name="dovecot")
        self.env.wait_until(lambda: not self.process.running() or self._greets(), "Dovecot to serve")
        assert self.process.running(), self.process.output() + self.log()

    def _words(self, program, *more):
        return [*self.rights, program, "-c", self.folder / "dovecot.conf", *more]

    def _greets(self):
        try:
            self.connect().shutdown()
            return True
        except OSError:
            return False

    def log(self):
        file = self.folder / "log"
        return file.read_text() if file.exists() else ""

    def connect(self):
        return imaplib.IMAP4_SSL("localhost", self.port, ssl_context=self.trust)

    def log_in(self, mechanism, user, token):
        """The connection, or nothing: it was refused."""
        proof = PROOFS[mechanism].format(user=user, token=token).encode()
        imap = self.connect()
        try:
            # A refusal comes as another question, which is answered with nothing.
            imap.authenticate(mechanism, lambda asked: b"" if asked else proof)
        except imaplib.IMAP4.error:
            imap.shutdown()
            return None
        return imap

    def kick(self, user):
        self.env.run(self._words("/usr/bin/doveadm", "kick", user))


def works(imap):
    try:
        return imap.select("INBOX")[0] == "OK"
    except (imaplib.IMAP4.abort, OSError):
        return False


def test_imap_with_a_token_is_refused_at_the_first_login_after_the_revocation(env):
    server = Server(env)
    server.add_user(JOHN)
    server.add_user(ALICE)
    app = server.add_app("Mail", "--identifier-uri", API, "--scope", "read", "--may-introspect",
                         "--redirect-uri", REDIRECT, "--consent", API + "/read")
    dovecot = Dovecot(server, app)
    johns, alices = (server.tokens(name, app, scope=API + "/read")["access_token"]
                     for name in (JOHN, ALICE))
    for mechanism in PROOFS:
        opened = dovecot.log_in(mechanism, JOHN, johns)
        assert opened and works(opened), dovecot.log()
        # Nobody reads another one's mail with it, nor with what is no token.
        assert not dovecot.log_in(mechanism, ALICE, johns)
        assert not dovecot.log_in(mechanism, JOHN, johns[:-4] + "AAAA")

    def logs_in():
        imap = dovecot.log_in("OAUTHBEARER", JOHN, johns)
        return imap is not None and imap.logout()[0] == "BYE"

    cut_off(server, "Dovecot, introspection at each login", logs_in)
    for mechanism in PROOFS:
        assert not dovecot.log_in(mechanism, JOHN, johns)
        assert works(dovecot.log_in(mechanism, ALICE, alices)), dovecot.log()
    # It asks at the login alone: what is open goes on, until somebody ends it.
    assert works(opened), dovecot.log()
    dovecot.kick(JOHN)
    env.wait_until(lambda: not works(opened), "the connection to end")
