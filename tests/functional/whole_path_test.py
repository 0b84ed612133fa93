"""A stranger pays with ecash and is inside a container; it ends to the second and leaves nothing.

Real parts on loopback: the daemon, the embedded relay, the practice mint, the Docker Engine. Once over NIP-04 and once over
NIP-17: list, spawn with an environment and a command, reach the container over its port and its own address, status, top-up,
expiry, gone.
"""

import time

from harness import check, equal, fetch, narrate, page_at, unix_time, wait_until

LEASE_SECONDS = 12
TOPUP_SECONDS = 6
# What a shell, an option parser or a log could stumble over; the command hands it on as a page.
GREETING = """--privileged 'one' "two" $HOME;=\\ three"""
COMMAND = ["/bin/sh", "-c", 'echo "$GREETING" > /www/greeting; exec /bin/sh /start']


def one_customer(world, provider, mint, transport):
    narrate(f"a customer who speaks {transport}")
    customer = world.consumer(f"customer-{transport}", provider.relays)
    offers = [entry for entry in customer.list() if entry["pubkey"] == provider.pubkey]
    equal(len(offers), 1, "the provider is listed once")
    check(offers[0]["online"], "it is online")

    started = time.time()
    access = customer.spawn(provider, world.token(mint, LEASE_SECONDS), transport=transport,
                            environment={"GREETING": GREETING}, command=COMMAND).good()
    lease, expires_at = access["pod_npub"], unix_time(access["expires_at"])
    narrate(f"access to {lease} after {time.time() - started:.2f} s")
    check(abs(expires_at - time.time() - LEASE_SECONDS) < 4, f"{LEASE_SECONDS} sats bought {LEASE_SECONDS} seconds")
    page_at("127.0.0.1", access["node_port"])
    narrate(f"ok: the container answers on the host's port {access['node_port']}")
    equal(fetch(f"http://127.0.0.1:{access['node_port']}/greeting"), f"{GREETING}\n",
          "the consumer's command ran, with the consumer's environment")
    page_at(access["container_ip"], 22)
    narrate(f"ok: and on its own address {access['container_ip']}")

    status = customer.status(provider, lease, transport=transport).good()
    equal(status["status"], "Running", "status says Running")
    check(0 < status["time_remaining_seconds"] <= LEASE_SECONDS, "and how long it will last")

    topped_up = customer.topup(provider, lease, world.token(mint, TOPUP_SECONDS), transport=transport).good()
    equal(topped_up["extended_duration_seconds"], TOPUP_SECONDS, "the top-up bought its seconds")
    ends_at = unix_time(topped_up["new_expires_at"])
    equal(round(ends_at - expires_at), TOPUP_SECONDS, "and the expiry moved by as many")

    time.sleep(max(0.0, ends_at - time.time() - 1))
    check(provider.containers(), "one second before its end the container is there")
    wait_until("everything of the lease is gone", provider.nothing_left, 15)
    check(time.time() - ends_at < 10, "soon after its end it is gone, with its network and volume")
    ended = customer.status(provider, lease, transport=transport)
    check(ended.error_type() in ("not_found", "lease_expired") or (ended.body or {}).get("status") == "Expired",
          "status says that it is over")


def run(world):
    relay, mint = world.relay(), world.mint()
    provider = world.provider([relay], [mint]).start()
    one_customer(world, provider, mint, "nip04")
    one_customer(world, provider, mint, "nip17")
    check(GREETING not in provider.process.log(), "the daemon's log says nothing of what they set")
    equal(provider.process.stop(), 0, "the daemon stops cleanly on SIGTERM")
