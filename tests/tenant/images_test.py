"""Tenants bring images of their own making, and it is not the image that decides what the host does for them.

An image's configuration travels through all lists and events of the Engine, starts health checks on the host's own processor, and
makes volumes that nobody bought. What can't be borne is refused before money; the rest is contained, and gone at the end.
"""

import hashlib
import io
import json
import tarfile
import time
import urllib.parse

from engine import _page_tree
from harness import Failure, equal, wait_until
from registry import Registry, forget, has_image
from tenants import Lease, Tenants

SECONDS_MAX = 300
START = {"Cmd": ["/bin/sh", "/start"]}
EVERY_PORT = {f"{port}/{protocol}": {} for port in range(1, 65536) for protocol in ("tcp", "udp", "sctp")}
WATCHED = """
[disk]
watch_seconds = 1
"""


def _add(tar, name, content):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


def _with_devices(tree):
    """The host's disks and memory as files of the image, which the Engine makes as root."""
    buffer = io.BytesIO(tree)
    with tarfile.open(fileobj=buffer, mode="a") as tar:
        for name, kind, major, minor in (("disk", tarfile.BLKTYPE, 8, 0), ("virtual-disk", tarfile.BLKTYPE, 254, 0),
                                         ("memory", tarfile.CHRTYPE, 1, 1), ("kernel-log", tarfile.CHRTYPE, 1, 11),
                                         ("loop-control", tarfile.CHRTYPE, 10, 237)):
            entry = tarfile.TarInfo(f"devices/{name}")
            entry.type, entry.devmajor, entry.devminor, entry.mode = kind, major, minor, 0o666
            tar.addfile(entry)
    return buffer.getvalue()


