"""A tenant tries to reach the host, its neighbours, the operator's network and other people's mail servers; the internet alone answers.

A pretend LAN behind the host has a listener on addresses of every kind, which the host reaches and the tenant must not. The same
attempts are made from a lease that nothing contains, where they get through: so what fails in the other one fails for its rules.
"""

import json
import os
import socket
import subprocess
import threading

import firewall
import pretend_lan as lan
from engine import PAGE
from harness import Failure, Skip, accepts, check, equal, free_port, narrate, page_at
from tenants import IMAGE, Lease, Tenants

SECONDS_MAX = 420
SECRET = "told by the host"
CONTAINED_POOL, OPEN_POOL = "10.217.0.0/20", "10.219.0.0/20"


class HostService:
    """Listens on every address of the host: tells the secret to whoever asks by TCP, and remembers who asked by UDP."""

    def __init__(self):
        self.port = free_port()
        self._stream = socket.create_server(("", self.port), family=socket.AF_INET6, dualstack_ipv6=True)
        self._datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagram.bind(("", self.port))
        self.heard_from = set()
        for serve in (self._serve_stream, self._serve_datagram):
            threading.Thread(target=serve, daemon=True).start()

    def _serve_stream(self):
        while True:
            connection, _ = self._stream.accept()
            with connection:
                connection.sendall(SECRET.encode())

    def _serve_datagram(self):
        while True:
            _, client = self._datagram.recvfrom(100)
            self.heard_from.add(client[0])


class Attempts:
    def __init__(self, lease, neighbour, service):
        self.lease, self.neighbour, self.service = lease, neighbour, service
        details = lease.inspect()
        network = next(iter(details["NetworkSettings"]["Networks"].values()))
        self.gateway, self.pid = network["Gateway"], details["State"]["Pid"]
        self.bridge = f"berth-{lease.number}"

    def is_heard_by_udp(self):
        """Whether the host's service gets a datagram; busybox has no plainer program that sends one."""
        self.lease.run("/bin/sh", "-c", f"timeout 3 busybox tftp -g -r x -l /tmp/x {self.gateway} {self.service.port}")
        return self.lease.access["container_ip"] in self.service.heard_from

    def hears(self, host, port):
        """What a server says to the tenant; empty when nothing came."""
        return self.lease.run("/bin/sh", "-c", f"(echo hello; sleep 1) | timeout 4 busybox nc -w 2 {host} {port}")[1]

    def must_not_hear(self, host, port):
        heard = self.hears(host, port)
        if SECRET in heard or lan.GREETING in heard or PAGE.strip() in heard:
            raise Failure(f"{host}:{port} answered {heard.strip()!r}")

    def page_of_neighbour(self, host, port):
        return self.lease.run("/bin/sh", "-c", f"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | timeout 4 busybox nc -w 2 {host} {port}")[1]

    def must_not_see_neighbour(self, host, port):
        if PAGE.strip() in self.page_of_neighbour(host, port):
            raise Failure(f"the neighbour's page at {host}:{port} is seen")

    def give_ipv6(self):
        """As if the Engine had left IPv6 on in the container: link-local addresses on both ends of its link."""
        inside = ["nsenter", "-t", str(self.pid), "-n"]
        subprocess.run([*inside, "sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=0"], check=True, timeout=10)
        subprocess.run(["sysctl", "-qw", f"net.ipv6.conf.{self.bridge}.disable_ipv6=0"], check=True, timeout=10)
        subprocess.run([*inside, "ip", "-6", "addr", "add", "fd77::2/64", "dev", "eth0", "nodad"], check=True, timeout=10)
        subprocess.run(["ip", "-6", "addr", "add", "fd77::1/64", "dev", self.bridge, "nodad"], check=True, timeout=10)

    def take_ipv6(self):
        subprocess.run(["ip", "-6", "addr", "del", "fd77::1/64", "dev", self.bridge], check=False, timeout=10)

    def ipv6_answers(self):
        self.give_ipv6()
        try:
            return SECRET in self.hears("fd77::1", self.service.port)
        finally:
            self.take_ipv6()


def primary_address():
    """The host's own on the way to the internet."""
    routes = json.loads(subprocess.run(["ip", "-j", "route", "get", "1.1.1.1"], capture_output=True, check=True, timeout=10).stdout)
    return routes[0]["prefsrc"]


