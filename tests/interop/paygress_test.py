"""The public paygress-cli, unchanged and with one identity, uses berth as any provider.

list shows it online; spawn; 17 s later status and 17 s after that top-up read the right replies (with replies dated as they came,
the client would read the spawn's again for a minute); 17 s later a second spawn shows a second container; then a template by
`deploy`, with its image made on the spot. Relay khatru, mint nutshell, tokens from nutshell's wallet.
"""

import re
import time

from engine import IMAGE
from harness import Failure, check, equal, narrate, page_at, run_for_line, wait_until
from peers import NutshellWallet, installed, khatru, nutshell

SECONDS_MAX = 400
LEASE_SECONDS = 300
PAUSE_SECONDS = 17  # how soon after another a request of this client can be told from the one before
ACCOUNT = ("--ssh-user", "user", "--ssh-pass", "Password12345", "--no-encrypt-volume")

TEMPLATE = f"""
slug = "headless-browser"
description = "its image made on the spot"
image = "{IMAGE}"

[[ports]]
container_port = 3000
label = "browserless-http"
scheme = "http"

[[ports]]
container_port = 9222
label = "cdp"
scheme = "http"
"""


class Client:
    def __init__(self, world, relay):
        self.program = installed("paygress-cli") / "bin" / "paygress-cli"
        self.home = world.folder / "paygress-home"
        self.home.mkdir()
        self.relay = relay

    def run(self, *words):
        """Everything that it printed; its exit code means little."""
        line = [self.program, *words, "--relays", self.relay]
        output = run_for_line(line, r"(?s).*", {"HOME": str(self.home), "RUST_LOG": "error", "NO_COLOR": "1"}, self.home, 150)
        return re.sub(r"\x1b\[[0-9;]*m", "", output)

    def expect(self, text, *words):
        output = self.run(*words)
        if text not in output:
            raise Failure(f"paygress-cli {words[0]} did not print {text!r}:\n{output}")
        narrate(f"ok: paygress-cli {words[0]} prints {text!r}")
        return output


def lease_in(output):
    return re.search(r"container-(\d+)", output).group(0)


def run(world):
    relay, mint = khatru(world), nutshell(world)
    wallet = NutshellWallet(world, mint)
    templates = world.templates("headless-browser", TEMPLATE)
    provider = world.provider([relay], [mint], practice=False, templates_dir=templates).start()
    client = Client(world, relay)
    # Drawn beforehand, so that the pauses below are all that lies between the client's requests.
    spawn_tokens = [wallet.token(LEASE_SECONDS) for _ in range(3)]
    topup_token = wallet.token(60)
    to_provider = ("--provider", provider.pubkey)

    listed = client.expect(provider.name, "list", "--online-only")
    check("online" in listed.lower(), "list shows the provider online")

    spawned = client.expect("Workload Provisioned Successfully!", "spawn", *to_provider, "--image", IMAGE, *ACCOUNT,
                            "--token", spawn_tokens.pop())
    lease = lease_in(spawned)
    equal(len(provider.containers()), 1, "there is one container")

    time.sleep(PAUSE_SECONDS)
    status = client.expect("Workload Status", "status", "--pod-id", lease, *to_provider)
    check("Running" in status, "status reads Running")

    time.sleep(PAUSE_SECONDS)
    client.expect("Topup successful!", "topup", "--pod-id", lease, *to_provider, "--token", topup_token)

    time.sleep(PAUSE_SECONDS)
    second = client.expect("Workload Provisioned Successfully!", "spawn", *to_provider, "--image", IMAGE, *ACCOUNT,
                           "--token", spawn_tokens.pop())
    check(lease_in(second) != lease, "the second spawn shows a second lease")
    equal(len(provider.containers()), 2, "and there is a second container")

    time.sleep(PAUSE_SECONDS)
    deployed = client.expect("Workload Provisioned Successfully!", "deploy", "headless-browser", *to_provider, "--token",
                             spawn_tokens.pop())
    port = re.search(r"browserless-http.*127\.0\.0\.1:(\d+)", deployed)
    check(port, "deploy prints where the template's port is")
    page_at("127.0.0.1", int(port.group(1)))
    wait_until("three containers", lambda: len(provider.containers()) == 3, 5)
