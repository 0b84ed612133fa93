"""The operator's wallet against mints that are not ours: what it receives, sends, pays and restores adds up.

nutshell's own wallet pays it, and judges the token that it sends. Invoices are of a second mint (nutshell's test backend calls
those of its own paid at once), so that a fee reserve is asked for and comes back as change.
"""

from harness import ask_invoice, check, equal, narrate
from peers import NutshellWallet, nutshell

SECONDS_MAX = 400  # nutshell's wallet takes seconds to start, each time


def spend_and_restore(world, mint, name, token, invoices):
    """The wallet's whole life at one mint; the token that it sends on the way."""
    provider = world.provider(["ws://127.0.0.1:1"], [mint], name, practice=False)
    received = provider.good_wallet("receive", token)
    equal(received["amount"], provider.balance(), "what came in is held")
    sent = provider.good_wallet("send", 100)
    for invoice in invoices:
        before = provider.balance()
        paid = provider.good_wallet("melt", invoice)
        equal(paid["amount"], 150, "an invoice was paid")
        check(paid["fees"] <= 10, f"fees: {paid['fees']} sat")
        equal(provider.balance(), before - 150 - paid["fees"], "what was not needed came back")
    equal(provider.good_wallet("audit")["differences"], [], "the mint agrees with the books")
    narrate("its words on an empty state directory")
    words = provider.good_wallet("backup")["words"]
    again = world.provider(["ws://127.0.0.1:1"], [mint], f"{name}-restored", practice=False)
    again.good_wallet("restore", "--words", "-", standard_input=words + "\n")
    # The token that was sent and not taken yet comes back, too.
    equal(again.balance(), provider.balance() + 100, "the same balance is restored")
    equal(again.good_wallet("audit")["differences"], [], "and the mint agrees")
    return sent["token"]


def run(world):
    other = nutshell(world, 0, "other-mint")
    for fee_ppk in (0, 100):
        narrate(f"a nutshell mint that takes {fee_ppk} ppk")
        mint = nutshell(world, fee_ppk, f"nutshell-{fee_ppk}")
        payer = NutshellWallet(world, mint, f"payer-{fee_ppk}")
        invoices = [ask_invoice(other, 150), ask_invoice(other, 150)]
        sent = spend_and_restore(world, mint, f"berth-{fee_ppk}", payer.token(1000), invoices)
        payer.receive(sent)
        narrate("ok: nutshell's wallet took the token that was sent")
