#!/usr/bin/env python3
"""Runs the functional tests of a folder, one after the other or several at once, and counts.

    run.py [--folder FOLDER] [--lanes N] [--all] [--keep] [NAME…]

Each NAME_test.py says in its docstring what it shows and how, and has run(world); SLOW = True in it leaves it to --all, and
SECONDS_MAX is its time limit. It counts as one, or as the probes that it made of itself with world.probe(). Exit code 1 when
one failed. What a failed test left is kept, and its folder is printed.
"""

import argparse
import importlib.util
import os
import pathlib
import signal
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from harness import Skip, World  # noqa: E402 — found through the line above
from lanes import SECONDS_MAX_DEFAULT, run_side_by_side  # noqa: E402


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class OutOfTime(Exception):
    """No Failure: it ends a test of probes, too, and not only the probe that it met."""


def out_of_time(_signal, _frame):
    raise OutOfTime("the test's time is over")


def narrate_failure(world):
    print("  " + traceback.format_exc().replace("\n", "\n  "))
    for process in world.processes:
        print(f"  --- the end of {process.log_path}:\n    " + process.log_tail().replace("\n", "\n    "))


def run_one(path, module, keep):
    """How many passed, failed and were skipped."""
    print(f"{path.stem}: {module.__doc__.strip().splitlines()[0]}", flush=True)
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(getattr(module, "SECONDS_MAX", SECONDS_MAX_DEFAULT))
    world, result, probes = None, "passed", {}
    try:
        world = World(path.stem.removesuffix("_test"))
        probes = world.probes
        module.run(world)
    except Skip as skip:
        print(f"  SKIP: {skip}")
        result = "skipped"
    except Exception:  # a test that breaks is a test that fails
        result = "failed"
        if world is None:
            traceback.print_exc()
        else:
            narrate_failure(world)
    finally:
        signal.alarm(0)
        if world is not None:
            world.close(keep_files=keep or result == "failed" or probes.get("failed", 0) > 0)
    counts = {"passed": 0, "failed": 0, "skipped": 0, **probes}
    # A test of probes counts itself only when it broke outside of them.
    if result != "passed" or not any(counts.values()):
        counts[result] += 1
    return counts


def in_words(counts):
    return ", ".join(f"{count} {result}" for result, count in counts.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=pathlib.Path, default=HERE)
    parser.add_argument("--lanes", type=int, default=1, help="how many tests at once (default 1)")
    parser.add_argument("--all", action="store_true", help="the slow ones too")
    parser.add_argument("--keep", action="store_true", help="keep every test's files")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    sys.path.insert(0, str(options.folder.resolve()))

    known = {path.stem.removesuffix("_test"): path for path in sorted(options.folder.glob("*_test.py"))}
    unknown = [name for name in options.names if name not in known]
    if unknown or not known:
        parser.error(f"no test called {', '.join(unknown) or 'anything'} in {options.folder}")
    modules = {name: load(known[name]) for name in options.names or known}
    if not options.names:
        modules = {name: module for name, module in modules.items() if options.all or not getattr(module, "SLOW", False)}
    if options.lanes > 1:
        counts = run_side_by_side(modules, ["--folder", options.folder, *(["--keep"] if options.keep else [])], options.lanes)
    else:
        counts = run_in_turn(modules, known, options.keep)
    print(in_words(counts))
    return 1 if counts["failed"] else 0


def run_in_turn(modules, known, keep):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for name, module in modules.items():
        started = time.monotonic()
        outcome = run_one(known[name], module, keep)
        counts = {result: counts[result] + outcome[result] for result in counts}
        print(f"{name}: {in_words(outcome)}; {time.monotonic() - started:.1f} s", flush=True)
    return counts


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    sys.exit(main())
