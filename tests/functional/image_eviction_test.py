"""Images that berth pulled stay within their budget: the least recently used goes, one in use or of the operator's stays.

The provider is killed and started again in the middle: it still knows which images are its own.
"""

from harness import check, narrate, wait_until
from registry import Registry, ballast, forget, has_image

TOGETHER = "the Engine's downloads"

AMOUNT = 60
IMAGE_BYTES = 4 << 20


def run(world):
    registry = Registry(world)
    made = world.engine.make_page_image("berth-test/filled:1", files=[ballast(IMAGE_BYTES)])
    images = {name: registry.push(name, made) for name in ("used", "first", "second", "third")}
    operators = registry.push("operators", made)
    world.engine.call("POST", f"/images/create?fromImage={operators.rsplit(':', 1)[0]}&tag=1")
    forget(world.engine, made)
    relay, mint = world.relay(), world.mint()
    # Four images are about 24 MB: the budget holds three of them, and not the four.
    settings = {"images": "size_mb_max = 8\ndisk_gb_max = 0.021"}
    provider = world.provider([relay], [mint], **settings).start()
    customer = world.consumer("customer", [relay])

    def rent(image):
        return customer.spawn(provider, world.token(mint, AMOUNT), image=image).good()

    def rent_and_stop(image):
        lease = rent(image)
        customer.stop(provider, lease["pod_npub"]).good()
        wait_until("the container is gone", lambda: len(provider.containers()) == 1, 30)

    rent(images["used"])
    rent(operators)
    customer.stop(provider, f"container-{max(int(c['Names'][0].split('-')[1]) for c in provider.containers())}").good()
    rent_and_stop(images["first"])
    narrate("the provider is killed and started again")
    provider.process.kill()
    provider.start()
    rent_and_stop(images["second"])
    rent_and_stop(images["third"])
    wait_until("an image has left", lambda: not has_image(world.engine, images["first"]), 30)
    check(has_image(world.engine, images["used"]), "the image in use stays, though it is the oldest")
    check(has_image(world.engine, images["third"]), "the newest stays")
    check(has_image(world.engine, operators), "the operator's image stays")
    narrate("an image that left is pulled again when it is asked for")
    rent_and_stop(images["first"])
    check(has_image(world.engine, images["first"]), "it is back")
    for image in (*images.values(), operators):
        forget(world.engine, image)
