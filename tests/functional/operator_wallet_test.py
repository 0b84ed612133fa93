"""An operator receives, sends, pays, sweeps, restores and audits while the provider is stopped, and every sat is accounted for.

The practice mint pays its own invoices and takes a fee; a Lightning address is a small HTTP server that gets its invoices from
it. What the wallet says is compared with what tokens bring at the mint.
"""

import http.server
import json
import threading

from harness import ask_invoice, check, equal, narrate


class PayService:
    """Speaks LNURL-pay for one mint."""

    def __init__(self, mint):
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/.well-known/lnurlp/me":
                    body = {"tag": "payRequest", "callback": f"http://127.0.0.1:{service.port}/pay", "metadata": "[]",
                            "minSendable": 1000, "maxSendable": 100000000}
                else:
                    body = {"pr": ask_invoice(mint, int(self.path.split("amount=")[1]) // 1000), "routes": []}
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def run(world):
    mint = world.mint(fee_ppk=100)
    provider = world.provider(["ws://127.0.0.1:1"], [mint], "first")
    narrate("a token is received, and the fee is the mint's")
    token = world.token(mint, 400)
    received = provider.good_wallet("receive", token)
    equal(received["amount"] + received["fee"], 400, "what came in and the fee are the token's worth")
    held = provider.balance()
    equal(held, received["amount"], "the balance is what came in")
    code, complaint = provider.wallet("receive", "-", standard_input=token + "\n")
    check(code == 1 and "spent" in complaint, "the same token again is refused as spent")

    narrate("a token is sent, and one key sends once")
    sent = provider.good_wallet("send", 50, "--key", "send:once")
    equal(provider.good_wallet("send", 50, "--key", "send:once"), sent, "the same key gives the same token")
    audit = provider.good_wallet("audit")
    equal((audit["differences"], audit["handed_out_msat"]), ([], 50000), "the books know of a token that nobody took yet")
    check(49 <= world.redeem(mint, sent["token"]) <= 50, "it is worth 50 at the mint, less the receiver's fee")
    held = provider.balance()

    narrate("an invoice is paid, once")
    invoice = ask_invoice(mint, 30)
    paid = provider.good_wallet("melt", invoice)
    equal(paid["amount"], 30, "the invoice's amount was paid")
    equal(provider.balance(), held - 30 - paid["fees"], "the balance is less by that and the fees")
    code, complaint = provider.wallet("melt", invoice)
    check(code == 1 and "being paid or was" in complaint, "the same invoice is not paid under another key")
    code, _ = provider.wallet("melt", ask_invoice(mint, 100000))
    equal(code, 1, "more than there is can't be paid")

    narrate("the words restore the same balance where nothing else is left")
    held = provider.balance()
    backup = provider.good_wallet("backup")
    equal((len(backup["words"].split()), backup["mints"]), (12, [mint]), "a backup is twelve words and the mints")
    second = world.provider(["ws://127.0.0.1:1"], [mint], "second")
    restored = second.good_wallet("restore", "--words", "-", standard_input=backup["words"] + "\n")
    equal((restored["msat"] // 1000, restored["problems"]), (held, []), "the restored wallet holds as much")
    equal(second.good_wallet("audit")["differences"], [], "and its books are right")
    code, complaint = second.wallet("restore", "--words", "-", standard_input=backup["words"] + "\n")
    check(code == 1 and "already" in complaint, "words never overwrite a wallet")

    narrate("everything that is free goes to a Lightning address")
    service = PayService(mint)
    swept = second.good_wallet("sweep", "--address", f"me@127.0.0.1:{service.port}")
    left = second.balance()
    equal(swept["amount"] + swept["fees"] + left, held, "what arrived, the fees and what is left are what there was")
    check(left < 20, f"{left} sat are left")
    equal(second.good_wallet("audit")["differences"], [], "the books are right")
    movements = [entry["movement"] for entry in second.good_wallet("history")["entries"]]
    check(movements[:2] == ["melt", "melt_begun"] and movements[-1] == "recovery", "the history tells of it, newest first")

    narrate("the first wallet still believes in what the second spent, and its audit says so")
    code, audit = provider.wallet("audit")
    equal(code, 1, "an audit that finds a difference ends with 1")
    check(any("spent" in line for line in audit["differences"]), "it names the proofs")