def targets(attempts):
    """Sentence, address, port: of the host and of the LAN."""
    port = attempts.service.port
    return [
        ("a service of the host does not answer on the lease's gateway address", attempts.gateway, port),
        ("nor on the host's public address", primary_address(), port),
        ("nor on another address of the host's", lan.HOST, port),
        ("the cloud's metadata at 169.254.169.254 do not answer", lan.METADATA, 80),
        ("a private address of 10/8 does not answer", lan.PRIVATE_10, 80),
        ("a private address of 172.16/12 does not answer", lan.PRIVATE_172, 80),
        ("a private address of 192.168/16 does not answer", lan.PRIVATE_192, 80),
        ("a carrier-grade address of 100.64/10 does not answer", lan.CARRIER_GRADE, 80),
        ("an address of 198.18/15 does not answer", lan.BENCHMARK, 80),
        ("a mail server on the internet does not answer on port 25", lan.PUBLIC, 25),
    ]


def all_get_through(attempts):
    """In a lease that nothing contains. Not tried by IPv6: that rule holds for the leases of every provider on the host."""
    closed = [address for _, address, port in targets(attempts) if not attempts.hears(address, port)]
    if not attempts.is_heard_by_udp():
        closed.append("the host's UDP port")
    if PAGE.strip() not in attempts.page_of_neighbour(primary_address(), attempts.neighbour.access["node_port"]):
        closed.append("the neighbour's published port")
    if closed:
        raise Failure(f"closed even so: {closed}")


def internet_answers(attempts):
    heard = attempts.hears(lan.PUBLIC, 80)
    if lan.GREETING not in heard:
        raise Failure(f"{lan.PUBLIC}:80 said {heard!r}")


def is_reached(attempts):
    page_at("127.0.0.1", attempts.lease.access["node_port"])
    page_at(primary_address(), attempts.lease.access["node_port"])
    page_at(attempts.lease.access["container_ip"], 22)


def ipv6_is_closed(attempts):
    if attempts.ipv6_answers():
        raise Failure("the host answers by IPv6")


def no_datagram(attempts):
    if attempts.is_heard_by_udp():
        raise Failure("the host heard one")


def no_socket(attempts):
    code, text = attempts.lease.run("/bin/ls", attempts.lease.world.engine.socket_path, "/var/run/docker.sock", "/run/docker.sock")
    if code == 0 or "sock\n" in text.replace("No such file or directory", ""):
        raise Failure(text)


def probe_all(world, attempts):
    for sentence, address, port in targets(attempts):
        world.probe(sentence, lambda address=address, port=port: attempts.must_not_hear(address, port))
    world.probe("no datagram reaches the host", lambda: no_datagram(attempts))
    neighbour = attempts.neighbour.access
    world.probe("another tenant does not answer on its own address",
                lambda: attempts.must_not_see_neighbour(neighbour["container_ip"], 22))
    for host in (attempts.gateway, primary_address()):
        world.probe(f"another tenant's published port does not answer on the host's {host}",
                    lambda host=host: attempts.must_not_see_neighbour(host, neighbour["node_port"]))
    world.probe("the host does not answer by IPv6, even where the container has it", lambda: ipv6_is_closed(attempts))
    world.probe("the Engine's socket is not there", lambda: no_socket(attempts))
    world.probe("the internet answers", lambda: internet_answers(attempts))
    world.probe("the lease is reached on its published port and its own address", lambda: is_reached(attempts))


def rent_open(world, tenants):
    """Two leases of a provider that doesn't isolate, and that provider."""
    provider = world.provider(tenants.provider.relays, [tenants.mint], name="open-provider", ports_address="0.0.0.0",
                              docker=f'subnet_pool = "{OPEN_POOL}"', network="isolate = false").start()
    leases = [Lease(world, tenants.customer.spawn(provider, world.token(tenants.mint, 600), image=IMAGE).good()) for _ in range(2)]
    return provider, *leases


def run(world):
    if os.geteuid() != 0:
        raise Skip("network namespaces need root")
    with lan.PretendLan(world):
        service = HostService()
        for address, port in [(address, 80) for address in lan.ADDRESSES] + [(lan.PUBLIC, 25), ("127.0.0.1", service.port)]:
            if not accepts(port, address):
                raise Failure(f"the host itself does not reach {address}:{port}")
        narrate("the host reaches everything that a tenant must not")
        tenants = Tenants(world, docker=f'subnet_pool = "{CONTAINED_POOL}"', ports_address="0.0.0.0")
        hostile, neighbour = tenants.rent(), tenants.rent()
        probe_all(world, Attempts(hostile, neighbour, service))
        check("isolated-network" in tenants.offer()["capabilities"], "the offer promises an isolated network")
        provider, free, beside = rent_open(world, tenants)
        offer = next(entry for entry in tenants.customer.list() if entry["pubkey"] == provider.pubkey)
        check("isolated-network" not in offer["capabilities"], "the offer of a provider that does not isolate does not")
        equal(firewall.show(provider), None, "and it has no table")
        world.probe("where nothing contains a lease each of these attempts gets through",
                    lambda: all_get_through(Attempts(free, beside, service)))
