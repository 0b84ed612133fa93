"""Tokens that nobody can steal on their way, made by wallets that are not ours: taken when they are for us, left alone when not.

cashu-ts reads the payment request of a quote and locks a token as it says; nutshell's wallet locks one to the same key. A token that
is locked to somebody else is refused and spent by its owner. What a provider gives back is spent by both wallets.
"""

from crash_stories import UNSTARTABLE_IMAGE
from harness import check, equal, narrate, unix_time
from peers import NodeScripts, NutshellWallet, nutshell

import time

SECONDS_MAX = 400  # nutshell's wallet takes seconds to start, each time
SECONDS = 60
TOKEN = r"cashu[AB][\w=-]+"


class CashuTs:
    def __init__(self, world, mint):
        self.scripts, self.mint = NodeScripts(world), mint

    def run(self, verb, *arguments, pattern=TOKEN):
        return self.scripts.run("cashu_ts_wallet.mjs", verb, self.mint, *arguments, pattern=pattern)

    def key(self):
        return self.run("key", pattern=r"[0-9a-f]{64} [0-9a-f]{66}").split()

    def receive(self, token, *secret):
        return int(self.run("receive", token, *secret, pattern=r"\d+"))


def bought(answer, name):
    seconds = unix_time(answer.good()["expires_at"]) - time.time()
    check(SECONDS - 4 <= seconds <= SECONDS + 1, f"{name} bought {seconds:.0f} s")
    return answer.body["pod_npub"]


def locked_to_us(world, provider, cashu_ts, nutshell_wallet):
    customer = world.consumer("customer", provider.relays)
    asked = customer.quote(provider).good()
    refund_secret, refund_key = cashu_ts.key()
    token = cashu_ts.run("pay", str(SECONDS), asked["payment_request"], refund_key)
    bought(customer.spawn(provider, token), "a token that cashu-ts locked as the payment request says")
    again = world.consumer("thief", provider.relays).spawn(provider, token)
    check(again.error_type() in ("token_already_spent", "token_pending"), "and nobody else's after that")

    key = provider_key(world, provider)
    token = nutshell_wallet.run("send", str(SECONDS), "--lock", f"P2PK:{key}", "--timelock", "90000", "--refund", refund_key,
                                pattern=TOKEN)
    return bought(customer.spawn(provider, token), "a token that nutshell's wallet locked to the same key"), customer


def provider_key(world, provider):
    """The key that the offer names."""
    entry = next(entry for entry in world.consumer("reader", provider.relays).list() if entry["name"] == provider.name)
    return entry["p2pk_key"]


def locked_to_others(world, provider, cashu_ts):
    customer = world.consumer("other", provider.relays)
    secret, key = cashu_ts.key()
    token = cashu_ts.run("mint", str(SECONDS), key)
    answer = customer.spawn(provider, token)
    equal(answer.error_type(), "invalid_token", "a token that is locked to somebody else is refused")
    check(provider_key(world, provider) in answer.body["message"], "with the key that it should be locked to")
    check(cashu_ts.receive(token, secret) >= SECONDS - 1, "and its owner spends it")


def unlocked(world, relay, mint, cashu_ts):
    provider = world.provider([relay], [mint], "berth-locked-only", practice=False, accept_unlocked_tokens=False).start()
    customer = world.consumer("careless", [relay])
    token = cashu_ts.run("mint", str(SECONDS))
    answer = customer.spawn(provider, token)
    equal(answer.error_type(), "invalid_token", "a provider that wants locks refuses a token without")
    check("creqA" in answer.body["message"], "with its payment request")
    check(cashu_ts.receive(token) >= SECONDS - 1, "and its owner spends it")
    request = customer.quote(provider).good()["payment_request"]
    token = cashu_ts.run("pay", str(SECONDS), request, cashu_ts.key()[1])
    bought(customer.spawn(provider, token), "there, too, a token locked as the payment request says")


def given_back(world, provider, lease, customer, cashu_ts, nutshell_wallet):
    world.engine.make_page_image(UNSTARTABLE_IMAGE, user="nobody-whom-it-knows")
    failed = customer.spawn(provider, cashu_ts.run("mint", str(SECONDS)), image=UNSTARTABLE_IMAGE)
    refund = failed.body["refund"]
    equal(cashu_ts.receive(refund["token"]), refund["amount"], "cashu-ts spends the refund of a lease that could not start")
    stopped = customer.stop(provider, lease).good()["refund"]
    check(stopped["amount"] >= SECONDS - 30, f"a stop gives {stopped['amount']} sat back")
    nutshell_wallet.receive(stopped["token"])
    narrate("ok: nutshell's wallet spends them")


def run(world):
    relay, mint = world.relay(), nutshell(world)
    cashu_ts, nutshell_wallet = CashuTs(world, mint), NutshellWallet(world, mint)
    nutshell_wallet.token(1)
    provider = world.provider([relay], [mint], practice=False).start()
    lease, customer = locked_to_us(world, provider, cashu_ts, nutshell_wallet)
    locked_to_others(world, provider, cashu_ts)
    given_back(world, provider, lease, customer, cashu_ts, nutshell_wallet)
    unlocked(world, relay, mint, cashu_ts)
