"""tests/e2e/https_receiver.py: whom the server calls: an HTTPS server of a test on this machine.

    class Partner(HttpsReceiver):
        PATH = "/revoke?tenant=7"

        def take(self, request, body):      # in a thread of its own; `self.lock` is for what it keeps
            return Answer(204)              # None: nothing is answered for a minute

    partner = Partner(env, server.data)     # with the server's certificate; it is there at once
    partner.url                             # its address
    partner.go(), partner.come()            # nobody listens there, and somebody again

The server has to be made with `receivers_config(folder)`, or it calls nobody on this machine.
"""

import http.server
import ssl
import threading
from dataclasses import dataclass

HANG_SECONDS = 60


def receivers_config(folder, private="true"):
    """Receivers may be on this machine, with certificates of the authority in `folder`."""
    return f"""
[notifications]
private_addresses = {private}
ca_file = "{folder}/ca.pem"
"""


@dataclass
class Answer:
    """What is answered to one call."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain"


class HttpsReceiver:
    PATH = "/"

    def __init__(self, env, folder, *, is_there=True):
        self.port = env.free_port()
        self.url = f"https://localhost:{self.port}{self.PATH}"
        self.lock = threading.Lock()
        self.ending = threading.Event()  # whoever hangs hangs no more
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(str(folder / "server.pem"), str(folder / "server-key.pem"))
        self._server = None
        if is_there:
            self.come()

    def take(self, request, body):
        """The Answer to a request with `path` and `headers`."""
        raise NotImplementedError

    def come(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Takes what is posted."""

            def do_POST(self):  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                answer = receiver.take(self, body)
                if answer is None:
                    receiver.ending.wait(HANG_SECONDS)
                    return
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_):
                """Nothing is printed."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.socket = self._context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def go(self):
        self._server.shutdown()
        self._server.server_close()
