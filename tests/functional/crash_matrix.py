#!/usr/bin/env python3
"""The crash matrix: the real daemon killed with -9 right before and right after each durable step of a story.

    crash_matrix.py [--all] [--keep] [--story NAME] [--jobs N]

Each story is played once unharmed, which counts its durable steps; then once for each kill, with the daemon restarted at once; and
some times with a second kill while the first one heals. Without --all a spread of the kills is taken, and no story that is long.
After healing everything is counted from outside: minted = consumers + provider + fees, asked of the mint and of the proxy before it;
objects on the Engine = none once all leases are over. The states come from the headers; one that was never
in the database at a kill, and is not listed with its reason in BEYOND, fails the run.
The last line says kills, sats lost, double credits, leaked objects. Exit code 1 unless all but the first are zero.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import traceback

import harness
from harness import Failure, World, berth_binary, wait_until
from crash_stories import STORIES, Ledger, wait_until_gone
from faulty_mint import FaultyMint

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = harness.ROOT / "src"
# Without --all: of the daemon's start, of the rest of each story, and of second kills.
KILLS_AT_START = 4
KILLS_IN_STORY = 12
SECOND_KILLS = 3

# What no story reaches: a kill in these states is the simulation's business.
BEYOND = {
    "lease.locked": "needs an encrypted volume, which ./dev vm has",
}
# What only stories that are left to --all reach.
BEYOND_SPREAD = {
    "redemption.prepared": "needs a mint that is left alone for a minute: else it is posted by the batch that writes it",
}


def enumerators(header, enum):
    """The enumerators of a C++ enum class, in order, as its header has them."""
    text = re.sub(r"//[^\n]*", "", (SOURCE / header).read_text())
    found = re.search(r"enum class " + enum + r"\s*\{([^}]*)\}", text)
    if not found:
        raise Failure(f"no enum {enum} in {header}")
    return [name.strip() for name in found.group(1).split(",") if name.strip()]


LEASES = enumerators("provider/lease.h", "LeaseState")
REDEMPTIONS = enumerators("cashu/redeem.h", "RedeemState")
PROOFS = enumerators("cashu/wallet_store.h", "HoldingState")
EVERY_STATE = ({f"lease.{name}" for name in LEASES} | {f"redemption.{name}" for name in REDEMPTIONS}
               | {f"proof.{name}" for name in PROOFS}
               | {f"{row}.{state}" for row in ("order", "refund") for state in ("open", "settled")}
               | {"outbox.waiting"})


def states_in(database):
    """The row states that stand in a database, read from a copy of it."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", "-wal"):
            source = pathlib.Path(str(database) + suffix)
            if source.exists():
                shutil.copy(source, pathlib.Path(folder) / source.name)
        copy = sqlite3.connect(pathlib.Path(folder) / database.name)
        try:
            tables = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type='table'")}
            found = set()
            if "lease" in tables:
                found |= {f"lease.{row[0]}" for row in copy.execute("SELECT DISTINCT state FROM lease")}
            if "redemption" in tables:
                found |= {f"redemption.{REDEMPTIONS[row[0]]}" for row in copy.execute("SELECT DISTINCT state FROM redemption")}
                found |= {f"proof.{PROOFS[row[0]]}" for row in copy.execute("SELECT DISTINCT state FROM proof")}
            if "orders" in tables:
                found |= {"order.open" if row[0] else "order.settled"
                          for row in copy.execute("SELECT DISTINCT reply IS NULL FROM orders")}
            if "refund" in tables:
                found |= {"refund.open" if row[0] else "refund.settled"
                          for row in copy.execute("SELECT DISTINCT reply IS NULL FROM refund")}
            if "outbox" in tables and copy.execute("SELECT count(*) FROM outbox").fetchone()[0]:
                found.add("outbox.waiting")
            return found
        finally:
            copy.close()


