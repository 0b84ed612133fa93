"""A network behind the host for tests: a namespace with a listener on addresses of every kind, which the host reaches.

One at a time on a machine, because some of its addresses are the only ones of their kind: others wait for the lock.
"""

import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import time

from harness import Failure, Skip, wait_until

HERE = pathlib.Path(__file__).resolve().parent
LOCK = "/tmp/berth-pretend-lan.lock"
LOCK_SECONDS_MAX = 150
GREETING = "nobody in a lease should read this"
HOST, LINK = "10.77.41.1", "10.77.41.2"
PRIVATE_10, PRIVATE_172, PRIVATE_192 = "10.88.3.4", "172.27.3.4", "192.168.213.4"
CARRIER_GRADE, METADATA, BENCHMARK = "100.77.3.4", "169.254.169.254", "198.18.3.4"
PUBLIC = "203.0.113.77"  # of documentation: routed like the internet, but to nobody
RESOLVER, ALLOWED = "10.88.3.53", "10.88.3.80"
ADDRESSES = [PRIVATE_10, PRIVATE_172, PRIVATE_192, CARRIER_GRADE, METADATA, BENCHMARK, PUBLIC, RESOLVER, ALLOWED]
ANSWER = "203.0.113.99"  # of the resolver, for any name


def _run(*words, check=True):
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    if check and done.returncode != 0:
        raise Failure(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


class PretendLan:
    def __init__(self, world):
        if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("nft"):
            raise Skip("a pretend LAN needs root, iproute2 and nftables: apt-get install iproute2 nftables")
        self.world = world
        self.name = f"berthlan{os.getpid()}"
        self.interface = f"bl{os.getpid() % 10_000_000}"
        self._lock = open(LOCK, "a", encoding="ascii")  # freed by the kernel when this process ends

    def __enter__(self):
        self._take_lock()
        try:
            self._build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # What holds the namespace open is a process of the world's; the link goes with its peer here.
        _run("ip", "link", "del", self.interface, check=False)
        _run("ip", "netns", "del", self.name, check=False)
        self._lock.close()

    def _take_lock(self):
        deadline = time.monotonic() + LOCK_SECONDS_MAX
        while True:
            try:
                return fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Failure(f"somebody holds {LOCK}") from None
                time.sleep(0.5)

    def _build(self):
        _run("ip", "netns", "add", self.name)
        _run("ip", "link", "add", self.interface, "type", "veth", "peer", "name", "lan0", "netns", self.name)
        _run("ip", "addr", "add", f"{HOST}/30", "dev", self.interface)
        _run("ip", "link", "set", self.interface, "up")
        for words in (["addr", "add", f"{LINK}/30", "dev", "lan0"], ["link", "set", "lan0", "up"], ["link", "set", "lo", "up"],
                      ["route", "add", "default", "via", HOST], *(["addr", "add", f"{address}/32", "dev", "lo"]
                                                                  for address in ADDRESSES)):
            _run("ip", "-n", self.name, *words)
        for address in ADDRESSES:
            _run("ip", "route", "add", f"{address}/32", "via", LINK)
        server = self.world.process("lan", self.inside(sys.executable, HERE / "lan_server.py", GREETING, ANSWER))
        server.wait_ready(lambda: "listening" in server.log(), 10)

    def inside(self, *words):
        """The words of a command that runs in there."""
        return ["nsenter", f"--net=/run/netns/{self.name}", *map(str, words)]

    def fetch(self, host, port):
        """What a page says to somebody in there; empty when nothing answers."""
        script = ("import sys,urllib.request as u\n"
                  "print(u.urlopen(f'http://{sys.argv[1]}:{sys.argv[2]}/',timeout=4).read().decode(),end='')")
        done = subprocess.run(self.inside(sys.executable, "-c", script, host, port), capture_output=True, text=True, timeout=30,
                              check=False)
        return done.stdout

    def wait_page(self, host, port, page, seconds=15):
        wait_until(f"a page at {host}:{port}, seen from the LAN", lambda: self.fetch(host, port) == page, seconds)
