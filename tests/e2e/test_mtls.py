"""oauth4webapi over TLS with client certificates: registered ones, names in issued ones, strangers'."""

from world import JOHN, REDIRECT, Server, run_client

API = "api://reports"


class Authority:
    """Made by openssl, as an administrator would."""

    def __init__(self, env):
        self.env = env
        self.certificate, self.key = env.temp / "clients-ca.pem", env.temp / "clients-ca-key.pem"
        env.run(["openssl", "req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=Clients",
                 "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                 "-keyout", self.key, "-out", self.certificate])

    def issue(self, name, *, purpose="clientAuth", self_signed=False):
        """(certificate, private key) in files, with the SAN DNS name NAME.contoso.test."""
        certificate = self.env.temp / f"{name}.pem"
        key = self.env.temp / f"{name}-key.pem"
        by = [] if self_signed else ["-CA", self.certificate, "-CAkey", self.key]
        self.env.run(["openssl", "req", "-x509", "-nodes", "-days", "30", "-subj", f"/CN={name}",
                      "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-addext", f"subjectAltName=DNS:{name}.contoso.test",
                      "-addext", f"extendedKeyUsage={purpose}",
                      "-addext", "basicConstraints=critical,CA:FALSE",
                      *by, "-keyout", key, "-out", certificate])
        return certificate, key


class Site:
    def __init__(self, env):
        self.env = env
        self.authority = Authority(env)
        port = env.free_port()
        self.server = Server(env, config=f'listen_mtls = ["127.0.0.1:{port}"]\n'
                                         f'mtls_base_url = "https://localhost:{port}"\n'
                                         f'client_ca_file = "{self.authority.certificate}"\n')
        self.server.add_user(JOHN)
        self.server.add_app("Reports", "--identifier-uri", API, "--scope", "read")
        self.web = self.server.add_app("Web", "--redirect-uri", REDIRECT, "--may-introspect",
                                       "--consent", API + "/read")
        self.spa = self.server.add_app("Board", "--public", "--redirect-uri", REDIRECT)

    def drive(self, scenario, own, other, key=None):
        run_client(self.env, self.server, "mtls.mjs", scenario, {
            "api": API, "web": self.web, "spa": self.spa, "keyId": key and key["keyId"],
            "certPem": str(own[0]), "keyPem": str(own[1]),
            "otherCertPem": str(other[0]), "otherKeyPem": str(other[1])})


def test_a_registered_certificate_proves_the_client_until_it_is_removed(env):
    site = Site(env)
    own = site.authority.issue("batch", self_signed=True)
    other = site.authority.issue("other")
    key = site.server.json("app", "key", "add", site.web["appId"], own[0])["value"][0]
    site.drive("proved", own, other, key)


def test_a_name_proves_the_client_where_the_authority_is_trusted(env):
    site = Site(env)
    own = site.authority.issue("batch")
    other = site.authority.issue("other")
    key = site.server.json("app", "key", "add", site.web["appId"],
                           "--san-dns", "batch.contoso.test")["value"][0]
    assert key["certificateName"] == "batch.contoso.test", key
    site.drive("proved", own, other, key)


def test_the_same_name_from_nobody_or_for_servers_proves_nothing(env):
    site = Site(env)
    key = site.server.json("app", "key", "add", site.web["appId"],
                           "--san-dns", "batch.contoso.test")["value"][0]
    own = site.authority.issue("batch")
    (env.temp / "kept").mkdir()
    kept = [path.rename(env.temp / "kept" / path.name) for path in own]
    site.drive("proved", kept, site.authority.issue("batch", self_signed=True), key)
    again = site.server.json("app", "key", "add", site.web["appId"],
                             "--san-dns", "batch.contoso.test")["value"][0]
    site.drive("proved", kept, site.authority.issue("batch", purpose="serverAuth"), again)


def test_a_public_client_s_tokens_are_bound_to_its_certificate(env):
    site = Site(env)
    site.server.curfew("app", "set", site.spa["appId"], "--certificate-bound-tokens", "true")
    site.drive("bound", site.authority.issue("board", self_signed=True),
               site.authority.issue("other"))
