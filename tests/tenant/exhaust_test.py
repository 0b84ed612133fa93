"""A tenant takes all it can get of processes, memory, processor, disk, log, files and inodes; it gets what it paid for.

A real daemon, and real leases for every attempt; a neighbour's page is asked all the while, and the host must stay as it was.
"""

import pathlib
import threading
import time

from harness import Failure, Skip, fetch, narrate, page_at, wait_until
from tenants import Tenants

SECONDS_MAX = 420
PIDS_MAX = 256
MEMORY_MB = 128
CPU_PERCENT = 20
DISK_MB = 1024
NOFILE_MAX = 1024
LOG_BYTES_MAX = int(2.2 * (1 << 20))
# The neighbour has a fifth of a core and a loaded host; this is to tell slow from dead.
NEIGHBOUR_SECONDS_MAX = 10


class Neighbour:
    """Asks the neighbour's page as long as it is in a `with`, and remembers whether it ever failed to answer."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/"
        self.slowest, self.answers, self.silent = 0.0, 0, False
        self._over = threading.Event()

    def _ask(self):
        while not self._over.is_set():
            started = time.monotonic()
            if fetch(self.url, timeout=NEIGHBOUR_SECONDS_MAX) is None:
                self.silent = True
            self.answers += 1
            self.slowest = max(self.slowest, time.monotonic() - started)
            time.sleep(0.05)

    def __enter__(self):
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        narrate(f"the neighbour answered {self.answers} times, at worst after {self.slowest * 1000:.0f} ms")


def first_number(text):
    return int(text.split()[0])


def fork_bomb(lease, neighbour):
    before = len(list(pathlib.Path("/proc").glob("[0-9]*")))
    with Neighbour(neighbour) as watched:
        lives = first_number(lease.attempt("fork-bomb"))
    if lives > PIDS_MAX or lives < PIDS_MAX // 2:
        raise Failure(f"{lives} processes, the limit is {PIDS_MAX}")
    if watched.silent:
        raise Failure("the neighbour did not answer meanwhile")
    if len(list(pathlib.Path("/proc").glob("[0-9]*"))) > before + PIDS_MAX:
        raise Failure("the host has many more processes now")
    lease.text("/bin/ls", "/")


def take_memory(lease, neighbour):
    with Neighbour(neighbour) as watched:
        code, text = lease.run("/bin/hostile", "take-memory", str(8 * MEMORY_MB))
    taken = first_number(text.splitlines()[-1])
    if code != 137 or taken > MEMORY_MB:
        raise Failure(f"exit code {code} after {taken} MB of {MEMORY_MB} MB, swap included")
    if taken < MEMORY_MB // 2:
        raise Failure(f"only {taken} MB of {MEMORY_MB} MB could be had")
    if watched.silent:
        raise Failure("the neighbour did not answer meanwhile")


def has_no_swap(lease):
    limits = lease.inspect()["HostConfig"]
    if limits["MemorySwap"] != limits["Memory"] or limits["Memory"] != MEMORY_MB << 20:
        raise Failure(f"memory {limits['Memory']}, with swap {limits['MemorySwap']}")


def fill_shared_memory(lease):
    code, text = lease.run("/bin/hostile", "fill", "/dev/shm", str(8 * MEMORY_MB))
    lease.run("/bin/sh", "-c", "busybox rm -f /dev/shm/fill-*")
    if code not in (0, 137) or (code == 0 and first_number(text) > MEMORY_MB):
        raise Failure(f"exit code {code}: {text}")


def burn_processor(lease, neighbour):
    with Neighbour(neighbour) as watched:
        percent = first_number(lease.text("/bin/hostile", "burn-cpu", "4"))
    if percent > CPU_PERCENT * 1.3:
        raise Failure(f"{percent} % of a core, {CPU_PERCENT} % were bought")
    if watched.silent:
        raise Failure("the neighbour did not answer meanwhile")


def open_files(lease, most):
    count = first_number(lease.attempt("open-files"))
    if count > most:
        raise Failure(f"{count} files open, the limit is {most}")


def fill_log(lease):
    folder = pathlib.Path(lease.inspect()["LogPath"]).parent
    lease.text("/bin/hostile", "fill-log", "24")
    time.sleep(1)
    try:
        sizes = [file.stat().st_size for file in folder.glob("*-json.log*")]
    except PermissionError:
        raise Skip(f"{folder} can't be read: run it as root") from None
    if not sizes or sum(sizes) > LOG_BYTES_MAX:
        raise Failure(f"24 MB written, {sum(sizes)} bytes of log in {len(sizes)} files")


def fill_volume(tenants, lease):
    if "sized-volumes" not in tenants.offer()["capabilities"]:
        raise Skip("this host has no loop devices, so volumes are watched instead")
    got = first_number(lease.attempt("fill", "/data", 2 * DISK_MB))
    if got > DISK_MB:
        raise Failure(f"{got} MB of {DISK_MB} MB")
    lease.run("/bin/sh", "-c", "busybox rm -f /data/fill-*")


def exhaust_inodes(tenants, lease):
    if "sized-volumes" not in tenants.offer()["capabilities"]:
        raise Skip("this host has no loop devices, so volumes are watched instead")
    narrate("inodes of the volume: " + lease.attempt("make-files", "/data", 300000, timeout=120).strip())


def run(world):
    tenants = Tenants(world)
    hostile, with_data = tenants.rent(), tenants.rent(template="hostile")
    neighbour = tenants.rent().access["node_port"]
    page_at("127.0.0.1", neighbour)
    world.probe("a fork bomb ends at the limit of processes, and others don't notice", lambda: fork_bomb(hostile, neighbour))
    world.probe("who takes memory is killed at its limit, and nobody else is", lambda: take_memory(hostile, neighbour))
    world.probe("there is no swap to escape into", lambda: has_no_swap(hostile))
    world.probe("files in /dev/shm count as memory", lambda: fill_shared_memory(hostile))
    world.probe("eight busy loops get the share of a core that was bought", lambda: burn_processor(hostile, neighbour))
    world.probe("open files end at their limit", lambda: open_files(hostile, NOFILE_MAX))
    world.probe("and at a template's own limit", lambda: open_files(with_data, 512))
    world.probe("a full log is rotated and stays small", lambda: fill_log(hostile))
    world.probe("a data volume ends where it was sold to", lambda: fill_volume(tenants, with_data))
    world.probe("a data volume's inodes end", lambda: exhaust_inodes(tenants, with_data))
    wait_until("the neighbour still answers", lambda: fetch(f"http://127.0.0.1:{neighbour}/"), 10)
