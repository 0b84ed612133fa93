"""A relay that demands authentication (NIP-42) before it serves or takes anything is as good as any other.

khatru, once with the challenge at connect and once only with its refusals; provider and consumer both have to authenticate.
"""

from harness import equal, narrate, page_at
from peers import khatru

LEASE_SECONDS = 30


def run(world):
    mint = world.mint()
    for when in ("eager", "lazy"):
        narrate(f"a relay whose challenge comes {when}")
        relay = khatru(world, "--auth", when, name=f"khatru-{when}")
        provider = world.provider([relay], [mint], name=f"berth-{when}").start()
        for transport in ("nip04", "nip17"):
            customer = world.consumer(f"{when}-{transport}", [relay])
            access = customer.spawn(provider, world.token(mint, LEASE_SECONDS), transport=transport).good()
            page_at("127.0.0.1", access["node_port"])
            equal(customer.status(provider, access["pod_npub"], transport=transport).good()["status"], "Running", transport)
