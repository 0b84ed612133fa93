"""A tenant writes more than it bought where no file system of its own ends it; it is stopped with notice, and the rest comes back.

Root file systems are held to their size where the Engine's storage driver can do that; elsewhere they are watched, and so are
volumes that are directories of the Engine's. What the offer says of both must be what happens.
"""

from harness import Failure, Skip, check, equal, fetch, narrate, page_at, wait_until
from tenants import IMAGE, TEMPLATE, Tenants

SECONDS_MAX = 300
DISK_MB = 1024
WATCHED = """
[disk]
watch_seconds = 1

[volumes]
sized = false
encrypted = false
"""
FULL_HOST = """
[disk]
free_gb_min = 900000
"""
# More than a process may open without CAP_SYS_RESOURCE on most hosts; the kernel's own limit on it is 1048576.
GREEDY = TEMPLATE.replace('"hostile"', '"greedy"').replace("512", "1048576")


def stopped(tenants, lease):
    """Waits until the lease has been ended for its size, and checks what its owner gets back."""
    wait_until(f"{lease.name} is gone", lambda: not lease.exists(), 30)
    answer = wait_until("the refund is there", lambda: with_refund(tenants, lease), 20)
    equal(answer["notice"], "outgrown", "its owner is told why")
    check(0 < answer["used_seconds"] < answer["bought_seconds"], "the seconds that it ran are kept")
    equal(tenants.world.redeem(tenants.mint, answer["refund"]["token"]), answer["refund"]["amount"], "the rest is paid back")


def with_refund(tenants, lease):
    body = tenants.customer.stop(tenants.provider, lease.name).body
    return body if body and "refund" in body else None


def fill_root(tenants, watched):
    lease = tenants.rent()
    if not watched:
        got = int(lease.attempt("fill", "/root", 2 * DISK_MB).split()[0])
        if got > DISK_MB:
            raise Failure(f"{got} MB of {DISK_MB} MB")
        return
    lease.run("/bin/hostile", "fill", "/root", str(DISK_MB + 64))
    stopped(tenants, lease)


def fill_within(tenants):
    lease = tenants.rent()
    lease.run("/bin/hostile", "fill", "/root", str(DISK_MB * 94 // 100))
    wait_until("its owner is warned", lambda: f"lease {lease.number} has nearly filled its disk" in tenants.provider.process.log(), 20)
    if not lease.exists() or lease.text("/bin/echo", "alive") != "alive\n":
        raise Failure("it was stopped although it has no more than it bought")


def hide_in_nameless_file(tenants):
    lease = tenants.rent()
    hide = "exec 3>/root/hidden; busybox rm /root/hidden; busybox dd if=/dev/zero bs=1M count=1100 >&3; sleep 9999"
    tenants.world.engine.start(lease.container, ["/bin/sh", "-c", hide])
    stopped(tenants, lease)


def make_files(tenants, watched):
    if not watched:
        raise Skip("the storage driver counts bytes, not files, and nobody watches")
    lease = tenants.rent()
    try:
        lease.run("/bin/hostile", "make-files", "/root", "400000", timeout=120)
    except (OSError, Failure):  # it was stopped in the middle
        pass
    stopped(tenants, lease)


def fill_directory(tenants):
    if "sized-volumes" in tenants.offer()["capabilities"]:
        raise Failure("the offer says sized-volumes although they are switched off")
    lease = tenants.rent(template="hostile")
    lease.run("/bin/hostile", "fill", "/data", str(DISK_MB + 64))
    stopped(tenants, lease)


def full_host_sells_nothing(world):
    tenants = Tenants(world, name="full", sections=FULL_HOST)
    token = world.token(tenants.mint, 60)
    answer = tenants.customer.spawn(tenants.provider, token, image=IMAGE)
    equal(answer.error_type(), "no_capacity", "a host whose disk is nearly full sells nothing")
    equal(world.redeem(tenants.mint, token), 60, "and the token is still the customer's")


def greedy_template_is_left_out(world):
    tenants = Tenants(world, name="greedy", templates_dir=world.templates("greedy", GREEDY))
    offer = wait_until("the limits were tried", lambda: "root file systems held" in tenants.provider.process.log() and tenants.offer(), 20)
    token = world.token(tenants.mint, 60)
    answer = tenants.customer.spawn(tenants.provider, token, image=IMAGE, template="greedy")
    if answer.code == 0:
        raise Skip("this host can give 1048576 open files, and did")
    equal(answer.error_type(), "unknown_template", "a template whose limit can't be set is refused")
    check("1048576 open files" in answer.body["message"], "with the reason")
    equal(world.redeem(tenants.mint, token), 60, "before money: the token is still the customer's")
    equal(offer["templates"], [], "and the offer leaves it out")


def run(world):
    tenants = Tenants(world, sections=WATCHED)
    words = wait_until("the offer tells how roots are limited", lambda: {"sized-root", "watched-root"} &
                       set(tenants.offer()["capabilities"]), 20)
    equal(len(words), 1, "the offer says one of the two")
    watched = words == {"watched-root"}
    narrate(f"root file systems of this Engine: {words.pop()}")
    neighbour = tenants.rent().access["node_port"]
    page_at("127.0.0.1", neighbour)
    world.probe("who fills the root file system gets no more than was bought", lambda: fill_root(tenants, watched))
    world.probe("who nearly fills it is warned, and goes on", lambda: fill_within(tenants))
    if watched:
        world.probe("who fills a file that has no name any more is stopped", lambda: hide_in_nameless_file(tenants))
    world.probe("who makes files without end is stopped", lambda: make_files(tenants, watched))
    world.probe("who fills a volume that is a directory is stopped", lambda: fill_directory(tenants))
    world.probe("a host with a full disk sells nothing", lambda: full_host_sells_nothing(world))
    world.probe("a template whose limits the host can't set is not sold", lambda: greedy_template_is_left_out(world))
    wait_until("the neighbour still answers", lambda: fetch(f"http://127.0.0.1:{neighbour}/"), 10)
