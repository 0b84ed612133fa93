"""Encrypted volumes in the whole product, on a machine of its own: berth, relay, mint and a real Docker Engine.

Runs once a boot. The first one rents an encrypted lease and a plain one, loses the daemon, and then the power; the second finds
the one locked and the other running, and opens the first with its key. What is written to /disk is searched for the key later.
"""

import hashlib
import io
import json
import os
import pathlib
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time

from engine import Engine
from harness import Consumer, Process, accepts, check, equal, fetch, narrate, run_for_line, unix_time, wait_until

FOLDER = pathlib.Path("/disk/story")
VOLUME_KEY = pathlib.Path("/run/volume.key")  # in memory
RELAY, MINT = "ws://127.0.0.1:4000", "http://127.0.0.1:4001"
IMAGE = "story/page:1"
SECONDS = 1800
SETTLED = 3
# A page is the digest of its template's name, made in the container: who finds it on the disk finds it in the volume.
START = """#!/bin/sh
[ -e /data/page ] || echo "$NAME" | md5sum | cut -c1-32 >/data/page
httpd -p 3000 -h /data
while :; do sleep 3600 & wait $!; done
"""
TEMPLATE = f"""
slug = "SLUG"
description = "a page in its data volume"
image = "{IMAGE}"
data_path = "/data"
[[ports]]
container_port = 3000
label = "page"
scheme = "http"
[environment]
NAME = "SLUG"
"""
CONFIG = f"""
state_dir = "{FOLDER}/state"
templates_dir = "{FOLDER}/templates"
log_level = "debug"
[provider]
name = "machine"
key_file = "{FOLDER}/provider.key"
public_address = "127.0.0.1"
relays = ["{RELAY}"]
mints = ["{MINT}"]
allow_practice_mints = true
lease_seconds_min = 5
heartbeat_seconds = 20
[docker]
socket = "/run/docker.sock"
[disk]
free_gb_min = 0
[ports]
range = "31000-31099"
address = "127.0.0.1"
[capacity]
memory_mb = 4096
storage_gb = 100
[[specs]]
id = "basic"
cpu_millicores = 200
memory_mb = 64
disk_gb = 1
rate_msats_per_sec = 1000
"""


class Machine:
    """What a boot starts; stands in for the harness's world."""

    def __init__(self):
        FOLDER.mkdir(exist_ok=True)
        self.folder = FOLDER
        self.engine = Engine("/run/docker.sock")
        self.pubkey = None
        self.daemon = None
        self.customer = Consumer(self, "customer", [RELAY])

    def secret_file(self, name):
        path = FOLDER / name
        if not path.exists():
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(os.urandom(32).hex() + "\n")
        return path

    def start(self):
        dockerd = Process("dockerd", ["dockerd", "--data-root", "/disk/docker", "--exec-root", "/run/docker", "--storage-driver", "vfs",
                                      "--bridge", "none", "--iptables=false", "--ip6tables=false", "--pidfile", "/run/dockerd.pid",
                                      "--log-level", "warn", "-H", "unix:///run/docker.sock"], FOLDER)
        relay = Process("relay", ["/bin/berth", "local", "relay", "--port", 4000, "--db", FOLDER / "relay.db"], FOLDER)
        mint = Process("mint", ["/bin/berth", "local", "mint", "--port", 4001, "--db", FOLDER / "mint.db"], FOLDER)
        relay.wait_ready(lambda: accepts(4000), 30)
        mint.wait_ready(lambda: fetch(f"{MINT}/v1/info"), 30)
        dockerd.wait_ready(self.engine.ready, 90)

    def start_daemon(self):
        self.daemon = Process("daemon", ["/bin/berth", "run", "--config", FOLDER / "berth.toml"], FOLDER)
        self.daemon.wait_ready(self.daemon_online, 60)

    def daemon_online(self):
        if "first heartbeat accepted" not in self.daemon.log().split("serves as")[-1]:
            return None
        for entry in self.customer.list():
            if entry["name"] == "machine":
                self.pubkey = entry["pubkey"]
                return entry
        return None

    def spawn(self, template, **options):
        token = run_for_line(["/bin/berth", "local", "token", "--mint", MINT, "--amount", SECONDS], r"cashu[AB][\w=-]+")
        return self.customer.spawn(self, token, template=template, wait=120, **options).good()

    def status(self, lease):
        return self.customer.status(self, lease).good()

    def messages_to_customer(self):
        """How many gift wraps the relay holds for whom it holds most of, the provider aside."""
        copy = pathlib.Path("/tmp/relay.db")  # the relay keeps its own to itself
        for ending in ("", "-wal"):
            shutil.copy(f"{FOLDER}/relay.db{ending}", f"{copy}{ending}")
        query = ("SELECT count(*) FROM relay_tags t JOIN relay_events e ON e.id = t.event_id WHERE t.name = 'p' AND e.kind = 1059 "
                 "AND t.value <> ? GROUP BY t.value ORDER BY 1 DESC")
        database = sqlite3.connect(copy)
        count = database.execute(query, (self.pubkey,)).fetchone()[0]
        database.close()
        return count


