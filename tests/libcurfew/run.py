#!/usr/bin/python3
"""tests/libcurfew/run.py: libcurfew as programs in other languages meet it.

    tests/libcurfew/run.py --build FOLDER

Compiles C and C++ programs with the system's own compilers against the built library, reads the
library from Python, and holds its exported symbols against the list in curfew.map and the header.
The replica is written by the program libcurfew_fixture.
"""

import argparse
import base64
import ctypes
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "integrations/libcurfew"
INCLUDE = LIBRARY / "include"
ISSUER = "https://id.contoso.com/tenant-1/v2.0"
BUILD = pathlib.Path("build")


class Fixture:
    """A replica in a folder of its own, and tokens."""

    def __init__(self):
        # pylint: disable=consider-using-with
        self.folder = tempfile.TemporaryDirectory(prefix="libcurfew-", dir="/dev/shm")
        self.process = subprocess.Popen([BUILD / "bin/libcurfew_fixture", self.folder.name],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.tokens = json.loads(self.process.stdout.readline())
        self.replica = self.folder.name + "/replica"

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()


def compiled(folder, source, *command):
    program = pathlib.Path(folder) / source.stem
    subprocess.run([*command, str(source), "-o", str(program), "-I", str(INCLUDE),
                    "-L", str(BUILD / "lib"), "-lcurfew", "-pthread",
                    f"-Wl,-rpath,{BUILD / 'lib'}"], check=True)
    return program


C_COMPILER = ["cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
CXX_COMPILER = ["g++", "-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]


class Rules(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t),
                ("audiences", ctypes.POINTER(ctypes.c_char_p)), ("audience_count", ctypes.c_size_t),
                ("scopes", ctypes.POINTER(ctypes.c_char_p)), ("scope_count", ctypes.c_size_t),
                ("roles", ctypes.POINTER(ctypes.c_char_p)), ("role_count", ctypes.c_size_t)]


class Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t),
                ("replica_path", ctypes.c_char_p), ("tenant_id", ctypes.c_char_p),
                ("issuer", ctypes.c_char_p),
                ("owners", ctypes.POINTER(ctypes.c_uint32)), ("owner_count", ctypes.c_size_t),
                ("rules", ctypes.POINTER(Rules)),
                ("foreign_issuers", ctypes.c_void_p), ("foreign_issuer_count", ctypes.c_size_t),
                ("authorization_uri", ctypes.c_char_p), ("realm", ctypes.c_char_p),
                ("clock_skew_ms", ctypes.c_int64), ("tokens_remembered", ctypes.c_uint32),
                ("lanes", ctypes.c_uint32)]


class Request(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t),
                ("authorization", ctypes.c_char_p), ("authorization_length", ctypes.c_size_t),
                ("dpop", ctypes.c_char_p), ("dpop_length", ctypes.c_size_t),
                ("method", ctypes.c_char_p), ("method_length", ctypes.c_size_t),
                ("url", ctypes.c_char_p), ("url_length", ctypes.c_size_t),
                ("certificate_sha256", ctypes.c_char_p), ("rules", ctypes.POINTER(Rules)),
                ("flags", ctypes.c_uint32)]


# As programs of before have them are the ones above: what follows was added behind them.
class NewRules(Rules):
    _fields_ = [("flags", ctypes.c_uint64)]


class Site(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("url", ctypes.c_char_p),
                ("client_id", ctypes.c_char_p), ("cookie_keys", ctypes.c_char_p)]


class NewOptions(Options):
    _fields_ = [("sites", ctypes.POINTER(ctypes.POINTER(Site))), ("site_count", ctypes.c_size_t)]


class NewRequest(Request):
    _fields_ = [("site", ctypes.c_size_t),
                ("cookie", ctypes.c_char_p), ("cookie_length", ctypes.c_size_t),
                ("uri", ctypes.c_char_p), ("uri_length", ctypes.c_size_t),
                ("sec_fetch_mode", ctypes.c_char_p), ("sec_fetch_mode_length", ctypes.c_size_t),
                ("sec_fetch_dest", ctypes.c_char_p), ("sec_fetch_dest_length", ctypes.c_size_t),
                ("accept", ctypes.c_char_p), ("accept_length", ctypes.c_size_t)]


