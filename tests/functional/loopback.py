"""This machine as tests see it: ports that nobody has, and what answers at one."""

import itertools
import json
import os
import random
import socket
import threading
import urllib.request

from checks import Failure


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Shares:
    """Random choices of which none is given again before all others were: the daemons of one run never meet on the Engine."""

    def __init__(self, choices):
        shuffled = list(choices)
        random.shuffle(shuffled)
        self._turn = itertools.cycle(shuffled)
        self._lock = threading.Lock()

    def take(self):
        with self._lock:
            return next(self._turn)


def own_part(choices):
    """The choices of this run. BERTH_TEST_LANE=2/8 gives it the second eighth, for runs side by side at one Engine."""
    lane, lanes = map(int, os.environ.get("BERTH_TEST_LANE", "1/1").split("/"))
    return choices[len(choices) * (lane - 1) // lanes:len(choices) * lane // lanes]


LEASE_THOUSANDS = Shares(own_part(range(1, 900)))
PORT_HUNDREDS = Shares(own_part(range(110, 310)))


def free_port_range():
    """A hundred ports of which none is taken now, outside what the kernel gives to clients; no other provider has them."""
    count = 100
    for _ in range(50):
        first = PORT_HUNDREDS.take() * count
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first, first + count - 1
    raise Failure("no free range of ports")


def accepts(port, host="127.0.0.1"):
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def accepts_locally(path):
    """Whether somebody listens on a Unix socket, whose path may be too long for a socket's address."""
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(f"/proc/self/fd/{folder}/{path.name}")
            return True
    except OSError:
        return False
    finally:
        os.close(folder)


def fetch(url, timeout=5):
    """The body behind a URL, or None while nothing answers there."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            return response.read().decode()
    except OSError:
        return None


def ask_invoice(mint, sats):
    """An invoice for minting at this mint."""
    body = json.dumps({"amount": sats, "unit": "sat"}).encode()
    request = urllib.request.Request(f"{mint}/v1/mint/quote/bolt11", data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)["request"]
