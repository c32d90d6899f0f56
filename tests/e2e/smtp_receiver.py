"""tests/e2e/smtp_receiver.py PORT CERTIFICATE KEY FOLDER USER PASSWORD: a mail server (aiosmtpd, a
Debian package) that takes mail over STARTTLS from whoever knows the password, and nothing else.

Each mail becomes FOLDER/N.txt: the recipient in the first line, then the text. What it refuses
is printed.
"""

import asyncio
import email
import email.policy
import os
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Box:
    """Takes mails, one file each."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.count = 0

    async def handle_DATA(self, _server, _session, envelope):  # pylint: disable=invalid-name
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert message["Auto-Submitted"] == "auto-generated", message
        self.count += 1
        done = self.folder / f"{self.count}.txt"
        part = done.with_suffix(".part")
        part.write_text(envelope.rcpt_tos[0] + "\n" + message.get_content(), encoding="utf-8")
        os.rename(part, done)
        return "250 taken"


async def main():
    port, certificate, key, folder, user, password = sys.argv[1:]
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    box = Box(folder)

    def authenticate(_server, _session, _envelope, _mechanism, data):
        known = (user.encode(), password.encode())
        return AuthResult(success=(data.login, data.password) == known)

    def make():
        return SMTP(box, tls_context=context, require_starttls=True, auth_required=True,
                    authenticator=authenticate)

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", int(port))
    print("takes mail", flush=True)
    await server.serve_forever()


asyncio.run(main())