class Gate:
    """The library through ctypes: what any language with a C interface can do."""

    ERROR, REASON, SIGN_IN, VERDICT, SUBJECT, ROLES = 2, 3, 4, 5, 11, 18
    CONTROLS = 6  # a number

    def __init__(self, replica, audience=b"api://files", site=None, is_strict=False):
        self.library = ctypes.CDLL(str(BUILD / "lib/libcurfew.so"))
        self.library.curfew_decision_new.restype = ctypes.c_void_p
        self.library.curfew_decision_text.restype = ctypes.c_char_p
        self.library.curfew_connection_user.restype = ctypes.c_void_p
        self.library.curfew_connections_count.restype = ctypes.c_size_t
        audiences = (ctypes.c_char_p * 1)(audience)
        self.library.curfew_decision_number.restype = ctypes.c_int64
        self.rules = Rules(size=ctypes.sizeof(Rules), audiences=audiences, audience_count=1)
        if is_strict:
            self.rules = NewRules(size=ctypes.sizeof(NewRules), audiences=audiences,
                                  audience_count=1, flags=1)
        shape = Options if site is None else NewOptions
        options = shape(size=ctypes.sizeof(shape), replica_path=replica.encode(),
                        tenant_id=b"tenant-1", issuer=ISSUER.encode(),
                        rules=ctypes.cast(ctypes.pointer(self.rules), ctypes.POINTER(Rules)))
        if site is not None:
            options.sites = (ctypes.POINTER(Site) * 1)(ctypes.pointer(site))
            options.site_count = 1
        self.gate, words = ctypes.c_void_p(), ctypes.create_string_buffer(200)
        code = self.library.curfew_gate_new(ctypes.byref(options), ctypes.byref(self.gate), words,
                                            ctypes.c_size_t(200))
        assert code == 0, words.value
        self.decision = ctypes.c_void_p(self.library.curfew_decision_new())
        self.connections = ctypes.c_void_p()

    @staticmethod
    def request(token, certificate=None):
        header = b"Bearer " + token.encode()
        return Request(size=ctypes.sizeof(Request), authorization=header,
                       authorization_length=len(header), certificate_sha256=certificate)

    def status(self):
        return self.library.curfew_decision_http_status(self.decision)

    def text(self, which):
        return self.library.curfew_decision_text(self.decision, which).decode()

    def check(self, token, certificate=None):
        request = self.request(token, certificate)
        assert self.library.curfew_check(self.gate, ctypes.byref(request), self.decision) == 0
        return self.status()

    def check_browser(self, cookie, uri, method=b"GET", mode=b"navigate", site=1):
        request = NewRequest(size=ctypes.sizeof(NewRequest), method=method,
                             method_length=len(method), site=site, cookie=cookie,
                             cookie_length=len(cookie), uri=uri, uri_length=len(uri),
                             sec_fetch_mode=mode, sec_fetch_mode_length=len(mode))
        code = self.library.curfew_check(self.gate, ctypes.byref(request), self.decision)
        return self.status() if code == 0 else -code

    def number(self, which):
        return self.library.curfew_decision_number(self.decision, which)

    def keep_open(self, token, user, rules=None, expect=0):
        if not self.connections:
            words = ctypes.create_string_buffer(200)
            code = self.library.curfew_connections_new(
                self.gate, ctypes.byref(self.connections), words, ctypes.c_size_t(200))
            assert code == 0, words.value
        request, connection = self.request(token), ctypes.c_void_p()
        if rules is not None:
            request.rules = ctypes.cast(ctypes.pointer(rules), ctypes.POINTER(Rules))
        code = self.library.curfew_connections_check(
            self.connections, ctypes.byref(request), ctypes.c_void_p(user), self.decision,
            ctypes.byref(connection))
        assert code == expect, code
        return connection

    def review(self):
        """The connection that must be closed, and its user; or nothing."""
        dead = ctypes.c_void_p()
        code = self.library.curfew_connections_review(self.connections, self.decision,
                                                      ctypes.byref(dead))
        assert code == 0
        return (dead, self.library.curfew_connection_user(dead)) if dead else None

    def may_go_on(self, connection):
        return self.library.curfew_connection_may_go_on(connection, self.decision)

    def leave(self, connection):
        self.library.curfew_connection_leave(connection)

    def count(self):
        return self.library.curfew_connections_count(self.connections)

    def close(self):
        self.library.curfew_connections_free(self.connections)
        self.library.curfew_decision_free(self.decision)
        self.library.curfew_gate_free(self.gate)


