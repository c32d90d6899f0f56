"""demo/intruder.py: somebody who knows an administrator's password, and what they leave behind.

They come in as any local program does: the command line's own client, a code with PKCE. What they
do then, they do with the access token alone, over the network.
"""

import base64
import hashlib
import json
import secrets
import subprocess
import urllib.parse

import stage
from browser import Browser, sign_in

MANAGE = "api://curfew/manage"
SPY = f"helpdesk2@{stage.DOMAIN}"
BACKDOOR = "Calendar Sync"


class Intruder:
    """Has an access token of the administrator `name`, and adds a way back under other names."""

    def __init__(self, scene, name):
        self.scene = scene
        self.authority = scene.apps["Portal"]["client"]["issuer"].removesuffix("/v2.0")
        client = next(app for app in scene.curfew("app", "list")
                      if app["displayName"] == "Curfew CLI")
        self.client_id, self.callback = client["appId"], client["redirectUris"][0]
        self.browser = Browser(scene.ca)
        self.token = self._sign_in(name)
        self.backdoor = {}  # what `curfew app add` printed: a client with a secret

    def _sign_in(self, name):
        verifier = secrets.token_urlsafe(40)
        digest = hashlib.sha256(verifier.encode()).digest()
        query = {"client_id": self.client_id, "response_type": "code",
                 "redirect_uri": self.callback, "scope": "openid " + MANAGE,
                 "code_challenge_method": "S256",
                 "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode()}
        page = sign_in(self.browser, f"{self.authority}/oauth2/v2.0/authorize?"
                       + urllib.parse.urlencode(query), name, self.scene.passwords[name],
                       stop_before=self.callback)
        if "code" not in page.query:
            raise stage.DemoError(f"{name} could not sign in: {page.heading} {page.alert}")
        return self._token({"grant_type": "authorization_code", "client_id": self.client_id,
                            "code": page.query["code"], "redirect_uri": self.callback,
                            "code_verifier": verifier}).json["access_token"]

    def _token(self, fields):
        return self.browser.request(self.authority + "/oauth2/v2.0/token", "POST", fields)

    def _curfew(self, *args, stdin=""):
        words = [str(self.scene.bin / "curfew"), "--server", self.scene.url, "--ca",
                 str(self.scene.ca), "-o", "json", *args]
        done = subprocess.run(words, input=stdin, capture_output=True, text=True, check=False,
                              env=stage.environment({"CURFEW_API_KEY": self.token}))
        if done.returncode != 0:
            raise stage.DemoError(f"the intruder's `curfew {args[0]}` failed: {done.stderr}")
        return json.loads(done.stdout)

    def leave_ways_back(self):
        """An application that manages the tenant by itself, a new administrator, a new secret."""
        self.backdoor = self._curfew("app", "add", BACKDOOR)
        self._curfew("user", "add", SPY, "--password-stdin", "--keep-password",
                     stdin=secrets.token_urlsafe(12) + "\n")
        self._curfew("user", "add-role", SPY, "Global Administrator")
        self._curfew("app", "add-secret", "Portal")

    def ways_back(self):
        """What still lets them in, one word each."""
        ways = []
        if self._token({"grant_type": "client_credentials", "scope": stage.FILES_URI + "/.default",
                        "client_id": self.backdoor["appId"],
                        "client_secret": self.backdoor["client"]["client_secret"]}).status == 200:
            ways.append("their application")
        if self.scene.curfew("user", "show", SPY)["accountEnabled"]:
            ways.append("their account")
        answer = self.browser.request(self.scene.url + "/curfew/v1/users",
                                      headers={"Authorization": "Bearer " + self.token})
        if answer.status == 200:
            ways.append("the stolen token")
        return ways
