"""An operator uses the wallet beside a running daemon while customers buy; killed between order and answer it loses nothing.

The real daemon, real containers, the practice mint with slow swaps. Five customers buy and stop while the operator receives,
sends, pays and looks; the daemon is killed with -9 behind orders to send. In the end every sat is counted at the mint.
"""

import json
import threading
import time

from harness import ask_invoice, check, equal, narrate, wait_until
from operator_status_test import Line

SECONDS_MAX = 300
CUSTOMERS = 5


def buy_and_stop(world, mint, provider, number, results):
    """A purchase that is stopped at once; what of it came back, at the mint."""
    customer = world.consumer(f"customer-{number}", provider.relays)
    access = customer.spawn(provider, world.token(mint, 100)).good()
    body = customer.stop(provider, access["pod_npub"]).good()
    results[number] = world.redeem(mint, body["refund"]["token"])


def run(world):
    relay = world.relay()
    mint = world.mint(swap_delay_ms=50)
    provider = world.provider([relay], [mint]).start()
    results = {}
    buyers = [threading.Thread(target=buy_and_stop, args=(world, mint, provider, number, results)) for number in range(CUSTOMERS)]

    narrate("the operator's verbs, while five customers buy")
    equal(provider.good_wallet("receive", world.token(mint, 500))["amount"], 500, "a token is received")
    for buyer in buyers:
        buyer.start()
    sent = []
    for number in range(5):
        answer = provider.good_wallet("send", 7, "--key", f"send:live-{number}")
        equal(provider.good_wallet("send", 7, "--key", f"send:live-{number}"), answer, "one key sends once")
        sent.append(answer["token"])
    equal(provider.good_wallet("melt", ask_invoice(mint, 20))["amount"], 20, "an invoice is paid")
    equal(provider.good_wallet("audit", "--rows-only")["differences"], [], "the books are right meanwhile")
    code, complaint = provider.wallet("restore")
    check(code == 1 and "stopped" in complaint, "restore says that it takes a stopped provider")
    equal(len(provider.good_wallet("backup")["words"].split()), 12, "the words can be read")
    for buyer in buyers:
        buyer.join()
    equal(len(results), CUSTOMERS, "every customer had a lease and a refund")

    narrate("a client that goes away does not stop what it asked for")
    line = Line(provider.folder / "state" / "control.sock")
    order = {"id": 1, "verb": "wallet", "wallet": {"verb": "send", "key": "send:gone", "amount": 11}}
    line.send(json.dumps(order).encode() + b"\n")
    line.close()

    def names():
        return [entry["name"] for entry in provider.good_wallet("history", "--count", 50)["entries"]]

    wait_until("history shows it", lambda: "send:gone" in names(), 20)
    sent.append(provider.good_wallet("send", 11, "--key", "send:gone")["token"])

    narrate("kill -9 between the order to send and its answer")
    for number, delay in enumerate((0.0, 0.005, 0.03, 0.07, 0.2)):
        order = {"id": 1, "verb": "wallet", "wallet": {"verb": "send", "key": f"send:killed-{number}", "amount": 3}}
        line = Line(provider.folder / "state" / "control.sock")
        line.send(json.dumps(order).encode() + b"\n")
        time.sleep(delay)
        provider.process.kill()
        provider.start()
        sent.append(provider.good_wallet("send", 3, "--key", f"send:killed-{number}")["token"])
    equal(len(set(sent)), len(sent), "each order has one token of its own")

    narrate("counted from outside")
    taken = sum(world.redeem(mint, token) for token in sent)
    equal(taken, 5 * 7 + 11 + 5 * 3, "every token that was sent is worth what was asked")
    books = provider.good_wallet("audit")
    equal(books["differences"], [], "the mint agrees with the books")
    wait_until("the leases have ended", lambda: not provider.operator("lease", "list").good()["leases"], 30)
    held = provider.good_wallet("balance")["msat"] // 1000
    minted = 500 + CUSTOMERS * 100
    equal(held + taken + 20 + sum(results.values()), minted, "sats held, sent, paid and refunded are those that were minted")
