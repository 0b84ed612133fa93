"""A host port that some other program has is nobody's trouble: the lease gets the next one.

Where other programs have them all, the request is refused for free.
"""

import socket

from harness import equal, check, narrate

LEASE_SECONDS = 30


def listen(port):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen(1)
    return server


def run(world):
    relay, mint = world.relay(), world.mint()
    provider = world.provider([relay], [mint]).start()
    customer = world.consumer("customer", [relay])
    first, last = provider.ports
    narrate(f"another program listens on {first}, the first port of leases")
    others = [listen(first)]
    lease = customer.spawn(provider, world.token(mint, LEASE_SECONDS)).good()
    check(first < lease["node_port"] <= last, f"the lease is published on {lease['node_port']}")
    equal(len(provider.containers()), 1, "and its container runs")

    narrate("other programs listen on all the rest")
    others += [listen(port) for port in range(first + 1, last + 1) if port != lease["node_port"]]
    token = world.token(mint, LEASE_SECONDS)
    equal(customer.spawn(provider, token).error_type(), "no_capacity", "a spawn is refused")
    equal(world.redeem(mint, token), LEASE_SECONDS, "and its token is untouched")
    for server in others:
        server.close()
    lease = customer.spawn(provider, world.token(mint, LEASE_SECONDS)).good()
    check(first <= lease["node_port"] <= last, f"when they are gone, {lease['node_port']} is sold")
