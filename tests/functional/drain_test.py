"""An operator ends a lease, drains the provider, and every unused sat goes back to whose it was.

The real daemon with real containers. Leases are ended one by one and all at once; refunds arrive as direct messages, which the
owner's `stop` repeats, and are counted at the mint. The daemon is killed with -9 while it drains, and between an order to end a
lease and its answer.
"""

import json
import threading
import time

from harness import Answer, check, equal, narrate, unix_time, wait_until
from operator_status_test import Line

SECONDS_MAX = 300


def is_close(actual, wanted, allowed, text):
    check(abs(actual - wanted) <= allowed, f"{text} ({actual}, expected {wanted})")


def lease_named(provider, access):
    """The operator's view of a consumer's lease."""
    number = int(access["pod_npub"].removeprefix("container-"))
    return provider.operator("lease", "show", number).good()


def refund_of(world, mint, customer, provider, access):
    """The sats that an owner's refund token brings at the mint, and the body it came in."""
    body = customer.stop(provider, access["pod_npub"]).good()
    return world.redeem(mint, body["refund"]["token"]), body


def offered(customer, provider):
    return next(entry for entry in customer.list() if entry["pubkey"] == provider.pubkey)


def end_while_killed(world, mint, customer, provider):
    """A kill -9 right behind the order, at different distances: ended once, refunded once, or not at all yet."""
    for delay in (0.0, 0.002, 0.01, 0.05):
        access = customer.spawn(provider, world.token(mint, 100)).good()
        lease = lease_named(provider, access)
        line = Line(provider.folder / "state" / "control.sock")
        line.send(json.dumps({"id": 1, "verb": "lease.end", "lease": lease["id"]}).encode() + b"\n")
        time.sleep(delay)
        provider.process.kill()
        provider.start()
        again = provider.operator("lease", "end", lease["id"]).good()
        check(again["end_reason"] == "evicted" and again["refund"]["msat"] > 0, f"killed {delay} s after: it ends all the same")
        sats, body = refund_of(world, mint, customer, provider, access)
        equal(sats * 1000, again["refund"]["msat"], "and what the operator is told went back, once")
        repeated = customer.stop(provider, access["pod_npub"]).good()
        equal(repeated["refund"]["token"], body["refund"]["token"], "the owner has one token of it")


