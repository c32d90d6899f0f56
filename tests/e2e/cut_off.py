"""tests/e2e/cut_off.py: somebody's access is revoked while a client goes on using it.

    report = cut_off(server, "passport, userinfo", lambda: browser.open(url).status == 200)
    sessions_named(report)        # the applications whose own sessions the report calls alive

The same in JavaScript is tests/js/cut_off.mjs.
"""

import json
import time

from world import JOHN, OK, PENDING


def cut_off(server, what, works, *, at_once=True):
    """It works; `curfew revoke` of John runs while it is tried again and again, until it does not.
    With `at_once`, what begins after the command has ended must be refused; without, somebody keeps
    an answer for a while. Prints the time between the command's start and the refusal; returns
    what the command said."""
    assert works(), f"{what}: does not work before the revocation"
    begun = time.monotonic()
    command = server.env.start([server.env.bin / "curfew", "--data", server.data, "-o", "json",
                                "revoke", JOHN, "--yes"], name="revoke")
    while True:
        began_after = not command.running()
        if not works():
            break
        assert not (at_once and began_after), f"{what}: works after the revocation"
    millis = 1000 * (time.monotonic() - begun)
    code = command.wait()
    assert code in (OK, PENDING), f"curfew revoke ended with {code}: {command.output()}"
    print(f"figure: {what}: works, curfew revoke, refused after {millis:.0f} ms", flush=True)
    # Beside it stands what the command said while it waited.
    text = "\n" + command.output()
    return json.JSONDecoder().raw_decode(text, text.index("\n[") + 1)[0][0]


def sessions_named(report):
    return {path["display_name"] for path in report["paths"]
            if path["kind"] == "app_session" and path["state"] != "ended"}
