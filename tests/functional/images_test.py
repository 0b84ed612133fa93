"""What is wrong with an image is said before money moves, by the right word, and a good image is pulled and runs.

Against a real registry on loopback: a good pull, a missing tag, a denied name in another spelling, an image larger than the
cap, and a layer that was exchanged behind its digest. After each refusal the token is spent by its owner, and nothing of the
image is left on the Engine.
"""

import os

from harness import check, equal, narrate, page_at
from registry import Registry, ballast, forget, has_image

TOGETHER = "the Engine's downloads"

AMOUNT = 60


def run(world):
    registry = Registry(world)
    good = registry.push("page", world.engine.make_page_image("berth-test/fresh:1", files=[ballast(1 << 20)]))
    forget(world.engine, "berth-test/fresh:1")
    relay, mint = world.relay(), world.mint()
    provider = world.provider([relay], [mint], images="size_mb_max = 8").start()
    customer = world.consumer("customer", [relay])

    narrate("a good image is pulled and runs")
    check(not has_image(world.engine, good), "the image is not on the Engine before")
    lease = customer.spawn(provider, world.token(mint, AMOUNT), image=good).good()
    page_at("127.0.0.1", lease["node_port"])
    check(has_image(world.engine, good), "it was pulled from the registry")

    big = registry.push("big", world.engine.make_page_image("berth-test/big:1", files=[ballast(12 << 20)]))
    lie = registry.push("lie", world.engine.make_page_image("berth-test/lie:1", files=[ballast(1 << 20)]))
    for made in ("berth-test/big:1", "berth-test/lie:1"):
        forget(world.engine, made)
    blob = registry.blob_of(lie)
    blob.write_bytes(os.urandom(blob.stat().st_size))

    cases = [("image_not_found", f"{registry.host}/page:no-such-tag", "not found"),
             ("image_not_found", f"{registry.host}/no/such/repository:1", "not found"),
             ("image_denied", "DENIED.example:443/tool@sha256:" + "a" * 64, "denied.example"),
             ("image_too_large", big, "8388608"),
             ("image_not_found", lie, "verification failed")]
    for expected, image, words in cases:
        narrate(f"{image} must end in {expected}")
        token = world.token(mint, AMOUNT)
        answer = customer.spawn(provider, token, image=image)
        equal(answer.error_type(), expected, "the reply says so")
        check(words in answer.body["message"], f"and why: {answer.body['message']}")
        check(not has_image(world.engine, image), "nothing of it is on the Engine")
        equal(world.redeem(mint, token), AMOUNT, "the token is still its owner's")
    forget(world.engine, good)
