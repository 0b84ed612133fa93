"""An Engine that is killed and comes back costs nobody a lease or money.

A private dockerd is killed with SIGKILL while leases run, with live restore and without; and, again and again, at some moment of a
spawn. While it is away nothing counts as gone. Afterwards each lease runs until its own end and what ended meanwhile is removed;
whoever paid in between has a lease, or the money back.
"""

import time

from harness import Answer, Failure, check, equal, narrate, page_at, unix_time, wait_until
from private_engine import SETTINGS, PrivateEngine, is_alive, process_of

TOGETHER = "an Engine of its own"
SECONDS_MAX = 300
LONG_SECONDS = 60
SHORT_SECONDS = 15
PAID_IN_BETWEEN = 30


def money_back(world, mint, answer, token):
    """The sats that a refused spawn left its customer: those of the refund, or the token itself."""
    refund = answer.body.get("refund") if isinstance(answer.body, dict) else None
    return world.redeem(mint, refund["token"] if refund else token)


def show_outage(world, engine, provider, customer, mint):
    """Leases that run, one whose end is within the outage, and a spawn request that comes in it."""
    long = customer.spawn(provider, world.token(mint, LONG_SECONDS)).good()
    short = customer.spawn(provider, world.token(mint, SHORT_SECONDS)).good()
    lease, end = long["pod_npub"], unix_time(long["expires_at"])
    short_end = unix_time(short["expires_at"])
    before = {container["Names"][0]: container["Id"] for container in provider.containers()}
    container = before[f"/paygress-{lease.removeprefix('container-')}"]
    process = process_of(engine.engine, container)

    engine.kill()
    token = world.token(mint, PAID_IN_BETWEEN)
    late = customer.start_spawn(provider, token, wait=60)
    time.sleep(max(3.0, short_end - time.time() + 2))
    check(is_alive(process), "its container's process goes on")
    status = customer.status(provider, lease).good()
    equal(status["status"], "Running", "and its lease counts as running")
    equal(round(unix_time(status["expires_at"])), round(end), "with the same end")

    engine.start()
    narrate("the Engine is back")
    page_at("127.0.0.1", long["node_port"], seconds=25)
    equal([c["Id"] for c in provider.containers() if c["Id"] == container], [container], "the container is the same one")
    if engine.live_restore:
        equal(process_of(engine.engine, container), process, "in which nothing was restarted")
    wait_until("what ended meanwhile is gone",
               lambda: short["pod_npub"].removeprefix("container-") not in {number_of(c) for c in provider.containers()}, 20)
    show_late(world, provider, customer, mint, Answer(late), token)
    time.sleep(max(0.0, end - time.time() - 1))
    check(container in [c["Id"] for c in provider.containers()], "the long lease is there until its end")
    wait_until("and not longer", provider.nothing_left, 15)


def number_of(container):
    return container["Names"][0].removeprefix("/paygress-")


def show_late(world, provider, customer, mint, answer, token):
    """What became of the request that came while the Engine was away."""
    if answer.code == 0:
        narrate("ok: the request of the time between was served")
        page_at("127.0.0.1", answer.good()["node_port"])
        customer.stop(provider, answer.body["pod_npub"]).good()
        return
    check(answer.error_type(), f"the request of the time between was refused ({answer.error_type()})")
    equal(money_back(world, mint, answer, token), PAID_IN_BETWEEN, "and its customer has all the money")


def moments(engine, provider):
    """When a spawn is interrupted: at once, and whenever another of its objects is there."""
    return {
        "its network was made": lambda: engine.engine.networks(provider.numbers),
        "its container was made": lambda: provider.containers(),
        "its container runs": lambda: [c for c in provider.containers() if c["State"] == "running"],
        "another half second went by": lambda: time.sleep(0.5) or True,
    }


def show_interrupted(world, engine, provider, customer, mint):
    leases = refunds = 0
    for moment, has_come in moments(engine, provider).items():
        token = world.token(mint, PAID_IN_BETWEEN)
        waiting = customer.start_spawn(provider, token, wait=90)
        wait_until(moment, has_come, 20, every=0.001)
        engine.kill()
        narrate(f"as {moment}")
        time.sleep(0.5)
        engine.start()
        answer = Answer(waiting)
        if answer.code == 0:
            leases += 1
            page_at("127.0.0.1", answer.good()["node_port"])
            equal(len(provider.containers()), 1, "one payment, one container")
            customer.stop(provider, answer.body["pod_npub"]).good()
        elif answer.error_type():
            refunds += 1
            equal(money_back(world, mint, answer, token), PAID_IN_BETWEEN, f"no lease ({answer.error_type()}), and all the money")
        else:
            raise Failure(f"no answer at all: {answer.output} {answer.errors}")
        wait_until("nothing is left on the Engine", provider.nothing_left, 40)
    narrate(f"{leases} leases, {refunds} refunds")


def run(world):
    relay, mint = world.relay(), world.mint()
    customer = world.consumer("customer", [relay])
    for live_restore in (True, False):
        narrate(f"an Engine {'with' if live_restore else 'without'} live restore")
        with PrivateEngine(world, live_restore) as engine:
            provider = world.provider([relay], [mint], f"on-{'live' if live_restore else 'plain'}", **SETTINGS).start()
            show_outage(world, engine, provider, customer, mint)
            show_interrupted(world, engine, provider, customer, mint)