class Images:
    """Images made of a configuration as an image has it, and one layer."""

    def __init__(self, engine):
        self.engine = engine
        self.made = []

    def make(self, name, config, layer=None):
        layer = layer or _page_tree("/bin/busybox", ())
        text = json.dumps({"architecture": "amd64", "os": "linux", "config": {**START, **config}, "rootfs": {
            "type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}).encode()
        tag, buffer = f"berth-test/odd-{name}:1", io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            _add(tar, "layer.tar", layer)
            _add(tar, "config.json", text)
            _add(tar, "manifest.json", json.dumps([{"Config": "config.json", "RepoTags": [tag], "Layers": ["layer.tar"]}]).encode())
        self.engine.call("POST", "/images/load?quiet=1", buffer.getvalue(), "application/x-tar", timeout=120)
        self.made.append(tag)
        return tag

    def forget(self):
        for tag in self.made:
            forget(self.engine, tag)


class Shop:
    def __init__(self, world, tenants, images):
        self.world, self.tenants, self.images = world, tenants, images

    def rent(self, name, config, layer=None):
        image = self.images.make(name, config, layer)
        token = self.world.token(self.tenants.mint, 120)
        return Lease(self.world, self.tenants.customer.spawn(self.tenants.provider, token, image=image).good())

    def is_refused(self, image, words):
        token = self.world.token(self.tenants.mint, 120)
        answer = self.tenants.customer.spawn(self.tenants.provider, token, image=image)
        if answer.error_type() != "image_too_large" or words not in answer.body["message"]:
            raise Failure(f"{image}: exit code {answer.code}, {str(answer.body)[:300]}")
        equal(self.world.redeem(self.tenants.mint, token), 120, "the token is still the customer's")

    def is_refused_from_registry(self, registry, name, config, words):
        made = self.images.make(name, config)
        pushed = registry.push(name, made)
        forget(self.world.engine, made)
        self.is_refused(pushed, words)
        if has_image(self.world.engine, pushed):
            raise Failure(f"{pushed} stays on the Engine")

    def end(self, lease):
        self.tenants.customer.stop(self.tenants.provider, lease.name)
        wait_until(f"{lease.name} is gone", lambda: not lease.exists(), 30)


def health_checks_never_run(shop):
    check = {"Test": ["CMD-SHELL", "true"], "Interval": 1_000_000, "Timeout": 1_000_000_000}
    begun = int(time.time())
    lease = shop.rent("healthy", {"Healthcheck": check})
    time.sleep(3)
    wanted = urllib.parse.quote(json.dumps({"container": [lease.container], "event": ["exec_start"]}))
    ran = shop.world.engine.call("GET", f"/events?since={begun}&until={int(time.time())}&filters={wanted}").count(b"exec_start")
    if ran:
        raise Failure(f"the Engine ran the image's health check {ran} times in 3 s, each on the host's own time")
    shop.end(lease)


def volumes_of_a_lease(lease):
    return [mount["Name"] for mount in lease.inspect()["Mounts"] if mount["Type"] == "volume"]


def own_volumes_go(shop):
    lease = shop.rent("volumes", {"Volumes": {"/one": {}, "/two/three": {}, "/bin": {}}})
    names = volumes_of_a_lease(lease)
    equal(len(names), 3, "the image's volumes are there")
    shop.end(lease)
    left = [volume["Name"] for volume in shop.world.engine.get("/volumes")["Volumes"] or [] if volume["Name"] in names]
    equal(left, [], "and gone with the lease")


def own_volumes_are_watched(shop):
    lease = shop.rent("volume", {"Volumes": {"/one": {}}})
    lease.run("/bin/busybox", "dd", "if=/dev/zero", "of=/one/fill", "bs=1M", "count=1100", timeout=120)
    wait_until(f"{lease.name} is gone", lambda: not lease.exists(), 30)


def labels_are_not_believed(shop):
    neighbour = shop.tenants.rent()
    labels = neighbour.inspect()["Config"]["Labels"]
    forged = {name: labels[name] for name in ("berth.lease", "berth.number")} | {"berth.provider": "another"}
    lease = shop.rent("forged", {"Labels": forged})
    own = lease.inspect()["Config"]["Labels"]
    if own["berth.lease"] == labels["berth.lease"] or own["berth.provider"] != labels["berth.provider"]:
        raise Failure(f"the image's labels hold: {own}")
    shop.end(lease)
    if not neighbour.exists():
        raise Failure("the neighbour whose labels they were is gone")


def devices_do_not_open(shop):
    lease = shop.rent("devices", {}, _with_devices(_page_tree("/bin/busybox", ())))
    names = lease.text("/bin/ls", "/devices").split()
    equal(len(names), 5, "the image's device files are there")
    for name in names:
        code, text = lease.run("/bin/sh", "-c", f"busybox head -c 1 /devices/{name}")
        if code == 0 or "not permitted" not in text:
            raise Failure(f"/devices/{name}: exit code {code}: {text}")
    shop.end(lease)


def unfit_is_paid_back(shop, name, config):
    image = shop.images.make(name, config)
    token = shop.world.token(shop.tenants.mint, 120)
    answer = shop.tenants.customer.spawn(shop.tenants.provider, token, image=image)
    details = (answer.body or {}).get("details", "")
    if answer.code == 0 or "refund: " not in details:
        raise Failure(f"exit code {answer.code}, {str(answer.body)[:300]}")
    equal(shop.world.redeem(shop.tenants.mint, details.split("refund: ")[1].split()[0]), 120, "all of it comes back")


def probe_all(world, shop, registry):
    world.probe("an image that exposes every port is refused before money",
                lambda: shop.is_refused(shop.images.make("ports", {"ExposedPorts": EVERY_PORT}), "configuration"))
    world.probe("one with a megabyte of labels is refused, and does not stay", lambda: shop.is_refused_from_registry(
        registry, "labels", {"Labels": {"x" * 64: "y" * (1 << 20)}}, "configuration"))
    world.probe("one that copies itself into many volumes is refused", lambda: shop.is_refused(
        shop.images.make("copies", {"Volumes": {f"/bin/{depth}": {} for depth in range(100)}}), "volumes"))
    world.probe("an image's health check never runs", lambda: health_checks_never_run(shop))
    world.probe("an image's own volumes are gone with its lease", lambda: own_volumes_go(shop))
    world.probe("who fills a volume of the image's is stopped", lambda: own_volumes_are_watched(shop))
    world.probe("labels that an image forges are not believed", lambda: labels_are_not_believed(shop))
    world.probe("device files that an image brings don't open", lambda: devices_do_not_open(shop))
    for name, config in (("stranger", {"User": "nobody-of-that-name"}), ("proc", {"Volumes": {"/proc": {}}}),
                         ("root", {"Volumes": {"/": {}}}), ("mute", {"Cmd": None})):
        world.probe(f"an image that can't be started ({name}) is paid back",
                    lambda name=name, config=config: unfit_is_paid_back(shop, name, config))


def run(world):
    images = Images(world.engine)
    tenants = Tenants(world, sections=WATCHED)
    shop = Shop(world, tenants, images)
    try:
        probe_all(world, shop, Registry(world, name="registry"))
    finally:
        images.forget()
    for container in tenants.provider.containers():
        tenants.customer.stop(tenants.provider, container["Names"][0].removeprefix("/paygress-"))
    wait_until("no lease is left", tenants.provider.nothing_left, 30)
