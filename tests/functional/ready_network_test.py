"""While leases are sold one after the other, the next one's network is there before anybody asks, and it is nobody's for long.

After two sales there is one network more than containers; the third lease gets that one. A daemon that is stopped takes the next
one with it, one that is killed has it swept at its start, and when nobody buys any more it goes by itself. Leases keep theirs.
"""

from harness import check, equal, narrate, wait_until

LEASE_SECONDS = 90
QUIET_SECONDS = 10


def run(world):
    relay, mint = world.relay(), world.mint()
    provider = world.provider([relay], [mint]).start()
    customer = world.consumer("customer", [relay])

    def networks():
        return {network["Id"] for network in world.engine.networks(provider.numbers)}

    def sell(count):
        for _ in range(count):
            customer.spawn(provider, world.token(mint, LEASE_SECONDS)).good()

    def next_one(leases):
        """The network that is there for no lease."""
        wait_until("the next network is made", lambda: len(networks()) == leases + 1, QUIET_SECONDS)
        used = {attached["NetworkID"] for container in provider.containers()
                for attached in container["NetworkSettings"]["Networks"].values()}
        return (networks() - used).pop()

    sell(1)
    equal(len(networks()), 1, "after one sale there is that lease's network")
    sell(1)
    ready = next_one(leases=2)
    narrate("after the second there is one more")
    sell(1)
    check(next_one(leases=3) != ready, "the third lease took it, and there is another one")

    equal(provider.process.stop(), 0, "a stopped daemon")
    equal(len(networks()), 3, "leaves the networks of leases, and no other")
    provider.start()
    sell(2)
    ready = next_one(leases=5)
    provider.process.kill()
    check(ready in networks(), "a killed one leaves it")
    provider.start()
    wait_until("its next start removes it", lambda: ready not in networks(), 20)
    sell(2)
    ready = next_one(leases=7)
    wait_until("when nobody buys any more it goes", lambda: ready not in networks(), QUIET_SECONDS + 10)
    equal((len(networks()), len(provider.containers())), (7, 7), "and each lease has its own")