class WithReplica(unittest.TestCase):
    def setUp(self):
        self.fixture = Fixture()
        self.addCleanup(self.fixture.close)
        self.tokens = self.fixture.tokens

    def gate(self, **options):
        gate = Gate(self.fixture.replica, **options)
        self.addCleanup(gate.close)
        return gate


class InOtherLanguages(WithReplica):
    def test_a_c_program_gets_every_answer_and_no_mistake_of_it_lets_anybody_in(self):
        with tempfile.TemporaryDirectory() as folder:
            program = compiled(folder, ROOT / "tests/libcurfew/c_program.c", *C_COMPILER)
            ran = subprocess.run([program, self.fixture.replica, self.tokens["user-1"],
                                  self.tokens["other"], self.tokens["bound"]],
                                 stdout=subprocess.PIPE, text=True, check=False)
        self.assertEqual((ran.returncode, ran.stdout), (0, ""))

    def test_a_cpp_program_of_another_compiler_uses_the_wrapper(self):
        with tempfile.TemporaryDirectory() as folder:
            program = compiled(folder, ROOT / "tests/libcurfew/cxx_program.cpp", *CXX_COMPILER)
            ran = subprocess.run([program, self.fixture.replica, self.tokens["user-1"]],
                                 stdout=subprocess.PIPE, text=True, check=False)
        self.assertEqual((ran.returncode, ran.stdout), (0, "user-1\n"))

    def test_the_example_says_who_it_is_and_after_the_revocation_why_not(self):
        with tempfile.TemporaryDirectory() as folder:
            program = compiled(folder, ROOT / "examples/libcurfew/check_token.c", *C_COMPILER)

            def run():
                return subprocess.run(
                    [program, self.fixture.replica, "tenant-1", ISSUER, "api://files"],
                    input=self.tokens["user-1"] + "\n", stdout=subprocess.PIPE, text=True,
                    check=False)

            before = run()
            self.fixture.tell("reauth user/user-1")
            after = run()
        self.assertEqual((before.returncode, before.stdout), (0, "200 user-1\n"))
        self.assertEqual((after.returncode, after.stdout),
                         (1, "401 the token is not live: revoked\n"))

    def test_python_sees_a_revocation_at_the_next_check(self):
        gate = self.gate()
        for _ in range(3):
            self.assertEqual(gate.check(self.tokens["user-1"]), 200)
        self.assertEqual(gate.text(gate.SUBJECT), "user-1")
        self.assertEqual(gate.check(self.tokens["app"]), 200)
        self.assertEqual(gate.text(gate.ROLES), "Files.Read.All Files.Write.All")
        self.fixture.tell("reauth user/user-1")
        self.assertEqual(gate.check(self.tokens["user-1"]), 401)
        self.assertEqual(gate.check(self.tokens["able"]), 401)
        self.assertEqual(gate.text(gate.ERROR), "insufficient_claims")
        self.assertEqual(gate.check(self.tokens["user-2"]), 200)

    def test_a_bound_token_needs_its_certificate(self):
        gate = self.gate()
        self.assertEqual(gate.check(self.tokens["bound"]), 401)
        self.assertEqual(gate.check(self.tokens["bound"], b"\x42" * 32), 200)
        other = hashlib.sha256(b"another").digest()
        if b"\0" not in other:
            self.assertEqual(gate.check(self.tokens["bound"], other), 401)

    def test_without_a_lease_or_a_file_nobody_passes(self):
        gate = self.gate()
        self.assertEqual(gate.check(self.tokens["user-1"]), 200)
        self.fixture.tell("end")
        self.assertEqual(gate.check(self.tokens["user-1"]), 503)
        self.fixture.tell("lease")
        self.assertEqual(gate.check(self.tokens["user-1"]), 200)
        self.fixture.tell("withdraw")
        self.assertEqual(gate.check(self.tokens["user-1"]), 503)


