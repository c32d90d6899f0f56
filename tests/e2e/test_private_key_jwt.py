"""Applications that sign: MSAL with certificates, oauth4webapi with JSON Web Keys."""

import json

from world import JOHN, REDIRECT, USAGE, Server, run_client

API = "api://reports"


def make_certificate(env, kind):
    """(certificate, private key) in files, made by openssl as an administrator would."""
    certificate, key = env.temp / "client.pem", env.temp / "client-key.pem"
    algorithm = ["rsa:2048"] if kind == "RSA" else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    env.run(["openssl", "req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=client",
             "-newkey", *algorithm, "-keyout", key, "-out", certificate])
    return certificate, key


def fingerprint(env, certificate, digest):
    line = env.run(["openssl", "x509", "-in", certificate, "-noout", "-fingerprint",
                    f"-{digest}"]).out
    return line.split("=")[1].strip().replace(":", "")


def registered(env, certificate):
    """(server, application, what `app key add` answered)."""
    server = Server(env)
    server.add_user(JOHN)
    server.add_app("Reports", "--identifier-uri", API, "--scope", "read")
    web = server.add_app("Web", "--redirect-uri", REDIRECT, "--consent", API + "/read",
                         "--may-introspect")
    key = server.json("app", "key", "add", web["appId"], certificate, "--name", "batch")["value"][0]
    return server, web, key


def drive(env, server, scenario, settings):
    run_client(env, server, "private_key_jwt.mjs", scenario, {"api": API, **settings})


def drive_msal(env, scenario, digest):
    certificate, key_pem = make_certificate(env, "RSA")
    server, web, key = registered(env, certificate)
    drive(env, server, scenario, {"web": web, "keyPem": str(key_pem), "keyId": key["keyId"],
                                  digest: fingerprint(env, certificate, digest)})


def test_msal_gets_a_token_for_itself_until_its_certificate_is_removed(env):
    drive_msal(env, "msal_for_itself", "sha256")


def test_msal_with_the_older_thumbprint(env):
    drive_msal(env, "msal_for_itself", "sha1")


def test_msal_signs_people_in_with_a_certificate_until_they_are_revoked(env):
    drive_msal(env, "msal_for_people", "sha256")


def test_oauth4webapi_proves_itself_everywhere_until_its_key_is_removed(env):
    for kind, alg in (("EC", "ES256"), ("RSA", "PS256"), ("RSA", "RS256")):
        certificate, key_pem = make_certificate(env, kind)
        if alg == "ES256":
            server, web, key = registered(env, certificate)
        else:
            web = server.add_app(f"Web {alg}", "--consent", API + "/read", "--may-introspect",
                                 "--redirect-uri", REDIRECT)
            key = server.json("app", "key", "add", web["appId"], certificate)["value"][0]
        drive(env, server, "oauth4webapi", {"web": web, "keyPem": str(key_pem), "jwsAlg": alg,
                                            "keyId": key["keyId"], "kid": key["kid"]})


def test_keys_are_listed_and_private_ones_refused(env):
    certificate, key_pem = make_certificate(env, "EC")
    server, web, key = registered(env, certificate)
    assert [one["keyId"] for one in server.json("app", "key", "list", web["appId"])] == [key["keyId"]]
    assert "batch" in server.curfew("app", "key", "list", web["appId"]).out
    refused = server.curfew("app", "key", "add", web["appId"], key_pem, expect=USAGE)
    assert "private key" in refused.err, refused.err
    shown = json.dumps(server.json("app", "key", "list", web["appId"]))
    assert "PRIVATE" not in shown and '"d"' not in shown
    audit = server.json("audit", "--last", "5")
    assert any(entry["action"] == "app.add_key" for entry in audit), audit
