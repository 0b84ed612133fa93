"""A killed daemon loses neither lease nor money, and serves what was asked while it was down.

The daemon is killed with SIGKILL while a lease runs. A second customer asks while nobody is there. After the start the first
lease is still there, is topped up once, and ends on time; the second customer gets a container; the first request, asked again,
brings the first reply and no second lease.
"""

import signal
import time

from harness import Answer, check, equal, narrate, page_at, unix_time, wait_until

LEASE_SECONDS = 40


def run(world):
    relay, mint = world.relay(), world.mint()
    provider = world.provider([relay], [mint]).start()
    customer = world.consumer("first", [relay])
    token = world.token(mint, LEASE_SECONDS)
    access = customer.spawn(provider, token).good()
    lease, expires_at = access["pod_npub"], unix_time(access["expires_at"])
    container = provider.containers()[0]["Id"]

    provider.process.kill()
    narrate("the daemon was killed while the lease runs")
    page_at("127.0.0.1", access["node_port"])
    narrate("ok: the customer doesn't notice")
    late = world.consumer("second", [relay])
    waiting = late.start_spawn(provider, world.token(mint, LEASE_SECONDS), wait=60)
    time.sleep(3)
    check(waiting.poll() is None, "a second customer asks, and nobody answers")

    provider.start()
    second = Answer(waiting).good()
    check(second["pod_npub"] != lease, "what was asked while it was down is served after the start")
    page_at("127.0.0.1", second["node_port"])
    equal(sorted(c["Id"] for c in provider.containers()).count(container), 1, "the first container is the same one")
    status = customer.status(provider, lease).good()
    equal(status["status"], "Running", "the first lease is still there")
    equal(round(unix_time(status["expires_at"])), round(expires_at), "with the same end")

    again = customer.spawn(provider, token).good()
    equal(again["pod_npub"], lease, "the same token again brings the same lease")
    equal(len(provider.containers()), 2, "two customers, two containers")

    time.sleep(max(0.0, expires_at - time.time() - 1))
    check(container in [c["Id"] for c in provider.containers()], "one second before its end it is there")
    wait_until("the first container is gone", lambda: container not in [c["Id"] for c in provider.containers()], 15)
    check(time.time() - expires_at < 10, "it ended on time")
    wait_until("the second one is gone too", provider.nothing_left, LEASE_SECONDS + 20)
    provider.process.process.send_signal(signal.SIGHUP)
    equal(provider.process.process.wait(timeout=15), 0, "a terminal that hangs up stops it as cleanly as SIGTERM does")