class Browsers(WithReplica):
    def setUp(self):
        super().setUp()
        self.key = base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
        self.site = Site(ctypes.sizeof(Site), b"https://app.example", b"app-1", self.key.encode())

    def cookie(self, token):
        return self.fixture.tell(f"seal https://app.example app-1 {self.key} {token}").encode()

    def test_a_session_is_judged_as_its_token_and_a_navigation_is_led_to_sign_in(self):
        gate = self.gate(site=self.site)
        johns = self.cookie(self.tokens["user-1"])
        self.assertEqual(gate.check_browser(johns, b"/page"), 200)
        self.assertEqual((gate.text(gate.SUBJECT), gate.text(gate.VERDICT), gate.text(gate.SIGN_IN)),
                         ("user-1", "live", ""))
        self.fixture.tell("reauth user/user-1")
        self.assertEqual(gate.check_browser(johns, b"/page?a=b"), 401)
        self.assertEqual((gate.text(gate.VERDICT), gate.text(gate.SIGN_IN)),
                         ("revoked", "https://app.example/.curfew/sign-in?return_to=%2Fpage%3Fa%3Db"))
        for method, mode in ((b"POST", b"navigate"), (b"GET", b"cors")):
            self.assertEqual(gate.check_browser(johns, b"/page", method, mode), 401)
            self.assertEqual(gate.text(gate.SIGN_IN), "")
        self.assertEqual(gate.check_browser(b"", b"/page"), 401)
        self.assertNotEqual(gate.text(gate.SIGN_IN), "")
        self.assertEqual(gate.check_browser(self.cookie(self.tokens["user-2"]), b"/page", site=0), 401)
        self.assertEqual(gate.check_browser(johns, b"/page", site=2), -1)  # invalid argument
        self.assertEqual(gate.status(), 503)
        self.assertEqual(gate.check(self.tokens["user-2"]), 200)  # as programs of before ask

    def test_what_a_session_is_under_is_a_number_of_its_own(self):
        gate = self.gate()
        claims = {"iss": ISSUER, "aud": "api://files", "sub": "u", "oid": "u", "tid": "tenant-1",
                  "client_id": "app-1", "jti": "j", "iat": int(time.time()),
                  "exp": int(time.time()) + 600, "auth_as_of": "7.1", "as_of": "7.1"}
        for controls, number in (([], 0), (["monitorOnly"], 1), (["blockDownloads"], 2),
                                 (["monitorOnly", "blockDownloads"], 3), (["blockPrinting"], 3)):
            token = self.fixture.tell(f"sign at+jwt {json.dumps({**claims, 'xcf_ctl': controls})}")
            self.assertEqual(gate.check(token), 200)
            self.assertEqual(gate.number(gate.CONTROLS), number, controls)

    def test_a_program_may_ask_for_a_lease_at_a_gate_of_best_effort(self):
        strict, loose = self.gate(is_strict=True), self.gate()
        self.fixture.tell("best_effort")
        for gate in (strict, loose):
            self.assertEqual(gate.check(self.tokens["user-1"]), 200)
        self.fixture.tell("end")
        self.assertEqual(strict.check(self.tokens["user-1"]), 503)
        self.assertEqual(loose.check(self.tokens["user-1"]), 200)

    def test_a_folder_says_where_its_gates_replica_is(self):
        gate = self.gate()
        gate.library.curfew_folder_text.restype = ctypes.c_char_p
        folder, words = ctypes.c_void_p(), ctypes.create_string_buffer(300)

        def read(path):
            return gate.library.curfew_folder_read(path.encode(), ctypes.byref(folder), words,
                                                   ctypes.c_size_t(300))

        with tempfile.TemporaryDirectory() as path:
            self.assertNotEqual(read(path), 0)
            self.assertIn(b"gate.json cannot be read", words.value)
            known = {"issuer": ISSUER, "tenant_id": "tenant-1", "client_id": "gate-1"}
            for status, replica in ((None, "/dev/shm/curfew-gate-gate-1/replica"),
                                    ({"replica": "/run/here"}, "/run/here")):
                pathlib.Path(path, "gate.json").write_text(json.dumps(known))
                if status:
                    pathlib.Path(path, "status.json").write_text(json.dumps(status))
                self.assertEqual(read(path), 0, words.value)
                texts = [gate.library.curfew_folder_text(folder, which).decode()
                         for which in (1, 2, 3, 9)]
                self.assertEqual(texts, [ISSUER, "tenant-1", replica, ""])
                self.assertEqual(gate.library.curfew_folder_owner(folder), os.geteuid())
                gate.library.curfew_folder_free(folder)


