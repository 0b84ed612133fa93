"""How a test says what it claims: checks that narrate, and waits that end."""

import time
from datetime import datetime


class Failure(Exception):
    """A claim of the test is false."""


class Skip(Exception):
    """Something that the test needs is missing; the text says what and how to get it."""


def narrate(text):
    print(f"  {text}", flush=True)


def check(claim, text):
    """Raises Failure unless the claim holds; narrates it when it does."""
    if not claim:
        raise Failure(text)
    narrate(f"ok: {text}")


def equal(actual, expected, text):
    if actual != expected:
        raise Failure(f"{text}: expected {expected!r}, got {actual!r}")
    narrate(f"ok: {text}")


# A machine may be busy with other things, and how long something takes is the benchmark's matter: a wait that is over soon costs
# nothing however long it might have been.
PATIENCE = 3


def wait_until(what, predicate, seconds, every=0.1):
    """The first true value of predicate(); Failure when none came within PATIENCE times the seconds that it should take."""
    seconds *= PATIENCE
    deadline = time.monotonic() + seconds
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise Failure(f"not within {seconds} s: {what}")
        time.sleep(every)


def unix_time(rfc3339):
    """Seconds since 1970 of a time as replies write it."""
    return datetime.fromisoformat(rfc3339.replace("Z", "+00:00")).timestamp()
