"""Leases come and go while the daemon and its Engine are killed again and again: nothing is left over, and nobody's money is lost.

A few customers at a time rent, some with a data volume; every other one stops its lease, the rest let it expire. Meanwhile the daemon
is killed with SIGKILL and started again, alone or with an Engine of the test's own, which is away while the daemon starts. At the end
everything is counted from outside: containers and their processes, networks and bridges, volumes, loop devices, mounts, firewall rules,
host ports; and all sats, at the mint. BERTH_TEST_LEASES=200 makes it as many; the usual run has fewer.

The Engine is killed when the last calls of the killed daemon are over: a dockerd (20.10) that dies while it removes a network keeps a
record of it that no later one can read (a panic in libnetwork's reservePools), and nothing but an operator's hand helps then; one that
dies while it starts a container never removes what containerd has of that ("id already in use", "cannot delete running task"). Nor can it
remove a volume on a device once it has taken over its container from a dockerd that was killed ("volume has active mounts"), until it
is started again; so it is, once more, when all containers are gone.
"""

import concurrent.futures
import http.client
import itertools
import os
import pathlib
import random
import socket
import threading
import time

import firewall
from crash_stories import refund_of
from engine import EngineError
from harness import Answer, Failure, berth_binary, check, equal, narrate, wait_until
from private_engine import PrivateEngine

LEASES = int(os.environ.get("BERTH_TEST_LEASES", "40"))
TOGETHER = "an Engine of its own"
SECONDS_MAX = 180 + 6 * LEASES
AT_ONCE = 12
LEASE_SECONDS = 12
TRIES_MAX = 6
POOL = "10.218.0.0/20"  # no other test's
FAULTS = ("daemon", "daemon and Engine")
CALLS_SECONDS = 4  # no single call of a killed daemon takes the Engine longer
PAUSES = (2, 6)  # seconds between two faults
TEMPLATE = """
slug = "with-data"
image = "berth-test/page:1"
data_path = "/data"
[[ports]]
container_port = 3000
label = "page"
"""


class Customer:
    """Rents once. Ends with a lease that is over, with a part of its money back, or with all of it."""

    def __init__(self, world, provider, mint, trouble, number):
        self.trouble = trouble
        self.name, self.number = f"customer-{number}", number
        self.consumer, self.provider = world.consumer(self.name, provider.relays), provider
        self.buy_token = lambda: world.token(mint, LEASE_SECONDS)
        self.token, self.lease = None, None

    def heard(self, start):
        """The answer to a request that is sent again while nobody answers."""
        for _ in range(TRIES_MAX):
            if self.trouble.is_broken:
                raise Failure("what makes the trouble is in trouble itself")
            answer = Answer(start())
            if isinstance(answer.body, dict):
                return answer
        raise Failure(f"{self.name} hears nothing: {answer.errors}")

    def rent(self):
        """A refusal, and a refund after a failure, are answers too; whoever still has money tries again."""
        self.token = self.buy_token()
        template = "with-data" if self.number % 3 == 0 else None
        for _ in range(TRIES_MAX):
            answer = self.heard(lambda: self.consumer.start_spawn(self.provider, self.token, template=template, wait=45))
            if answer.code == 0:
                self.lease, self.token = answer.body["pod_npub"], None
                if self.number % 2 == 0:
                    time.sleep(LEASE_SECONDS)  # so that the next one comes when it ends
                else:
                    self.stop()
                return
            if refund_of(answer):
                self.token = refund_of(answer)[0]
            time.sleep(2)

    def stop(self):
        """Also after the end, for what goes back if the host lost the lease: asking again brings the same token."""
        answer = self.heard(lambda: self.consumer.start("stop", "--provider", self.provider.pubkey, "--lease", self.lease, wait=45))
        if refund_of(answer):
            self.token = refund_of(answer)[0]


class Troublemaker:
    """Kills, and starts again, until it is told to stop."""

    def __init__(self, world, provider, private):
        self.world, self.provider, self.private = world, provider, private
        self.over, self.is_broken, self.kills = threading.Event(), False, dict.fromkeys(FAULTS, 0)

    def start_daemon(self):
        self.provider.process = self.world.process(self.provider.name,
                                                   [berth_binary(), "run", "--config", self.provider.config_file])

    def run(self):
        for fault in itertools.cycle(FAULTS):
            if self.over.wait(random.uniform(*PAUSES)):
                return
            self.strike(fault)

    def strike(self, fault):
        if not self.provider.process.running():
            raise Failure(f"the daemon ended by itself:\n{self.provider.process.log_tail()}")
        self.provider.process.kill()
        if fault == "daemon":
            self.start_daemon()
        else:
            time.sleep(CALLS_SECONDS)
            self.private.kill()
            self.start_daemon()
            time.sleep(random.uniform(0, 3))
            self.private.start()
        self.kills[fault] += 1

    def try_to_run(self):
        try:
            self.run()
        except BaseException:
            self.is_broken = True  # nobody waits for answers that can't come
            raise