class OpenConnections(WithReplica):
    def test_an_entry_counts_as_closed_when_the_connection_was_left(self):
        gate = self.gate()
        one = gate.keep_open(self.tokens["user-1"], 11)
        two = gate.keep_open(self.tokens["user-2"], 22)
        self.assertEqual(gate.count(), 2)
        self.assertIsNone(gate.review())
        self.fixture.tell("reauth user/user-1")
        self.assertEqual(self.fixture.tell("standing"), "7.1 1")
        dead, user = gate.review()
        self.assertEqual((dead.value, user, gate.status()), (one.value, 11, 401))
        self.assertEqual(self.fixture.tell("standing"), "7.1 1")
        gate.leave(dead)
        self.assertIsNone(gate.review())
        self.assertEqual(self.fixture.tell("standing"), "7.2 1")
        gate.leave(two)
        self.assertTrue(self.fixture.tell("standing").endswith(" 0"))

    def test_each_piece_is_judged_by_what_is_so_then(self):
        gate = self.gate()
        one = gate.keep_open(self.tokens["user-1"], 11)
        two = gate.keep_open(self.tokens["user-2"], 22)
        self.assertEqual((gate.may_go_on(one), gate.may_go_on(two)), (1, 1))
        self.fixture.tell("reauth user/user-1")
        self.assertEqual((gate.may_go_on(one), gate.status()), (0, 401))
        self.assertEqual(gate.text(gate.VERDICT), "revoked")
        self.assertEqual(gate.may_go_on(two), 1)
        # It acknowledges nothing: whoever asks before each piece still has to review.
        self.assertEqual(self.fixture.tell("standing"), "7.1 1")
        dead, user = gate.review()
        self.assertEqual((dead.value, user), (one.value, 11))
        gate.leave(dead)
        self.assertIsNone(gate.review())
        self.assertEqual(self.fixture.tell("standing"), "7.2 1")
        self.fixture.tell("end")
        self.assertEqual((gate.may_go_on(two), gate.status()), (0, 503))

    def test_rules_count_as_they_are_at_each_call_wherever_they_lie(self):
        gate, token = self.gate(), self.tokens["user-1"]
        audiences = (ctypes.c_char_p * 1)(b"api://files")
        rules = NewRules(size=ctypes.sizeof(NewRules), audiences=audiences, audience_count=1)
        for audience, status in ((b"api://files", 200), (b"api://mail", 401), (b"api://files", 200)):
            audiences[0] = audience
            connection = gate.keep_open(token, 1, rules)
            self.assertEqual(gate.status(), status)
            self.assertEqual(bool(connection), status == 200)
            if connection:
                gate.leave(connection)
        scopes = (ctypes.c_char_p * 1)(b"Files.Own")
        rules.scopes, rules.scope_count = scopes, 1
        self.assertFalse(gate.keep_open(token, 1, rules))
        self.assertEqual((gate.status(), gate.text(Gate.ERROR)), (403, "insufficient_scope"))
        rules.scope_count, rules.audience_count = 0, 0
        self.assertFalse(gate.keep_open(token, 1, rules))
        self.assertEqual(gate.status(), 401)

    def test_rules_that_stay_are_read_once_and_only_while_they_say_so(self):
        gate, token = self.gate(), self.tokens["user-1"]
        audiences = (ctypes.c_char_p * 1)(b"api://files")
        rules = NewRules(size=ctypes.sizeof(NewRules), audiences=audiences, audience_count=1,
                         flags=2)
        for _ in range(3):
            gate.leave(gate.keep_open(token, 1, rules))
            self.assertEqual(gate.status(), 200)
        audiences[0] = b"api://mail"
        for flags in (0, 2):  # they were not said to stay when they were read last
            rules.flags = flags
            self.assertFalse(gate.keep_open(token, 1, rules))
            self.assertEqual(gate.status(), 401)
        rules.flags = 6
        self.assertFalse(gate.keep_open(token, 1, rules, expect=1))

    def test_a_call_that_fails_refuses_and_has_nothing_of_the_one_before(self):
        gate, token = self.gate(), self.tokens["user-1"]
        rules = NewRules(size=ctypes.sizeof(NewRules))
        gate.leave(gate.keep_open(token, 1))
        self.assertEqual((gate.status(), gate.text(Gate.SUBJECT)), (200, "user-1"))
        rules.size = 1
        self.assertFalse(gate.keep_open(token, 1, rules, expect=1))
        self.assertEqual((gate.status(), gate.text(Gate.SUBJECT)), (503, ""))
        self.assertEqual(gate.count(), 0)

    def test_whoever_dies_holds_nobody_up(self):
        child = os.fork()
        if child == 0:
            gate = Gate(self.fixture.replica)
            gate.keep_open(self.tokens["user-1"], 1)
            os._exit(0 if gate.count() == 1 else 1)  # pylint: disable=protected-access
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertTrue(self.fixture.tell("standing").endswith(" 0"))

    def test_a_child_may_go_on_with_the_gate_that_it_inherited(self):
        gate = self.gate()
        self.assertEqual(gate.check(self.tokens["user-1"]), 200)
        child = os.fork()
        if child == 0:
            good = gate.check(self.tokens["user-2"]) == 200
            good = good and bool(gate.keep_open(self.tokens["user-1"], 1))
            os._exit(0 if good else 1)  # pylint: disable=protected-access
        self.assertEqual(os.waitpid(child, 0)[1], 0)


