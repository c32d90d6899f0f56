"""The network that other tests break: what it does not cut would prove nothing."""

import sys

from hosts import Hosts

PORT = 9000
HEARD = "heard"
# Prints what it hears, and says it again to whoever said it.
ECHO = f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", {PORT}))
print("echoes", flush=True)
while True:
    text, sender = s.recvfrom(2000)
    print("{HEARD}", text[:20].decode(), flush=True)
    s.sendto(text, sender)
"""
# Says argv[2] to argv[1] and prints what comes back within half a second.
SAY = f"""
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.5)
s.sendto(sys.argv[2].encode(), (sys.argv[1], {PORT}))
try:
    print(s.recv(2000).decode())
except TimeoutError:
    pass
"""

MANY_COUNT = 20
# The same so many times at once; prints how many came back.
MANY = f"""
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.5)
for _ in range({MANY_COUNT}):
    s.sendto(b"many" * 250, (sys.argv[1], {PORT}))
came = 0
try:
    while s.recv(2000):
        came += 1
except TimeoutError:
    print(came)
"""


def test_a_link_is_cut_either_way_slowed_and_mended_and_others_go_on(env):
    hosts = Hosts(env)
    far, near, other = hosts.add(), hosts.add(), hosts.add()
    echo = env.start(far.words([sys.executable, "-c", ECHO]), name="echo", ready="echoes")

    def say(host, text):
        return env.run(host.words([sys.executable, "-c", SAY, far.address, text])).out.strip()

    def heard(text):
        return f"{HEARD} {text}" in echo.output()

    def comes_back(host, text):
        """Said again, if it was not said within a slow machine's half a second."""
        env.wait_until(lambda: say(host, text) == text, f"{text!r} to come back")

    comes_back(near, "first")
    near.cut()
    assert say(near, "both") == "" and not heard("both")
    comes_back(other, "other")
    near.mend()
    near.cut(to_it=False)
    assert say(near, "from") == "" and not heard("from")
    near.mend()
    near.cut(from_it=False)
    assert say(near, "to") == ""
    env.wait_until(lambda: heard("to"), "it to be heard")
    near.mend()
    comes_back(near, "mended")

    # What does not fit is lost: twenty times a thousand bytes at once, at two thousand a second.
    near.slow(kbits=16)
    comes_back(near, "small")
    came = env.run(near.words([sys.executable, "-c", MANY, far.address])).out
    assert int(came) < MANY_COUNT, came
    near.mend()
    comes_back(near, "again")
