"""With capacity for ten, fifty consumers at once get ten leases and forty free refusals, and there is never an eleventh container.

Containers are counted from outside, by the Engine's own record of what was made. The refused spend their tokens at the mint
afterwards. Offer and heartbeat show ten free slots before and none after, and ten again once the owners have stopped their leases.
"""

import concurrent.futures
import json
import time
import urllib.parse

from harness import check, equal, wait_until

PLACES, CUSTOMERS = 10, 50
LEASE_SECONDS = 200
BEAT_SECONDS = 12  # no faster: relays are told six things a minute in the long run
AT_ONCE = 8  # programs that only prepare or look after


def containers_made(provider, since, until):
    """The names of all containers that the Engine made for this provider, however short they lived; it keeps 256 events."""
    query = urllib.parse.urlencode({"since": f"{since:.3f}", "until": f"{until:.3f}",
                                    "filters": json.dumps({"type": ["container"], "event": ["create"]})})
    lines = provider.world.engine.call("GET", f"/events?{query}").decode().splitlines()
    names = [json.loads(line)["Actor"]["Attributes"]["name"].removeprefix("paygress-") for line in lines]
    return [name for name in names if name.isdigit() and int(name) in provider.numbers]


def slots_shown(watcher, provider):
    """What consumers see of it, by spec: the newest of offer and heartbeat."""
    for entry in watcher.list():
        if entry["pubkey"] == provider.pubkey:
            return {spec["id"]: spec.get("free_slots") for spec in entry["specs"]}
    return None


def run(world):
    relay, mint = world.relay(), world.mint()
    provider = world.provider([relay], [mint], cpu_millicores=PLACES * 200, heartbeat_seconds=BEAT_SECONDS).start()
    watcher = world.consumer("watcher", [relay])
    equal(slots_shown(watcher, provider), {"basic": PLACES, "whole-host": 0}, "before, so many places are shown")
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as few:
        tokens = list(few.map(lambda _: world.token(mint, LEASE_SECONDS), range(CUSTOMERS)))
    customers = [world.consumer(f"customer-{number}", [relay]) for number in range(CUSTOMERS)]

    began = time.time() - 1
    with concurrent.futures.ThreadPoolExecutor(CUSTOMERS) as all_at_once:
        answers = list(all_at_once.map(lambda pair: pair[0].spawn(provider, pair[1], wait=100), zip(customers, tokens)))
    owners = [(customer, answer.body["pod_npub"]) for customer, answer in zip(customers, answers) if answer.code == 0]
    leases = [lease for _, lease in owners]
    refused = [token for answer, token in zip(answers, tokens) if answer.error_type() == "no_capacity"]
    equal((len(set(leases)), len(leases), len(refused)), (PLACES, PLACES, CUSTOMERS - PLACES),
          "ten leases, each its own, and forty refusals")
    equal(len(provider.containers()), PLACES, "ten containers run")
    equal(len(containers_made(provider, began, time.time())), PLACES, "the Engine made ten containers in all, and no eleventh")
    equal(provider.operator("status").good()["free_slots"]["basic"], 0, "the operator sees the same")

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as few:
        equal(sum(few.map(lambda token: world.redeem(mint, token), refused)), len(refused) * LEASE_SECONDS,
              "every refused token is still its owner's, and is spent by him")
    wait_until("offer and heartbeat show no place", lambda: slots_shown(watcher, provider)["basic"] == 0, 2 * BEAT_SECONDS, 1)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as few:
        stopped = list(few.map(lambda pair: pair[0].stop(provider, pair[1]).good(), owners))
    check(all(body["refund"]["amount"] > LEASE_SECONDS // 2 for body in stopped), "the owners stop them and get the rest back")
    wait_until("the places are free", lambda: provider.operator("status").good()["sold"]["cpu_millicores"] == 0, 20)
    check(provider.nothing_left(), "because nothing is left of the leases")
    wait_until("all places are shown again", lambda: slots_shown(watcher, provider)["basic"] == PLACES, 2 * BEAT_SECONDS, 1)
