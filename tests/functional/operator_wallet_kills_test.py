"""An operator's command that is killed with -9 at any moment loses nothing, and asked again under its key does nothing twice.

`berth wallet` receives, sends and pays at a mint that is slow to swap; each command is killed after a random time, several times
over, and then asked again until it ends well. In the end every sat is counted from outside.
"""

import random
import subprocess
import time

from harness import ask_invoice, berth_binary, check, equal, narrate

ROUNDS = 8
SWAP_DELAY_MS = 40


class Stubborn:
    """Asks a provider's wallet for one thing until it is done, in spite of everything."""

    def __init__(self, provider):
        self.provider = provider
        self.kills = 0

    def ask(self, *words):
        line = [berth_binary(), "wallet", *words, "--config", self.provider.config_file, "--json"]
        for _ in range(random.randrange(1, 4)):
            process = subprocess.Popen([str(word) for word in line], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            time.sleep(random.uniform(0.005, 0.15))
            self.kills += process.poll() is None
            process.kill()
            process.wait()
        return self.provider.wallet(*words)


def run(world):
    seed = random.randrange(1 << 32)
    narrate(f"seed {seed}")
    random.seed(seed)
    mint = world.mint(swap_delay_ms=SWAP_DELAY_MS)
    provider = world.provider(["ws://127.0.0.1:1"], [mint], "often-killed")
    wallet = Stubborn(provider)
    minted = paid = 0
    sent = []
    for number in range(ROUNDS):
        token = world.token(mint, 64)
        minted += 64
        code, answer = wallet.ask("receive", token)
        if code != 0:
            check("spent already" in answer, "a token that is not received again was received before")
        code, answer = wallet.ask("send", 5, "--key", f"send:{number}")
        equal(code, 0, "a token is sent")
        sent.append(answer["token"])
        code, answer = wallet.ask("melt", ask_invoice(mint, 20), "--key", f"melt:{number}")
        equal((code, answer["amount"]), (0, 20), "an invoice is paid")
        paid += 20
    check(len(set(sent)) == ROUNDS, "every key has a token of its own")
    taken = sum(world.redeem(mint, token) for token in sent)
    equal(provider.balance() + taken + paid, minted, "every sat is held, sent or paid")
    equal(provider.good_wallet("audit")["differences"], [], "the mint agrees with the books")
    check(wallet.kills >= ROUNDS // 2, f"{wallet.kills} commands were killed at work")
