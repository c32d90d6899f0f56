"""The nginx module among requests of chance: headers in a soup, many and huge cookies, bodies in
pieces, bytes that are changed anywhere, over HTTP/1.1 and HTTP/2. No worker dies, nothing without a
good token reaches the application, and what is answered is HTTP.

For CURFEW_NGINX_FUZZ_SECONDS, 6 if that is not set; with a module that has sanitizers built in see
docs/fuzzing.md."""

import concurrent.futures
import os
import re
import socket
import struct
import time

from faults import seeded
from loopback import LoopbackServer
from nginx import Nginx, Replica
from nginx_sites import FETCH, Site, with_cookie

SECONDS = float(os.environ.get("CURFEW_NGINX_FUZZ_SECONDS", "6"))
TIMEOUT_SECONDS = 120 + 2 * int(SECONDS)
BATCH = 50
THREADS = 16
TOO_SLOW = 408
ANSWER_SECONDS_MAX = 20
ANSWER_BYTES_MAX = 1_000_000

SERVER = """
  underscores_in_headers on;
  ignore_invalid_headers off;
  client_header_timeout 100ms;
  client_body_timeout 100ms;
  keepalive_timeout 20ms;
  lingering_close off;
  lingering_timeout 100ms;
  large_client_header_buffers 4 64k;
  request_pool_size 256;  # so that most texts are blocks of their own, which sanitizers see
  curfew_identity_headers on;
  curfew_remove_authorization on;
  location / { proxy_pass http://127.0.0.1:%d; }
  location /bearer { curfew bearer; proxy_pass http://127.0.0.1:%d; }
  location /strict { curfew bearer; curfew_scope Files.Read; curfew_strict on;
                     proxy_pass http://127.0.0.1:%d; }
"""
# The same, spoken in HTTP/2 without TLS.
FRAMES = """
  server {{
    listen 127.0.0.1:{port} http2;
    server_name localhost;
    {server}
  }}
"""
# Of nginx itself, and ours; no 500, and nothing of an application or a gate that is not there.
STATUSES = {200, 302, 400, 401, 403, 404, 405, 408, 411, 413, 414, 416, 417, 431, 501, 505}
STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
FORGED = b"FORGED"


class Listener(LoopbackServer):
    """An application that keeps the head of each request, as bytes."""

    def __init__(self):
        self.heads = []
        super().__init__(backlog=512)

    def serve(self, peer):
        try:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = peer.recv(65536)
                if not piece:
                    return
                head += piece
            head, _, body = head.partition(b"\r\n\r\n")
            length = re.search(rb"\r\ncontent-length: (\d+)", head, re.I)
            while length and len(body) < int(length[1]):
                piece = peer.recv(65536)
                if not piece:
                    return
                body += piece
            self.heads.append(head)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        except OSError:
            pass