@dataclasses.dataclass(frozen=True)
class Kill:
    step: int
    when: str  # before or after
    second: int = 0  # step of the second life after which that ends, too

    def __str__(self):
        return f"{self.when} step {self.step}" + (f", and after step {self.second} of its second life" if self.second else "")


class Victim:
    """A daemon under the shim; once it has been killed as often as it should be, it is restarted without."""

    def __init__(self, world, provider, shim, kill):
        self.provider, self.world = provider, world
        self.step_file = world.folder / "steps"
        self.states, self.kills = set(), 0
        environment = {"LD_PRELOAD": str(shim), "BERTH_STEP_FILE": str(self.step_file)}
        if kill:
            environment |= {"BERTH_KILL_STEP": str(kill.step), "BERTH_KILL_WHEN": kill.when}
        (provider.folder / "state").mkdir(mode=0o700)
        self.arguments = [berth_binary(), "run", "--config", provider.config_file]
        provider.process = world.process(provider.name, self.arguments, environment)
        # Of the lives after the first, the last of which is unharmed.
        self.later_lives = [{}]
        if kill and kill.second:
            self.later_lives.append({"LD_PRELOAD": str(shim), "BERTH_KILL_STEP": str(kill.second), "BERTH_KILL_WHEN": "after"})
        self.over = threading.Event()
        self.watch = threading.Thread(target=self._restart_when_killed, daemon=True)
        self.watch.start()

    def _restart_when_killed(self):
        while not self.over.wait(0.05):
            if self.provider.process.running():
                continue
            if self.provider.process.process.returncode != -signal.SIGKILL or not self.later_lives:
                return  # it ended by itself, which the story will miss
            self.kills += 1
            database = self.provider.folder / "state" / "berth.db"
            if database.exists():
                self.states |= states_in(database)
            self.provider.process = self.world.process(self.provider.name, self.arguments, self.later_lives.pop())

    def wait_online(self):
        watcher = self.world.consumer("watcher", self.provider.relays)

        def online():
            return next((e for e in watcher.list() if e["name"] == self.provider.name and e["online"]), None)

        self.provider.pubkey = wait_until("the provider is online", online, 40)["pubkey"]

    def steps(self):
        return self.step_file.stat().st_size if self.step_file.exists() else 0

    def clear_up(self):
        """What a killed daemon had just asked the Engine for may come up after all was over: the next start takes it away."""
        self.provider.process = self.world.process(self.provider.name, self.arguments)
        wait_until_gone(self.provider)
        self.provider.process.stop()

    def end(self):
        self.over.set()
        self.watch.join()


def provider_sats(provider, mint_database):
    """What the provider's stored proofs are worth to the mint: those the mint has not seen spent."""
    wallet = sqlite3.connect(f"file:{provider.folder / 'state' / 'berth.db'}?mode=ro", uri=True)
    mint = sqlite3.connect(f"file:{mint_database}?mode=ro", uri=True)
    try:
        spent = {row[0].lower() for row in mint.execute("SELECT Y FROM mint_spent")}
        held = wallet.execute("SELECT hex(y), amount FROM proof WHERE state<>?", [PROOFS.index("sent")])
        return sum(amount for y, amount in held if y.lower() not in spent)
    finally:
        wallet.close()
        mint.close()


