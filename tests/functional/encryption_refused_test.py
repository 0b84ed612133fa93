"""A host without dm-crypt promises no encrypted volumes, and refuses a request for one before its money.

`berth check` and the offer are asked what the host can do; each refusal's token is then spent at the mint by its owner.
"""

import json

from engine import IMAGE
from harness import Skip, berth_binary, check, equal, narrate, run_for_line

AMOUNT = 20
TEMPLATE = f"""
slug = "with-data"
description = "a page, and a place for data"
image = "{IMAGE}"
data_path = "/data"
"""


def run(world):
    relay, mint = world.relay(), world.mint()
    templates = world.folder / "templates"
    templates.mkdir()
    (templates / "with-data.toml").write_text(TEMPLATE)
    provider = world.provider([relay], [mint], templates_dir=templates).start()
    found = json.loads(run_for_line([berth_binary(), "check", "--config", provider.config_file, "--json"], r"(?s)\{.*\}"))
    if found["encrypted_volumes"]:
        raise Skip("this host has dm-crypt: ./dev vm tests what it can do")
    check("device-mapper" in found["encrypted_volumes_problem"] or "loop" in found["encrypted_volumes_problem"],
          f"berth check says what the host lacks: {found['encrypted_volumes_problem']}")
    customer = world.consumer("customer", [relay])
    offer = next(entry for entry in customer.list() if entry["name"] == provider.name)
    check("encrypted-volumes" not in offer["capabilities"], "the offer does not promise encrypted volumes")

    for template in ("with-data", None):
        narrate(f"a request for an encrypted volume, with {template or 'no template'}")
        token = world.token(mint, AMOUNT)
        answer = customer.spawn(provider, token, template=template, encrypt=world.folder / "volume.key")
        equal(answer.error_type(), "invalid_volume_encryption", "the reply says so")
        equal(world.redeem(mint, token), AMOUNT, "the token is still its owner's")
    equal((world.folder / "volume.key").stat().st_mode & 0o777, 0o600, "the key's file is the consumer's alone")
    check(provider.nothing_left(), "no refusal left anything on the Engine")

    narrate("the same template without encryption")
    lease = customer.spawn(provider, world.token(mint, AMOUNT), template="with-data").good()["pod_npub"]
    equal(len(provider.containers()), 1, "it runs")
    refused = customer.unlock(provider, lease, world.folder / "volume.key")
    equal(refused.error_type(), "invalid_volume_encryption", "there is nothing to unlock")