class Soup:
    """Requests of chance. `good`: (tokens, cookies) that open; `bad`: that look like them."""

    def __init__(self, chance, good, bad):
        self.chance = chance
        self.tokens = good[0] + bad[0]
        self.cookies = good[1] + bad[1]

    def text(self, most=20, letters=b"abcXYZ019-_.~%/=;, \t\"'\\:@\x7f\x80\xff\x01"):
        return bytes(self.chance.choices(letters, k=self.chance.randrange(most)))

    def cookie(self):
        pick = self.chance.random()
        if pick < 0.3:
            return self.chance.choice(self.cookies)
        if pick < 0.5:
            prefix = self.chance.choice([b"__Host-curfew-", b"__host-CURFEW-", b"__Host-curfew",
                                         b"__Host-curfew-sign-in-", b"__Host-curfew-site-session="])
            return prefix + self.text()
        return self.chance.choice([b"a", b"a=b", b"", b" ", b"=", self.text()])

    def cookies_value(self):
        count = self.chance.choice([1, 1, 2, 3, 3, 20, 20, 300])
        parting = self.chance.choice([b"; ", b";", b";", b" ;; ", b";\t", b",", b" "])
        if self.chance.random() < 0.2:
            short = self.chance.choice([b"a", b"a=b", self.text(4)])
            return self.cookie() + (parting + short) * (count * 5)
        if self.chance.random() < 0.1:
            return self.cookie() + b"x" * self.chance.choice([4096, 30_000, 70_000])
        return parting.join(self.cookie() for _ in range(count))

    def credential(self):
        scheme = self.chance.choice([b"Bearer", b"bearer", b"DPoP", b"Basic", b"Bearer Bearer", b""])
        token = self.chance.choice([*self.tokens, b"", b"..", b"a.b.c", self.text(60),
                                    self.chance.choice(self.tokens)[:-1], b"A" * 9000])
        return scheme + self.chance.choice([b" ", b"  ", b"\t", b""]) + token

    def header(self):
        pick = self.chance.choice
        made = {
            b"Authorization": self.credential, b"Cookie": self.cookies_value,
            b"DPoP": lambda: pick([*self.tokens, self.text(40)]),
            b"Accept": lambda: pick([b"text/html", b"*/*", self.text()]),
            b"Sec-Fetch-Mode": lambda: pick([b"navigate", b"cors", self.text()]),
            b"Sec-Fetch-Dest": lambda: pick([b"document", b"empty", self.text()]),
            b"Upgrade": lambda: pick([b"websocket", b"h2c", b"websocket, h2c", b"TLS/1.0", b","]),
            b"Connection": lambda: pick([b"close", b"keep-alive", b"Upgrade, HTTP2-Settings"]),
            b"Range": lambda: pick([b"bytes=0-1", b"bytes=-", b"bytes=0-0,1-1,5-"]),
            b"Expect": lambda: pick([b"100-continue", self.text()]),
            b"X-Other": self.text,
        }
        forged = [b"X-Curfew-Subject", b"x_curfew_roles", b"X.Curfew.Subject", b"X-CURFEW-Object-Id"]
        if self.chance.random() < 0.15:
            return pick(forged), FORGED
        name = pick(list(made))
        value = made[name]()
        if self.chance.random() < 0.2:
            name = bytes(pick([letter, letter ^ 0x20]) if 65 <= letter | 0x20 <= 122 and letter > 64
                         else letter for letter in name)
        return name, value

    def path(self):
        return self.chance.choice([b"/", b"/page", b"/bearer", b"/strict/x"]) + \
            self.chance.choice([b"", b"?a=b", b"/%2e%2e/", b"/../bearer", b"//x", b"?" + self.text(),
                                b"/" + b"a" * 5000, b"#x"]).replace(b" ", b"+")

    def headers(self):
        """Every second time of one credential, so that some go on."""
        count = self.chance.choice([0, 1, 2, 3, 5, 25, 60])
        if self.chance.random() < 0.5:
            return [self.header() for _ in range(count)]
        kind = self.chance.choice([b"Authorization", b"Cookie"])
        value = b"Bearer " + self.chance.choice(self.tokens) if kind == b"Authorization" else \
            b"; ".join([self.chance.choice(self.cookies), *[b"a=b", self.text()] * (count % 3)])
        others = [(name, value) for name, value in (self.header() for _ in range(count))
                  if name.lower() not in (b"authorization", b"dpop", kind.lower())]
        others.insert(self.chance.randrange(len(others) + 1), (kind, value))
        return others

    def body(self):
        pick = self.chance.random()
        if pick < 0.6:
            return [], b""
        body = self.text(200)
        if pick < 0.8:
            off = self.chance.choice([0, 0, 0, 1, -1, 10_000])
            return [(b"Content-Length", b"%d" % (len(body) + off))], body
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in
                          (self.text(50) for _ in range(self.chance.randrange(5))) if piece)
        end = self.chance.choice([b"0\r\n\r\n", b"0\r\nCookie: __Host-curfew-x=1\r\n\r\n", b"", b"x"])
        return [(b"Transfer-Encoding", self.chance.choice([b"chunked", b"Chunked", b"gzip"]))], \
            chunks + end

    def changed(self, text):
        """Some bytes of it other ones, gone, or twice."""
        text = bytearray(text)
        for _ in range(self.chance.randrange(1, 6)):
            at = self.chance.randrange(len(text))
            how = self.chance.random()
            if how < 0.4:
                text[at] = self.chance.randrange(256)
            elif how < 0.6:
                del text[at:at + self.chance.randrange(1, 9)]
            elif how < 0.8:
                text[at:at] = text[at:at + self.chance.randrange(1, 40)]
            else:
                text[at:at] = self.chance.choice([b"\r\n", b"\n", b"\0", b";", b"\r\nCookie: ", b" "])
            if not text:
                return b"\r\n"
        return bytes(text)

    def request(self):
        more, body = self.body()
        method = self.chance.choice([b"GET", b"GET", b"POST", b"HEAD", b"PUT", b"OPTIONS", b"PROPFIND"])
        version = self.chance.choice([b"1.1", b"1.1", b"1.1", b"1.0"])
        lines = [b"%s %s HTTP/%s" % (method, self.path(), version), b"Host: localhost"]
        lines += [name + b": " + value for name, value in self.headers() + more]
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    def connection(self):
        """What is sent on one connection in HTTP/1.1."""
        sent = b"".join(self.request() for _ in range(self.chance.choice([1, 1, 1, 2, 3])))
        return self.changed(sent) if self.chance.random() < 0.4 else sent

    # ---- HTTP/2 (RFC 9113; RFC 7541 6.2.2: literals that enter no table, without Huffman) ----

    def fields(self):
        pseudo = [(b":method", self.chance.choice([b"GET", b"POST"])), (b":scheme", b"http"),
                  (b":path", self.path()), (b":authority", b"localhost")]
        headers = [(name.lower(), value) for name, value in self.headers() if len(value) < 60_000]
        return b"".join(b"\0" + sized(name) + sized(value) for name, value in pseudo + headers)

    def frames(self):
        """The same in HTTP/2."""
        sent = b""
        for number in range(self.chance.choice([1, 2, 5])):
            fields, stream = self.fields(), 2 * number + 1
            if self.chance.random() < 0.2:
                fields = self.changed(fields)
            pieces = [fields[at:at + 16_000] for at in range(0, len(fields), 16_000)]
            for place, piece in enumerate(pieces):
                kind, flags = (1, 1) if place == 0 else (9, 0)  # HEADERS, END_STREAM; CONTINUATION
                sent += frame(kind, flags | (4 if piece is pieces[-1] else 0), stream, piece)
        if self.chance.random() < 0.2:
            sent = self.changed(sent)
        return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + sent