def play(story, shim, kill, keep):
    """One run of a story: the durable steps of the daemon's start and of all, the states at the kills, their number, and a Ledger
    of what went wrong."""
    world, failed = World(f"crash-{story.name}"), True
    ledger = Ledger()
    mint = FaultyMint(world.mint(swap_delay_ms=story.swap_delay_ms, fee_ppk=story.fee_ppk))
    provider = world.provider([world.relay()], [mint.url], heartbeat_seconds=100, lease_seconds_max=story.lease_seconds_max)
    victim = Victim(world, provider, shim, kill)
    try:
        victim.wait_online()
        start = victim.steps()
        story.play(world, provider, mint, ledger)
        if not ledger.leaked:
            wait_until_gone(provider)
        victim.end()
        steps = victim.steps()
        mint.heal()
        kept = ledger.redeem_leftovers(world, mint)
        provider.process.stop()
        if not provider.nothing_left():
            victim.clear_up()
        for process in world.processes:
            if process.name == "mint":
                process.stop()  # it has its database to itself
        held = provider_sats(provider, world.folder / "mint.db")
        ledger.lost += ledger.minted - kept - held - mint.fees
        if ledger.lost:
            ledger.note(f"{ledger.minted} minted, {kept} with the consumer, {held} with the provider, {mint.fees} in fees")
        failed = bool(ledger.lost or ledger.doubles or ledger.leaked)
        return start, steps, victim.states, victim.kills, ledger
    finally:
        victim.end()
        mint.stop()
        ledger.leaked += sum(len(world.engine.objects(provider.numbers)) for provider in world.providers)
        world.close(keep_files=keep or failed)


def spread(kills, count):
    """So many of them, evenly."""
    return kills if len(kills) <= count else [kills[n * len(kills) // count] for n in range(count)]


def chosen(start, steps, everything, with_start):
    """The kills of a story whose daemon takes `start` steps until it is online, and `steps` in all."""
    at_start = [Kill(step, when) for step in range(1, start + 1) for when in ("before", "after")]
    later = [Kill(step, when) for step in range(start + 1, steps + 1) for when in ("before", "after")]
    # The second life begins with what the first one left, so its first steps are the healing.
    twice = [Kill(step, "after", second) for step in range(start + 1, steps + 1) for second in (1, 2, 4)]
    if everything:
        return at_start + later + twice
    return spread(at_start, KILLS_AT_START if with_start else 0) + spread(later, KILLS_IN_STORY) + spread(twice, SECOND_KILLS)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--story")
    parser.add_argument("--jobs", type=int, default=3 * (os.cpu_count() or 2))
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="berth-crash-shim-"))
    shim = folder / "kill_at_step.so"
    subprocess.run(["gcc", "-O1", "-Wall", "-shared", "-fPIC", "-o", shim, HERE / "kill_at_step.c", "-ldl"], check=True)

    stories = [story for story in STORIES
               if story.name == options.story or (options.story is None and (options.all or not story.is_long))]
    total, kills, broken, covered = Ledger(), 0, 0, set()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        unharmed = {story: pool.submit(play, story, shim, None, options.keep) for story in stories}
        runs = {}
        for story, future in unharmed.items():
            start, steps = future.result()[:2]
            print(f"{story.name}: {steps} durable steps, {start} of them until it is online", flush=True)
            for kill in chosen(start, steps, options.all, with_start=story is stories[0]):
                runs[pool.submit(play, story, shim, kill, options.keep)] = (story, kill)
        for future in concurrent.futures.as_completed(runs):
            story, kill = runs[future]
            try:
                _, _, states, killed, ledger = future.result()
            except Exception:  # a run that breaks is a run that fails, and the others go on
                broken += 1
                print(f"FAILED {story.name}, killed {kill}:\n{traceback.format_exc()}", flush=True)
                continue
            kills += killed
            covered |= states
            total.add(ledger)
            outcome = f"{'killed' if killed else 'NOT killed'} {kill}: {ledger}"
            print(f"{story.name}: {outcome} [{' '.join(sorted(states))}]", flush=True)
    shutil.rmtree(folder)
    beyond = set(BEYOND) | (set() if options.all else set(BEYOND_SPREAD))
    missing = sorted(EVERY_STATE - covered - beyond) if not options.story else []
    for state in missing:
        print(f"no kill met {state}")
    print(f"{kills} kills, {total.lost} sats lost, {total.doubles} double credits, {total.leaked} leaked objects, "
          f"{broken} broken runs, {len(missing)} states not met")
    return 1 if broken or missing or total.lost or total.doubles or total.leaked or not kills else 0


if __name__ == "__main__":
    sys.exit(main())
