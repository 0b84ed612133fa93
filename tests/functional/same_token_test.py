"""The same token in five requests over two transports gives one lease, and the same reply each time.

One customer sends the same spawn five times at once, three over NIP-04 and two over NIP-17, and once more later.
"""

from harness import Answer, check, equal, narrate

LEASE_SECONDS = 60
SAME_FIELDS = ("pod_npub", "node_port", "expires_at", "container_ip")


def run(world):
    relay, mint = world.relay(), world.mint(swap_delay_ms=500)
    provider = world.provider([relay], [mint]).start()
    customer = world.consumer("customer", [relay])
    token = world.token(mint, LEASE_SECONDS)
    transports = ["nip04", "nip17", "nip04", "nip17", "nip04"]
    narrate("five requests with one token leave at once")
    asked = [customer.start_spawn(provider, token, transport=transport) for transport in transports]
    replies = [Answer(process).good() for process in asked]
    for transport, reply in zip(transports, replies):
        equal({f: reply[f] for f in SAME_FIELDS}, {f: replies[0][f] for f in SAME_FIELDS}, f"{transport} reads the same reply")
    equal(len(provider.containers()), 1, "there is one container")

    later = customer.spawn(provider, token).good()
    equal(later["pod_npub"], replies[0]["pod_npub"], "a sixth, later, brings the same lease")
    equal(later["expires_at"], replies[0]["expires_at"], "and no second of time more")
    equal(len(provider.containers()), 1, "there is still one container")

    stranger = world.consumer("stranger", [relay])
    refused = stranger.spawn(provider, token)
    equal(refused.error_type(), "token_already_spent", "somebody else's request with that token is refused")
    topped_up = customer.topup(provider, replies[0]["pod_npub"], token)
    check(topped_up.code == 1 and topped_up.error_type(), "and the token tops up nothing")
