"""Fifty customers buy while their mint is killed, started with a new keyset, and loses answers.

Every one of them ends with a lease, a refund or an untouched token; all sats are counted at the mint and in the provider's wallet.
limited_mint_test.py adds a mint that limits its rate.
"""

import concurrent.futures
import time

from crash_stories import refund_of
from faulty_mint import FaultyMint
from harness import Failure, check, equal, free_port, narrate, wait_until

SECONDS_MAX = 420
LEASE_SECONDS = 20
WAVES = (20, 20, 10)


class Shopper:
    def __init__(self, world, provider, mint, name):
        self.customer, self.provider = world.consumer(name, provider.relays), provider
        self.token = world.token(mint, LEASE_SECONDS)
        self.answer = None

    def buy(self):
        """Asks as the public client does; whoever hears nothing in its 120 s asks again, which is the same order."""
        for _ in range(3):
            self.answer = self.customer.spawn(self.provider, self.token, wait=120)
            if isinstance(self.answer.body, dict):
                return self
        raise Failure(f"no answer: {self.answer.output} {self.answer.errors}")

    @property
    def lease(self):
        return self.answer.body["pod_npub"] if self.answer.code == 0 else None

    def money(self):
        """What may be left of it: the refund, or the token itself."""
        return (refund_of(self.answer) or [self.token])[0]


def left_with(world, mint, token):
    try:
        return world.redeem(mint, token)
    except Failure:
        return 0


def shop(world, provider, mint, port, pool, is_limited):
    shoppers = [Shopper(world, provider, mint.url, f"customer-{i}") for i in range(sum(WAVES))]
    waves = [shoppers[sum(WAVES[:i]):sum(WAVES[:i + 1])] for i in range(len(WAVES))]
    first = [pool.submit(shopper.buy) for shopper in waves[0]]
    wait_until("swaps are under way", lambda: mint.passed["/v1/swap"] >= 5, 30, every=0.01)
    world.processes_named("mint")[-1].kill()
    narrate(f"the mint was killed after {mint.passed['/v1/swap']} swaps had come in")
    time.sleep(3)
    world.mint(port=port, swap_delay_ms=300, rotate=True)
    narrate("it is back, with a new keyset")
    mint.arm("/v1/swap", "lose_answer", 4)
    second = [pool.submit(shopper.buy) for shopper in waves[1]]
    concurrent.futures.wait(second, timeout=100)
    if is_limited:
        narrate("now it limits its rate")
        mint.arm("/v1/swap", "rate_limit", 2)
    third = [pool.submit(shopper.buy) for shopper in waves[2]]
    return [future.result() for future in first + second + third]


def run(world, is_limited=False):
    port = free_port()
    relay, mint = world.relay(), FaultyMint(world.mint(port=port, swap_delay_ms=300))
    provider = world.provider([relay], [mint.url], heartbeat_seconds=100).start()
    with concurrent.futures.ThreadPoolExecutor(sum(WAVES)) as pool:
        shoppers = shop(world, provider, mint, port, pool, is_limited)
    leases = [shopper.lease for shopper in shoppers if shopper.lease]
    equal(len(set(leases)), len(leases), f"{len(leases)} of {len(shoppers)} got a lease, each its own")
    equal((mint.struck["lose_answer"], mint.struck["rate_limit"] > 0), (4, is_limited), "all the faults struck")
    wait_until("all leases are over", provider.nothing_left, LEASE_SECONDS + 60)
    equal(provider.process.stop(), 0, "the daemon stops")
    kept = [left_with(world, mint.url, shopper.money()) for shopper in shoppers]
    for shopper, sats in zip(shoppers, kept):
        if bool(shopper.lease) == bool(sats):
            raise Failure(f"a customer has {shopper.lease} and {sats} sat: {shopper.answer.output}")
    narrate("ok: each has either a lease or all of its money")
    check(len(leases) >= len(shoppers) // 2, "most have a lease")
    equal(provider.balance() + sum(kept), LEASE_SECONDS * len(shoppers), "every sat is the provider's or its customer's")
    equal(provider.good_wallet("audit")["differences"], [], "and the mint agrees with the books")
    mint.stop()
