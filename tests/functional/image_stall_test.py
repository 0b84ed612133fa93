"""A registry that stalls ends at the deadline, its victim keeps the token, and strangers' stalled pulls hold up nobody else.

First one stalled pull: refused when the deadline is over, not before and not much later. Then five consumers have the Engine
stall on five images, which is more than it downloads at a time; another one's good image from a real registry is there long
before their deadline, as one of theirs gives way, and a spawn of an image that is there takes what it takes without them.
"""

import time

from harness import Answer, check, equal, narrate, page_at
from registry import BadRegistry, Registry, ballast, forget

TOGETHER = "the Engine's downloads"

AMOUNT = 60
DEADLINE = 12
STALLED = 5
LONG_DEADLINE = 50


def median_spawn(world, provider, customer, mint):
    """Seconds from request to reply for an image that is on the Engine, the middle one of three."""
    seconds = []
    for _ in range(3):
        token = world.token(mint, AMOUNT)
        started = time.monotonic()
        customer.spawn(provider, token).good()
        seconds.append(time.monotonic() - started)
    return sorted(seconds)[1]


def run(world):
    registry, stalling = Registry(world), BadRegistry()
    # Layers of its own, so that the Engine has to download it.
    good = registry.push("page", world.engine.make_page_image("berth-test/fresh:1", files=[ballast(1 << 20)]))
    forget(world.engine, "berth-test/fresh:1")
    relay, mint = world.relay(), world.mint()

    provider = world.provider([relay], [mint], name="short", images=f"pull_seconds_max = {DEADLINE}").start()
    customer = world.consumer("customer", [relay])
    token = world.token(mint, AMOUNT)
    started = time.monotonic()
    answer = customer.spawn(provider, token, image=stalling.image("alone"))
    took = time.monotonic() - started
    equal(answer.error_type(), "image_not_found", "a stalled pull ends in a refusal")
    check(f"after {DEADLINE} s" in answer.body["message"], f"which says why: {answer.body['message']}")
    check(DEADLINE <= took < DEADLINE + 8, f"it came at the deadline ({took:.1f} s for {DEADLINE} s)")
    equal(world.redeem(mint, token), AMOUNT, "the token is still its owner's")
    provider.process.stop()

    provider = world.provider([relay], [mint], name="long", images=f"pull_seconds_max = {LONG_DEADLINE}").start()
    median_spawn(world, provider, customer, mint)  # what is made once is made now
    alone = median_spawn(world, provider, customer, mint)
    narrate(f"{STALLED} strangers stall the Engine's downloads")
    strangers = [world.consumer(f"stranger{number}", [relay]) for number in range(STALLED)]
    tokens = [world.token(mint, AMOUNT) for _ in strangers]
    waiting = [stranger.start_spawn(provider, token, image=stalling.image(f"stall{number}"), wait=LONG_DEADLINE + 30)
               for number, (stranger, token) in enumerate(zip(strangers, tokens))]
    time.sleep(3)
    started = time.monotonic()
    lease = customer.spawn(provider, world.token(mint, AMOUNT), image=good).good()
    took = time.monotonic() - started
    check(took < LONG_DEADLINE / 2, f"a good image was there after {took:.1f} s, not after the strangers' {LONG_DEADLINE} s")
    page_at("127.0.0.1", lease["node_port"])
    beside = median_spawn(world, provider, customer, mint)
    check(beside < 2 * alone, f"a spawn of an image that is there takes {beside / alone:.2f} x of what it takes alone")
    for process, token in zip(waiting, tokens):
        equal(Answer(process).error_type(), "image_not_found", "a stranger hears that there is nothing")
        equal(world.redeem(mint, token), AMOUNT, "and keeps the token")

    customer.start_spawn(provider, world.token(mint, AMOUNT), image=stalling.image("unfinished"))
    time.sleep(3)
    provider.process.stop(LONG_DEADLINE / 2)
    narrate("ok: a provider that is told to stop does not wait for a stalled pull")
    stalling.close()
    forget(world.engine, good)