def run(world):
    relay = world.relay()
    mint = world.mint()
    provider = world.provider([relay], [mint]).start()
    customer = world.consumer("customer", [relay])
    second = world.consumer("second", [relay])
    spent = 0

    narrate("a lease is looked at, and ended")
    access = customer.spawn(provider, world.token(mint, 200)).good()
    spent += 200
    listed = provider.operator("lease", "list").good()["leases"]
    equal([(each["state"], each["spec"]) for each in listed], [("running", "basic")], "lease list shows it")
    lease = lease_named(provider, access)
    is_close(lease["left_seconds"], unix_time(access["expires_at"]) - time.time(), 3, "lease show tells what is left")
    whole = json.dumps(lease) + provider.operator("lease", "show", lease["number"], json_output=False).output
    password = next(line for line in access["instructions"] if "assword" in line).split()[-1]
    check(password not in whole, "but not the password")
    before = time.time()
    ended = provider.operator("lease", "end", lease["number"], "--reason", "the disk is failing").good()
    equal(ended["end_reason"], "evicted", "the operator ends it")
    is_close(ended["refund"]["unused_seconds"], unix_time(access["expires_at"]) - before, 3, "what was left is unused")
    equal(ended["refund"]["msat"], ended["refund"]["unused_seconds"] * 1000, "and goes back at the lease's rate")
    check("token" not in json.dumps(ended), "the owner's token isn't the operator's")
    again = provider.operator("lease", "end", ended["id"]).good()
    equal(again["refund"]["msat"], ended["refund"]["msat"], "ending it again changes nothing")
    sats, body = refund_of(world, mint, customer, provider, access)
    equal((sats * 1000, body["notice"], body["reason"]), (ended["refund"]["msat"], "evicted", "the disk is failing"),
          "the owner has the money, and the reason")
    spent -= sats
    wait_until("the container is gone", lambda: not provider.containers(), 20)
    equal(customer.status(provider, access["pod_npub"]).good()["status"], "Stopped", "its owner's status says stopped")
    equal(provider.operator("lease", "end", 1).code, 1, "a lease that there is not can't be ended")

    narrate("drain")
    running = customer.spawn(provider, world.token(mint, 40)).good()
    spent += 40
    equal(offered(customer, provider)["cpu_available"] > 0, True, "the offer shows what is free")
    drained = provider.operator("drain").good()
    equal((drained["draining"], drained["leases"], drained["empty"]), (True, 1, False), "it drains, one lease is left")
    token = world.token(mint, 100)
    refused = second.spawn(provider, token)
    equal(refused.error_type(), "no_capacity", "a spawn is refused")
    check("emptied" in refused.body["message"], "the message says why")
    equal(world.redeem(mint, token), 100, "its token is untouched")
    equal(second.quote(provider).error_type(), "no_capacity", "a quote says so, too")
    wait_until("the offer shows nothing free", lambda: offered(customer, provider)["cpu_available"] == 0, 5)
    token = world.token(mint, 50)
    equal(customer.topup(provider, running["pod_npub"], token).error_type(), "no_capacity", "a top-up is refused")
    equal(world.redeem(mint, token), 50, "its token is untouched")
    equal(len(provider.containers()), 1, "the lease goes on")
    provider.process.kill()
    equal(provider.operator("drain").good()["leases"], 1, "with no daemon, drain is written into the rows")
    equal(len(provider.operator("lease", "list").good()["leases"]), 1, "and leases are read from them")
    provider.start()
    equal(provider.operator("status").good()["drain"]["draining"], True, "a kill -9 changes nothing about it")
    equal(provider.operator("status").good()["free_slots"]["basic"], 0, "nothing is free")
    impatient = provider.operator("drain", "--wait", "1")
    check(impatient.code == 69 and "1 lease is left" in impatient.errors, "--wait gives up")
    waited = provider.operator("drain", "--wait", "100").good()
    equal(waited["empty"], True, "--wait returns when the last lease has ended by itself")
    check("drained: no lease is left" in provider.process.log(), "and the log says so")

    narrate("--off sells again")
    equal(provider.operator("drain", "--off").good()["draining"], False, "no longer draining")
    both = []
    for owner in (customer, second, second):
        both.append((owner, owner.spawn(provider, world.token(mint, 300)).good()))
        spent += 300

    narrate("--evict ends every lease, one that is just being bought, too")
    late = {}
    thread = threading.Thread(target=lambda: late.update(answer=second.spawn(provider, world.token(mint, 70))))
    thread.start()
    evicted = Answer(provider.start_operator("drain", "--evict", "--wait", 60)).good()
    equal(evicted["empty"], True, "nothing is left")
    thread.join()
    for owner, lease in both:
        sats, body = refund_of(world, mint, owner, provider, lease)
        equal(sats, body["unused_seconds"], "its owner got every unused second back")
        check(sats > 200, "which were most")
        spent -= sats
    answer = late["answer"]
    if answer.error_type() != "no_capacity":
        spent += 70
        wait_until("the late one ends, too", lambda: not provider.operator("lease", "list").good()["leases"], 30)
        spent -= refund_of(world, mint, second, provider, answer.good())[0]
    check(provider.nothing_left(), "nothing is left on the Engine")

    narrate("kill -9 between the order to end a lease and its answer")
    provider.operator("drain", "--off").good()
    held = provider.good_wallet("balance")["msat"] // 1000
    equal(held, spent, "what the provider holds is what was used")
    end_while_killed(world, mint, customer, provider)
    books = provider.good_wallet("audit")
    equal(books["differences"], [], "the books are right, and the mint agrees")
