"""The operator's wallet against cdk-mintd, which takes long to build: it adds up, and the words bring the same balance back."""

from harness import ask_invoice, narrate
from operator_mints_test import spend_and_restore
from peers import NodeScripts, cdk_mintd, nutshell

SLOW = True
SECONDS_MAX = 600


def run(world):
    other, scripts = nutshell(world), NodeScripts(world)
    for fee_ppk in (0, 100):
        narrate(f"a cdk mint that takes {fee_ppk} ppk")
        mint = cdk_mintd(world, fee_ppk, f"cdk-{fee_ppk}")
        token = scripts.run("cashu_ts_wallet.mjs", "mint", mint, "1000", pattern=r"cashu[AB][\w=-]+")
        sent = spend_and_restore(world, mint, f"wallet-cdk-{fee_ppk}", token, [ask_invoice(other, 150), ask_invoice(other, 150)])
        scripts.run("cashu_ts_wallet.mjs", "receive", mint, sent, pattern=r"\d+")
        narrate("ok: cashu-ts took the token that was sent")
