"""Settings are what the server goes by, and what it writes down holds no secret."""

import base64
import json
import re

from browser import sign_in
from world import JOHN, OK, PASSWORD, REDIRECT, Server

FILES = "api://files"
CLIENT_THAT_HANDLES_CHALLENGES = json.dumps({"access_token": {"xms_cc": {"values": ["cp1"]}}})


def claims_of(jwt):
    part = jwt.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def lifetime_of(jwt):
    claims = claims_of(jwt)
    return claims["exp"] - claims["iat"]


def with_mail(env, config):
    """A served tenant; an application and a resource that may have long tokens."""
    server = Server(env, config=config)
    server.add_user(JOHN)
    server.add_app("Files", "--identifier-uri", FILES, "--scope", "read", "--continuous-evaluation")
    mail = server.add_app("Mail", "--public", "--redirect-uri", REDIRECT,
                          "--continuous-evaluation", "--consent", FILES + "/read")
    return server, mail


def test_tokens_live_as_long_as_the_settings_say(env):
    server, mail = with_mail(env, '[tokens]\naccess_token = "10m"\n'
                                  'continuous_access_token = "2h"\nid_token = "20m"\n')
    plain = server.tokens(JOHN, mail, scope=f"openid offline_access {FILES}/read")
    assert plain["expires_in"] == 600 and lifetime_of(plain["access_token"]) == 600, plain
    assert lifetime_of(plain["id_token"]) == 1200
    long = server.tokens(JOHN, mail, scope=f"openid {FILES}/read",
                         claims=CLIENT_THAT_HANDLES_CHALLENGES)
    assert lifetime_of(long["access_token"]) == 7200, long
    # A refresh goes by them too.
    again = server.refresh(mail, plain["refresh_token"]).json
    assert lifetime_of(again["access_token"]) == 600, again


def test_random_lifetimes_spread_over_sixty_to_ninety_minutes(env):
    server = Server(env, config="[tokens]\naccess_token_random = true\n")
    service = server.add_app("Nightly")
    server.add_app("Files", "--identifier-uri", FILES)
    seen = []
    for _ in range(12):
        answer = server.token(service, {"grant_type": "client_credentials",
                                        "scope": FILES + "/.default"})
        assert answer.status == 200, answer.text
        seen.append(lifetime_of(answer.json["access_token"]))
        assert answer.json["expires_in"] == seen[-1], answer.text
    assert all(3600 <= seconds <= 5400 for seconds in seen), seen
    assert len(set(seen)) > 1, f"twelve times the same: {seen}"


def cookie_lifetimes(server, app, keep):
    """Max-Age of each cookie that signing in sets; None for one of the browser's session."""
    browser = server.browser()
    url, _ = server.authorize_url(app, "openid")
    page = browser.open(url)
    fields = {"username": JOHN, "password": PASSWORD, **({"keep": "1"} if keep else {})}
    name = page.forms[0].fields
    assert "keep" not in name, "not kept signed in unless asked"
    origin = {"Origin": server.url}
    answer = browser.request(server.url + page.forms[0].action, "POST",
                             {**page.forms[0].fields, **fields}, origin)
    lines = answer.headers.get_all("Set-Cookie") or []
    assert lines, f"{answer.status} {answer.alert}"
    found = {}
    for line in lines:
        age = re.search(r"max-age=(\d+)", line, re.I)
        found[line.partition("=")[0]] = int(age.group(1)) if age else None
    return found


def test_a_kept_session_has_the_lifetime_of_the_settings(env):
    server, mail = with_mail(env, '[sessions]\npersistent_idle = "3d"\nidle = "2h"\n')
    kept, passing = cookie_lifetimes(server, mail, True), cookie_lifetimes(server, mail, False)
    assert 3 * 86400 in kept.values(), kept
    assert 3 * 86400 not in passing.values(), passing
    assert None in passing.values(), passing


def test_no_secret_that_was_given_out_is_logged_or_stored(env):
    server, mail = with_mail(env, '[log]\nlevel = "debug"\n')
    service = server.add_app("Nightly")
    key = server.json("key", "add", "export", "--app", service["appId"], "--scope",
                      "api://curfew/manage")
    browser = server.browser()
    code, verifier = server.code(JOHN, mail, browser=browser)
    tokens = server.redeem(mail, code, verifier).json
    renewed = server.refresh(mail, tokens["refresh_token"]).json
    machine = server.token(service, {"grant_type": "client_credentials",
                                     "scope": FILES + "/.default"}).json
    url, _ = server.authorize_url(mail, "openid")
    sign_in(server.browser(), url, JOHN, "a wrong password that was typed")
    server.userinfo(renewed["access_token"])
    server.revoke(JOHN, expect=OK)
    assert server.refresh(mail, renewed["refresh_token"]).status == 400
    cookies = [value for jar in browser.cookies.values() for value in jar.values()]
    secrets = [PASSWORD, "a wrong password that was typed", server.first_password, code, verifier,
               *cookies, service["client"]["client_secret"], key["keyText"]]
    for answer in (tokens, renewed, machine):
        secrets += [value for name, value in answer.items() if name.endswith("_token")]
    assert len(secrets) >= 14, len(secrets)
    kept = {"the log": server.process.output().encode(),
            "the audit": server.curfew("-o", "json", "audit", "--last", "200").out.encode(),
            **{path.name: path.read_bytes() for path in server.data.glob("curfew.db*")}}
    assert JOHN.encode() in kept["the audit"] and b"server.listening" in kept["the log"]
    assert JOHN.encode() in kept["curfew.db"] + kept["curfew.db-wal"]
    for secret in secrets:
        for name, content in kept.items():
            assert secret.encode() not in content, f"{name} holds {secret[:6]}..."
    print(f"{len(secrets)} secrets, none in {', '.join(kept)}")
