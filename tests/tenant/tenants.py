"""What the tests of hostile tenants share: their image, a provider that sells to them, and attempts made from inside a lease."""

import pathlib
import shutil
import subprocess

from harness import Failure, Skip

HERE = pathlib.Path(__file__).resolve().parent
IMAGE = "berth-test/hostile:1"
NOBODY = "65534:65534"
NOT_TRIED = 77
# vfs_cap_data, version 2: effective, with CHOWN, which is in every lease's bounding set. All of it is ASCII.
CAP_CHOWN = "\x01\x00\x00\x02" + "\x01\x00\x00\x00" + "\x00" * 12
TEMPLATE = f"""
slug = "hostile"
description = "for the tests"
image = "{IMAGE}"
data_path = "/data"
nofile_max = 512
"""


def make_image(world):
    """Busybox, a page on the usual ports, and hostile.c: plain, setuid root, and with a capability of its own."""
    if not shutil.which("gcc"):
        raise Skip("gcc is missing: apt-get install gcc libc6-dev")
    program = world.folder / "hostile"
    subprocess.run(["gcc", "-static", "-O1", "-o", program, HERE / "hostile.c"], check=True, timeout=60)
    binary = program.read_bytes()
    world.engine.make_page_image(IMAGE, files=[
        ("bin/hostile", binary, 0o755, {}),
        ("bin/hostile-setuid", binary, 0o4755, {}),
        ("bin/hostile-capable", binary, 0o755, {"security.capability": CAP_CHOWN}),
    ])


class Tenants:
    """A provider, and a customer who rents from it what others suffer from."""

    def __init__(self, world, name="tenants", **settings):
        make_image(world)
        self.world = world
        relay, self.mint = world.relay(f"{name}-relay"), world.mint(f"{name}-mint")
        if "templates_dir" not in settings:
            settings["templates_dir"] = world.templates("hostile", TEMPLATE)
        self.provider = world.provider([relay], [self.mint], name=name, **settings).start()
        self.customer = world.consumer(f"customer-of-{name}", [relay])

    def offer(self):
        return next(entry for entry in self.customer.list() if entry["pubkey"] == self.provider.pubkey)

    def rent(self, template=None, seconds=600):
        token = self.world.token(self.mint, seconds)
        return Lease(self.world, self.customer.spawn(self.provider, token, image=IMAGE, template=template).good())


def holes(text):
    """Of an attempt's output, what tells why it got through."""
    lines = text.strip().splitlines()
    return [line for line in lines if "succeeded" in line or "opens" in line or "looked at" in line] or lines[-5:]


class Lease:
    def __init__(self, world, access):
        self.world = world
        self.access = access
        self.name = access["pod_npub"]
        self.number = int(self.name.removeprefix("container-"))
        self.container = f"paygress-{self.number}"

    def run(self, *command, user="", timeout=60):
        """The exit code and the output of a command inside."""
        return self.world.engine.exec(self.container, list(command), user, timeout)

    def text(self, *command, timeout=60):
        code, text = self.run(*command, timeout=timeout)
        if code != 0:
            raise Failure(f"{' '.join(command)}: exit code {code}: {text.strip()}")
        return text

    def attempt(self, *words, program="hostile", user="", timeout=60):
        """Raises Failure when what hostile.c tried got through; else what it printed."""
        line = [f"/bin/{program}", *map(str, words)]
        # As another user by way of a shell: the Engine itself starts its first process with more in hand than that user has.
        if user:
            line = ["/bin/sh", "-c", f"{' '.join(line)}; exit $?"]
        code, text = self.run(*line, user=user, timeout=timeout)
        if code == NOT_TRIED:
            raise Skip(text.strip().splitlines()[-1])
        if code != 0:
            raise Failure(f"exit code {code}: " + "; ".join(holes(text)))
        return text

    def exists(self):
        return any(f"/{self.container}" in entry["Names"] for entry in self.world.engine.get("/containers/json?all=1"))

    def inspect(self):
        return self.world.engine.get(f"/containers/{self.container}/json")
