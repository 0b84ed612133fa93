"""The stories of the crash matrix, and the books that are kept beside them. A story knows nothing of the kill."""

import concurrent.futures
import dataclasses
import time
import typing

from harness import Failure, unix_time, wait_until


@dataclasses.dataclass
class Ledger:
    """What was minted, the tokens that may still be a consumer's, and what went wrong."""

    minted: int = 0
    lost: int = 0
    doubles: int = 0
    leaked: int = 0
    tokens: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)

    def note(self, text):
        self.notes.append(text)

    def buy(self, world, mint, amount):
        self.minted += amount
        token = world.token(mint.url, amount)
        self.tokens.append((token, amount))
        return token

    def redeem_leftovers(self, world, mint):
        """Takes back every token that can still be spent; the sats. One that can't is the provider's or nobody's."""
        sats = 0
        for token, _ in self.tokens:
            try:
                sats += world.redeem(mint.url, token)
            except Failure:
                continue
        return sats

    def add(self, other):
        self.lost += abs(other.lost)  # money out of nothing is no better
        self.doubles += other.doubles
        self.leaked += other.leaked

    def __str__(self):
        return "; ".join([f"{self.lost} lost, {self.doubles} doubles, {self.leaked} leaked", *self.notes])


@dataclasses.dataclass(frozen=True)
class Story:
    name: str
    play: typing.Callable
    swap_delay_ms: int = 0
    fee_ppk: int = 0
    lease_seconds_max: int = 2592000
    is_long: bool = False  # left to --all


SPAWN_SECONDS = 12
TOP_UP_SECONDS = 6
STOPPED_SECONDS = 60
LONGEST_SECONDS = 60
GONE_SECONDS = 18
UNSTARTABLE_IMAGE = "berth-test/unstartable:1"


def refund_of(answer):
    """The token and amount that a reply gives back, or None."""
    body = answer.body if isinstance(answer.body, dict) else {}
    refund = body.get("refund") or body.get("change")
    return (refund["token"], refund["amount"]) if refund and "token" in refund else None


def wait_until_gone(provider):
    """That nothing is left on the Engine: before the survey that comes after a minute, for nothing may wait for that."""
    wait_until("nothing is left of it", provider.nothing_left, GONE_SECONDS)


def asked_twice(ask, ledger, what):
    """The answer to a request that is sent twice, as an impatient client does: both times the same, or it is a double credit. What
    was refused with nothing taken may be granted the second time."""
    first, second = ask(), ask()
    if first.error_type() and not refund_of(first):
        first = second
    if refund_of(first) != refund_of(second):
        ledger.doubles += 1
        ledger.note(f"{what} gave back {refund_of(first)} and then {refund_of(second)}")
    if refund_of(first):
        ledger.tokens.append(refund_of(first))
    return first


def life(world, provider, mint, ledger):
    """Spawn, run, top up, expire."""
    customer = world.consumer("customer", provider.relays)
    token = ledger.buy(world, mint, SPAWN_SECONDS)
    access = asked_twice(lambda: customer.spawn(provider, token), ledger, "the spawn").good()
    lease, end = access["pod_npub"], unix_time(access["expires_at"])
    if len(provider.containers()) > 1:
        ledger.doubles += 1
        ledger.note("one payment has two containers")

    more = ledger.buy(world, mint, TOP_UP_SECONDS)
    answer = asked_twice(lambda: customer.topup(provider, lease, more), ledger, "the top-up")
    if answer.code == 0:
        status = customer.status(provider, lease)
        if status.code == 0 and unix_time(status.body["expires_at"]) > end + TOP_UP_SECONDS + 1:
            ledger.doubles += 1
            ledger.note("a top-up counted twice")
    wait_until("the lease is over", provider.nothing_left, SPAWN_SECONDS + TOP_UP_SECONDS + 60)


def refund(world, provider, mint, ledger):
    """A spawn that fails after it was paid, so that the payment comes back; and buys a lease after all."""
    world.engine.make_page_image(UNSTARTABLE_IMAGE, user="nobody-whom-it-knows")
    customer = world.consumer("customer", provider.relays)
    token = ledger.buy(world, mint, SPAWN_SECONDS)
    answer = asked_twice(lambda: customer.spawn(provider, token, image=UNSTARTABLE_IMAGE), ledger, "the spawn")
    if answer.code == 0:
        raise Failure("an image that can't start was started")
    access = asked_twice(lambda: customer.spawn(provider, refund_of(answer)[0]), ledger, "the spawn with the refund").good()
    stopped = asked_twice(lambda: customer.stop(provider, access["pod_npub"]), ledger, "the stop")
    if stopped.code != 0:
        raise Failure(f"the lease was not stopped: {stopped.output} {stopped.errors}")
    wait_until_gone(provider)


