"""A place that waits for a silent mint is for sale again after a while, and the payment is given back when the mint took it.

There is one place. The first customer's mint dies after his token was judged. The second one, with another mint, is refused for
free while the first one's reservation stands, and gets the place once that has lapsed. Then the first mint comes back and takes the
first payment: its owner is told, with a token for all of it.
"""

from crash_stories import refund_of
from harness import Answer, check, equal, free_port, narrate, wait_until

PATIENCE = 10
LEASE_SECONDS = 40


def run(world):
    port = free_port()
    relay, lost_mint, good_mint = world.relay(), world.mint("lost-mint", port=port), world.mint("good-mint")
    provider = world.provider([relay], [lost_mint, good_mint], cpu_millicores=200,
                              capacity=f"reservation_seconds_max = {PATIENCE}").start()
    first, second = world.consumer("first", [relay]), world.consumer("second", [relay])
    token, other_token = world.token(lost_mint, LEASE_SECONDS), world.token(good_mint, LEASE_SECONDS)

    world.processes_named("lost-mint")[-1].kill()
    waiting = first.start_spawn(provider, token, wait=120)
    wait_until("the first one's reservation stands",
               lambda: provider.operator("status").good()["leases"].get("redeeming") == 1, 20)
    equal(second.spawn(provider, other_token).error_type(), "no_capacity", "there is no second place")
    wait_until("the reservation has lapsed", lambda: provider.operator("status").good()["free_slots"]["basic"] == 1, PATIENCE + 15)
    check(waiting.poll() is None, "the first one was told nothing yet: nobody knows where his money is")
    equal(len(provider.containers()), 0, "no container was made for him")
    lease = second.spawn(provider, other_token).good()["pod_npub"]
    narrate(f"the second one got the place with the token that was refused before: {lease}")

    world.mint("lost-mint", port=port)
    answer = Answer(waiting)
    equal(answer.error_type(), "race_lost", "the mint is back and took the payment: too late, and the first one hears of it")
    check(refund_of(answer), "the answer has a refund in it")
    equal(world.redeem(lost_mint, refund_of(answer)[0]), LEASE_SECONDS, "with all of his money")
    equal(len(provider.containers()), 1, "there is one container, the second one's")
    wait_until("which ends", provider.nothing_left, LEASE_SECONDS + 20)
    equal(provider.good_wallet("audit")["differences"], [], "the mints agree with the books")
