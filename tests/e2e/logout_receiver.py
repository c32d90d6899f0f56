"""tests/e2e/logout_receiver.py: an application that is told of sessions that ended, and how it takes it.

    receiver = LogoutReceiver(env, server.data)
    receiver.url                        # its back-channel logout address
    receiver.answer = lambda call: 500  # a status, or None: it answers nothing for a minute
    receiver.told()                     # [(client_id, sid)] of every token so far

`answer` may call anybody before it returns.
"""

import base64
import json
import time
import urllib.parse

from https_receiver import Answer, HttpsReceiver

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def part(token, index):
    text = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class LogoutReceiver(HttpsReceiver):
    PATH = "/backchannel?for=curfew"

    def __init__(self, env, folder):
        self.calls = []  # (time, claims)
        self.answer = lambda claims: 200
        super().__init__(env, folder)

    def take(self, request, body):
        token = urllib.parse.parse_qs(body)["logout_token"][0]
        assert part(token, 0)["typ"] == "logout+jwt", token
        claims = part(token, 1)
        assert list(claims["events"]) == [EVENT] and claims["events"][EVENT] == {}, claims
        assert claims["sub"] and "nonce" not in claims, claims
        with self.lock:
            self.calls.append((time.monotonic(), claims))
        status = self.answer(claims)
        return None if status is None else Answer(status)

    def told(self):
        with self.lock:
            return [(claims["aud"], claims["sid"]) for _, claims in self.calls]
