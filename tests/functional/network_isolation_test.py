"""Leases stay contained whatever happens to the daemon and the host's firewall, and nothing is sold while they can't be.

A pretend LAN gives the provider its resolver and one address that it allows. Then our table is lost, Docker's rules accept everything
of the leases' pool, the daemon is killed, stopped and started; a lease's attempts at a private address must fail all the while.
"""

import os
import subprocess

import firewall
import pretend_lan as lan
from engine import PAGE
from harness import Failure, Skip, berth_binary, check, equal, narrate, page_at, wait_until

SECONDS_MAX = 300
POOL = "10.216.0.0/20"
BACK_SECONDS_MAX = 14  # it is looked at every ten
NO_NET_ADMIN = ["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-all"]


class Tenant:
    def __init__(self, world, access):
        self.engine, self.access = world.engine, access
        self.container = "paygress-" + access["pod_npub"].removeprefix("container-")

    def run(self, line):
        return self.engine.exec(self.container, ["/bin/sh", "-c", line])[1]

    def reaches(self, address, port=80):
        return lan.GREETING in self.run(f"sleep 1 | timeout 4 busybox nc -w 2 {address} {port}")

    def is_contained(self):
        return self.reaches(lan.PUBLIC) and not self.reaches(lan.PRIVATE_10)


def delete_table(provider):
    subprocess.run(["nft", "delete", "table", "inet", firewall.table_of(provider)], check=True, timeout=30)


class DockerLetsAllThrough:
    """What a flush of Docker's and ufw's chains comes to, for this test's pool alone: everything of it is accepted, first of all."""

    RULES = [("DOCKER-USER", "-s"), ("DOCKER-USER", "-d"), ("INPUT", "-s")]

    def __enter__(self):
        for chain, side in self.RULES:
            subprocess.run(["iptables", "-w", "-I", chain, side, POOL, "-j", "ACCEPT"], check=True, timeout=30)

    def __exit__(self, *_):
        for chain, side in self.RULES:
            subprocess.run(["iptables", "-w", "-D", chain, side, POOL, "-j", "ACCEPT"], check=False, timeout=30)


def exceptions_work(network, tenant):
    narrate("what a lease may reach, and who may reach it")
    node_port, own = tenant.access["node_port"], tenant.access["container_ip"]
    page_at("127.0.0.1", node_port)
    page_at(own, 22)
    network.wait_page(lan.HOST, node_port, PAGE)
    narrate("ok: its published port answers on the host and to the LAN, its own address on the host")
    check(lan.ANSWER in tenant.run("busybox nslookup -type=a berth.example"), "it resolves names at a resolver of the private network")
    check(not tenant.reaches(lan.RESOLVER), "and reaches nothing else of that resolver")
    check(tenant.reaches(lan.ALLOWED), "it reaches the address that the operator allows")
    check(tenant.reaches(lan.PUBLIC), "and the internet")
    check(not tenant.reaches(lan.PUBLIC, 25), "but not port 25 there")
    check(not tenant.reaches(lan.PRIVATE_10), "nor another private address")


def losses_are_made_good(provider, tenant, rent):
    narrate("somebody deletes the table")
    delete_table(provider)
    late = rent()
    check(firewall.show(provider), "a lease that starts next finds it in place")
    check(late.is_contained(), "and is contained")
    before = firewall.show(provider)
    delete_table(provider)
    wait_until("the table is back by itself", lambda: firewall.show(provider), BACK_SECONDS_MAX)
    equal(firewall.show(provider), before, "it is the same as before")
    subprocess.run(["nft", "insert", "rule", "inet", firewall.table_of(provider), "forward", "accept"], check=True, timeout=30)
    wait_until("a foreign rule in it is gone", lambda: firewall.show(provider) == before, BACK_SECONDS_MAX)
    check(tenant.is_contained(), "the first lease is contained")
    with DockerLetsAllThrough():
        check(tenant.is_contained(), "it is when the host's other rules accept all that it sends")


def daemon_comes_and_goes(provider, tenant, customer):
    narrate("the daemon goes, and comes back")
    provider.process.kill()
    check(firewall.show(provider) and tenant.is_contained(), "killed, it leaves its lease contained")
    provider.start()
    check(tenant.is_contained(), "started, it takes the table over")
    equal(provider.process.stop(), 0, "it stops")
    check(firewall.show(provider) and tenant.is_contained(), "stopped, it leaves its lease contained")
    provider.start()
    customer.stop(provider, tenant.access["pod_npub"]).good()


def sells_nothing_uncontained(world, relay, mint, name, sentence, **settings):
    narrate(sentence)
    provider = world.provider([relay], [mint], name=name, **settings).start()
    customer = world.consumer(f"{name}-customer", [relay])
    quote = customer.quote(provider, sats=30)
    equal(quote.error_type(), "backend_error", "a quote says no")
    equal(quote.body["free_slots"], 0, "and that there is no free place")
    token = world.token(mint, 30)
    equal(customer.spawn(provider, token).error_type(), "backend_error", "a spawn is refused")
    equal(world.redeem(mint, token), 30, "and the token is untouched")
    offer = next(entry for entry in customer.list() if entry["pubkey"] == provider.pubkey)
    check("isolated-network" not in offer["capabilities"] or "launcher" not in settings, "the offer promises no isolation that isn't")
    check("nothing is sold" in provider.process.log(), "the operator's log says why")
    checked = subprocess.run([*provider.launcher, berth_binary(), "check", "--config", provider.config_file], capture_output=True,
                             text=True, timeout=60, check=False)
    equal(checked.returncode, 69, "berth check fails, too")
    equal(provider.process.stop(), 0, "it stops")
    return checked.stdout


def run(world):
    if os.geteuid() != 0:
        raise Skip("network namespaces need root")
    relay, mint = world.relay(), world.mint()
    with lan.PretendLan(world) as network:
        provider = world.provider([relay], [mint], ports_address="0.0.0.0", docker=f'subnet_pool = "{POOL}"',
                                  network=f'resolvers = ["{lan.RESOLVER}"]\nallow = ["{lan.ALLOWED}"]').start()
        customer = world.consumer("customer", [relay])

        def rent(seconds=400):
            return Tenant(world, customer.spawn(provider, world.token(mint, seconds)).good())

        tenant = rent()
        exceptions_work(network, tenant)
        losses_are_made_good(provider, tenant, rent)
        daemon_comes_and_goes(provider, tenant, customer)
        for container in provider.containers():
            customer.stop(provider, container["Names"][0].removeprefix("/paygress-"))
        wait_until("no lease is left", provider.nothing_left, 30)
        equal(provider.process.stop(), 0, "it stops")
        equal(firewall.show(provider), None, "with no lease left the table is gone")

    said = sells_nothing_uncontained(world, relay, mint, "powerless", "a daemon that may not touch the firewall",
                                     launcher=NO_NET_ADMIN)
    check("CAP_NET_ADMIN" in said, "it says what is missing")
    said = sells_nothing_uncontained(world, relay, mint, "other-runtime", "a runtime that the Engine doesn't have",
                                     docker='runtime = "no-such-runtime"')
    check("no-such-runtime" in said, "it names the runtime")
    narrate("an Engine in another network namespace")
    apart = subprocess.run(["unshare", "--net", berth_binary(), "check", "--config", provider.config_file], capture_output=True,
                           text=True, timeout=60, check=False)
    if apart.returncode != 69 or "network namespace" not in apart.stdout:
        raise Failure(f"berth check ended with {apart.returncode}: {apart.stdout}")
    narrate("ok: berth check says that its leases can't be contained")
