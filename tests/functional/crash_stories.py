"""The stories of the crash matrix, and the books that are kept beside them. A story knows nothing of the kill."""

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
        token = world.token(mint, amount)
        self.tokens.append((token, amount))
        return token

    def redeem_leftovers(self, world, mint):
        """Takes back every token that can still be spent; the sats. One that can't is the provider's or nobody's."""
        sats = 0
        for token, _ in self.tokens:
            try:
                sats += world.redeem(mint, token)
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


SPAWN_SECONDS = 12
TOP_UP_SECONDS = 6
STOPPED_SECONDS = 60
UNSTARTABLE_IMAGE = "berth-test/unstartable:1"


def refund_of(answer):
    """The token and amount that a reply gives back, or None."""
    body = answer.body if isinstance(answer.body, dict) else {}
    refund = body.get("refund") or body.get("change")
    return (refund["token"], refund["amount"]) if refund and "token" in refund else None


def asked_twice(ask, ledger, what):
    """The answer to a request that is sent twice, as an impatient client does: both times the same, or it is a double credit."""
    first, second = ask(), ask()
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
    """A spawn that fails after it was paid, so that the payment comes back."""
    world.engine.make_page_image(UNSTARTABLE_IMAGE, user="nobody-whom-it-knows")
    customer = world.consumer("customer", provider.relays)
    token = ledger.buy(world, mint, SPAWN_SECONDS)
    answer = asked_twice(lambda: customer.spawn(provider, token, image=UNSTARTABLE_IMAGE), ledger, "the spawn")
    if answer.code == 0:
        raise Failure("an image that can't start was started")
    wait_until("nothing is left of it", provider.nothing_left, 60)


def stop(world, provider, mint, ledger):
    """A lease is stopped early, and the unused seconds are paid out of the wallet."""
    customer = world.consumer("customer", provider.relays)
    access = customer.spawn(provider, ledger.buy(world, mint, STOPPED_SECONDS)).good()
    time.sleep(1)
    answer = asked_twice(lambda: customer.stop(provider, access["pod_npub"]), ledger, "the stop")
    if answer.code != 0 or not refund_of(answer):
        raise Failure(f"stop gave nothing back: {answer.output} {answer.errors}")
    wait_until("the lease is over", provider.nothing_left, 60)


STORIES = [Story("life", life, swap_delay_ms=200), Story("refund", refund, swap_delay_ms=200), Story("stop", stop)]