def sized(text):
    """RFC 7541 5.1, 5.2."""
    length, size = len(text), b""
    if length < 127:
        return bytes([length]) + text
    length -= 127
    while length >= 128:
        size += bytes([length % 128 | 128])
        length //= 128
    return b"\x7f" + size + bytes([length]) + text


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + \
        struct.pack(">I", stream) + payload


def exchange(port, sent):
    """All that comes back until the server closes the connection."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS_MAX) as peer:
        try:
            peer.sendall(sent)
            while len(answer) < ANSWER_BYTES_MAX and (piece := peer.recv(65536)):
                answer += piece
        except ConnectionError:
            pass
    return answer


def check_plain(sent, answer):
    if not answer:
        return  # it was not a whole request
    if b" HTTP/" not in sent.split(b"\n")[0] and answer.startswith(b"<html>"):
        return  # of HTTP/0.9 there is no head
    status = STATUS_LINE.match(answer)
    assert status and int(status[1]) in STATUSES | {100}, (answer[:200], sent[:4000])


def check_frames(sent, answer):
    if answer.startswith(b"HTTP/1.1 400 "):
        return  # the beginning was changed
    while answer:
        size, kind = int.from_bytes(answer[:3], "big"), answer[3]
        assert len(answer) >= 9 and size <= 16384 and kind <= 9, (answer[:60], sent[:4000])
        if kind == 1:
            fields = answer[9:9 + size].lstrip(b"\x20\x3f\xe1\x1f")  # a table's size may come first
            is_status = 0x88 <= fields[0] <= 0x8e or fields[0] in (0x08, 0x48)
            assert is_status, (answer[:60], sent[:4000])
            if fields[0] in (0x08, 0x48) and fields[1] == 3:
                assert int(fields[2:5]) in STATUSES, (answer[:60], sent[:4000])
        answer = answer[9 + size:]


def check_head(head):
    """What reached the application: of the gate's own it got nothing, and it was told no lies."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b": ")
        plain = re.sub(rb"[^a-z0-9]", b"-", name.lower())
        assert not plain.startswith(b"x-curfew-") or FORGED not in value, head[:4000]
        assert plain != b"authorization" and plain != b"dpop", head[:4000]
        assert name.lower() != b"cookie" or not any(
            cookie.strip(b" \t").lower().startswith(b"__host-curfew-") for cookie in value.split(b";")
        ), head[:4000]
    assert b"\r\nX-Curfew-Subject: john\r\n" in head + b"\r\n", head[:4000]


