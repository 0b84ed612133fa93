"""The same path over Podman's socket: a stranger pays, is inside a contained container, and it ends and leaves nothing.

`podman system service` runs in the test's folder, with its own storage. What differs from Docker shows here: the bridge is made with
the container, IPv6 is on in it, and its errors read differently.
"""

import os
import shutil
import socket
import subprocess

import firewall
import pretend_lan as lan
import whole_path_test
from engine import Engine, EngineError
from harness import Skip, accepts, berth_binary, check, equal, narrate
from network_isolation_test import Tenant

SECONDS_MAX = 300
POOL = "10.218.0.0/20"
PROGRAMS = ["podman", "conmon", "catatonit", "runc"]
INSTALL = "apt-get install podman netavark aardvark-dns catatonit conmon runc"


class Podman:
    """The service, and the world's Engine as long as it runs."""

    def __init__(self, world):
        if os.geteuid() != 0 or not all(map(shutil.which, PROGRAMS)):
            raise Skip(f"podman needs root and its programs: {INSTALL}")
        self.world, self.docker = world, world.engine
        self.folder = world.folder / "podman"
        self.folder.mkdir()
        self.numbers = []

    def __enter__(self):
        config = self.folder / "containers.conf"
        # crun, its default, refuses a host with both versions of cgroups.
        config.write_text(f'[network]\nnetwork_backend = "netavark"\nnetwork_config_dir = "{self.folder / "networks"}"\n'
                          '[engine]\nruntime = "runc"\n')
        (self.folder / "registries.conf").write_text("")
        socket_path = self.folder / "podman.sock"
        words = ["podman", "--root", self.folder / "root", "--runroot", self.folder / "runroot", "--tmpdir", self.folder / "tmp",
                 "system", "service", "--time=0", f"unix://{socket_path}"]
        service = self.world.process("podman", words, {"CONTAINERS_CONF": str(config),
                                                       "CONTAINERS_REGISTRIES_CONF": str(self.folder / "registries.conf")})
        engine = Engine(str(socket_path))
        service.wait_ready(engine.ready, 30)
        self.world.engine = engine
        engine.make_page_image()
        return self

    def __exit__(self, *_):
        try:
            for provider in self.world.providers:
                self.world.engine.remove_leftovers(provider.numbers)
        except (EngineError, OSError) as problem:
            narrate(f"Podman did not clean up: {problem}")
        self.world.engine = self.docker
        subprocess.run(["umount", "--lazy", self.folder / "root" / "overlay"], check=False, stderr=subprocess.DEVNULL, timeout=30)


def is_contained(world, customer, provider, mint):
    tenant = Tenant(world, customer.spawn(provider, world.token(mint, 300)).good())
    check(tenant.reaches(lan.PUBLIC), "its lease reaches the internet")
    check(not tenant.reaches(lan.PUBLIC, 25), "but not port 25 there")
    check(not tenant.reaches(lan.PRIVATE_10), "nor a private address")
    check(not tenant.reaches(lan.METADATA), "nor the cloud's metadata")
    check(not tenant.reaches(lan.HOST), "nor the host")
    check(lan.ANSWER in tenant.run(f"busybox nslookup -type=a berth.example {lan.RESOLVER}"), "it asks the resolver in use")
    bridge = f"berth-{tenant.container.removeprefix('paygress-')}"
    address = subprocess.run(["ip", "-6", "-o", "addr", "show", "dev", bridge],
                             capture_output=True, text=True, timeout=30, check=True).stdout
    check("fe80" in address, "its bridge has a link-local IPv6 address")
    link_local = address.split()[3].split("/")[0]
    with socket.create_server(("::", 0), family=socket.AF_INET6) as listener:
        port = listener.getsockname()[1]
        check(accepts(port, f"{link_local}%{bridge}"), "by which the host reaches a service of its own")
        said = tenant.run(f"sleep 1 | timeout 4 busybox nc -w 2 {link_local}%eth0 {port} && echo connected")
        check("connected" not in said, "and the tenant does not")
    customer.stop(provider, tenant.access["pod_npub"]).good()


def run(world):
    relay, mint = world.relay(), world.mint()
    with Podman(world), lan.PretendLan(world):
        provider = world.provider([relay], [mint], name="on-podman", docker=f'subnet_pool = "{POOL}"',
                                  network=f'resolvers = ["{lan.RESOLVER}"]').start()
        customer = world.consumer("customer", [relay])
        offer = next(entry for entry in customer.list() if entry["pubkey"] == provider.pubkey)
        check("isolated-network" in offer["capabilities"], "the offer promises an isolated network")
        whole_path_test.one_customer(world, provider, mint, "nip17")
        is_contained(world, customer, provider, mint)
        whole_path_test.wait_until("nothing of any lease is left", provider.nothing_left, 30)
        equal(provider.process.stop(), 0, "the daemon stops")
        equal(firewall.show(provider), None, "and its table is gone")
        apart = subprocess.run(["unshare", "--net", berth_binary(), "check", "--config", provider.config_file],
                               capture_output=True, text=True, timeout=90, check=False)
        check(apart.returncode == 69 and "network namespace" in apart.stdout,
              "where Podman's networks are another namespace's, the probe finds that out")
