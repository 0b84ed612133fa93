"""paygress-cli's deploy asks for encryption by default: where the host can't do it, it is told so and keeps its money.

`deploy nostr-relay` by the public client, unchanged, at a provider on a host without dm-crypt; then nutshell's wallet takes the
very token back. Relay khatru, mint nutshell.
"""

import json

from engine import IMAGE
from harness import Skip, berth_binary, check, run_for_line
from paygress_test import Client
from peers import NutshellWallet, khatru, nutshell

SECONDS_MAX = 400  # nutshell's wallet takes seconds to start, each time

TEMPLATE = f"""
slug = "nostr-relay"
description = "its data would be worth encrypting"
image = "{IMAGE}"
data_path = "/data"

[[ports]]
container_port = 3000
label = "relay-ws"
scheme = "ws"
"""


def run(world):
    relay, mint = khatru(world), nutshell(world)
    wallet = NutshellWallet(world, mint)
    templates = world.templates("nostr-relay", TEMPLATE)
    provider = world.provider([relay], [mint], practice=False, templates_dir=templates).start()
    found = json.loads(run_for_line([berth_binary(), "check", "--config", provider.config_file, "--json"], r"(?s)\{.*\}"))
    if found["encrypted_volumes"]:
        raise Skip("this host has dm-crypt: ./dev vm tests what it can do")

    client = Client(world, relay)
    token = wallet.token(300)
    output = client.expect("invalid_volume_encryption", "deploy", "nostr-relay", "--provider", provider.pubkey, "--token", token)
    check("does not offer encrypted volumes" in output, "the refusal says why")
    wallet.receive(token)
    check(provider.nothing_left(), "the token is still spendable, and nothing was made")
