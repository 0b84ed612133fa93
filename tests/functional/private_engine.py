"""A Docker Engine of a test's own, beside the machine's, to be killed and started again in the middle of whatever.

Its files are in the test's folder, its default bridge is made for it, and it writes no firewall rules, so it can't meet the machine's
Engine; told to have no bridge, it would take the machine's docker0 away. The subnets of its leases are in POOL, which no other test
uses. Its containerd outlives it, as it does on a real host: what a killed dockerd finds when it comes back depends on `live_restore`
alone.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

from engine import Engine, EngineError
from harness import Failure, Skip, narrate

POOL = "10.219.0.0/20"
BRIDGE, BRIDGE_ADDRESS = f"engine-{os.getpid()}", "10.219.16.1/24"
PROGRAMS = ["dockerd", "containerd", "docker-proxy", "runc", "ip"]
SETTINGS = {"docker": f'subnet_pool = "{POOL}"'}


class PrivateEngine:
    """The world's Engine as long as it runs."""

    def __init__(self, world, live_restore=True):
        if os.geteuid() != 0 or not all(map(shutil.which, PROGRAMS)):
            raise Skip("a second Engine needs root, and dockerd with its programs in the path: apt-get install docker.io")
        self.world, self.machine = world, world.engine
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="engine-", dir=world.folder))
        self.engine = Engine(str(self.folder / "docker.sock"))
        self.live_restore = live_restore
        self.dockerd = self.containerd = None

    def __enter__(self):
        config = self.folder / "containerd.toml"
        config.write_text('version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n')
        for words in (["link", "add", BRIDGE, "type", "bridge"], ["address", "add", BRIDGE_ADDRESS, "dev", BRIDGE]):
            subprocess.run(["ip", *words], check=True, timeout=30)
        address = self.folder / "containerd.sock"
        self.containerd = self.world.process("containerd", [
            "containerd", "--config", config, "--root", self.folder / "containerd", "--state", self.folder / "containerd-run",
            "--address", address])
        self.containerd.wait_ready(address.exists, 30)
        self.start()
        self.world.engine = self.engine
        self.engine.make_page_image()
        return self

    def start(self):
        """Also after kill(): on the same files."""
        words = ["dockerd", "--containerd", self.folder / "containerd.sock", "--data-root", self.folder / "data", "--exec-root",
                 self.folder / "run", "--pidfile", self.folder / "dockerd.pid", "--host", f"unix://{self.engine.socket_path}",
                 "--bridge", BRIDGE, "--iptables=false", "--ip6tables=false", "--log-level", "warn"]
        self.dockerd = self.world.process("dockerd", [*words, *(["--live-restore"] if self.live_restore else [])])
        self.dockerd.wait_ready(self.engine.ready, 60)

    def kill(self):
        """SIGKILL: the containers' own processes go on, the ports that it passed on to them do not."""
        self.dockerd.kill()
        if self.engine.ready():
            raise Failure("the Engine answers although it was killed")
        narrate("the Engine was killed")

    def __exit__(self, *_):
        for provider in self.world.providers:
            if provider.process:
                provider.process.kill()
        try:
            self.remove_everything()
        except (EngineError, Failure, OSError) as problem:
            narrate(f"the private Engine did not clean up: {problem}")
        self.containerd.kill()
        subprocess.run(["ip", "link", "delete", BRIDGE], check=False, stderr=subprocess.DEVNULL, timeout=30)
        self.world.engine = self.machine
        self.unmount()

    def remove_everything(self):
        """With nothing of leases left, no process of a container is."""
        if not self.dockerd.running():
            self.start()
        for container in self.engine.get("/containers/json?all=1"):
            self.engine.call("DELETE", f"/containers/{container['Id']}?force=1&v=1")
        for provider in self.world.providers:
            self.engine.remove_leftovers(provider.numbers)
        self.dockerd.stop(seconds=30)

    def unmount(self):
        """What is still mounted below its folder, the innermost first."""
        with open("/proc/self/mounts", encoding="utf-8") as mounts:
            below = [line.split()[1] for line in mounts if line.split()[1].startswith(f"{self.folder}/")]
        for path in sorted(below, reverse=True):
            subprocess.run(["umount", "--lazy", path], check=False, stderr=subprocess.DEVNULL, timeout=30)


def process_of(engine, container_id):
    """The process id of a container's first process on the host."""
    return engine.get(f"/containers/{container_id}/json")["State"]["Pid"]


def is_alive(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False
