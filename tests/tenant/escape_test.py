"""A tenant as root inside of its lease tries to get out, to see others, and to touch the host; nothing of it works.

A real daemon, real leases, paid for and started as any other. Each row of PROBES is a test of its own: hostile.c makes the attempt
inside the lease, over the Engine's exec, whose processes have just the rights of the lease's own (the first probes look at both).
"""

import re

from harness import Failure, narrate
from tenants import NOBODY, Tenants

# CHOWN 0, DAC_OVERRIDE 1, FOWNER 3, KILL 5, SETGID 6, SETUID 7, NET_BIND_SERVICE 10, SYS_CHROOT 18
CAPABILITIES = sum(1 << bit for bit in (0, 1, 3, 5, 6, 7, 10, 18))
DEVICES = {"console", "core", "fd", "full", "init", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout",
           "tty", "urandom", "zero"}
OWN_FILE_SYSTEMS = {"overlay", "proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2"}
# What an Engine mounts of its own into every container.
ENGINE_FILES = {"/etc/resolv.conf", "/etc/hostname", "/etc/hosts", "/sbin/docker-init", "/dev/init"}
NEIGHBOURS_SECRET = "4711081500"

PROBES = [
    ("a raw socket is refused", "raw-socket"),
    ("a packet socket is refused", "packet-socket"),
    ("no device file can be made", "make-device"),
    ("nothing can be mounted or unmounted", "mount"),
    ("no user namespace can be entered", "user-namespace"),
    ("no other namespace can be entered", "other-namespaces"),
    ("no kernel module can be loaded or removed", "load-module"),
    ("the kernel's keyring is out of reach", "keyring"),
    ("bpf is refused", "bpf"),
    ("perf_event_open is refused", "perf-event"),
    ("the host can't be rebooted", "reboot"),
    ("no other kernel can be loaded", "kexec"),
    ("the clock can't be set", "set-clock"),
    ("the host name can't be changed", "set-hostname"),
    ("the host's memory and masked files of /proc read as nothing", "host-memory"),
    ("hardware ports are out of reach", "hardware-ports"),
    ("swap, accounting, quotas, the kernel's log and priorities are out of reach", "host-administration"),
    ("no file can be opened by its handle", "file-handle"),
    ("userfaultfd is refused", "user-fault"),
    ("io_uring is refused", "io-uring"),
    ("no file of /proc/sys opens for writing", "write-proc-sys"),
    ("no file of /sys opens for writing", "write-sys"),
    ("/proc/sysrq-trigger and its like don't open for writing", "sysrq"),
    ("no cgroup can be made, changed or given a release agent", "cgroup-escape"),
    ("the way out of a chroot leads to the container's own root", "chroot-escape"),
    ("no limit of a process can be raised", "raise-limits"),
    ("a crash leaves no core", "core-dump"),
]


def has_short_list(lease):
    for process in ("1", "self"):
        status = lease.text("/bin/cat", f"/proc/{process}/status")
        held = {name: int(re.search(rf"^{name}:\s*(\w+)", status, re.M)[1], 16)
                for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
        too_many = {name: hex(value) for name, value in held.items() if value & ~CAPABILITIES}
        if too_many or held["CapAmb"] or held["CapEff"] != CAPABILITIES:
            raise Failure(f"process {process} holds {held}, allowed is {CAPABILITIES:#x}")


def is_confined(lease):
    for process in ("1", "self"):
        status = lease.text("/bin/cat", f"/proc/{process}/status")
        for line in ("NoNewPrivs:\t1", "Seccomp:\t2"):
            if line not in status:
                raise Failure(f"process {process} lacks {line!r}")


def sees_only_itself(lease, neighbour):
    world = lease.world
    world.engine.exec(neighbour.container, ["/bin/sh", "-c", f"sleep {NEIGHBOURS_SECRET} & sleep 0.2"])
    if NEIGHBOURS_SECRET not in neighbour.text("/bin/ps"):
        raise Failure("the neighbour does not run what is looked for")
    seen = lease.text("/bin/sh", "-c", "cat /proc/[0-9]*/cmdline | busybox tr '\\0' ' '")
    for word in (NEIGHBOURS_SECRET, "dockerd", "containerd", str(world.folder)):
        if word in seen:
            raise Failure(f"{word} is seen among the processes")
    if "httpd" not in seen:
        raise Failure("not even its own processes are seen, so nothing was shown")


def has_no_device(lease):
    found = set(lease.text("/bin/ls", "/dev").split())
    if found - DEVICES:
        raise Failure(f"devices beyond the harmless ones: {sorted(found - DEVICES)}")
    disks = lease.text("/bin/busybox", "find", "/dev", "-type", "b")
    if disks.strip():
        raise Failure(f"disks: {disks}")


def has_no_host_mount(lease, data_path=None):
    for line in lease.text("/bin/cat", "/proc/self/mountinfo").splitlines():
        words = line.split()
        target, kind = words[4], words[words.index("-") + 1]
        masked = target.startswith(("/proc/", "/sys/"))
        if kind not in OWN_FILE_SYSTEMS and target not in ENGINE_FILES and not masked and target != data_path:
            raise Failure(f"mounted from the host: {line}")


def has_no_engine_socket(lease):
    found = lease.text("/bin/busybox", "find", "/", "-xdev", "-type", "s").split()
    gone = lease.run("/bin/ls", "/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock")[0]
    if found or gone == 0:
        raise Failure(f"sockets: {found}")


def run(world):
    tenants = Tenants(world)
    hostile, neighbour, with_data = tenants.rent(), tenants.rent(), tenants.rent(template="hostile")
    narrate(f"the hostile tenant is in {hostile.name}")
    world.probe("the lease has the short list of capabilities and no more", lambda: has_short_list(hostile))
    world.probe("no new privileges, and the Engine's seccomp profile holds", lambda: is_confined(hostile))
    for sentence, attempt in PROBES:
        world.probe(sentence, lambda attempt=attempt: hostile.attempt(attempt))
    world.probe("a setuid file of root's gives a user nothing",
                lambda: hostile.attempt("setuid-root", program="hostile-setuid", user=NOBODY))
    world.probe("a file's capabilities give a user nothing",
                lambda: hostile.attempt("file-capabilities", program="hostile-capable", user=NOBODY))
    world.probe("neither the host's processes nor another tenant's are seen", lambda: sees_only_itself(hostile, neighbour))
    world.probe("/dev has the harmless devices and no disk", lambda: has_no_device(hostile))
    world.probe("nothing of the host is mounted", lambda: has_no_host_mount(hostile))
    world.probe("nothing but the data volume where there is one", lambda: has_no_host_mount(with_data, "/data"))
    world.probe("/dev has no disk where there is a data volume", lambda: has_no_device(with_data))
    world.probe("no socket of an Engine is within reach", lambda: has_no_engine_socket(hostile))