def make_image(engine):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for directory in ("bin", "data", "tmp"):
            entry = tarfile.TarInfo(directory)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        tar.add("/bin/busybox", arcname="bin/busybox")
        for applet in ("sh", "httpd", "sleep", "echo", "md5sum", "cut"):
            entry = tarfile.TarInfo(f"bin/{applet}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
        entry = tarfile.TarInfo("start")
        entry.size, entry.mode = len(START), 0o755
        tar.addfile(entry, io.BytesIO(START.encode()))
    repository, version = IMAGE.split(":")
    engine.call("POST", f"/images/create?fromSrc=-&repo={repository}&tag={version}&changes=CMD+%5B%22%2Fstart%22%5D",
                body=buffer.getvalue(), content_type="application/x-tar", timeout=120)


def port_of(lease):
    return lease["template_ports"][0]["host_port"]


def page_of(lease):
    page = fetch(f"http://127.0.0.1:{port_of(lease)}/page", timeout=20)
    return page and page.strip()


def expect_page(lease, template, text):
    wanted = hashlib.md5(f"{template}\n".encode()).hexdigest()
    wait_until(text, lambda: page_of(lease) == wanted, 30)
    narrate(f"ok: {text}")


def key_opens(image):
    """Whether cryptsetup itself, given the raw key, opens it."""
    import base64
    raw = pathlib.Path("/run/raw.key")
    raw.write_bytes(base64.urlsafe_b64decode(VOLUME_KEY.read_text().strip() + "="))
    line = ["cryptsetup", "open", "--test-passphrase", "--key-file", str(raw), str(image)]
    return subprocess.run(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def encrypted_image():
    return next((FOLDER / "state" / "volumes").glob("*.luks"))


class Onlooker:
    """Keeps on the disk, which is searched later, what others on the host can see of processes, of those that live short, too."""

    def __init__(self, name):
        self.file = open(FOLDER / f"shown-{name}", "wb")
        self.known = {}  # process → its command line, and how often it was that
        self.lines = set()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.over.is_set():
            for process in filter(str.isdigit, os.listdir("/proc")):
                self.look_at(process)
            time.sleep(0.1)

    def look_at(self, process):
        known, times = self.known.get(process, (None, 0))
        if times == SETTLED:  # what was just forked becomes something else yet
            return
        try:
            with open(f"/proc/{process}/cmdline", "rb") as file:
                line = file.read()
            if line != known:
                self.lines.add(line)
                with open(f"/proc/{process}/environ", "rb") as file:
                    self.file.write(line + b"\n" + file.read() + b"\n")
            self.known[process] = (line, times + 1 if line == known else 0)
        except OSError:
            return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.file.close()

    def saw(self, program):
        return any(program.encode() in line for line in self.lines)


def keep_what_shows(machine):
    """The same of the Engine."""
    shown = FOLDER / "shown"
    shown.mkdir()
    for container in machine.engine.get("/containers/json?all=1"):
        (shown / container["Id"]).write_bytes(machine.engine.call("GET", f"/containers/{container['Id']}/json"))
    (shown / "volumes").write_bytes(machine.engine.call("GET", "/volumes"))


def dump_core(machine):
    machine.daemon.process.send_signal(signal.SIGABRT)
    machine.daemon.process.wait(timeout=60)
    core = FOLDER / f"core.{machine.daemon.pid}"
    check(str(FOLDER).encode() + b"/state" in core.read_bytes(), "the core dump of the daemon holds what was on its heap")


def destroy_is_an_erase(machine):
    lease = machine.spawn("secret", encrypt=VOLUME_KEY)
    image = encrypted_image()
    aside = FOLDER / "kept-aside"
    os.link(image, aside)
    check(key_opens(aside), "the tenant's key opens the image while the lease runs")
    machine.customer.stop(machine, lease["pod_npub"]).good()
    wait_until("the image is gone", lambda: not image.exists() and not image.with_suffix(".gone").exists(), 60)
    check(not key_opens(aside), "after the end it opens what was kept of the image no more")
    aside.unlink()
    equal(os.listdir("/dev/mapper"), ["control"], "no mapping is left")
    equal(machine.engine.get("/containers/json?all=1"), [], "nor a container")


def before_the_cut(machine):
    (FOLDER / "templates").mkdir()
    for name in ("secret", "open"):
        (FOLDER / "templates" / f"{name}.toml").write_text(TEMPLATE.replace("SLUG", name))
    (FOLDER / "berth.toml").write_text(CONFIG)
    (FOLDER / "state").mkdir(mode=0o700)
    machine.secret_file("provider.key")
    machine.start()
    make_image(machine.engine)
    machine.start_daemon()
    offer = machine.daemon_online()
    check({"encrypted-volumes", "sized-volumes"} <= set(offer["capabilities"]), "the offer promises both kinds of volumes")

    destroy_is_an_erase(machine)
    with Onlooker("spawn") as onlooker:
        encrypted = machine.spawn("secret", encrypt=VOLUME_KEY)
    check(onlooker.saw("mkfs.ext4") and onlooker.saw("berth"), "the volume's makers were looked at")
    expect_page(encrypted, "secret", "a container uses the encrypted volume")
    plain = machine.spawn("open")
    expect_page(plain, "open", "a container uses the volume that is held to its size")
    keep_what_shows(machine)
    dump_core(machine)
    expect_page(encrypted, "secret", "leases go on without the daemon")
    machine.start_daemon()
    equal(machine.status(encrypted["pod_npub"])["status"], "Running", "the new daemon finds the lease running")
    expect_page(encrypted, "secret", "on its volume")
    messages = machine.messages_to_customer()
    (FOLDER / "leases.json").write_text(json.dumps({"encrypted": encrypted, "plain": plain, "messages": messages}))
    os.sync()
    narrate("the power goes")
    pathlib.Path("/proc/sysrq-trigger").write_text("b")
    signal.pause()


def after_the_cut(machine):
    before = json.loads((FOLDER / "leases.json").read_text())
    encrypted, plain = before["encrypted"], before["plain"]
    lease = encrypted["pod_npub"]
    machine.start()
    machine.start_daemon()
    # Nobody has asked anything yet.
    wait_until("the owner is told", lambda: machine.messages_to_customer() > before["messages"], 30)
    narrate("ok: the owner of the locked lease was told")
    expect_page(plain, "open", "the plain lease runs again on its data")
    locked = wait_until("the lease is locked", lambda: (s := machine.status(lease))["status"] == "Locked" and s, 30)
    equal(page_of(encrypted), None, "the encrypted lease is locked and serves nothing")
    container = next(c for c in machine.engine.get("/containers/json?all=1") if c["State"] != "running")
    settings = machine.engine.get(f"/containers/{container['Id']}/json")["HostConfig"]
    equal(settings["RestartPolicy"]["Name"], "no", "the Engine does not start it by itself")
    place = pathlib.Path(machine.engine.get("/volumes/" + settings["Mounts"][0]["Source"])["Mountpoint"])
    check(not place.is_mount() and not list(place.iterdir()), "there is nothing where its volume would be")
    image = encrypted_image()
    digest = hashlib.sha256(open(image, "rb").read(1 << 20)).digest()
    wrong = pathlib.Path("/run/wrong.key")
    wrong.write_text("A" * 43 + "\n")
    equal(machine.customer.unlock(machine, lease, wrong).error_type(), "wrong_volume_key", "a wrong key is called one")
    equal(hashlib.sha256(open(image, "rb").read(1 << 20)).digest(), digest, "and changes nothing in the header")
    equal(machine.status(lease)["status"], "Locked", "nor of the lease")
    stranger = Consumer(machine, "stranger", [RELAY])
    equal(stranger.unlock(machine, lease, VOLUME_KEY).error_type(), "not_found", "a stranger has no such lease, whatever the key")
    with Onlooker("unlock"):
        equal(machine.customer.unlock(machine, lease, VOLUME_KEY).good()["status"], "Running", "the right key unlocks it")
    expect_page(encrypted, "secret", "its data is there")
    equal(machine.customer.unlock(machine, lease, VOLUME_KEY).good()["status"], "Running", "unlocking again changes nothing")
    equal(machine.customer.unlock(machine, lease, wrong).error_type(), "wrong_volume_key", "nor does a wrong key then")
    dump_core(machine)
    machine.start_daemon()
    now = machine.status(lease)
    check(unix_time(now["expires_at"]) > unix_time(encrypted["expires_at"]), "the time that it was locked is given back")
    check(unix_time(locked["expires_at"]) > unix_time(encrypted["expires_at"]), "and was while it was locked")
    for name in (lease, plain["pod_npub"]):
        machine.customer.stop(machine, name).good()
    wait_until("every image is gone", lambda: not list((FOLDER / "state" / "volumes").iterdir()), 60)
    equal(machine.daemon.stop(), 0, "the daemon stops")
    os.sync()


def main():
    machine = Machine()
    pathlib.Path("/proc/sys/kernel/core_pattern").write_text(f"{FOLDER}/core.%p\n")
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    if (FOLDER / "leases.json").exists():
        after_the_cut(machine)
    else:
        before_the_cut(machine)


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        for log in FOLDER.glob("*.log"):
            print(f"--- {log.name}", *log.read_text(errors="replace").splitlines()[-25:], sep="\n")
        sys.stdout.flush()
        raise
