"""Money comes back: what a payment has too much, what a stopped lease did not use, and what a lost container owes.

Every token is counted where it counts, at the mint, by spending it.
"""

import time

from harness import check, equal, narrate, unix_time, wait_until

SECONDS_MAX = 120


def is_close(actual, expected, tolerance, text):
    check(abs(actual - expected) <= tolerance, f"{text} ({actual}, expected about {expected})")


def run(world):
    relay, mint = world.relay(), world.mint()
    provider = world.provider([relay], [mint], lease_seconds_min=5, lease_seconds_max=SECONDS_MAX).start()
    customer = world.consumer("customer", [relay])
    stranger = world.consumer("stranger", [relay])

    narrate("a quote, without money")
    quote = customer.quote(provider, sats=60).good()
    check(quote["accepted"] and quote["image"] == "present" and quote["free_slots"] > 0, "it would be accepted")
    rate = quote["rate_msats_per_sec"]
    equal(quote["duration_seconds"], 60_000 // rate, "it tells how long 60 sats last")
    equal(quote["min_amount_msat"], 5 * rate, "and what the least is")
    equal(customer.quote(provider, sats=1).error_type(), "insufficient_payment", "too little would be refused")
    equal(customer.quote(provider, image="denied.example/x:1").error_type(), "image_denied", "so would a denied image")
    equal(customer.quote(provider, spec="whole-host").error_type(), "no_capacity", "and what does not fit")
    equal(provider.containers(), [], "nothing was started for it")

    narrate("a payment for more than the longest lease")
    most = SECONDS_MAX * rate // 1000
    token = world.token(mint, most + 30)
    access = customer.spawn(provider, token).good()
    left = unix_time(access["expires_at"]) - time.time()
    is_close(left, SECONDS_MAX, 10, "the lease is as long as the longest")
    equal(access["change"]["amount"], 30, "the rest is in the answer as change")
    again = customer.spawn(provider, token).good()
    equal(again["change"]["token"], access["change"]["token"], "the same request again brings the same change")
    equal(world.redeem(mint, access["change"]["token"]), 30, "the mint pays it")
    narrate("a top-up of more than is missing to the longest lease")
    token = world.token(mint, 5)
    equal(customer.topup(provider, access["pod_npub"], token).error_type(), "invalid_request", "at first nothing is")
    equal(world.redeem(mint, token), 5, "so that token is still its owner's")
    time.sleep(4)
    topped = customer.topup(provider, access["pod_npub"], world.token(mint, 10)).good()
    added = topped["extended_duration_seconds"]
    check(1 <= added <= 9, f"some seconds were added ({added})")
    equal(topped["change"]["amount"], 10 - added * rate // 1000, "and what is too much comes back")
    equal(world.redeem(mint, topped["change"]["token"]), topped["change"]["amount"], "the mint pays it")

    narrate("stop: the unused seconds come back")
    equal(stranger.stop(provider, access["pod_npub"]).error_type(), "not_found", "a stranger can't stop it")
    stopped = customer.stop(provider, access["pod_npub"]).good()
    unused_sats = stopped["unused_seconds"] * rate // 1000
    is_close(stopped["refund"]["amount"], unused_sats, 1, "the refund is the unused seconds times the rate")
    is_close(stopped["unused_seconds"], unix_time(topped["new_expires_at"]) - time.time(), 10, "which were what was left")
    wait_until("the container is gone", lambda: not provider.containers(), 20)
    same = customer.stop(provider, access["pod_npub"]).good()
    equal(same["refund"]["token"], stopped["refund"]["token"], "stop again brings the same token, not a second one")
    equal(world.redeem(mint, stopped["refund"]["token"]), stopped["refund"]["amount"], "the mint pays it")
    status = customer.status(provider, access["pod_npub"]).good()
    equal((status["status"], status["time_remaining_seconds"]), ("Stopped", 0), "status says stopped, with no time left")

    narrate("a container that the host loses: the rest comes back unasked")
    lost = customer.spawn(provider, world.token(mint, 20)).good()
    provider.remove_containers()
    provider.process.stop()
    provider.start()
    wait_until("the lease has ended", lambda: customer.status(provider, lost["pod_npub"]).good()["status"] == "Failed", 30)
    rest = customer.stop(provider, lost["pod_npub"]).good()
    equal(rest["notice"], "vanished", "asking for it brings the notice")
    equal(world.redeem(mint, rest["refund"]["token"]), rest["refund"]["amount"], "the mint pays it")
    check(provider.nothing_left(), "nothing is left on the Engine")
