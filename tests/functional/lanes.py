"""Several tests at once, each in a process and a lane of its own: they mostly wait, and lanes share no port, number or name.

Tests that would disturb each other say the same TOGETHER = "…", and then come one after the other.
"""

import os
import pathlib
import queue
import re
import subprocess
import sys
import threading

RUN = pathlib.Path(__file__).resolve().parent / "run.py"
SECONDS_MAX_DEFAULT = 180


def lane_of(worker, workers):
    """A part of this run's own lane."""
    lane, lanes = map(int, os.environ.get("BERTH_TEST_LANE", "1/1").split("/"))
    return f"{(lane - 1) * workers + worker + 1}/{lanes * workers}"


def groups_of(modules):
    """Names of tests that must follow each other, those that may take longest first."""
    groups = {}
    for name, module in modules.items():
        groups.setdefault(getattr(module, "TOGETHER", name), []).append(name)
    return sorted(groups.values(), reverse=True,
                  key=lambda names: sum(getattr(modules[name], "SECONDS_MAX", SECONDS_MAX_DEFAULT) for name in names))


def run_apart(name, arguments, lane):
    """One test in a process: what it printed, and its counts."""
    done = subprocess.run([sys.executable, RUN, *arguments, name], env={**os.environ, "BERTH_TEST_LANE": lane}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    *lines, last = done.stdout.rstrip().splitlines() or [""]
    counted = re.fullmatch(r"(\d+) passed, (\d+) failed, (\d+) skipped", last)
    if not counted:
        return [*lines, last, f"{name}: ended with code {done.returncode} and no count"], (0, 1, 0)
    return lines, tuple(map(int, counted.groups()))


def run_side_by_side(modules, arguments, workers):
    """Passed, failed and skipped of all of them. A test's lines are shown together when it has ended."""
    waiting, results = queue.SimpleQueue(), queue.SimpleQueue()
    for names in groups_of(modules):
        waiting.put(names)

    def work(worker):
        while True:
            try:
                names = waiting.get_nowait()
            except queue.Empty:
                return
            for name in names:
                results.put(run_apart(name, arguments, lane_of(worker, workers)))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(workers)]
    for thread in threads:
        thread.start()
    totals = [0, 0, 0]
    for _ in modules:
        lines, counts = results.get()
        print("\n".join(lines), flush=True)
        totals = [total + count for total, count in zip(totals, counts)]
    for thread in threads:
        thread.join()
    return dict(zip(("passed", "failed", "skipped"), totals))