class Abi(unittest.TestCase):
    def test_it_exports_what_its_header_and_its_map_list_and_nothing_else(self):
        map_text = (LIBRARY / "curfew.map").read_text()
        versions = {name: version
                    for version, names in re.findall(r"^(CURFEW_[\d.]+) {(.*?)^}", map_text, re.M | re.S)
                    for name in re.findall(r"^ {4}(curfew_\w+);$", names, re.M)}
        listed = set(versions)
        header = (INCLUDE / "curfew/curfew.h").read_text()
        declared = set(re.findall(r"^CURFEW_API[^;]*?\b(curfew_\w+)\(", header, re.M))
        out = subprocess.run(["nm", "-D", "--defined-only", BUILD / "lib/libcurfew.so"], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
        names = [line.split()[-1] for line in out.splitlines() if " A " not in line]
        exported = dict(name.split("@@") for name in names)
        self.assertEqual(listed, declared)
        self.assertEqual(exported, versions)
        # What was in the first version stays there: programs name it.
        self.assertEqual(sum(version == "CURFEW_1" for version in versions.values()), 23)

    def test_layouts_are_those_of_abi_version_1(self):
        """Members are added at the end, behind these; nothing here ever moves."""
        asked = ["sizeof(curfew_rules)", "sizeof(curfew_claim_key)",
                 "sizeof(curfew_foreign_issuer)", "sizeof(curfew_gate_options)",
                 "sizeof(curfew_request)", "sizeof(curfew_site)", "offsetof(curfew_rules, roles)",
                 "offsetof(curfew_rules, flags)", "offsetof(curfew_gate_options, sites)",
                 "offsetof(curfew_request, site)", "offsetof(curfew_request, accept_length)",
                 "offsetof(curfew_foreign_issuer, authorization_uri)",
                 "offsetof(curfew_gate_options, lanes)", "offsetof(curfew_request, flags)",
                 "(size_t)CURFEW_TEXT_ACR", "(size_t)CURFEW_NUMBER_APP_ONLY",
                 "(size_t)CURFEW_TEXT_VERDICT", "(size_t)CURFEW_NUMBER_SESSION_CONTROLS"]
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "layout.c"
            source.write_text("#include <curfew/curfew.h>\n#include <stdio.h>\nint main(void) {\n"
                              + "".join(f'printf("%zu ", {what});\n' for what in asked)
                              + "return 0; }\n")
            program = compiled(folder, source, *C_COMPILER)
            out = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout
        self.assertEqual([int(number) for number in out.split()],
                         [64, 24, 56, 120, 184, 32, 40, 56, 104, 96, 176, 48, 100, 88, 20, 5, 5, 6])


class Package(unittest.TestCase):
    def test_an_installed_copy_is_found_by_pkg_config_and_cmake(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["cmake", "--install", BUILD, "--component", "libcurfew", "--prefix",
                            folder], check=True, stdout=subprocess.DEVNULL)
            names = {str(path.relative_to(folder)) for path in pathlib.Path(folder).rglob("*")}
            for ending in ("include/curfew/curfew.h", "include/curfew/curfew.hpp",
                           "share/man/man3/libcurfew.3", "pkgconfig/curfew.pc",
                           "cmake/curfew/curfew-config.cmake", "libcurfew.so.1"):
                self.assertTrue(any(name.endswith(ending) for name in names), (ending, names))
            found = next(pathlib.Path(folder).rglob("curfew.pc")).parent
            paths = dict(os.environ, PKG_CONFIG_PATH=str(found))
            paths.pop("PKG_CONFIG_LIBDIR", None)
            flags = subprocess.run(["pkg-config", "--cflags", "--libs", "curfew"], check=True,
                                   env=paths, stdout=subprocess.PIPE, text=True).stdout.split()
            self.assertTrue(any(flag.startswith(f"-L{folder}/") for flag in flags), flags)
            program = pathlib.Path(folder) / "check_token"
            subprocess.run(["cc", f"{ROOT}/examples/libcurfew/check_token.c", *flags, "-o",
                            program], check=True)
            paths["LD_LIBRARY_PATH"] = str(found.parent)
            self.assertEqual(subprocess.run([program], check=False, env=paths).returncode, 2)
            project = pathlib.Path(folder) / "project"
            project.mkdir()
            (project / "CMakeLists.txt").write_text(
                "cmake_minimum_required(VERSION 3.25)\nproject(x LANGUAGES C)\n"
                "find_package(curfew 0.1 REQUIRED)\n"
                f"add_executable(x {ROOT}/examples/libcurfew/check_token.c)\n"
                "target_link_libraries(x PRIVATE curfew::curfew)\n")
            built = project / "build"
            for command in (["cmake", "-S", project, "-B", built, f"-DCMAKE_PREFIX_PATH={folder}"],
                            ["cmake", "--build", built]):
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            self.assertEqual(subprocess.run([built / "x"], check=False).returncode, 2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    arguments, rest = parser.parse_known_args()
    BUILD = arguments.build.resolve()
    unittest.main(argv=[sys.argv[0], *rest])
