"""The pages in Chromium. Set CURFEW_SHOTS to a folder to get screenshots of them."""

import os

from world import ALICE, JOHN, REDIRECT, Server, run_client

TIMEOUT_SECONDS = 240
API = "api://reports"
CHROMIUM = "/usr/bin/chromium"


def drive(env, scenario):
    server = Server(env)
    server.add_user(JOHN, "--name", "John Doe")
    server.add_user(ALICE, "--name", "Alice Bell")
    server.add_app("Reports", "--identifier-uri", API, "--scope", "read")
    run_client(env, server, "pages.mjs", scenario, {
        "api": API, "chromium": CHROMIUM, "shots": os.environ.get("CURFEW_SHOTS", ""),
        "app": server.add_app("Web", "--public", "--redirect-uri", REDIRECT),
        "desktop": server.add_app("Desktop", "--public", "--redirect-uri", REDIRECT,
                                  "--device-code"),
    })


def test_signs_in_by_keyboard_alone(env):
    drive(env, "keyboard")


def test_a_wrong_password_is_said_and_nothing_else(env):
    drive(env, "wrong_password")


def test_consent_is_asked_once_and_can_be_declined(env):
    drive(env, "consent")


def test_one_of_two_sessions_is_ended(env):
    drive(env, "sessions")


def test_signing_out_ends_the_session(env):
    drive(env, "sign_out")


def test_form_post_reaches_the_application(env):
    drive(env, "form_post")


def test_a_device_is_let_in_by_keyboard_alone(env):
    drive(env, "device")


def test_pages_fit_a_telephone_in_light_and_dark(env):
    drive(env, "narrow_and_dark")


def test_no_script_is_needed(env):
    drive(env, "without_script")


def test_a_revoked_persons_browser_is_signed_out(env):
    drive(env, "revoked")
