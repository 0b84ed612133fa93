"""Tokens of wallets that are not ours, at a mint that is not ours, buy leases; refused ones are still theirs.

The mint is nutshell, with and without fees. Payers and judges: nutshell's own wallet and cashu-ts.
"""

from harness import check, equal, narrate, unix_time
from peers import NodeScripts, NutshellWallet, nutshell

import time

SECONDS_MAX = 400  # nutshell's wallet takes seconds to start, each time
LEASE_SECONDS = 60
FEE_PPK = 100


def buy(world, provider, name, token, seconds_min):
    customer = world.consumer(name, provider.relays)
    access = customer.spawn(provider, token).good()
    bought = unix_time(access["expires_at"]) - time.time()
    check(seconds_min - 3 <= bought <= LEASE_SECONDS, f"{name}'s token bought {bought:.0f} s")


def with_fee(world, relay, scripts, fee_ppk):
    narrate(f"a nutshell mint that takes {fee_ppk} ppk")
    mint = nutshell(world, fee_ppk, f"nutshell-{fee_ppk}")
    wallet = NutshellWallet(world, mint, f"wallet-{fee_ppk}")
    provider = world.provider([relay], [mint], name=f"berth-{fee_ppk}", practice=False).start()
    fee_max = 1 if fee_ppk else 0
    buy(world, provider, "nutshell", wallet.token(LEASE_SECONDS), LEASE_SECONDS - fee_max)
    cashu_ts_token = scripts.run("cashu_ts_wallet.mjs", "mint", mint, str(LEASE_SECONDS), pattern=r"cashu[AB][\w=-]+")
    buy(world, provider, "cashu-ts", cashu_ts_token, LEASE_SECONDS - fee_max)

    refused = scripts.run("cashu_ts_wallet.mjs", "mint", mint, str(LEASE_SECONDS), pattern=r"cashu[AB][\w=-]+")
    answer = world.consumer(f"refused-{fee_ppk}", [relay]).spawn(provider, refused, spec="no-such-size")
    equal(answer.error_type(), "unknown_spec", "a refusal")
    received = int(scripts.run("cashu_ts_wallet.mjs", "receive", mint, refused, pattern=r"\d+"))
    check(received >= LEASE_SECONDS - fee_max, "leaves the token to cashu-ts, which spends it")


def run(world):
    relay, scripts = world.relay(), NodeScripts(world)
    with_fee(world, relay, scripts, 0)
    with_fee(world, relay, scripts, FEE_PPK)