def stop(world, provider, mint, ledger):
    """A lease is stopped early, and the unused seconds are paid out of the wallet."""
    customer = world.consumer("customer", provider.relays)
    access = customer.spawn(provider, ledger.buy(world, mint, STOPPED_SECONDS)).good()
    time.sleep(1)
    answer = asked_twice(lambda: customer.stop(provider, access["pod_npub"]), ledger, "the stop")
    if answer.code != 0 or not refund_of(answer):
        raise Failure(f"stop gave nothing back: {answer.output} {answer.errors}")
    wait_until_gone(provider)


def change(world, provider, mint, ledger):
    """Two top-ups at once, for a lease with room for less than one of them: what doesn't fit comes back. Then a stop."""
    customer = world.consumer("customer", provider.relays)
    access = customer.spawn(provider, ledger.buy(world, mint, LONGEST_SECONDS - 10)).good()
    more = [ledger.buy(world, mint, 30) for _ in range(2)]

    def top_up(token):
        return asked_twice(lambda: customer.topup(provider, access["pod_npub"], token), ledger, "a top-up")

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(top_up, more))
    # The lease may be full before the second one is judged, which is then refused untouched.
    if not any(refund_of(answer) for answer in answers):
        raise Failure(f"a top-up beyond the longest lease gave nothing back: {[answer.output for answer in answers]}")
    stopped = asked_twice(lambda: customer.stop(provider, access["pod_npub"]), ledger, "the stop")
    if stopped.code != 0 or not refund_of(stopped):
        raise Failure(f"stop gave nothing back: {stopped.output} {stopped.errors}")
    wait_until_gone(provider)


def refused(world, provider, mint, ledger):
    """The mint refuses the first swap untouched; the same token, sent again, buys a lease."""
    mint.arm("/v1/swap", "refuse")
    customer = world.consumer("customer", provider.relays)
    token = ledger.buy(world, mint, STOPPED_SECONDS)
    answer = customer.spawn(provider, token)
    if answer.error_type() == "mint_error":
        time.sleep(1.1)  # what is written within the second of the refusal counts as a copy
        answer = asked_twice(lambda: customer.spawn(provider, token), ledger, "the second try")
    stopped = asked_twice(lambda: customer.stop(provider, answer.good()["pod_npub"]), ledger, "the stop")
    if stopped.code != 0:
        raise Failure(f"the lease was not stopped: {stopped.output} {stopped.errors}")
    wait_until_gone(provider)


def torn(world, provider, mint, ledger):
    """The mint's answer lacks a signature, and so does what it restores at first; then an answer is lost on its way."""
    mint.arm("/v1/swap", "drop_signature")
    mint.arm("/v1/restore", "drop_signature", 2)
    customer = world.consumer("customer", provider.relays)
    token = ledger.buy(world, mint, STOPPED_SECONDS)
    access = asked_twice(lambda: customer.spawn(provider, token), ledger, "the spawn").good()
    mint.arm("/v1/swap", "lose_answer")
    more = ledger.buy(world, mint, TOP_UP_SECONDS)
    asked_twice(lambda: customer.topup(provider, access["pod_npub"], more), ledger, "the top-up").good()
    stopped = asked_twice(lambda: customer.stop(provider, access["pod_npub"]), ledger, "the stop")
    if stopped.code != 0:
        raise Failure(f"the lease was not stopped: {stopped.output} {stopped.errors}")
    wait_until_gone(provider)


def limited(world, provider, mint, ledger):
    """The mint limits its rate, so that a payment waits for a minute before it is sent at all."""
    mint.arm("/v1/swap", "rate_limit")
    customer = world.consumer("customer", provider.relays)
    tokens = [ledger.buy(world, mint, SPAWN_SECONDS) for _ in range(2)]

    def buy(token):
        return asked_twice(lambda: customer.spawn(provider, token, wait=120), ledger, "a spawn")

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first = pool.submit(buy, tokens[0])
        wait_until("the mint limits its rate", lambda: mint.struck["rate_limit"], 60)
        second = pool.submit(buy, tokens[1])
        for future in (first, second):
            future.result().good()
    wait_until("the leases are over", provider.nothing_left, SPAWN_SECONDS + 60)


STORIES = [Story("life", life, swap_delay_ms=200, fee_ppk=100), Story("refund", refund, swap_delay_ms=200), Story("stop", stop),
           Story("change", change, fee_ppk=100, lease_seconds_max=LONGEST_SECONDS), Story("refused", refused),
           Story("torn", torn), Story("limited", limited, is_long=True)]
