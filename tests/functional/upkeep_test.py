"""What a lease's owner is told while it runs, and what happens when its container exits.

Logs are for the owner only, bounded and made safe. A notice comes before the end, once for each end, be the daemon killed in
between. A container that is killed is started again; one that exits again and again is left alone and reported once.
"""

import time

from harness import check, equal, narrate, page_at, unix_time, wait_until

SECONDS_MAX = 170
NOISY = "berth-test/noisy:1"
CRASHING = "berth-test/crashing:1"


def make_image(world, tag, script):
    world.engine.make_page_image(tag, files=[("start", f"#!/bin/sh\n{script}\n".encode(), 0o755, {})])


def notices(customer, word):
    return [notice for notice in customer.notices() if notice["notice"] == word]


def show_logs(world, provider, customer, stranger, mint):
    narrate("logs")
    lease = customer.spawn(provider, world.token(mint, 60), image=NOISY).good()["pod_npub"]
    wait_until("it wrote something", lambda: "line 1999" in customer.logs(provider, lease).good()["logs"], 20, every=2)
    for transport in ("nip17", "nip04"):
        logs = customer.logs(provider, lease, tail=1000, transport=transport).good()
        check(logs["truncated"] and logs["logs"].endswith("line 1999\n"), f"a long log's end comes over {transport}")
        check(len(logs["logs"]) > 10_000, "and as much of it as fits")
        check("\x1b" not in logs["logs"], "without what a terminal would obey")
    equal(customer.logs(provider, lease, tail=1).good()["logs"].count("\n"), 1, "one line when one is asked for")
    equal(stranger.logs(provider, lease).error_type(), "not_found", "a stranger gets nothing")
    customer.stop(provider, lease).good()
    wait_until("it is gone", provider.nothing_left, 20)


def show_warning(world, provider, customer, mint):
    narrate("a notice before the end")
    access = customer.spawn(provider, world.token(mint, 20)).good()
    lease, end = access["pod_npub"], unix_time(access["expires_at"])
    equal(notices(customer, "expiring"), [], "not at once")
    time.sleep(max(0.0, end - 7.5 - time.time()))
    warned = wait_until("the notice", lambda: notices(customer, "expiring"), 6, every=0.3)
    equal([n["pod_id"] for n in warned], [lease.removeprefix("container-")], "it names the lease")
    equal(round(unix_time(warned[0]["expires_at"])), round(end), "and its end")
    provider.process.kill()
    provider.start()
    topped = customer.topup(provider, lease, world.token(mint, 20)).good()
    equal(len(notices(customer, "expiring")), 1, "no second one for the same end, although the daemon was killed")
    end = unix_time(topped["new_expires_at"])
    wait_until("another one for the new end", lambda: len(notices(customer, "expiring")) == 2, end - time.time(), every=0.5)
    wait_until("the lease ends", lambda: not provider.containers(), end - time.time() + 15)
    equal(len(notices(customer, "expiring")), 2, "two ends, two notices")


def show_restart(world, provider, customer, mint):
    narrate("a container that is killed")
    access = customer.spawn(provider, world.token(mint, 60)).good()
    container = provider.containers()[0]["Id"]
    killed = time.monotonic()
    world.engine.call("POST", f"/containers/{container}/kill")
    wait_until("its page is gone", lambda: provider.containers()[0]["State"] != "running", 5)
    page_at("127.0.0.1", access["node_port"], seconds=8)
    narrate(f"ok: it serves again after {time.monotonic() - killed:.1f} s")
    status = customer.status(provider, access["pod_npub"]).good()
    equal((status["status"], status["restarts"]["last_exit_code"]), ("Running", 137), "status tells of it")
    equal(unix_time(status["expires_at"]), unix_time(access["expires_at"]), "its time went on")
    equal(provider.containers()[0]["Id"], container, "it is the same container")
    world.engine.call("POST", f"/containers/{container}/rename?name=renamed-{access['pod_npub']}")
    world.engine.call("POST", f"/containers/{container}/kill")
    page_at("127.0.0.1", access["node_port"], seconds=12)
    check(world.engine.get(f"/containers/{container}/json")["State"]["Running"], "it is again, under the name that the operator gave it")
    customer.stop(provider, access["pod_npub"]).good()
    wait_until("it is gone", provider.nothing_left, 20)
    check(not any(entry["Id"] == container for entry in world.engine.get("/containers/json?all=1")), "whatever its name")


def show_crash_loop(world, provider, customer, mint):
    narrate("a workload that exits again and again")
    access = customer.spawn(provider, world.token(mint, 100), image=CRASHING).good()
    told = wait_until("its owner is told", lambda: notices(customer, "crash_looping"), 45, every=1)
    equal(told[0]["exit_code"], 7, "with the exit code")
    check("I give up" in told[0]["logs"], "and its last words")
    equal(customer.status(provider, access["pod_npub"]).good()["status"], "Failed", "status says failed")
    provider.process.kill()
    provider.start()
    time.sleep(3)
    equal(len(notices(customer, "crash_looping")), 1, "once, although the daemon was killed")
    equal(provider.containers()[0]["State"], "exited", "and it stays down for now")
    stopped = customer.stop(provider, access["pod_npub"]).good()
    check(world.redeem(mint, stopped["refund"]["token"]) > 20, "a stop brings the unused seconds back")
    wait_until("it is gone", provider.nothing_left, 20)


def run(world):
    lines = "while [ $i -lt 2000 ]; do echo as a server writes it, at some length: line $i; i=$((i+1)); done"
    make_image(world, NOISY, f"i=0; {lines}; sleep 1000")
    make_image(world, CRASHING, "echo I give up; exit 7")
    relay, mint = world.relay(), world.mint()
    provider = world.provider([relay], [mint], expiry_warning_seconds=7).start()
    customer, stranger = world.consumer("customer", [relay]), world.consumer("stranger", [relay])
    show_logs(world, provider, customer, stranger, mint)
    show_restart(world, provider, customer, mint)
    show_crash_loop(world, provider, customer, mint)
    show_warning(world, provider, customer, mint)
    wait_until("nothing is left", provider.nothing_left, 20)
