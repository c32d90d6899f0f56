"""tests/e2e/loopback.py: a server on a free port of 127.0.0.1, with a thread for each connection."""

import socket
import threading


class LoopbackServer:
    """Begins at once: what serve() needs is set before. Ends with the test."""

    def __init__(self, backlog):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            peer, _ = self.listener.accept()
            threading.Thread(target=self._served, args=(peer,), daemon=True).start()

    def _served(self, peer):
        with peer:
            self.serve(peer)

    def serve(self, peer):
        """Everything that is said over one connection, which is closed afterwards."""
        raise NotImplementedError
