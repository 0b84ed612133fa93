"""A client made of nostr-tools rents over NIP-04 and over NIP-17, at a khatru relay and at the npm relay.

Its replies are told from others by the `e` tag that names the request, and every event that the relay serves is verified by it.
"""

import json
import secrets

from engine import IMAGE
from harness import equal, narrate, page_at
from peers import NodeScripts, khatru

LEASE_SECONDS = 60


def ask(scripts, relay, provider, transport, secret, body):
    answer = scripts.run("nostr_tools_client.mjs", "--relay", relay, "--provider", provider.pubkey, "--transport", transport,
                         "--secret", secret, "--body", json.dumps(body))
    return json.loads(answer)


def run(world):
    scripts, mint = NodeScripts(world), world.mint()
    relays = [khatru(world), scripts.npm_relay(world)]
    provider = world.provider(relays, [mint]).start()
    for relay in relays:
        for transport in ("nip04", "nip17"):
            narrate(f"{transport} at {relay}")
            secret = secrets.token_hex(32)
            access = ask(scripts, relay, provider, transport, secret,
                         {"cashu_token": world.token(mint, LEASE_SECONDS), "pod_spec_id": "basic", "pod_image": IMAGE,
                          "ssh_username": "user", "ssh_password": "Password12345"})
            page_at("127.0.0.1", access["node_port"])
            status = ask(scripts, relay, provider, transport, secret, {"pod_id": access["pod_npub"]})
            equal(status["status"], "Running", "status says Running")
            refused = ask(scripts, relay, provider, transport, secrets.token_hex(32), {"pod_id": access["pod_npub"]})
            equal(refused["error_type"], "not_found", "and tells nothing to somebody else")
    equal(len(provider.containers()), 4, "four leases, four containers")
