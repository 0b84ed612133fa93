"""A request in an ephemeral gift wrap (kind 21059) is served like any other, and no relay keeps it.

The embedded relay's own database is asked what it has of kinds 1059 and 21059 for the provider: nothing after an ephemeral request,
one wrap after a stored one. A provider that is away never sees an ephemeral request: the consumer is told so, and has the token.
"""

import shutil
import sqlite3

from harness import check, equal, narrate

SECONDS = 40


def wraps_kept(world, pubkey):
    """Kinds of what the relay keeps that is addressed to this key."""
    copy = world.folder / "copy.db"
    for ending in ("", "-wal"):
        shutil.copy(f"{world.folder}/relay.db{ending}", f"{copy}{ending}")
    database = sqlite3.connect(copy)
    rows = database.execute("SELECT e.kind FROM relay_tags t JOIN relay_events e ON e.id = t.event_id WHERE t.name = 'p' AND "
                            "t.value = ? AND e.kind IN (1059, 21059)", (pubkey,)).fetchall()
    database.close()
    return [kind for kind, in rows]


def run(world):
    relay, mint = world.relay(), world.mint()
    provider = world.provider([relay], [mint]).start()
    customer = world.consumer("customer", [relay])
    offer = next(entry for entry in customer.list() if entry["name"] == provider.name)
    check("ephemeral-requests" in offer["capabilities"], "the offer says that the provider listens")

    token = world.token(mint, SECONDS)
    access = customer.spawn(provider, token, wrap="ephemeral").good()
    equal(wraps_kept(world, provider.pubkey), [], "the relay kept nothing of the request")
    again = customer.spawn(provider, token, wrap="stored").good()
    equal(again, access, "the same payment in a stored wrap gets the same lease")
    equal(wraps_kept(world, provider.pubkey), [1059], "and that wrap is kept")
    equal(len(provider.containers()), 1, "one container runs")

    narrate("a request with a volume's key, nothing said about wraps")
    answer = customer.spawn(provider, world.token(mint, SECONDS), encrypt=world.folder / "volume.key")
    check(answer.error_type() in ("invalid_volume_encryption", "template_not_found"), "it was heard, and needs a template with data")
    equal(len(wraps_kept(world, provider.pubkey)), 1, "and no relay has the key")

    provider.process.stop()
    narrate("the provider is away")
    token = world.token(mint, SECONDS)
    answer = customer.spawn(provider, token, wrap="ephemeral")
    equal(answer.code, 69, "who insists on an ephemeral wrap hears that nobody took it")
    check("no relay took the request" in answer.errors, "in words, too")
    equal(world.redeem(mint, token), SECONDS, "and the token is still its owner's")
    answer = customer.spawn(provider, world.token(mint, SECONDS), encrypt=world.folder / "volume.key", wait=3)
    check("sending one that relays keep" in answer.errors, "else a stored one follows, and its sender is told")
    equal(len(wraps_kept(world, provider.pubkey)), 2, "which waits for the provider")
