"""`berth template pin` writes the digest that a tag has now, keeps every other byte, and what is pinned is what runs.

The tag moves at the registry afterwards: the lease still gets the pinned image, `--check` says that the pin is out of date and
changes nothing, and pinning again follows the tag.
"""

import json
import subprocess

from harness import berth_binary, check, equal, narrate, page_at
from registry import Registry, ballast, forget

TOGETHER = "the Engine's downloads"

AMOUNT = 60


def template(provider, *words):
    line = [berth_binary(), "template", *words, "--config", provider.config_file, "--json"]
    done = subprocess.run([str(word) for word in line], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def push(registry, size):
    engine = registry.world.engine
    image = registry.push("web", engine.make_page_image("berth-test/pin:1", files=[ballast(size)]))
    forget(engine, "berth-test/pin:1")
    return image


def run(world):
    registry = Registry(world)
    image = push(registry, 50_000)
    text = f'# The image\t below.\nslug = "web"\nimage   = "{image}"   # as it came\n\n[[ports]]\ncontainer_port = 3000\nlabel = "web"\n'
    folder = world.templates("web", text)
    relay, mint = world.relay(), world.mint()
    provider = world.provider([relay], [mint], templates_dir=folder)
    file = folder / "web.toml"

    first = registry.digest(image)
    code, pins = template(provider, "pin", "web", "--check")
    equal((code, pins[0]["state"]), (1, "outdated"), "a template without a pin is out of date")
    equal(file.read_text(), text, "and --check changes nothing")
    code, pins = template(provider, "pin", "--all")
    equal((code, pins[0]["state"]), (0, "pinned"), "it is pinned")
    pinned = text.replace(image, f"{image}@{first}")
    equal(file.read_text(), pinned, "the file has the digest, and every other byte as it was")
    equal(template(provider, "pin", "web", "--check")[0], 0, "now the check is content")

    narrate("the tag moves to another image")
    push(registry, 60_000)
    second = registry.digest(image)
    check(first != second, "the registry has another digest for it")
    code, pins = template(provider, "pin", "web", "--check")
    equal((code, pins[0]["state"]), (1, "outdated"), "the check says so")
    provider.start()
    customer = world.consumer("customer", [relay])
    lease = customer.spawn(provider, world.token(mint, AMOUNT), template="web").good()
    page_at("127.0.0.1", lease["template_ports"][0]["host_port"])
    name = image.rsplit(":", 1)[0]
    digests = world.engine.get(f"/images/{provider.containers()[0]['ImageID']}/json")["RepoDigests"]
    check(f"{name}@{first}" in digests, "the pinned image runs, not the tag's new one")
    equal(template(provider, "pin", "web")[1][0]["state"], "pinned", "pinning again follows the tag")
    equal(template(provider, "list")[1][0]["digest"], second, "and the list shows it")
    equal(template(provider, "pin", "nobody")[0], 1, "a template that is not there is an error")
    provider.remove_containers()
    forget(world.engine, f"{name}@{first}")
