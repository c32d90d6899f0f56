"""tests/e2e/hosts.py: machines of a test, and the links between them, that it can break.

    hosts = Hosts(env)                               # ends with the test
    server, gate = hosts.add(), hosts.add()
    env.start(server.words([...]), ready="...")      # runs there; the pid is the program's
    gate.cut()                                       # nothing arrives either way, nobody is told
    gate.cut(from_it=False)                          # half-open: it is heard, and hears nothing
    gate.slow(kbits=64)
    gate.mend()

Each is a network namespace with one link to a router, which is a namespace as well. What is cut is
dropped at the router, so that both ends see silence and no closed connection, as with a firewall,
or with a cable that was pulled further on. Addresses are of 198.18.0.0/15, which is for tests of
networks; no host has a way out. All of it lives in a user namespace of its own: nobody must be
root for it, and nothing is left on the machine when its first process has ended.
"""

# `ip netns` wants a folder to name namespaces in.
FIRST = "mount -t tmpfs none /run && mkdir /run/netns && echo there is a network && exec sleep inf"
QUEUE_MILLISECONDS = 400
BURST_BYTES = 1600


class Host:
    """One machine. `address` is what others reach it by."""

    def __init__(self, hosts, number):
        self._hosts = hosts
        self._name = f"host{number}"
        self._port = f"to{number}"  # the router's end of its link
        self._dropped = []
        self.address = f"198.18.{number}.2"
        gateway = f"198.18.{number}.1"
        hosts.ip("netns", "add", self._name)
        hosts.ip("link", "add", self._port, "type", "veth", "peer", "name", "eth0", "netns",
                 self._name)
        hosts.ip("address", "add", f"{gateway}/30", "dev", self._port)
        hosts.ip("link", "set", self._port, "up")
        self._ip("address", "add", f"{self.address}/30", "dev", "eth0")
        self._ip("link", "set", "eth0", "up")
        self._ip("link", "set", "lo", "up")
        self._ip("route", "add", "default", "via", gateway)

    def words(self, args):
        """The command that runs `args` on this host."""
        return [*self._hosts.enter, "ip", "netns", "exec", self._name, *args]

    def cut(self, *, to_it=True, from_it=True):
        """What is sent is lost, without a word to the sender."""
        if to_it:
            self._drop("to", self.address)
        if from_it:
            self._drop("iif", self._port)

    def slow(self, kbits):
        """What it is sent arrives so many thousand bits a second."""
        self._hosts.run("tc", "qdisc", "replace", "dev", self._port, "root", "tbf", "rate",
                        f"{kbits}kbit", "burst", BURST_BYTES, "latency",
                        f"{QUEUE_MILLISECONDS}ms")

    def mend(self):
        """The link is as it was when it was new."""
        for rule in self._dropped:
            self._hosts.ip("rule", "del", *rule)
        self._dropped.clear()
        self._hosts.run("tc", "qdisc", "del", "dev", self._port, "root", expect=None)

    def _ip(self, *words):
        self._hosts.ip("-n", self._name, *words)

    def _drop(self, selector, value):
        rule = (selector, value, "priority", "10", "blackhole")
        self._hosts.ip("rule", "add", *rule)
        self._dropped.append(rule)


class Hosts:
    """The network; its own namespace is the router's."""

    def __init__(self, env):
        self._env = env
        first = env.start(["unshare", "--user", "--map-root-user", "--net", "--mount", "/bin/sh",
                           "-c", FIRST], name="network", ready="there is a network")
        self.enter = ["nsenter", "--target", first.pid, "--user", "--net", "--mount", "--wd=/"]
        self._count = 0
        self.run("/bin/sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")

    def add(self):
        self._count += 1
        return Host(self, self._count)

    def run(self, *words, expect=0):
        """On the router."""
        return self._env.run([*self.enter, *words], expect=expect)

    def ip(self, *words):
        self.run("ip", *words)
