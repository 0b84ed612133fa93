"""The peers that take long to build: the mints cdk-mintd and gonuts, and nostr-rs-relay, which says little.

Every pair of one of the mints and one of the relays sells a lease over both transports. gonuts listens on every interface, so its
turn is played inside a network namespace.
"""

from harness import equal, narrate
from peers import cdk_mintd, gonuts, installed, nostr_rs_relay, nutshell, khatru, own_network

SLOW = True
SECONDS_MAX = 600
LEASE_SECONDS = 30


def sell(world, relay, mint, name):
    narrate(name)
    provider = world.provider([relay], [mint], name=name, practice=False).start()
    for transport in ("nip04", "nip17"):
        customer = world.consumer(f"{name}-{transport}", [relay])
        access = customer.spawn(provider, world.token(mint, LEASE_SECONDS), transport=transport).good()
        status = customer.status(provider, access["pod_npub"], transport=transport).good()
        equal(status["status"], "Running", f"a lease over {transport}")
    equal(provider.process.stop(), 0, "the daemon stops cleanly")


def run(world):
    relays = {"khatru": khatru(world), "nostr-rs": nostr_rs_relay(world)}
    mints = {"nutshell": nutshell(world), "cdk": cdk_mintd(world)}
    for relay_name, relay in relays.items():
        for mint_name, mint in mints.items():
            sell(world, relay, mint, f"{mint_name}-{relay_name}")
    installed("gonuts")  # while there is a network
    with own_network():
        sell(world, khatru(world, name="khatru-inside"), gonuts(world), "gonuts-khatru")
