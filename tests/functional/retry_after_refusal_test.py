"""A token that a mint refused untouched can be tried again, and pays once; a copy of the refused request hears the refusal.

The mint stands behind a proxy that refuses one swap without executing it.
"""

import time

from faulty_mint import FaultyMint
from harness import check, equal, wait_until

LEASE_SECONDS = 15


def run(world):
    relay, mint = world.relay(), FaultyMint(world.mint())
    provider = world.provider([relay], [mint.url]).start()
    customer = world.consumer("customer", [relay])
    token = world.token(mint.url, LEASE_SECONDS)

    mint.arm("/v1/swap", "refuse")
    equal(customer.spawn(provider, token).error_type(), "mint_error", "the mint's no reaches the customer")
    equal(mint.struck["refuse"], 1, "it was asked once")
    time.sleep(1.1)  # what is written within the second of the refusal counts as a copy
    access = customer.spawn(provider, token).good()
    check(len(provider.containers()) == 1, "the same token, sent again, buys a lease")
    time.sleep(1.1)
    equal(customer.spawn(provider, token).good()["pod_npub"], access["pod_npub"], "asked once more, it is the same lease")

    more = world.token(mint.url, 5)
    mint.arm("/v1/swap", "refuse")
    equal(customer.topup(provider, access["pod_npub"], more).error_type(), "mint_error", "a top-up is refused")
    time.sleep(1.1)
    equal(customer.topup(provider, access["pod_npub"], more).good()["extended_duration_seconds"], 5, "and counts when sent again")
    wait_until("the lease is over", provider.nothing_left, LEASE_SECONDS + 40)
    equal(provider.process.stop(), 0, "the daemon stops")
    equal(provider.balance(), LEASE_SECONDS + 5, "each token was paid once")
    equal(provider.good_wallet("audit")["differences"], [], "and the books are right")
    mint.stop()