class Rig:
    """nginx in both protocols, sessions of people of whom one was revoked."""

    def __init__(self, env):
        self.replica, self.app = Replica(env), Listener()
        self.site = Site(env, self.replica)
        self.frames_port = env.free_port()
        server = (self.site.settings() + SERVER).replace("%d", str(self.app.port))
        self.nginx = Nginx(env, self.replica, server,
                           http_level=FRAMES.format(port=self.frames_port, server=server))
        self.good = ([self.replica.token("john").encode()], [self.site.cookie("john").encode()])
        self.bad = ([self.replica.token("jane").encode(),
                     self.replica.token("john", aud="api://mail").encode()],
                    [self.site.cookie("jane").encode(),
                     self.site.cookie("john", url="https://other.example").encode()])
        self.replica.revoke("jane")
        self.workers = set(self.nginx.workers())

    def feed(self, soup):
        """How many connections."""
        end, count = time.monotonic() + SECONDS, 0
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            while time.monotonic() < end:
                plain = [soup.connection() for _ in range(BATCH)]
                frames = [soup.frames() for _ in range(BATCH)]
                answers = pool.map(lambda sent: exchange(self.nginx.port, sent), plain)
                for sent, answer in zip(plain, answers):
                    check_plain(sent, answer)
                answers = pool.map(lambda sent: exchange(self.frames_port, sent), frames)
                for sent, answer in zip(frames, answers):
                    check_frames(sent, answer)
                count += 2 * BATCH
                self.check_workers()
        return count

    def check_workers(self):
        errors = self.nginx.errors() + self.nginx.process.output()
        assert not re.search(r"exited (on signal|with code)|Sanitizer|runtime error", errors), \
            errors[-4000:]
        assert set(self.nginx.workers()) == self.workers, errors[-4000:]

    def is_judging(self):
        """False where this process was too slow: who sends no head within 100 ms is not served."""
        john, jane = self.good[0][0].decode(), self.bad[0][0].decode()
        for path, token, headers, expected in (
                ("/bearer", john, (), 200), ("/bearer", jane, (), 401),
                ("/", None, with_cookie(self.good[1][0].decode(), FETCH), 200)):
            try:
                status = self.nginx.status(path, token, headers)
            except OSError:
                return False
            if status == TOO_SLOW:
                return False
            assert status == expected, f"{path}: {status}"
        return True


def test_nothing_without_a_good_token_reaches_the_application_whatever_is_sent(env):
    rig = Rig(env)
    chance = seeded("nginx_fuzz.nothing_without_a_good_token_reaches_the_application_whatever_is_sent")
    count = rig.feed(Soup(chance, ([], []), rig.bad))
    assert rig.app.heads == [], rig.app.heads[0][:4000]
    env.wait_until(rig.is_judging, "the gate to judge as before")
    rig.check_workers()
    print(f"{count} connections, nothing went on")


def test_what_goes_on_carries_nothing_of_the_gates_and_no_lies(env):
    rig = Rig(env)
    chance = seeded("nginx_fuzz.what_goes_on_carries_nothing_of_the_gates_and_no_lies")
    count = rig.feed(Soup(chance, rig.good, rig.bad))
    heads = list(rig.app.heads)
    for head in heads:
        check_head(head)
    assert heads, "nothing at all went on"
    env.wait_until(rig.is_judging, "the gate to judge as before")
    rig.check_workers()
    print(f"{count} connections, {len(heads)} requests went on")
