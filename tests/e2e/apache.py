"""tests/e2e/apache.py: Debian's Apache in a test's own folder, on a free port, as an ordinary user.

    apache = Apache(env, server, "auth_openidc", configuration)
    apache.origin                     # "https://localhost:PORT"

Where the test runs as root, Apache becomes nobody. curl inside of a module can only be told of the
machine's authorities, not of another one: Apache sees a file of our authority alone in their place,
in a mount namespace of its own.
"""

import os
import shutil

MODULES = "/usr/lib/apache2/modules"
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
IN_PLACE = f'mount --bind "$1" {AUTHORITIES} && shift && exec "$@"'
BASE = """
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/pid
DefaultRuntimeDir {folder}
Mutex file:{folder}
ErrorLog {folder}/error.log
LogLevel warn mpm_event:notice
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule ssl_module {modules}/mod_ssl.so
LoadModule {module}_module {modules}/mod_{module}.so
DocumentRoot {folder}/pages
DirectoryIndex index.html
SSLEngine on
SSLCertificateFile {folder}/tls.pem
SSLCertificateKeyFile {folder}/tls-key.pem
"""


def as_ordinary_user(authority, command):
    """`command` by a user without rights, who sees `authority` as the machine's only one."""
    seeing = ["sh", "-c", IN_PLACE, "sh", authority]
    if os.geteuid() == 0:
        return ["unshare", "--mount", *seeing, "setpriv", "--reuid", "nobody", "--regid", "nogroup",
                "--clear-groups", *command]
    return ["unshare", "--user", "--map-root-user", "--mount", *seeing, "unshare", "--user",
            "--map-user", "1000", "--map-group", "1000", *command]


class Apache:
    def __init__(self, env, server, module, configuration, pages=(), port=None):
        self.port = port or env.free_port()
        self.origin = f"https://localhost:{self.port}"
        self.folder = env.temp / "apache"
        for page in pages:
            (self.folder / "pages" / page).mkdir(parents=True)
            (self.folder / "pages" / page / "index.html").write_text(f"<h1>{page}</h1>\n")
        certificate = server.certificate("localhost")
        for end in (".pem", "-key.pem"):
            shutil.copy(certificate + end, self.folder / ("tls" + end))
        authority = self.folder / "ca.pem"
        shutil.copy(server.ca, authority)
        text = BASE.format(folder=self.folder, port=self.port, modules=MODULES, module=module)
        (self.folder / "apache.conf").write_text(text + configuration.format(ca=authority))
        if os.geteuid() == 0:
            env.temp.chmod(0o711)  # what is inside keeps its own modes
            env.run(["chown", "-R", "nobody:nogroup", self.folder])
        command = ["/usr/sbin/apache2", "-f", self.folder / "apache.conf", "-DFOREGROUND"]
        self.process = env.start(as_ordinary_user(authority, command), name="apache")
        env.wait_until(lambda: not self.process.running()
                       or "resuming normal operations" in self.log(), "Apache to serve")
        assert self.process.running(), self.process.output() + self.log()

    def log(self):
        file = self.folder / "error.log"
        return file.read_text() if file.exists() else ""