def command_lines():
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().decode(errors="replace").split("\0")
        except OSError:  # ended meanwhile
            continue


def is_taken(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def backing_files():
    for path in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            yield path.read_text().strip()
        except OSError:  # detached meanwhile
            continue


def left_over(world, provider, private, networks):
    """What of the leases can still be found on the host, by kind; the kinds of which there is something."""
    numbers, engine, folder = provider.numbers, world.engine, f"{provider.folder}/"
    ports = range(provider.ports[0], provider.ports[1] + 1)
    volumes = [path for path in provider.folder.rglob("*") if path.suffix in (".new", ".luks", ".ext4", ".gone")]
    found = {
        "containers": engine.get("/containers/json?all=1"),
        "networks": engine.networks(numbers),
        "volumes": engine.get("/volumes")["Volumes"] or [],
        "bridges": [name for name in (f"br-{network[:12]}" for network in networks)
                    if pathlib.Path("/sys/class/net", name).exists()],
        "processes of containers": [line for line in command_lines()
                                    if "containerd-shim" in line[0] and str(private.folder) in " ".join(line)],
        "passed-on ports": [line for line in command_lines() if "docker-proxy" in line[0]
                            and any(word.isdigit() and int(word) in ports for word in line)],
        "host ports": [port for port in ports if is_taken(port)],
        "volume files": volumes,
        "lease files": list((provider.folder / "state" / "leases").glob("*")),
        "loop devices": [file for file in backing_files() if file.startswith(folder)],
        "mounts": [line for line in pathlib.Path("/proc/self/mounts").read_text().splitlines() if folder in line],
        "rules": firewall.show(provider) or "",
    }
    return {kind: things for kind, things in found.items() if things}


def watch_networks(engine, provider, seen, over):
    """Remembers every network that the leases had, so that its bridge can be looked for."""
    while not over.wait(1):
        try:
            seen.update(network["Id"] for network in engine.networks(provider.numbers))
        except (OSError, ValueError, EngineError, http.client.HTTPException):  # the Engine was killed just now
            continue


def run(world):
    with PrivateEngine(world) as private:
        relay, mint = world.relay(), world.mint()
        provider = world.provider([relay], [mint], docker=f'subnet_pool = "{POOL}"', lease_seconds_min=5,
                                  templates_dir=world.templates("with-data", TEMPLATE)).start()
        trouble, networks = Troublemaker(world, provider, private), set()
        customers = [Customer(world, provider, mint, trouble, number) for number in range(LEASES)]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE + 2) as pool:
            watching = pool.submit(watch_networks, world.engine, provider, networks, trouble.over)
            making_trouble = pool.submit(trouble.try_to_run)
            renting = [pool.submit(customer.rent) for customer in customers]
            concurrent.futures.wait(renting)
            trouble.over.set()
            for future in (making_trouble, watching, *renting):
                future.result()
        narrate(f"killed: {trouble.kills}")
        settle(world, provider, mint, customers, trouble, networks)
        check(min(trouble.kills.values()) >= 2, "the daemon was killed in the middle of it, and the Engine too")


def settle(world, provider, mint, customers, trouble, networks):
    rented = [customer for customer in customers if customer.lease]
    check(len(rented) >= len(customers) * 3 // 4, f"{len(rented)} of {len(customers)} got a lease, in spite of it all")
    wait_until("all containers are gone", lambda: not provider.containers(), LEASE_SECONDS + 30)
    trouble.strike(FAULTS[-1])
    wait_until("all leases are over", provider.nothing_left, LEASE_SECONDS + 90)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as few:
        list(few.map(Customer.stop, [customer for customer in rented if not customer.token]))
        kept = sum(few.map(lambda customer: world.redeem(mint, customer.token), [c for c in customers if c.token]))
    narrate("ok: each had a lease that ended, or has money that can be spent")
    equal(provider.process.stop(), 0, "the daemon stops")
    equal(left_over(world, provider, trouble.private, networks), {}, f"nothing is left of the leases, nor of their {len(networks)} networks")
    equal(provider.balance() + kept, LEASE_SECONDS * len(customers), "every sat is the provider's or its customer's")
    equal(provider.good_wallet("audit")["differences"], [], "and the mint agrees with the books")
