"""The peers that take long to build: the mints cdk-mintd and gonuts, and nostr-rs-relay, which says little.

Every pair of one of the mints and one of the relays sells a lease over both transports; gonuts is paired with khatru only.
"""

from harness import equal, narrate
from peers import NodeScripts, cdk_mintd, gonuts, khatru, nostr_rs_relay, nutshell

SLOW = True
SECONDS_MAX = 600
LEASE_SECONDS = 30


def sell(world, relay, mint, name, draw):
    """draw(mint) is a token of LEASE_SECONDS sats."""
    narrate(name)
    provider = world.provider([relay], [mint], name=name, practice=False).start()
    for transport in ("nip04", "nip17"):
        customer = world.consumer(f"{name}-{transport}", [relay])
        access = customer.spawn(provider, draw(mint), transport=transport).good()
        status = customer.status(provider, access["pod_npub"], transport=transport).good()
        equal(status["status"], "Running", f"a lease over {transport}")
    equal(provider.process.stop(), 0, "the daemon stops cleanly")


def run(world):
    scripts = NodeScripts(world)

    def cashu_ts(mint):
        return scripts.run("cashu_ts_wallet.mjs", "mint", mint, str(LEASE_SECONDS), pattern=r"cashu[AB][\w=-]+")

    relays = {"khatru": khatru(world), "nostr-rs": nostr_rs_relay(world)}
    mints = {"nutshell": nutshell(world), "cdk": cdk_mintd(world)}
    for relay_name, relay in relays.items():
        for mint_name, mint in mints.items():
            sell(world, relay, mint, f"{mint_name}-{relay_name}", cashu_ts)
    with gonuts(world) as mint:
        # cashu-ts does not understand its quotes, nor nutshell's wallet its keys.
        sell(world, relays["khatru"], mint, "gonuts-khatru", lambda url: world.token(url, LEASE_SECONDS))
